"""Trino's types: names, coercion, and how each is held in DuckDB.

Intervals are held as integers (milliseconds; months), since Trino's are those and DuckDB's mix both.
"""

import re
from dataclasses import dataclass

from localcloud.athena.errors import QueryError, not_supported


@dataclass(frozen=True)
class Type:
    """A Trino type. `args`: (precision, scale), (length,), (precision,), element types, or (name, Type) pairs of a row."""

    name: str
    args: tuple = ()

    def __str__(self):
        if self.name == "timestamp with time zone":
            return f"timestamp({self.args[0]}) with time zone"
        if self.name == "row":
            return "row(" + ", ".join(f"{field} {kind}" if field else str(kind) for field, kind in self.args) + ")"
        if not self.args:
            return self.name
        separator = "," if self.name == "decimal" else ", "
        return f"{self.name}({separator.join(str(arg) for arg in self.args)})"

    @property
    def element(self):
        return self.args[0]

    @property
    def precision(self):
        return self.args[0]

    @property
    def scale(self):
        return self.args[1]


BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT = (Type(name) for name in ("boolean", "tinyint", "smallint", "integer", "bigint"))
REAL, DOUBLE, VARCHAR, VARBINARY, DATE, JSON, UNKNOWN = (
    Type(name) for name in ("real", "double", "varchar", "varbinary", "date", "json", "unknown")
)
TIMESTAMP, TIMESTAMP_TZ, TIME = Type("timestamp", (3,)), Type("timestamp with time zone", (3,)), Type("time", (3,))
DAY_TO_SECOND, YEAR_TO_MONTH = Type("interval day to second"), Type("interval year to month")

INTEGERS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_RANK = ["tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"]
INTERVALS = {"interval day to second", "interval year to month"}


def decimal(precision, scale):
    return Type("decimal", (min(38, precision), scale))


def array(element):
    return Type("array", (element,))


def map_of(key, value):
    return Type("map", (key, value))


def is_numeric(kind):
    return kind.name in _RANK


def is_text(kind):
    return kind.name in ("varchar", "char")


def is_temporal(kind):
    return kind.name in ("date", "timestamp", "timestamp with time zone", "time")


def as_decimal(kind):
    """The decimal that holds every value of an integer type."""
    return kind if kind.name == "decimal" else decimal(INTEGERS[kind.name], 0)


def common(left, right):
    """Trino's common super type of two types, or None."""
    if left == right:
        return left
    if left.name == "unknown":
        return right
    if right.name == "unknown":
        return left
    if is_numeric(left) and is_numeric(right):
        return _common_number(left, right)
    if is_text(left) and is_text(right):
        if left.name == right.name == "char":
            return Type("char", (max(left.args[0], right.args[0]),))
        if not left.args or not right.args:
            return VARCHAR
        return Type("varchar", (max(left.args[0], right.args[0]),))
    times = ("date", "timestamp", "timestamp with time zone")
    if left.name in times and right.name in times:
        name = times[max(times.index(left.name), times.index(right.name))]
        return Type(name, (max((kind.args[0] for kind in (left, right) if kind.args), default=3),)) if name != "date" else DATE
    if left.name == right.name and left.name in ("array", "map"):
        parts = [common(*pair) for pair in zip(left.args, right.args, strict=True)]
        return None if None in parts else Type(left.name, tuple(parts))
    if left.name == right.name == "row" and len(left.args) == len(right.args):
        parts = [(a[0] if a[0] == b[0] else None, common(a[1], b[1])) for a, b in zip(left.args, right.args, strict=True)]
        return None if any(kind is None for _, kind in parts) else Type("row", tuple(parts))
    if left.name == right.name == "time":
        return Type("time", (max(left.args[0], right.args[0]),))
    return None


def _common_number(left, right):
    if "double" in (left.name, right.name):
        return DOUBLE
    if "real" in (left.name, right.name):
        return REAL
    if "decimal" in (left.name, right.name):
        a, b = as_decimal(left), as_decimal(right)
        scale = max(a.scale, b.scale)
        return decimal(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
    return max(left, right, key=lambda kind: _RANK.index(kind.name))


_DUCK = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "time": "TIME",
    "json": "JSON",
    "unknown": "INTEGER",
    "interval day to second": "BIGINT",
    "interval year to month": "INTEGER",
}


def duck(kind):
    """The DuckDB type that holds `kind`."""
    if kind.name == "decimal":
        return f"DECIMAL({kind.precision},{kind.scale})"
    if kind.name == "array":
        return duck(kind.element) + "[]"
    if kind.name == "map":
        return f"MAP({duck(kind.args[0])}, {duck(kind.args[1])})"
    if kind.name == "row":
        return "STRUCT(" + ", ".join(f"{quote(field_key(kind, i))} {duck(inner)}" for i, (_, inner) in enumerate(kind.args)) + ")"
    return _DUCK[kind.name]


def field_key(kind, index):
    """Fields are held by place (`f0`, `f1` …): Trino allows rows without names, and with equal ones."""
    return f"f{index}"


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    """A DuckDB string literal."""
    return "'" + value.replace("'", "''") + "'"


