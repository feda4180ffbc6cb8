"""The metrics: aggregates by series and time, in memory, bounded, and kept in a file.

Resolutions and how long they are kept, in seconds: single seconds of high-resolution metrics for three hours, minutes
for three days, five minutes for fifteen days. (AWS keeps minutes for fifteen days and hours for fifteen months.)
"""

import json
import logging
import sqlite3
import threading
import time

from localcloud.cloudwatch.statistics import Aggregate

logger = logging.getLogger(__name__)

#: seconds of a stretch → seconds for which it is kept
KEPT = {1: 3 * 3600, 60: 3 * 86400, 300: 15 * 86400}
#: Values that are kept for the percentiles of a stretch once it is older than high-resolution ones are kept.
OLD_VALUES = 32
#: Series that ListMetrics shows have had data since.
LISTED = 14 * 86400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS stretch (
  series TEXT, unit TEXT, seconds INTEGER, start INTEGER, count REAL, total REAL, least REAL, most REAL, sample TEXT, digits INTEGER,
  PRIMARY KEY (series, unit, seconds, start)) WITHOUT ROWID
"""


class Metrics:
    """A series is (region, namespace, name, dimensions), dimensions a sorted tuple of (name, value)."""

    def __init__(self, path, clock=time.time):
        self.clock, self.lock, self._saving = clock, threading.RLock(), threading.Lock()
        self._series = {}  # series → {(unit, seconds): {start: Aggregate}}
        self._last = {}  # series → the time of its last value
        self._dirty = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=OFF")  # a kill of the process loses nothing that was written
        self._file.execute(_SCHEMA)
        self._load()

    def add(self, series, change, unit="None", at=None, fine=False):
        """Let `change(aggregate)` add to the stretches of the time `at` (epoch seconds); `fine`: to single seconds too."""
        at = self.clock() if at is None else at
        with self.lock:
            kinds = self._series.setdefault(series, {})
            for seconds in (1, 60) if fine else (60,):
                start = int(at // seconds * seconds)
                stretches = kinds.setdefault((unit, seconds), {})
                if start not in stretches:
                    stretches[start] = Aggregate()
                change(stretches[start])
                self._dirty.add((series, unit, seconds, start))
            self._last[series] = max(at, self._last.get(series, 0))

    def points(self, series, start, end, period, unit=None):
        """{start of the period: Aggregate} of the stretches in [start, end), periods counted from `start`; only of one `unit` if given."""
        now, found = self.clock(), {}
        with self.lock:
            kinds = self._series.get(series, {})
            fine = period < 60 and any(seconds == 1 for _, seconds in kinds)
            for (its_unit, seconds), stretches in kinds.items():
                if unit and its_unit != unit:
                    continue
                few = range(int(start // seconds * seconds), int(end), seconds)
                for at in few if len(few) < len(stretches) else sorted(stretches):
                    # Seconds are minutes once more: of both only one is read. Minutes and five minutes have nothing in common.
                    in_seconds = fine and at + 60 > now - KEPT[1]
                    if at in stretches and start <= at < end and (seconds == 1) == in_seconds:
                        found.setdefault(int(start + (at - start) // period * period), Aggregate()).merge(stretches[at])
        return found

    def unit(self, series):
        """The unit of a series' values; of several the first."""
        with self.lock:
            return min((unit for unit, _ in self._series.get(series, ())), default="None")

    def listed(self, region):
        """(series, time of its last value) of a region, in order."""
        since = self.clock() - LISTED
        with self.lock:
            return sorted((series, last) for series, last in self._last.items() if series[0] == region and last > since)

    # -- the file

    def forget_old(self):
        """Drop what has been kept long enough; minutes become five minutes."""
        now = self.clock()
        with self.lock:
            for series, kinds in list(self._series.items()):
                for (unit, seconds), stretches in list(kinds.items()):
                    for start in [start for start in stretches if start + seconds < now - KEPT[seconds]]:
                        old = stretches.pop(start)
                        if seconds == 60:
                            coarse = start // 300 * 300
                            kinds.setdefault((unit, 300), {}).setdefault(coarse, Aggregate()).merge(old)
                            self._dirty.add((series, unit, 300, coarse))
                    for start, old in stretches.items():
                        if start < now - KEPT[1] and old.values is not None and len(old.values) > OLD_VALUES:
                            old.shrink(OLD_VALUES)
                            self._dirty.add((series, unit, seconds, start))
                if not any(kinds.values()):
                    del self._series[series]
                    self._last.pop(series, None)
        self.save()
        with self._saving, self._file:
            for seconds, kept in KEPT.items():
                self._file.execute("DELETE FROM stretch WHERE seconds = ? AND start + seconds < ?", (seconds, now - kept))

    def save(self):
        """Write what has changed."""
        with self.lock:
            rows = [row for key in self._dirty if (row := self._row(*key))]
            self._dirty.clear()
        if rows:
            with self._saving, self._file:
                self._file.executemany("REPLACE INTO stretch VALUES (?,?,?,?,?,?,?,?,?,?)", rows)

    def close(self):
        self.save()
        self._file.close()

    def _row(self, series, unit, seconds, start):
        each = self._series.get(series, {}).get((unit, seconds), {}).get(start)
        if each is None:  # forgotten meanwhile
            return None
        sample = None if each.values is None else json.dumps(list(each.values.items()))
        return json.dumps(series), unit, seconds, start, each.count, each.total, each.least, each.most, sample, each.digits

    def _load(self):
        for text, unit, seconds, start, count, total, least, most, sample, digits in self._file.execute("SELECT * FROM stretch"):
            region, namespace, name, dimensions = json.loads(text)
            series = region, namespace, name, tuple(map(tuple, dimensions))
            values = None if sample is None else dict(json.loads(sample))
            stretches = self._series.setdefault(series, {}).setdefault((unit, seconds), {})
            stretches[start] = Aggregate(count, total, least, most, values, digits)
            self._last[series] = max(start, self._last.get(series, 0))
