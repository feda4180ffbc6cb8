"""The tables of scalar functions: how a function's meaning is registered and its arguments accepted."""

from localcloud.athena.errors import not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.values import coerce

TABLE = {}
LAMBDAS = {}  # functions that take lambdas: they compile their own arguments


def special(*names):
    """Registers f(compile, values, position) under names."""

    def register(function):
        for name in names:
            TABLE[name] = function
        return function

    return register


def with_lambda(*names):
    """Registers f(compile, argument nodes, position) under names."""

    def register(function):
        for name in names:
            LAMBDAS[name] = function
        return function

    return register


def simple(name, arguments, result, template):
    """Registers one overload. `arguments` and `result`: type names with spaces between, see `accept`."""
    TABLE.setdefault(name, []).append((arguments.split(), result, template))


def accept(wanted, value):
    """`value` as the argument type `wanted`, or None if Trino would not take it there by itself."""
    name, kind = wanted, value.type
    if name == "any":
        return value
    if name == "number":
        return value if t.is_numeric(kind) else None
    if name == "integral":
        return value if kind.name in t.INTEGERS else None
    if name in ("decimal", "timestamp", "tstz", "array", "map", "time"):
        full = "timestamp with time zone" if name == "tstz" else name
        if kind.name == full:
            return value
        if kind.name == "unknown" and name in ("timestamp", "decimal"):
            return coerce(value, t.TIMESTAMP if name == "timestamp" else t.decimal(1, 0))
        return None
    if name == "instant":  # a date or any timestamp
        return value if kind.name in ("date", "timestamp", "timestamp with time zone") else None
    target = t.parse(name)
    wider = t.common(kind, target)
    return coerce(value, target) if wider == target else None


def text_of(value, at, what):
    """The text of a literal argument: patterns and paths are translated when the query is compiled."""
    if isinstance(value.literal, str):
        return value.literal
    raise not_supported(f"{what} that is not a literal", at)
