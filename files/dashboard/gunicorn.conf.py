"""How gunicorn serves the dashboard: `gunicorn -c <this file>`.

DASHBOARD_BIND is `address:port`; DASHBOARD_CONFIG names the dashboard's own configuration (dashboard/config.py).
"""

import os
from pathlib import Path

chdir = str(Path(__file__).resolve().parent)
wsgi_app = "dashboard:create_app()"
bind = os.environ.get("DASHBOARD_BIND", "127.0.0.1:5000")

# One process, many threads: requests mostly wait for Athena, and one process has one cache and one set of numbers.
workers = 1
worker_class = "gthread"
threads = 24
timeout = 120  # longer than the longest query may take
graceful_timeout = 10
keepalive = 15

forwarded_allow_ips = ""  # no proxy stands before it, so nobody's forwarded headers are believed
control_socket_disable = True  # it needs a HOME, which a service has not

accesslog = "-"
errorlog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
