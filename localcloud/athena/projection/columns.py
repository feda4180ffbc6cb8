"""The four kinds of projected columns: which values each has, and which of them a query's bounds leave."""

import calendar
import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta

from localcloud.athena.errors import QueryError
from localcloud.athena.projection.dates import DateFormat

_SECONDS = {"WEEKS": 604_800, "DAYS": 86_400, "HOURS": 3600, "MINUTES": 60, "SECONDS": 1, "MILLIS": 0.001}
_MONTHS = {"YEARS": 12, "MONTHS": 1}
_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?")
_WHOLE = re.compile(r"[+-]?\d+")


def bad_property(message):
    """What Athena says of a table whose properties do not fit."""
    return QueryError("INVALID_TABLE_PROPERTY", message)


class Properties:
    """The properties `projection.<column>.*` of one column."""

    def __init__(self, parameters, column):
        start = f"projection.{column}."
        self.column = column
        self.given = {key.lower()[len(start) :]: value for key, value in parameters.items() if key.lower().startswith(start)}

    def name(self, key):
        return f"projection.{self.column}.{key}"

    def get(self, key, default=None):
        """A property without the white space around it."""
        return self.given[key].strip() if key in self.given else default

    def need(self, key):
        if not self.get(key):
            raise bad_property(f"The '{self.name(key)}' table property is required for the projected partition column {self.column}")
        return self.get(key)

    def wrong(self, key, expected):
        return bad_property(f"The '{self.name(key)}' table property must be {expected}; it is '{self.given[key]}'")

    def positive(self, key, default):
        text = self.get(key)
        if text is None:
            return default
        if not text.isdigit() or not int(text):
            raise self.wrong(key, "a positive whole number")
        return int(text)

    def range(self):
        ends = [end.strip() for end in self.need("range").split(",")]
        if len(ends) != 2:
            raise self.wrong("range", "two values with a comma between them")
        return ends


class Enum:
    """`values`: a list in which white space counts."""

    def __init__(self, properties):
        properties.need("values")
        self.values = tuple(dict.fromkeys(properties.given["values"].split(",")))

    def texts(self, bounds, key, now, limit):
        return list(self.values)


class Injected:
    """Values come from the query itself, which must say `=` or IN."""

    def __init__(self, properties):
        self.column = properties.column

    def texts(self, bounds, key, now, limit):
        if not bounds or any(operator not in ("=", "in") for operator, _ in bounds):
            raise QueryError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {self.column}, the WHERE clause must contain only static equality "
                "conditions, and at least one such condition must be present.",
            )
        return list(dict.fromkeys(str(value) for _, values in bounds for value in values if value is not None))


class Steps:
    """Values at even distances: `count` of them, `text(n, now)` the n-th. Only those between the bounds are made."""

    def texts(self, bounds, key, now, limit):
        """`key`: what the column's type makes of a text; `bounds`: (operator, [constants]) of such values."""
        steps = self.steps(now)
        chosen = [range(len(steps))]
        if self.sorts(key):
            value = _Values(steps, key)
            for operator, constants in bounds:
                kept = [_between(value, operator, constant) for constant in constants if constant is not None]
                chosen = [_both(one, other) for one in chosen for other in kept]
        if sum(map(len, chosen)) > limit:
            raise too_many(limit)
        return list(dict.fromkeys(steps[n] for some in chosen for n in some))


def too_many(limit):
    return QueryError(
        "NOT_SUPPORTED", f"a query that leaves more than {limit:,} projected partitions is not in the local cloud; see docs/local-cloud.md"
    )


class _Values:
    """The steps' values by the column's type, made one at a time, for bisecting."""

    def __init__(self, steps, key):
        self.steps, self.key = steps, key

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, n):
        return self.key(self.steps[n])


def _between(values, operator, constant):
    low, high = bisect_left(values, constant), bisect_right(values, constant)
    spans = {"=": (low, high), "in": (low, high), "<": (0, low), "<=": (0, high), ">": (high, None), ">=": (low, None)}
    first, last = spans[operator]
    return range(first, len(values) if last is None else last)


def _both(one, other):
    return range(max(one.start, other.start), max(one.start, other.start, min(one.stop, other.stop)))


