"""The thread that starts what is due."""

import threading

_LONGEST_WAIT = 60.0  # seconds, so that a changed clock is noticed


class Scheduler:
    """Calls `fire(key)` at each moment of each key's schedule. Moments missed while stopped stay missed.

    `entries()` returns (key, Cron) pairs; call `wake` when they change. `clock` returns an aware datetime.
    """

    def __init__(self, entries, fire, clock):
        self._entries, self._fire, self._clock = entries, fire, clock
        self._changed, self._woken, self._stopping = threading.Condition(), False, False
        self._thread = threading.Thread(target=self._run, name="crawler-schedule", daemon=True)

    def start(self):
        self._thread.start()

    def wake(self):
        with self._changed:
            self._woken = True
            self._changed.notify()

    def stop(self):
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(5)

    def _run(self):
        since = self._clock()
        while True:
            # Read without holding the condition: the caller of `wake` may hold what `entries` locks.
            entries = self._entries()
            moments = [moment for _, cron in entries if (moment := cron.next(since))]
            wait = (min(moments) - self._clock()).total_seconds() if moments else _LONGEST_WAIT
            with self._changed:
                if wait > 0 and not (self._woken or self._stopping):
                    self._changed.wait(min(wait, _LONGEST_WAIT))
                self._woken = False
                if self._stopping:
                    return
            now = self._clock()
            # Of the entries read before the wait, so that a new schedule does not fire for a moment before it.
            for key, cron in entries:
                moment = cron.next(since)
                if moment and moment <= now:
                    self._fire(key)
            since = max(since, now)
