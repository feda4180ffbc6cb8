"""How gunicorn serves the dashboard: `gunicorn --config <this file>`; its environment is in README.md."""

import os
import ssl
import sys
from pathlib import Path

HERE = str(Path(__file__).resolve().parent)
sys.path.insert(0, HERE)  # for the worker; `chdir` comes later

from dashboard_server import heartbeat  # noqa: E402 - the line above makes it findable
from dashboard_server.exposure import problem  # noqa: E402

chdir = HERE
wsgi_app = "dashboard:create_app()"
bind = os.environ.get("DASHBOARD_BIND") or "127.0.0.1:5000"
certfile = os.environ.get("DASHBOARD_TLS_CERT") or None
keyfile = os.environ.get("DASHBOARD_TLS_KEY") or None

# One process, many threads: requests mostly wait for Athena, and one process has one cache and one set of numbers.
workers = 1
worker_class = "dashboard_server.worker.Worker"
threads = 24
worker_connections = 600
timeout = 30  # a worker that shows no sign of life for so long is replaced
graceful_timeout = 10
keepalive = 15
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 4094
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - signs of life must not need a disk

forwarded_allow_ips = ""  # no proxy stands before it, so nobody's forwarded headers are believed
control_socket_disable = True  # it needs a HOME, which a service has not

accesslog = "-"
errorlog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'


def on_starting(server):
    """Refuse to listen to others without a sign-in and TLS."""
    cfg = server.cfg
    if bool(cfg.certfile) != bool(cfg.keyfile):
        server.log.error("DASHBOARD_TLS_CERT and DASHBOARD_TLS_KEY are needed together; only one is set")
        sys.exit(78)
    found = problem(cfg.address, os.environ.get("DASHBOARD_CONFIG"), cfg.is_ssl)
    if found:
        server.log.error("%s", found)
        sys.exit(78)  # sysexits.h: a configuration error


def post_worker_init(worker):
    """Each worker has a heartbeat, a new one after a reload too."""
    heartbeat.start(worker)


def ssl_context(config, default_ssl_context_factory):
    """TLS 1.2 or newer."""
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