# --- type names as text -------------------------------------------------------------------------

_TOKEN = re.compile(r'\s*(?:"((?:[^"]|"")*)"|`([^`]*)`|([A-Za-z_][\w$@]*)|(\d+)|([<>(),:]))')
_SIMPLE = {
    "boolean": BOOLEAN,
    "tinyint": TINYINT,
    "byte": TINYINT,
    "smallint": SMALLINT,
    "short": SMALLINT,
    "int": INTEGER,
    "integer": INTEGER,
    "bigint": BIGINT,
    "long": BIGINT,
    "float": REAL,
    "real": REAL,
    "double": DOUBLE,
    "string": VARCHAR,
    "varchar": VARCHAR,
    "binary": VARBINARY,
    "varbinary": VARBINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "time": TIME,
    "json": JSON,
}


class _Reader:
    def __init__(self, source):
        self.source, self.tokens, at = source, [], 0
        while at < len(source.rstrip()):
            found = _TOKEN.match(source, at)
            if not found:
                raise self.problem()
            self.tokens.append(found[5] or found[4] or (found[3] and found[3]) or found[2] or found[1])
            at = found.end()
        self.at = 0

    def problem(self):
        return QueryError("TYPE_MISMATCH", f"Unknown type: {self.source}")

    def peek(self):
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def take(self, expected=None):
        if self.at >= len(self.tokens) or (expected and self.peek() not in expected):
            raise self.problem()
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, token):
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def numbers(self):
        found = []
        if self.accept("("):
            found.append(int(self.take()))
            while self.accept(","):
                found.append(int(self.take()))
            self.take(")")
        return found

    def kind(self):
        name = self.take().lower()
        if name == "double" and self.accept("precision"):
            return DOUBLE
        if name in ("decimal", "numeric", "dec"):
            numbers = self.numbers()
            precision, scale = (38, 0) if not numbers else (numbers[0], numbers[1] if len(numbers) > 1 else 0)
            if not 1 <= precision <= 38 or not 0 <= scale <= precision:
                raise self.problem()
            return decimal(precision, scale)
        if name in ("varchar", "char"):
            numbers = self.numbers()
            return Type(name, tuple(numbers[:1])) if numbers else (Type("char", (1,)) if name == "char" else VARCHAR)
        if name in ("timestamp", "time"):
            precision = (self.numbers() or [3])[0]
            if precision > 6:
                raise not_supported(f"{name}({precision}) (more than microseconds)")
            zoned = False
            if self.peek() in ("with", "without"):
                zoned = self.take().lower() == "with"
                self.take("time")
                self.take("zone")
            if zoned and name == "time":
                raise not_supported("time with time zone")
            return Type("timestamp with time zone" if zoned else name, (precision,))
        if name == "interval":
            unit = self.take(("day", "year")).lower()
            self.take("to")
            self.take(("second", "month"))
            return DAY_TO_SECOND if unit == "day" else YEAR_TO_MONTH
        if name == "array":
            close = ">" if self.take("<(") == "<" else ")"
            element = self.kind()
            self.take(close)
            return array(element)
        if name == "map":
            close = ">" if self.take("<(") == "<" else ")"
            key = self.kind()
            self.take(",")
            value = self.kind()
            self.take(close)
            return map_of(key, value)
        if name in ("struct", "row"):
            return self.row()
        if name in _SIMPLE:
            return _SIMPLE[name]
        raise self.problem()

    def row(self):
        close = ">" if self.take("<(") == "<" else ")"
        fields = []
        while True:
            following = self.tokens[self.at + 1].lower() if self.at + 1 < len(self.tokens) else ""
            if close == ")" and following in (",", ")", "("):
                fields.append((None, self.kind()))
            else:
                name = self.take().lower()
                self.accept(":")
                fields.append((name, self.kind()))
            if not self.accept(","):
                break
        self.take(close)
        return Type("row", tuple(fields))


def parse(source):
    """A type by its name in Trino's or Hive's spelling; QueryError if there is no such type."""
    reader = _Reader(source)
    kind = reader.kind()
    if reader.at != len(reader.tokens):
        raise reader.problem()
    return kind


def hive(kind):
    """Hive's name of a type, as Glue's catalog keeps it."""
    names = {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary", "timestamp": "timestamp", "json": "string"}
    if kind.name in ("varchar", "char") and kind.args:
        return str(kind)
    if kind.name == "array":
        return f"array<{hive(kind.element)}>"
    if kind.name == "map":
        return f"map<{hive(kind.args[0])},{hive(kind.args[1])}>"
    if kind.name == "row":
        return "struct<" + ",".join(f"{field or f'field{i}'}:{hive(inner)}" for i, (field, inner) in enumerate(kind.args)) + ">"
    if kind.name == "timestamp with time zone" or kind.name in INTERVALS or kind.name in ("time", "unknown"):
        raise QueryError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    return names.get(kind.name, str(kind))
