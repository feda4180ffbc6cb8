"""The process: a thread for each flow, signals, and a status each few seconds."""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback

from kinesis_agent.checkpoints import Checkpoints
from kinesis_agent.firehose import Stream
from kinesis_agent.flow import Shipper

#: Seconds between two writings of the status file, and between two lines of the log.
STATUS, REPORT = 2.0, 60.0
#: Seconds in which a batch on its way may end.
LAST_WORDS = 12.0
ENDINGS = {signal.SIGTERM, signal.SIGINT}


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def notify(state):
    """Tell systemd, where it started this and waits for it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)


def run(configuration):
    """Ship until SIGTERM; the exit code, 1 if a flow ended by an error of its own."""
    stop, broken = threading.Event(), []
    # Signals are waited for instead of being handled, since a handler may not touch what its thread holds.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    folder = os.path.dirname(configuration.checkpoint_file)
    checkpoints = Checkpoints(configuration.checkpoint_file, say)
    aside, endpoint, region = os.path.join(folder, "aside"), configuration.endpoint, configuration.region
    shippers = [Shipper(flow, Stream(flow.stream, endpoint, region), checkpoints, aside, stop, say) for flow in configuration.flows]
    threads = [threading.Thread(target=_ship, args=(shipper, stop, broken), daemon=True) for shipper in shippers]
    for thread in threads:
        thread.start()
    for shipper in shippers:
        say(f"shipping {shipper.name} at {endpoint or region}")
    notify("READY=1")
    _watch(shippers, stop, os.path.join(folder, "status.json"))
    notify("STOPPING=1")
    deadline = time.monotonic() + LAST_WORDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    for shipper in shippers:
        say(json.dumps(shipper.status()))
    if not any(thread.is_alive() for thread in threads):
        checkpoints.close()
    return 1 if broken else 0


def _ship(shipper, stop, broken):
    try:
        shipper.run()
    except Exception:  # whatever it is: say it, and let the whole process start anew
        say(traceback.format_exc())
        broken.append(shipper.name)
        stop.set()


def _watch(shippers, stop, path):
    reported = time.monotonic()
    while True:
        found = [shipper.status() for shipper in shippers]
        _write(path, {"at": time.time(), "flows": found})
        if time.monotonic() - reported >= REPORT:
            reported = time.monotonic()
            for status in found:
                say(json.dumps(status))
        if signal.sigtimedwait(ENDINGS, STATUS):
            stop.set()
        if stop.is_set():
            return


def _write(path, status):
    """The status file, whole or not at all; a full disk is no reason to stop shipping."""
    with contextlib.suppress(OSError):
        with open(path + ".new", "w") as file:
            json.dump(status, file)
        os.replace(path + ".new", path)
