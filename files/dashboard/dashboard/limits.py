"""How often anybody may try to sign in. Pure but for the clock; in memory, and bounded."""

import math
import threading
import time
from collections import OrderedDict


class Buckets:
    """Attempts by key: `burst` at once, then one every `seconds`. `size` keys are kept; the longest unused goes first."""

    def __init__(self, burst, seconds, size=10_000, clock=time.monotonic):
        self._burst, self._seconds, self._size, self._clock = burst, seconds, size, clock
        self._used = OrderedDict()  # key: (attempts that still count, when that was so)
        self._lock = threading.Lock()

    def take(self, key):
        """0 where an attempt is allowed, which then counts; else the whole seconds until the next one is."""
        with self._lock:
            now = self._clock()
            used = self._now(key, now)
            if used + 1 > self._burst:
                return max(math.ceil((used + 1 - self._burst) * self._seconds), 1)
            self._keep(key, used + 1, now)
            return 0

    def give_back(self, key):
        """The attempt was good and does not count."""
        with self._lock:
            now = self._clock()
            self._keep(key, max(self._now(key, now) - 1, 0), now)

    def __len__(self):
        return len(self._used)

    def _now(self, key, now):
        used, at = self._used.get(key, (0, now))
        return max(used - (now - at) / self._seconds, 0)

    def _keep(self, key, used, now):
        self._used[key] = used, now
        self._used.move_to_end(key)
        while len(self._used) > self._size:
            self._used.popitem(last=False)


class Limits:
    """First each address by itself, then all together, so that one attacker takes no attempt from others.

    An address from which somebody has signed in is not held to the limit of all: an attacker with many addresses locks
    out only who has never been here.
    """

    def __init__(self, clock=time.monotonic):
        self._each = Buckets(burst=10, seconds=30, clock=clock)
        self._all = Buckets(burst=60, seconds=1, size=1, clock=clock)
        self._known = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client):
        """0 where `client` may try now, else seconds to wait."""
        with self._lock:
            known = client in self._known
        wait = self._each.take(client)
        if wait or known:
            return wait
        wait = self._all.take("all")
        if wait:
            self._each.give_back(client)
        return wait

    def good(self, client):
        """The attempt that was just taken was right."""
        self._each.give_back(client)
        with self._lock:
            if client not in self._known:
                self._all.give_back("all")
            self._known[client] = True
            self._known.move_to_end(client)
            while len(self._known) > 1_000:
                self._known.popitem(last=False)
