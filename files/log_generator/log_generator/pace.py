"""A steady rate: how many lines are due, and when the next one is."""

#: Seconds of lag that are caught up; what is more is forgotten, since a burst of hours would help nobody.
LONGEST_LAG = 5.0
#: Seconds between two looks at least, so that few wake-ups write many lines.
TICK = 0.05


class Pace:
    """`now` is any clock in seconds that never goes back."""

    def __init__(self, rate, now):
        self.rate = rate
        self._began, self._written = now, 0
        self.forgotten = 0.0

    def due(self, now):
        """(how many lines to write now, seconds of lag that were forgotten); the lines count as written."""
        lag = now - self._began - self._written / self.rate
        late = max(0.0, lag - LONGEST_LAG)
        if late:
            self._began += late
            self.forgotten += late
        number = max(0, int((now - self._began) * self.rate) - self._written)
        self._written += number
        return number, late

    def wait(self, now):
        """Seconds until it is worth looking again."""
        next_line = self._began + (self._written + 1) / self.rate
        return max(TICK, next_line - now)
