"""Answers kept for a while, asked for once at a time, and kept longer when asking again fails."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass


class Busy(Exception):
    """Too many questions are being asked at the same time."""


@dataclass(frozen=True)
class Snapshot:
    """What is known about one key now.

    `value`: the last good answer or None; `age`: its seconds; `error`: the exception of the last try if that
    failed, else None; `source`: `hit` (from the cache), `asked`, `joined` (another's question) or `refused`.
    """

    value: object
    age: float
    error: Exception | None
    source: str


class _Entry:
    """What is kept for one key; guarded by the cache's lock."""

    def __init__(self):
        self.value = None
        self.value_at = None
        self.error = None
        self.error_at = None
        self.flight = None


class Cache:
    """Single-flight cache over an executor.

    `lifetime(value)`: for how many seconds a value is good. `error_seconds`: how long a failure is believed.
    `size`: keys kept (the longest unused goes first). `flights`: questions open at once before `Busy`.
    `clock`: monotonic seconds.
    """

    def __init__(self, executor, lifetime, error_seconds, size=500, flights=100, clock=time.monotonic):
        self._executor = executor
        self._lifetime = lifetime
        self._error_seconds = error_seconds
        self._size = size
        self._flights = flights
        self._clock = clock
        self._entries = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, key, ask, refresh=False, recall=None):
        """A Future of the key's Snapshot; it never raises. `ask()` gives the value or raises, in the executor.

        `refresh` asks even where the value is good. Whoever comes while a question is open gets its answer.
        `recall()` gives (value, age) of an earlier process, or None; it is called for a key that is new here.
        """
        with self._lock:
            entry = self._entries.get(key)
        recalled = recall() if recall and entry is None else None  # from a disk, so outside of the lock
        with self._lock:
            entry = self._entry(key)
            if recalled and entry.value_at is None and not entry.flight:
                entry.value, entry.value_at = recalled[0], self._clock() - recalled[1]
            if entry.flight:
                return _renamed(entry.flight, "joined")
            if not refresh and self._is_good(entry):
                return _done(self._snapshot(entry, "hit"))
            if sum(1 for other in self._entries.values() if other.flight) >= self._flights:
                error = Busy(f"{self._flights} queries are running already; try again in a moment")
                return _done(Snapshot(entry.value, self._age(entry), error, "refused"))
            entry.flight = flight = Future()
        self._executor.submit(self._fly, entry, ask, flight)
        return flight

    def _fly(self, entry, ask, flight):
        value, error = None, None
        try:
            value = ask()
        except Exception as caught:  # whatever it is, it must reach those who wait, or they wait for ever
            error = caught
        with self._lock:
            now = self._clock()
            entry.error, entry.error_at = error, now if error else None
            if error is None:
                entry.value, entry.value_at = value, now
            entry.flight = None
            snapshot = self._snapshot(entry, "asked")
        flight.set_result(snapshot)

    def _entry(self, key):
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            oldest = next((k for k, old in self._entries.items() if not old.flight and k != key), None)
            if oldest is not None:
                del self._entries[oldest]
        return entry

    def _is_good(self, entry):
        now = self._clock()
        if entry.error is not None:
            return now - entry.error_at < self._error_seconds
        return entry.value_at is not None and now - entry.value_at < self._lifetime(entry.value)

    def _age(self, entry):
        return 0.0 if entry.value_at is None else self._clock() - entry.value_at

    def _snapshot(self, entry, source):
        return Snapshot(entry.value, self._age(entry), entry.error, source)


def _done(snapshot):
    future = Future()
    future.set_result(snapshot)
    return future


def _renamed(flight, source):
    """A Future of the same snapshot with another source."""
    future = Future()

    def pass_on(done):
        snapshot = done.result()
        future.set_result(Snapshot(snapshot.value, snapshot.age, snapshot.error, source))

    flight.add_done_callback(pass_on)
    return future
