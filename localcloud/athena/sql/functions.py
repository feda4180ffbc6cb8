"""Scalar functions: how a call finds its meaning.

The meanings are in tables by subject (functions_math, _text, _dates, _collections, _json). An entry is
either a list of overloads (argument types, result type, SQL template) or a Python function over Values.
A name in no table is an error: known to Trino → NOT_SUPPORTED, else FUNCTION_NOT_FOUND.
"""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import functions_collections, functions_dates, functions_json, functions_math, functions_text
from localcloud.athena.sql import types as t
from localcloud.athena.sql.registry import LAMBDAS, TABLE, accept
from localcloud.athena.sql.trino_names import TRINO_FUNCTIONS
from localcloud.athena.sql.values import Value, without_failures

_MODULES = (functions_collections, functions_dates, functions_json, functions_math, functions_text)
MACROS = tuple(macro for module in _MODULES for macro in getattr(module, "MACROS", ()))


def call_node(compile_, name, node):
    """A call as written; `name` lower case."""
    at = compile_.at(node)
    if name in LAMBDAS:
        return LAMBDAS[name](compile_, node.expressions, at)
    if name == "try":
        if len(node.expressions) != 1:
            raise QueryError("SYNTAX_ERROR", "try takes one argument", at)
        value = compile_(node.expressions[0])
        if compile_.aggregated or any(isinstance(part, exp.Query | exp.Window) for part in node.walk()):
            return Value(without_failures(value.sql), value.type, zone=value.zone)
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
