"""Aggregate and window functions, with Trino's result types."""

from sqlglot import exp

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.operators import divide
from localcloud.athena.sql.registry import accept
from localcloud.athena.sql.values import Value, coerce

_DOUBLES = {
    "stddev": "stddev_samp",
    "stddev_samp": "stddev_samp",
    "stddev_pop": "stddev_pop",
    "variance": "var_samp",
    "var_samp": "var_samp",
    "var_pop": "var_pop",
    "skewness": None,
    "kurtosis": None,
    "geometric_mean": "geomean",
}
_PAIRS = {
    "corr": "corr",
    "covar_pop": "covar_pop",
    "covar_samp": "covar_samp",
    "regr_slope": "regr_slope",
    "regr_intercept": "regr_intercept",
}
_PLAIN = {
    "count",
    "count_if",
    "sum",
    "avg",
    "min",
    "max",
    "arbitrary",
    "any_value",
    "bool_and",
    "bool_or",
    "every",
    "approx_distinct",
    "max_by",
    "min_by",
    "array_agg",
    "listagg",
    "histogram",
    "map_agg",
    "checksum",
    "approx_percentile",
    "bitwise_and_agg",
    "bitwise_or_agg",
    "grouping",
}
_RANKING = {
    "row_number": t.BIGINT,
    "rank": t.BIGINT,
    "dense_rank": t.BIGINT,
    "percent_rank": t.DOUBLE,
    "cume_dist": t.DOUBLE,
    "ntile": t.BIGINT,
}
_VALUES = {"lag", "lead", "first_value", "last_value", "nth_value"}


def known(name):
    return name in _PLAIN or name in _DOUBLES or name in _PAIRS or name in _RANKING or name in _VALUES


def call(compile_, name, node, condition=None, order=None):
    """An aggregate over the group."""
    if name in _RANKING or name in _VALUES:
        raise QueryError("MISSING_OVER", f"Window function {name} requires an OVER clause", compile_.at(node))
    if name == "grouping":
        return _grouping(compile_, node)
    if compile_.query.in_aggregate:
        raise QueryError("NESTED_AGGREGATION", f"Cannot nest aggregations inside aggregation '{name}'", compile_.at(node))
    compile_.query.in_aggregate = True
    try:
        kind, template = aggregate(compile_, name, node, order)
        filtered = f" FILTER (WHERE {compile_.boolean(condition, 'FILTER expression').sql})" if condition is not None else ""
    finally:
        compile_.query.in_aggregate = False
    compile_.aggregated = True
    return Value(template(filtered), kind)


def aggregate(compile_, name, node, order=None):
    """(result type, suffix → SQL). The suffix (FILTER, OVER) goes behind each aggregate that DuckDB computes."""
    at = compile_.at(node)
    arguments, distinct, items = list(node.expressions), "", None
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        if arguments[0].args.get("on"):
            raise not_supported("DISTINCT ON", at)
        distinct, arguments = "DISTINCT ", list(arguments[0].expressions)
    if arguments and isinstance(arguments[-1], exp.Order):
        items, arguments[-1] = arguments[-1].expressions, arguments[-1].this
        if isinstance(arguments[-1], exp.Distinct):
            distinct, arguments = "DISTINCT ", arguments[:-1] + list(arguments[-1].expressions)
    if order is not None:
        items = order.expressions
    if name == "count" and (not arguments or (len(arguments) == 1 and isinstance(arguments[0], exp.Star))):
        return t.BIGINT, lambda suffix: f"count(*){suffix}"
    values = [compile_(argument) for argument in arguments]
    ordered = f" ORDER BY {compile_.ordered(items)}" if items else ""
    return _meaning(name, values, distinct, ordered, at)


