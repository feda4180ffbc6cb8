"""Callers that take turns: each of their calls happens when the schedule says so."""

import threading

from tests.unit.compactor.table import Killed


class Actor:
    """Runs `work(gate)` in a thread that stops before each call until `step`. `error` is what it ended with."""

    def __init__(self, work):
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self.done, self.error, self.calls, self._kill = False, None, 0, False
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self._back.acquire()

    def _run(self, work):
        try:
            work(self._gate)
        except BaseException as error:
            self.error = error
        self.done = True
        self._back.release()

    def _gate(self, name, effect):
        self._back.release()
        self._turn.acquire()
        if self._kill:
            raise Killed
        self.calls += 1
        return effect()

    def step(self, times=1):
        """Let it make so many calls, or what it has left."""
        for _ in range(times):
            if self.done:
                break
            self._turn.release()
            self._back.acquire()
        if self.error:
            raise self.error

    def finish(self):
        while not self.done:
            self.step()

    def kill(self):
        if not self.done:
            self._kill = True
            self._turn.release()
            self._back.acquire()


def counting(calls, kill_before=None, kill_after=None):
    """A gate that notes calls, and ends the caller before or after its n-th (from 0)."""

    def gate(name, effect):
        number = len(calls)
        calls.append(name)
        if number == kill_before:
            raise Killed
        answer = effect()
        if number == kill_after:
            raise Killed
        return answer

    return gate
