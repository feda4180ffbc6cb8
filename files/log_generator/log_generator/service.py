"""The loop: writes what is due, sleeps, rotates, until it is told to end."""

import json
import os
import select
import signal
import socket
import sys
import time
from datetime import datetime, timezone

from log_generator.logfiles import OrderLog
from log_generator.pace import Pace
from log_generator.shop import Shop

#: Seconds between two lines of its own log.
REPORT = 60.0
#: Lines that are made and written at once, at most.
MOST_AT_ONCE = 1000


class Ending:
    """Whether SIGTERM or SIGINT came, and a sleep that either ends."""

    def __init__(self):
        self.now = False
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, *_):
        self.now = True

    def sleep(self, seconds):
        """False when it is time to end."""
        if not self.now:
            select.select([self._read], [], [], seconds)
        return not self.now


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def notify(state):
    """Tell systemd, where it started this and waits for it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)


def run(settings, ending):
    """Write lines until told to end, or until there are as many as were asked for; returns the Shop, for its counts."""
    start = settings.start or datetime.now(timezone.utc).replace(tzinfo=None)  # noqa: UP017 - Python 3.9 has no datetime.UTC
    start = start.replace(microsecond=start.microsecond // 1000 * 1000)
    shop = Shop(settings.seed, start, settings.rate, settings.price_factor, settings.bad_share, settings.return_share,
                settings.no_customer_share)  # fmt: skip
    log = OrderLog(settings.folder, settings.rotate_bytes, settings.rotate_seconds, settings.keep_files, settings.keep_bytes,
                   settings.free_bytes, say, ending.sleep)  # fmt: skip
    what = f"seed {settings.seed}, start {start.isoformat()}, prices in {settings.currency}"
    say(f"writing {settings.rate:g} lines a second to {log.path}: {what}")
    notify("READY=1")
    pace, reported = Pace(settings.rate, time.monotonic()), time.monotonic()
    while not ending.now:
        number, late = pace.due(time.monotonic())
        if late and not settings.start:
            shop.later(late)
        if settings.lines:
            number = min(number, settings.lines - shop.written)
        while number > 0 and not ending.now:
            lines = shop.lines(min(number, MOST_AT_ONCE))
            number -= len(lines)
            if not log.append(lines):
                break
            log.rotate_if_due()
        if settings.lines and shop.written >= settings.lines:
            break
        log.rotate_if_due()
        if time.monotonic() - reported >= REPORT:
            reported = time.monotonic()
            say(report(shop, pace))
        ending.sleep(pace.wait(time.monotonic()))
    say(report(shop, pace))
    if settings.afterwards == "wait":
        while ending.sleep(3600):
            pass
    log.close()
    return shop


def report(shop, pace):
    return json.dumps({"lines": shop.written, "bad": shop.bad, "returned": shop.returned, "seconds_skipped": round(pace.forgotten, 1)})
