"""What is sent again, and when."""

import random

FIRST, LONGEST = 0.1, 30.0


class Backoff:
    """Waits that double from FIRST to LONGEST seconds, each shortened at random by up to half, so that many agents do not knock at once."""

    def __init__(self, rng=random.random):
        self._rng, self._tries = rng, 0

    def next(self):
        """Seconds to wait before the next try."""
        wait = min(LONGEST, FIRST * 2 ** min(self._tries, 30))
        self._tries += 1
        return wait * (1 - self._rng() / 2)

    def reset(self):
        self._tries = 0


def failed(records, answers):
    """The records that were not taken, in order. `answers`: an error code, or nothing, for each."""
    return [record for record, code in zip(records, answers, strict=True) if code]
