"""What CloudWatch keeps of the values of a stretch of time, and the statistics it answers from that; pure.

An aggregate is small whatever came in: count, sum, smallest, largest, and for percentiles how often each value was
seen. Of more than `MOST_VALUES` different values the sample keeps three significant digits, then two, so a percentile
is at most 0.5 % off, or 5 % where values of a stretch differ by many orders of magnitude.
"""

import re
from dataclasses import dataclass, field

MOST_VALUES = 256
SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
#: AWS's extended statistics that are answered here, besides pNN: those that need no more than the sample.
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_TRIMMED = re.compile(r"(tm|wm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100)|IQM")


@dataclass
class Aggregate:
    """`values`: value → how often; None where only statistics were given, so that percentiles are not known."""

    count: float = 0.0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    values: dict | None = field(default_factory=dict)
    digits: int = 0  # significant ones of the sample's values; 0: all

    def add(self, value, times=1.0):
        self.count += times
        self.total += value * times
        self.least, self.most = min(self.least, value), max(self.most, value)
        if self.values is not None:
            self._sample(value, times)

    def add_set(self, count, total, least, most):
        """StatisticValues: the values themselves are not known, but where all are the same."""
        self.count, self.total = self.count + count, self.total + total
        self.least, self.most = min(self.least, least), max(self.most, most)
        if least == most and self.values is not None:
            self._sample(least, count)
        else:
            self.values = None

    def merge(self, other):
        self.count, self.total = self.count + other.count, self.total + other.total
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        if other.values is None or self.values is None:
            self.values = None
            return
        for value, times in other.values.items():
            self._sample(value, times)

    def _sample(self, value, times):
        key = float(f"{value:.{self.digits - 1}e}") if self.digits else value
        self.values[key] = self.values.get(key, 0.0) + times
        if len(self.values) > MOST_VALUES and self.digits != 2:
            self.digits = 2 if self.digits else 3
            kept, self.values = self.values, {}
            for each, number in kept.items():
                key = float(f"{each:.{self.digits - 1}e}")
                self.values[key] = self.values.get(key, 0.0) + number

    def shrink(self, most):
        """Keep at most so many values of the sample, each the mean of neighbours."""
        while self.values is not None and len(self.values) > most:
            ordered, kept = sorted(self.values.items()), {}
            for at in range(0, len(ordered), 2):
                pair = ordered[at : at + 2]
                times = sum(number for _, number in pair)
                value = sum(value * number for value, number in pair) / times
                kept[value] = kept.get(value, 0.0) + times
            self.values = kept

    def statistic(self, name):
        """The value of a statistic; None if it is not known."""
        if not self.count:
            return None
        simple = {"SampleCount": self.count, "Average": self.total / self.count, "Sum": self.total, "Minimum": self.least}
        simple["Maximum"] = self.most
        if name in simple:
            return simple[name]
        if self.values is None:
            return None
        found = _PERCENTILE.fullmatch(name)
        return self._percentile(float(found[1])) if found else self._trimmed(name)

    def _percentile(self, percent):
        """The value below or at which so many percent of the values are, between neighbours by interpolation."""
        ordered, place, before = sorted(self.values.items()), percent / 100 * (self.count - 1), 0.0
        for at, (value, times) in enumerate(ordered):
            if place <= before + times - 1 or at == len(ordered) - 1:
                return value
            if place < before + times:  # between this value and the next
                return value + (ordered[at + 1][0] - value) * (place - (before + times - 1))
            before += times
        return self.most

    def _trimmed(self, name):
        """tmNN: mean of the values up to that percentile; wm: those above count as it; tc and ts: number and sum; IQM: the middle half."""
        kind, percent = ("iqm", 75.0) if name == "IQM" else (_TRIMMED.fullmatch(name)[1], float(_TRIMMED.fullmatch(name)[2]))
        bound, lower = self._percentile(percent), self._percentile(25.0) if kind == "iqm" else float("-inf")
        kept = {value: times for value, times in self.values.items() if lower <= value <= bound}
        count = sum(kept.values())
        total = sum(value * times for value, times in kept.items())
        if kind == "tc":
            return count
        if kind == "ts":
            return total
        if kind == "wm":
            return (total + bound * (self.count - count)) / self.count
        return total / count if count else None


def is_known(name):
    """Whether a statistic's name is one that is answered here."""
    return name in SIMPLE or bool(_PERCENTILE.fullmatch(name) or _TRIMMED.fullmatch(name))
