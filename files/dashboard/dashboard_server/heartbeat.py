"""The page's health as a metric: each minute it is asked as a client would ask it, and CloudWatch is told 1 or 0.

It beats in a thread of the worker: a process that forks workers should have no threads, and a worker that hangs, dies or cannot
start tells nothing, which the alarm takes for bad as well. The thread asks over the network, through TLS, so that a port that
nobody can reach any more, a certificate that has expired, or threads that are all stuck count as what they are.
"""

import http.client
import json
import os
import ssl
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

NAMESPACE, METRIC = "Headwater", "PageHealthy"
PERIOD = 60
PHASE = 20  # the second of a minute, so that each minute of the clock has one beat, whatever the process's start
FIRST = 2  # seconds until the first beat: the worker is not listening yet when the thread starts
PATIENCE = 10  # seconds for the page's answer
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where a server that listens everywhere is asked


class Heart:
    """`ask()`: why the page is not healthy, or empty. `tell(value, at)`: gives CloudWatch 1 or 0; it may raise anything.

    `log`: has `info` and `warning`. `clock`: seconds since 1970.
    """

    def __init__(self, ask, tell, log, clock=time.time):
        self._ask, self._tell, self._log, self._clock = ask, tell, log, clock
        self._sick, self._mute = "", ""

    def beat(self):
        """Ask, and tell. Never raises; what goes wrong is in the log once, and once more when it is over."""
        at = self._clock()
        try:
            reason = self._ask()
        except Exception as error:  # whatever it is, the page did not answer
            reason = _told(error)
        self._sick = self._noted("The page is not healthy", "The page is healthy again", self._sick, reason)
        try:
            self._tell(0 if reason else 1, datetime.fromtimestamp(at, UTC))
            problem = ""
        except Exception as error:  # no failure of a metric may harm the page
            problem = _told(error)
        self._mute = self._noted(f"The metric {METRIC} cannot be sent", f"The metric {METRIC} is sent again", self._mute, problem)

    def pause(self):
        """Seconds until the next beat."""
        return PERIOD - (self._clock() - PHASE) % PERIOD

    def run(self, wait):
        """Beat until `wait(seconds)` says that it is over."""
        pause = FIRST
        while not wait(pause):
            self.beat()
            pause = self.pause()

    def _noted(self, bad, good, before, now):
        if now and not before:
            self._log.warning("%s: %s", bad, now)
        elif before and not now:
            self._log.info("%s", good)
        return now


def ask(address, certificate=None, timeout=PATIENCE):
    """Why the page at (host, port) is not healthy; empty if it is. `certificate`: the PEM file that it must show, None for plain HTTP.

    The name in the certificate is not compared: the page is asked by its address, and known by the certificate itself.
    """
    host, port = ANYWHERE.get(address[0], address[0]), address[1]
    if certificate:
        context = ssl.create_default_context(cafile=certificate)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the page's own certificate is trusted, whoever signed it
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(10_000)
    finally:
        connection.close()
    if response.status != 200:
        return f"/healthz answers {response.status}"
    return "" if json.loads(body).get("ok") is True else f"/healthz says {body[:100]!r}"


def start(worker, environ=os.environ):
    """Let a gunicorn worker's page have a heartbeat, where DASHBOARD_HEARTBEAT_SERVER says whose page it is."""
    server = environ.get("DASHBOARD_HEARTBEAT_SERVER")
    if not server:
        return
    address = worker.sockets[0].getsockname()
    if not isinstance(address, tuple):
        worker.log.warning("There is no heartbeat: it asks over TCP, and the dashboard listens on %s", address)
        return
    config = json.loads(Path(environ["DASHBOARD_CONFIG"]).read_text(encoding="utf-8"))
    certificate = worker.cfg.certfile
    heart = Heart(lambda: ask(address, certificate), _teller(config, server), worker.log)
    threading.Thread(target=heart.run, args=(threading.Event().wait,), name="heartbeat", daemon=True).start()


def _teller(config, server):
    from dashboard.aws import Aws  # the worker has imported it by now; a master would only have it copied

    aws = Aws(config["region"], config.get("endpoint_url"))
    return lambda value, at: aws.put_metric(NAMESPACE, METRIC, {"Server": server}, value, at)


def _told(error):
    return f"{type(error).__name__}: {error}"[:500]
