"""When people order: by the hour and by the weekday, never later than now.

Lines are written at a steady rate, so that a demonstration is never silent. Their dates are not: an invoice of now is dated
somewhere in the last 24 hours, as those of shops that send their invoices with up to a day's delay. Over a day every hour
gets its share, and some lines arrive the day after their own, which is what a pipeline has to cope with anyway.
"""

import bisect
import itertools
from datetime import timedelta

#: Invoices by the hour of the data set Online Retail (see countries.py), with a little for hours in which it has none.
HOURS = (20, 10, 5, 5, 5, 10, 22, 31, 624, 1824, 2961, 3165, 3961, 3369, 3137, 3069, 1952, 1205, 333, 219, 120, 80, 50, 30)
#: The same by the weekday, Monday first; Saturdays, which it lacks, are quiet.
WEEKDAYS = (4138, 4722, 4815, 5660, 4184, 400, 2381)


class LastDay:
    """Draws moments of the 24 hours that end with an hour; made anew when that hour is over."""

    def __init__(self):
        self._hour = None

    def _weigh(self, hour):
        self._hour = hour
        self._hours = [hour - timedelta(hours=back) for back in range(24)]
        weights = [HOURS[at.hour] * WEEKDAYS[at.weekday()] for at in self._hours]
        self._weights = list(itertools.accumulate(weights))

    def draw(self, now, rng):
        """A datetime in whole seconds, at most 24 hours before `now` and never after it."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._weigh(hour)
        at = self._hours[bisect.bisect(self._weights, rng.random() * self._weights[-1])]
        seconds = int((now - hour).total_seconds()) + 1 if at == hour else 3600
        return at + timedelta(seconds=int(rng.random() * seconds))