def _meaning(name, values, distinct, ordered, at):
    wrong = QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function {name}", at)
    count = {
        "max_by": (2, 3),
        "min_by": (2, 3),
        "map_agg": (2,),
        "listagg": (1, 2),
        "approx_percentile": (2, 3, 4),
        "approx_distinct": (1, 2),
    }
    if len(values) not in (count.get(name) or ((2,) if name in _PAIRS else (1,))):
        raise wrong
    first = values[0]
    if first.type.name == "unknown" and name not in ("count", "count_if"):
        raise wrong
    x, kind = first.sql, first.type
    plain = lambda function, result=kind: (result, lambda suffix: f"{function}({distinct}{x}{ordered}){suffix}")  # noqa: E731 - a local shorthand
    cast_to = lambda function, result: (result, lambda suffix: f"CAST({function}({distinct}{x}){suffix} AS {t.duck(result)})")  # noqa: E731
    if name == "count":
        return plain("count", t.BIGINT)
    if name == "count_if":
        return (t.BIGINT, lambda suffix: f"CAST(count({distinct}CASE WHEN {x} THEN 1 END){suffix} AS BIGINT)")
    if name == "sum":
        return _sum(first, distinct, wrong)
    if name == "avg":
        return _avg(first, distinct, wrong)
    if name in ("min", "max"):
        if kind.name in ("map", "json", "row", "array"):
            raise not_supported(f"{name} of {kind}", at)
        return plain(name)
    if name in ("arbitrary", "any_value"):
        return plain("any_value")
    if name in ("bool_and", "bool_or", "every"):
        if kind != t.BOOLEAN:
            raise wrong
        return plain("bool_or" if name == "bool_or" else "bool_and")
    if name == "approx_distinct":
        # exact: always within the error that Trino promises
        return (t.BIGINT, lambda suffix: f"count(DISTINCT {x}){suffix}")
    if name in ("max_by", "min_by"):
        if len(values) == 3:
            raise not_supported(f"{name} with a count", at)
        function = "arg_max_null" if name == "max_by" else "arg_min_null"
        return (kind, lambda suffix: f"{function}({x}, {values[1].sql}){suffix}")
    if name == "array_agg":
        return (t.array(kind), lambda suffix: f"list({distinct}{x}{ordered}){suffix}")
    if name == "listagg":
        if not t.is_text(kind) or not ordered:
            raise wrong if ordered else QueryError("SYNTAX_ERROR", "listagg needs WITHIN GROUP (ORDER BY …)", at)
        separator = values[1].sql if len(values) > 1 else "''"
        return (t.VARCHAR, lambda suffix: f"string_agg({distinct}{x}, {separator}{ordered}){suffix}")
    if name == "histogram":
        return (t.map_of(kind, t.BIGINT), lambda suffix: f"CAST(histogram({x}){suffix} AS {t.duck(t.map_of(kind, t.BIGINT))})")
    if name in ("bitwise_and_agg", "bitwise_or_agg"):
        return cast_to("bit_and" if name == "bitwise_and_agg" else "bit_or", t.BIGINT)
    if name == "approx_percentile" and len(values) == 2 and isinstance(values[1].literal, int | float) and t.is_numeric(kind):
        if kind.name == "decimal":
            raise not_supported("approx_percentile of a decimal (cast it to double)", at)
        # a value of the group at that rank: exact where Trino approximates
        return (kind, lambda suffix: f"quantile_disc({x}, {values[1].literal}){suffix}")
    if _DOUBLES.get(name):
        if accept("double", first) is None:
            raise wrong
        return (t.DOUBLE, lambda suffix: f"{_DOUBLES[name]}({distinct}{coerce(first, t.DOUBLE).sql}){suffix}")
    if name in _PAIRS:
        a, b = coerce(values[0], t.DOUBLE).sql, coerce(values[1], t.DOUBLE).sql
        return (t.DOUBLE, lambda suffix: f"{_PAIRS[name]}({a}, {b}){suffix}")
    raise not_supported(f"aggregate function {name}", at)


def _sum(value, distinct, wrong):
    kind, x = value.type, value.sql
    if kind.name in t.INTEGERS:
        return t.BIGINT, lambda suffix: f"CAST(sum({distinct}{x}){suffix} AS BIGINT)"
    if kind.name == "decimal":
        result = t.decimal(38, kind.scale)
        return result, lambda suffix: f"CAST(sum({distinct}{x}){suffix} AS {t.duck(result)})"
    if kind.name in ("double", "real"):
        return kind, lambda suffix: f"CAST(sum({distinct}{x}){suffix} AS {t.duck(kind)})"
    if kind.name in t.INTERVALS:
        return kind, lambda suffix: f"CAST(sum({distinct}{x}){suffix} AS {t.duck(kind)})"
    raise wrong


def _avg(value, distinct, wrong):
    """avg(decimal) has the argument's own type and rounds half up; others are doubles."""
    kind, x = value.type, value.sql
    if kind.name == "decimal":
        total, number = t.decimal(38, kind.scale), t.decimal(19, 0)

        def average(suffix):
            digits = f"CAST(sum({distinct}{x}){suffix} AS {t.duck(total)})"
            counted = f"count({distinct}{x}){suffix}"
            return f"CASE WHEN {counted} > 0 THEN {divide(digits, total, counted, number, kind)} END"

        return kind, average
    if kind.name in t.INTEGERS or kind.name in ("double", "real"):
        result = t.REAL if kind == t.REAL else t.DOUBLE
        return result, lambda suffix: f"CAST(avg({distinct}{x}){suffix} AS {t.duck(result)})"
    raise wrong