class Integer(Steps):
    """`range`, `interval`, `digits`."""

    def __init__(self, properties):
        ends = properties.range()
        if not all(_WHOLE.fullmatch(end) for end in ends):
            raise properties.wrong("range", "two whole numbers with a comma between them")
        self.low, self.high = map(int, ends)
        self.interval, self.digits = properties.positive("interval", 1), properties.positive("digits", 0)

    def sorts(self, key):
        return key is not str or (self.low >= 0 and len(str(self.high)) <= max(self.digits, len(str(self.low))))

    def steps(self, now):
        numbers = range(self.low, self.high + 1, self.interval)
        return _Made(len(numbers), lambda n: f"{numbers[n]:0{self.digits + (numbers[n] < 0)}}")


class Date(Steps):
    """`range` with NOW, `format`, `interval` and `interval.unit`; all in UTC."""

    def __init__(self, properties):
        pattern = properties.need("format")
        try:
            self.format = DateFormat(pattern)
        except ValueError as error:
            raise properties.wrong("format", f"a date format of Java ({error})") from error
        self.properties, self.ends = properties, properties.range()
        for end in self.ends:
            self._moment(end, datetime.now(UTC))
        unit = properties.get("interval.unit")
        # A step that the format does not show would name a partition twice, so Athena knows a default for these two only.
        self.unit = unit.upper() if unit else {"day": "DAYS", "month": "MONTHS"}.get(self.format.finest)
        if self.unit is None or (self.format.finest not in ("day", "month") and properties.get("interval") is None):
            raise bad_property(
                f"The '{properties.name('interval')}' and '{properties.name('interval.unit')}' table properties are required for the "
                f"projected partition column {properties.column}, since the format '{pattern}' shows neither single days nor months"
            )
        if self.unit not in _SECONDS | _MONTHS:
            raise properties.wrong("interval.unit", f"one of {', '.join(_MONTHS | _SECONDS)}")
        self.interval = properties.positive("interval", 1)

    def _moment(self, end, now):
        relative = _NOW.fullmatch(end)
        if relative is None:
            try:
                return self.format.read(end)
            except ValueError as error:
                raise self.properties.wrong("range", f"two dates of the format or NOW with an offset ({error})") from error
        if relative[1] is None:
            return now
        amount = int(relative[2]) * (-1 if relative[1] == "-" else 1)
        return _later(now, amount, relative[3] + "S")

    def sorts(self, key):
        return self.format.sorts if key is str else True

    def steps(self, now):
        low, high = (self.format.floor(self._moment(end, now)) for end in self.ends)
        if self.unit in _MONTHS:
            months = (high.year - low.year) * 12 + high.month - low.month
            count = months // (self.interval * _MONTHS[self.unit]) + 1
            count -= count > 0 and _later(low, (count - 1) * self.interval, self.unit) > high
        else:
            count = (high - low) // timedelta(seconds=self.interval * _SECONDS[self.unit]) + 1
        return _Made(max(count, 0), lambda n: self.format.write(_later(low, n * self.interval, self.unit)))

    def moment(self, text):
        return self.format.read(text)


class _Made:
    """A sequence whose items are made when they are asked for."""

    def __init__(self, count, make):
        self.count, self.make = count, make

    def __len__(self):
        return self.count

    def __getitem__(self, n):
        return self.make(n)


def _later(moment, amount, unit):
    """A moment by so many units later; a day that the month does not have becomes its last."""
    if unit in _SECONDS:
        return moment + timedelta(seconds=amount * _SECONDS[unit])
    months = moment.year * 12 + moment.month - 1 + amount * _MONTHS[unit]
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


KINDS = {"enum": Enum, "integer": Integer, "date": Date, "injected": Injected}


def read(parameters, column):
    """The projected column that a table's properties configure, or None if they say nothing of it; QueryError if they are wrong."""
    properties = Properties(parameters, column)
    if not properties.get("type"):
        return None
    kind = KINDS.get(properties.get("type").lower())
    if kind is None:
        raise properties.wrong("type", f"one of {', '.join(KINDS)}")
    return kind(properties)


def key_of(column, kind):
    """What a text of the column is compared as; `kind`: the name of the column's type, as constants of it come from SQL."""
    if kind in ("tinyint", "smallint", "integer", "bigint"):
        return int
    if isinstance(column, Date) and kind == "date":
        return lambda text: column.moment(text).date()
    if kind == "date":
        return date.fromisoformat
    if isinstance(column, Date) and kind == "timestamp":
        return lambda text: column.moment(text).replace(tzinfo=None)
    return str
