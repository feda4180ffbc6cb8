"""Scalar functions: how a call finds its meaning.

The meanings are in tables by subject (functions_math, _text, _dates, _collections, _json). An entry is
either a list of overloads (argument types, result type, SQL template) or a Python function over Values.
A name in no table is an error: known to Trino → NOT_SUPPORTED, else FUNCTION_NOT_FOUND.
"""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.trino_names import TRINO_FUNCTIONS
from localcloud.athena.sql.values import Value, coerce

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
    """Registers one overload. `arguments` and `result`: type names with spaces between, see `_accepts`."""
    TABLE.setdefault(name, []).append((arguments.split(), result, template))


def call_node(compile_, name, node):
    """A call as written; `name` lower case."""
    at = compile_.at(node)
    if name in LAMBDAS:
        return LAMBDAS[name](compile_, node.expressions, at)
    if name == "try":
        if len(node.expressions) != 1:
            raise QueryError("SYNTAX_ERROR", "try takes one argument", at)
        value = compile_(node.expressions[0])
        return Value(f"TRY({value.sql})", value.type, zone=value.zone)
    if any(isinstance(argument, exp.Lambda | exp.Distinct | exp.Order | exp.Star | exp.IgnoreNulls) for argument in node.expressions):
        _known(name, at)
        raise not_supported(f"{node.sql('trino')[:80]}", at)
    _known(name, at)
    return call(compile_, name, [compile_(argument) for argument in node.expressions], at)


def _known(name, at):
    if name in TABLE:
        return
    if name in TRINO_FUNCTIONS:
        raise not_supported(f"function {name}", at)
    raise QueryError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", at)


def call(compile_, name, values, at=None):
    """The Value of `name(values)`."""
    _known(name, at)
    entry = TABLE[name]
    if callable(entry):
        try:
            return entry(compile_, values, at)
        except IndexError as error:
            raise _unexpected(name, values, at) from error
    for arguments, result, template in entry:
        found = _overload(arguments, result, template, values)
        if found is not None:
            return found
    raise _unexpected(name, values, at)


def _unexpected(name, values, at):
    given = ", ".join(str(value.type) for value in values)
    return QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {name}", at)


def _overload(arguments, result, template, values):
    repeated = arguments and arguments[-1] == "..."
    if repeated:
        arguments = arguments[:-1] + [arguments[-2]] * (len(values) - len(arguments) + 1)
    if len(arguments) != len(values):
        return None
    coerced = []
    for wanted, value in zip(arguments, values, strict=True):
        fitted = accept(wanted, value)
        if fitted is None:
            return None
        coerced.append(fitted)
    parts = [value.sql for value in coerced]
    kind = coerced[int(result[3:])].type if result.startswith("arg") else t.parse(result)
    zone = coerced[int(result[3:])].zone if result.startswith("arg") else "UTC"
    sql = template.format(*parts, all=", ".join(parts))
    return Value(f"({sql})", kind, zone=zone)


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


# the tables register themselves; what other modules call is named here
from localcloud.athena.sql import functions_collections, functions_dates, functions_json, functions_text  # noqa: E402

concatenate = functions_text.concatenate
subscript, map_subscript = functions_collections.subscript, functions_collections.map_subscript
zone_name = functions_dates.zone_name
json_parse = functions_json.json_parse
MACROS = (*functions_text.MACROS, *functions_dates.MACROS, *functions_json.MACROS)