def _grouping(compile_, node):
    names = ", ".join(compile_(argument).sql for argument in node.expressions)
    compile_.aggregated = True
    return Value(f"CAST(grouping({names}) AS {'BIGINT' if len(node.expressions) > 31 else 'INTEGER'})", t.INTEGER)


# --- windows -------------------------------------------------------------------------------------


def window(compile_, node):
    """`function(…) OVER (…)`."""
    at = compile_.at(node)
    inner, condition, ignore = node.this, None, ""
    if isinstance(inner, exp.Filter):
        inner, condition = inner.this, inner.expression.this
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        ignore = " IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else ""
        inner = inner.this
    if not isinstance(inner, exp.Anonymous):
        raise not_supported(f"{inner.sql('trino')[:40]} as a window function", at)
    if node.args.get("first") is not None:
        raise not_supported("KEEP in a window", at)
    name = inner.this.lower()
    over = _over(compile_, node)
    if name in _RANKING:
        arguments = ", ".join(f"CAST({compile_(argument).sql} AS BIGINT)" for argument in inner.expressions)
        return Value(f"CAST({name}({arguments}) {over} AS {t.duck(_RANKING[name])})", _RANKING[name])
    if name in _VALUES:
        return _value(compile_, name, inner, ignore, over)
    if not known(name):
        raise QueryError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", at)
    if ignore:
        raise not_supported("IGNORE NULLS of an aggregate", at)
    kind, template = aggregate(compile_, name, inner)
    filtered = f" FILTER (WHERE {compile_.boolean(condition, 'FILTER expression').sql})" if condition is not None else ""
    return Value(f"{template(f'{filtered} {over}')}", kind)


def _value(compile_, name, node, ignore, over):
    arguments = list(node.expressions)
    if arguments and isinstance(arguments[0], exp.IgnoreNulls):
        raise QueryError("SYNTAX_ERROR", "IGNORE NULLS is written behind the parentheses", compile_.at(node))
    values = [compile_(argument) for argument in arguments]
    first, rest = values[0], values[1:]
    parts = [first.sql]
    if rest:
        parts.append(f"CAST({rest[0].sql} AS BIGINT)")
    if len(rest) > 1:
        if t.common(first.type, rest[1].type) != first.type:
            raise QueryError(
                "FUNCTION_NOT_FOUND",
                f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function {name}",
                compile_.at(node),
            )
        parts.append(coerce(rest[1], first.type).sql)
    return Value(f"{name}({', '.join(parts)}{ignore}) {over}", first.type, zone=first.zone)


def _over(compile_, node):
    if node.args.get("alias") and not node.args.get("partition_by") and not node.args.get("order") and not node.args.get("spec"):
        name = node.args["alias"].name.lower()
        found = compile_.query.windows.get(name)
        if found is None:
            raise QueryError("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {name}", compile_.at(node))
        return f"OVER ({_window_body(compile_, found)})"
    if node.args.get("alias"):
        raise not_supported("a window that extends a named one", compile_.at(node))
    return f"OVER ({_window_body(compile_, node)})"


def _window_body(compile_, node):
    parts = []
    if node.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(compile_(item).sql for item in node.args["partition_by"]))
    order = node.args.get("order")
    if order:
        parts.append("ORDER BY " + compile_.ordered(order.expressions))
    spec = node.args.get("spec")
    if spec:
        parts.append(_frame(compile_, spec))
    return " ".join(parts)


def _frame(compile_, spec):
    if spec.args.get("exclude"):
        raise not_supported("EXCLUDE in a window frame", compile_.at(spec))
    kind = spec.args["kind"].upper()

    def bound(value, side):
        if isinstance(value, str):
            text = value.upper()
            return text if text == "CURRENT ROW" else f"{text} {side.upper()}"
        compiled = compile_(value)
        if kind == "RANGE" and compiled.type.name in t.INTERVALS:
            unit = "to_months" if compiled.type == t.YEAR_TO_MONTH else "to_milliseconds"
            return f"{unit}({compiled.sql}) {side.upper()}"
        return f"{compiled.sql} {side.upper()}"

    start = bound(spec.args["start"], spec.args.get("start_side") or "PRECEDING")
    end = spec.args.get("end")
    finish = bound(end, spec.args.get("end_side") or "FOLLOWING") if end else "CURRENT ROW"
    return f"{kind} BETWEEN {start} AND {finish}"
