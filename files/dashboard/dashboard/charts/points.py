"""What a chart draws: labelled numbers and where they stand along the axis."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import gcd

from dashboard import values

LIMITS = {"bar": 20, "column": 60, "line": 400}  # more than this cannot be told apart
LONGEST_GAP = 400  # a time axis with more steps than this is drawn without its gaps


@dataclass(frozen=True)
class Point:
    """One number: `label` for people, `place` in steps from the axis' start, `text` the number as it is written."""

    label: str
    place: int
    value: Decimal
    text: str


@dataclass(frozen=True)
class Points:
    """The points of a chart, in order; `steps` is the axis' length; headings name what x and y are."""

    points: tuple
    steps: int
    x: str
    y: str
    note: str

    @property
    def lowest(self):
        return min(point.value for point in self.points)

    @property
    def highest(self):
        return max(point.value for point in self.points)

    def sentence(self, kind):
        """The chart in words, for those who do not see it."""
        first, last = min(self.points, key=lambda p: p.value), max(self.points, key=lambda p: p.value)
        spread = f"from {first.text} ({first.label}) to {last.text} ({last.label})" if len(self.points) > 1 else last.text
        return f"{kind} of {self.y} by {self.x}: {len(self.points)} values, {spread}. The table has them all."


def read(chart, answer):
    """The Points that `chart` takes from `answer`; rows without a number are left out.

    ValueError if the chart names a column that the answer does not have.
    """
    for name in (chart.x, chart.y):
        if name not in answer.columns:
            raise ValueError(f"the chart names the column {name!r}; the query gives {', '.join(answer.columns)}")
    x, y = answer.columns.index(chart.x), answer.columns.index(chart.y)
    rows = [(row[x], row[y]) for row in answer.rows if values.number(row[y]) is not None]
    is_time, limit = _steps([name for name, _ in rows]) is not None, LIMITS[chart.kind]
    shown = rows[-limit:] if is_time else rows[:limit]
    note = f"The chart shows the {'last' if is_time else 'first'} {len(shown)} of {len(rows):,} rows." if len(shown) < len(rows) else ""
    places = _steps([name for name, _ in shown]) or list(range(len(shown)))
    return Points(
        points=tuple(
            Point(label(name), place, values.number(value), values.shown(value, answer.types[y]))
            for (name, value), place in zip(shown, places, strict=True)
        ),
        steps=places[-1] + 1 if places else 0,
        x=values.heading(chart.x),
        y=values.heading(chart.y),
        note=note,
    )


def label(value):
    """A category for people: months by name, nothing as `(none)`."""
    if value is None:
        return "(none)"
    text = values.visible(str(value))
    if not text.strip():
        return "(blank)"
    if month := _month(text):
        return month.strftime("%b %Y")
    if day := _day(text):
        return f"{day.day} {day:%b %Y}"
    return text


def _month(text):
    return _date(f"{text}-01") if re.fullmatch(r"\d{4}-\d\d", text) else None


def _day(text):
    return _date(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None


def _date(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _steps(names):
    """Places of months or days in time, from 0 and rising; None where the names are not such, or lie too far apart."""
    texts = [str(name) for name in names]
    for reader, number in ((_month, lambda d: d.year * 12 + d.month), (_day, date.toordinal)):
        dates = [reader(text) for text in texts]
        if not dates or None in dates:
            continue
        numbers = [number(day) for day in dates]
        rising = all(a < b for a, b in pairwise(numbers))
        if rising and numbers[-1] - numbers[0] < LONGEST_GAP:
            places = [n - numbers[0] for n in numbers]
            step = gcd(*places) or 1  # a series by the week takes one step a week
            return [place // step for place in places]
    return None
