"""AWS's six-field cron expressions, `cron(minutes hours day-of-month month day-of-week year)`, in UTC; pure."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

_MONTHS = {name.upper(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8), strict=True))
_FIELDS = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, {}),
)
_PART = re.compile(r"(\*|[0-9A-Z]+)(?:-([0-9A-Z]+))?(?:/([0-9]+))?")


@dataclass(frozen=True)
class Cron:
    """A parsed expression; `days` is a predicate on a date."""

    minutes: tuple
    hours: tuple
    months: frozenset
    years: frozenset
    days: object

    def next(self, after):
        """The first moment later than `after` (an aware datetime), or None if there is none."""
        after = after.astimezone(UTC)
        for year in sorted(year for year in self.years if year >= after.year):
            for month in sorted(self.months):
                if (year, month) < (after.year, after.month):
                    continue
                found = self._within(year, month, after)
                if found:
                    return found
        return None

    def _within(self, year, month, after):
        for day in range(1, calendar.monthrange(year, month)[1] + 1):
            if (year, month, day) < (after.year, after.month, after.day) or not self.days(date(year, month, day)):
                continue
            for hour in self.hours:
                for minute in self.minutes:
                    moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
                    if moment > after:
                        return moment
        return None


def parse(expression):
    """A Cron. ValueError says which field is wrong and what it may hold."""
    found = re.fullmatch(r"cron\((.*)\)", expression.strip())
    if not found:
        raise ValueError(f"a schedule is cron(minutes hours day-of-month month day-of-week year), this is {expression!r}")
    fields = found.group(1).upper().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"cron takes six fields, minutes to year; {expression!r} has {len(fields)}")
    minutes, hours, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"exactly one of day of month and day of week must be ?; {expression!r} has {day} and {weekday}")
    values = [_values(text, *_FIELDS[at]) for at, text in ((0, minutes), (1, hours), (3, month), (5, year))]
    days = _days_of_week(weekday) if day == "?" else _days_of_month(day)
    return Cron(tuple(sorted(values[0])), tuple(sorted(values[1])), values[2], values[3], days)


def _values(text, name, low, high, names):
    """The numbers that a field stands for."""
    out = set()
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if not found:
            raise ValueError(f"cron's {name} cannot be {part!r}")
        first, last, step = found.groups()
        if first == "*":
            if last:
                raise ValueError(f"cron's {name} cannot be {part!r}")
            start, end = low, high
        else:
            start = _number(first, name, low, high, names)
            end = _number(last, name, low, high, names) if last else high if step else start
        if step == "0" or end < start:
            raise ValueError(f"cron's {name} cannot be {part!r}")
        out.update(range(start, end + 1, int(step or 1)))
    return frozenset(out)


def _number(text, name, low, high, names):
    value = names.get(text, int(text) if text.isdigit() else None)
    if value is None or not low <= value <= high:
        raise ValueError(f"cron's {name} takes {low} to {high}{' or ' + '-'.join(names) if names else ''}, this is {text!r}")
    return value


def _days_of_month(text):
    """`L` is the last day, `15W` the working day nearest to the 15th within the month, `LW` the last working day."""
    if text == "L":
        return lambda day: day.day == _last_day(day)
    if text.endswith("W"):
        wanted = None if text == "LW" else _number(text[:-1], *_FIELDS[2])
        return lambda day: day.day == _working_day(day, min(wanted or 31, _last_day(day)))
    days = _values(text, *_FIELDS[2])
    return lambda day: day.day in days


def _days_of_week(text):
    """`6#3` is the third Friday, `6L` the last one, `L` Saturday."""
    name, low, high, names = _FIELDS[4]
    nth = re.fullmatch(r"([0-9A-Z]+)#([1-5])", text)
    if nth:
        wanted, which = _number(nth.group(1), name, low, high, names), int(nth.group(2))
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == which
    if len(text) > 1 and text.endswith("L"):
        wanted = _number(text[:-1], name, low, high, names)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last_day(day)
    days = _values("7" if text == "L" else text, name, low, high, names)
    return lambda day: _weekday(day) in days


def _weekday(day):
    """1 for Sunday to 7 for Saturday, as AWS counts."""
    return day.isoweekday() % 7 + 1


def _last_day(day):
    return calendar.monthrange(day.year, day.month)[1]


def _working_day(day, wanted):
    """The day of the month's working day nearest to `wanted`, without leaving the month."""
    which = date(day.year, day.month, wanted).isoweekday()
    if which == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if which == 7:
        return wanted + 1 if wanted < _last_day(day) else wanted - 2
    return wanted
