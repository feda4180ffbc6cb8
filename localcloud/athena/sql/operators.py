"""Operators with Trino's result types: arithmetic, comparison, logic, dates and intervals."""

from localcloud.athena.errors import QueryError
from localcloud.athena.sql import types as t
from localcloud.athena.sql.values import Value, coerce, fail_if

_NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication"}


def mismatch(operator, left, right, position):
    return QueryError("TYPE_MISMATCH", f"Cannot apply operator: {left} {operator} {right}", position)


def arithmetic(operator, left, right, position=None):
    """`left operator right` for + - * / %."""
    if "unknown" in (left.type.name, right.type.name):
        other = right if left.type.name == "unknown" else left
        kind = t.BIGINT if other.type.name == "unknown" else other.type
        left, right = (Value(f"CAST({v.sql} AS {t.duck(kind)})", kind) if v.type.name == "unknown" else v for v in (left, right))
    if t.is_numeric(left.type) and t.is_numeric(right.type):
        return _numbers(operator, left, right)
    temporal = _temporal(operator, left, right, position)
    if temporal is None:
        raise mismatch(operator, left.type, right.type, position)
    return temporal


def _numbers(operator, left, right):
    if {"decimal"} & {left.type.name, right.type.name} and not {"real", "double"} & {left.type.name, right.type.name}:
        return _decimals(operator, left, right)
    kind = t.common(left.type, right.type)
    a, b = coerce(left, kind).sql, coerce(right, kind).sql
    if operator in "+-*":
        return Value(f"({a} {operator} {b})", kind)
    if kind.name in ("real", "double"):
        return Value(f"({a} / {b})" if operator == "/" else f"fmod({a}, {b})", kind)
    quotient = f"CAST(({a} {'//' if operator == '/' else '%'} {b}) AS {t.duck(kind)})"
    return Value(_guarded(right, b, quotient, kind), kind)


def _guarded(right, b, sql, kind):
    """Division by zero is an error in Trino and NULL in DuckDB."""
    if isinstance(right.literal, int | float) and right.literal:
        return sql
    return f"({fail_if(f'{b} = 0', 'DIVISION_BY_ZERO', 'Division by zero', sql, kind)})"


def _decimals(operator, left, right):
    a, b = t.as_decimal(left.type), t.as_decimal(right.type)
    x, y = coerce(left, a).sql, coerce(right, b).sql
    if operator in "+-":
        scale = max(a.scale, b.scale)
        kind = t.decimal(max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)
        return Value(f"(CAST({x} AS {t.duck(kind)}) {operator} CAST({y} AS {t.duck(kind)}))", kind)
    if operator == "*":
        if a.scale + b.scale > 38:
            raise QueryError("NUMERIC_VALUE_OUT_OF_RANGE", f"decimal multiplication overflow: {a} * {b}")
        kind = t.decimal(a.precision + b.precision, a.scale + b.scale)
        # DuckDB multiplies in the wider operand's integers and overflows there
        x = f"CAST({x} AS DECIMAL(38,{a.scale}))" if a.precision + b.precision > 18 else x
        return Value(f"CAST(({x} * {y}) AS {t.duck(kind)})", kind)
    if operator == "%":
        scale = max(a.scale, b.scale)
        kind = t.decimal(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)
        wide = t.decimal(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
        sql = f"CAST((CAST({x} AS {t.duck(wide)}) % CAST({y} AS {t.duck(wide)})) AS {t.duck(kind)})"
        return Value(_guarded(right, y, sql, kind), kind)
    scale = max(a.scale, b.scale)
    kind = t.decimal(a.precision + b.scale + max(0, b.scale - a.scale), scale)
    return Value(_guarded(right, y, divide(x, a, y, b, kind), kind), kind)


def unscaled(sql, kind):
    """A decimal's digits as a HUGEINT: 1.25 → 125."""
    if kind.scale == 0:
        return f"CAST({sql} AS HUGEINT)"
    if kind.precision + kind.scale < 38:
        wide = f"CAST({sql} AS DECIMAL(38,{kind.scale}))"
        return f"CAST({wide} * CAST(1{'0' * kind.scale} AS DECIMAL({kind.scale + 1},0)) AS HUGEINT)"
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


def divide(x, a, y, b, kind):
    """Exact decimal division, rounded half away from zero, in integers (DuckDB's own is in doubles).

    The quotient's integer part and its fraction's digits are found separately, so that intermediate
    values stay within 38 digits; what still exceeds them is an overflow error, not a wrong result.
    """
    power = f"CAST(1{'0' * (kind.scale - a.scale + b.scale)} AS HUGEINT)"
    return f"CAST(hw_divide({unscaled(x, a)}, {unscaled(y, b)}, {power}) * {unit(kind.scale)} AS {t.duck(kind)})"


def unit(scale):
    """The decimal 10^-scale, which turns a count of units into a decimal."""
    return "CAST(1 AS DECIMAL(1,0))" if scale == 0 else f"CAST('0.{'0' * (scale - 1)}1' AS DECIMAL({scale},{scale}))"


#: created once in DuckDB; arguments: unscaled dividend and divisor, power of ten for the fraction's digits
MACROS = (
    """CREATE MACRO hw_round(digits, rest, divisor) AS
       digits + CASE WHEN rest >= divisor - rest THEN 1 ELSE 0 END""",
    """CREATE MACRO hw_magnitude(n, d, power) AS
       hw_round((n // d) * power + ((n % d) * power) // d, ((n % d) * power) % d, d)""",
    """CREATE MACRO hw_divide(n, d, power) AS
       CAST(CASE WHEN (n < 0) = (d < 0) THEN hw_magnitude(abs(n), abs(d), power)
                 ELSE -hw_magnitude(abs(n), abs(d), power) END AS DECIMAL(38,0))""",
)


# --- dates, times, intervals ---------------------------------------------------------------------


def _temporal(operator, left, right, position):
    if operator == "+" and left.type.name in t.INTERVALS and right.type.name not in t.INTERVALS:
        left, right = right, left
    kind = left.type.name
    if right.type.name in t.INTERVALS and operator in "+-" and kind in ("date", "timestamp", "timestamp with time zone", "time"):
        return add_interval(left, right.type, f"({'-' if operator == '-' else ''}{right.sql})", right, position)
    if kind in t.INTERVALS and right.type == left.type and operator in "+-":
        return Value(f"({left.sql} {operator} {right.sql})", left.type)
    if kind in t.INTERVALS and operator in "*/" and t.is_numeric(right.type):
        return _scale_interval(operator, left, right)
    if operator == "*" and right.type.name in t.INTERVALS and t.is_numeric(left.type):
        return _scale_interval("*", right, left)
    if operator == "-" and kind == right.type.name == "date":
        return Value(f"(CAST({left.sql} - {right.sql} AS BIGINT) * 86400000)", t.DAY_TO_SECOND)
    wide = t.common(left.type, right.type)
    if operator == "-" and wide and wide.name in ("timestamp", "timestamp with time zone"):
        a, b = coerce(left, wide).sql, coerce(right, wide).sql
        return Value(f"((epoch_us({a}) - epoch_us({b})) // 1000)", t.DAY_TO_SECOND)
    return None


def _scale_interval(operator, interval, number):
    if t.is_numeric(number.type) and number.type.name in t.INTEGERS and operator == "*":
        return Value(f"CAST({interval.sql} * {number.sql} AS {t.duck(interval.type)})", interval.type)
    factor = coerce(number, t.DOUBLE).sql
    return Value(f"CAST(trunc({interval.sql} {operator} {factor}) AS {t.duck(interval.type)})", interval.type)


def add_interval(moment, interval, amount, original=None, position=None):
    """A date or time moved by `amount` (SQL; milliseconds or months)."""
    if interval == t.YEAR_TO_MONTH:
        if moment.type.name == "time":
            raise mismatch("+", moment.type, interval, position)
        sql = f"({_local(moment)} + to_months(CAST({amount} AS INTEGER)))"
    elif moment.type.name == "date":
        literal = original.literal if original else None
        if isinstance(literal, int) and literal % 86400000:
            raise QueryError("INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date", position)
        if literal is None:
            whole = f"({amount}) % 86400000 <> 0"
            days = f"CAST(({amount}) // 86400000 AS INTEGER)"
            moved = f"{moment.sql} + {days}"
            text = "Cannot add hour, minutes or seconds to a date"
            return Value(f"({fail_if(whole, 'INVALID_FUNCTION_ARGUMENT', text, moved, t.DATE)})", t.DATE)
        sql = f"({moment.sql} + CAST({amount} // 86400000 AS INTEGER))"
    else:
        sql = f"({moment.sql} + to_milliseconds({amount}))"
        return Value(sql, moment.type, zone=moment.zone)
    if moment.type.name == "date":
        return Value(f"CAST({sql} AS DATE)", t.DATE)
    return Value(_zoned(sql, moment), moment.type, zone=moment.zone)


def _local(moment):
    """The wall clock of a moment: months and days are counted on it, not on UTC's."""
    return f"({moment.sql} AT TIME ZONE {t.text(moment.zone)})" if moment.type.name == "timestamp with time zone" else moment.sql


def _zoned(sql, moment):
    return f"({sql} AT TIME ZONE {t.text(moment.zone)})" if moment.type.name == "timestamp with time zone" else sql


def compare(operator, left, right, position=None):
    """= <> < <= > >= and IS [NOT] DISTINCT FROM."""
    kind = t.common(left.type, right.type)
    if kind is None or (kind.name == "json" and operator not in ("=", "<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")):
        raise mismatch(operator, left.type, right.type, position)
    if kind.name == "map" and operator not in ("=", "<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"):
        raise mismatch(operator, left.type, right.type, position)
    if kind.name in ("real", "double") and operator in ("=", "<>", "<", "<=", ">", ">=") and not _finite(left, right):
        return Value(_ieee(operator, coerce(left, kind).sql, coerce(right, kind).sql), t.BOOLEAN)
    return Value(f"({coerce(left, kind).sql} {operator} {coerce(right, kind).sql})", t.BOOLEAN)


def _finite(left, right):
    """A literal on either side is a finite number, so only NaN on the other side could matter."""
    return False if left.literal is None and right.literal is None else left.literal is not None and right.literal is not None


def _ieee(operator, a, b):
    """NaN equals nothing in Trino; in DuckDB it equals itself and is greater than all else."""
    if operator == "<>":
        return f"({a} <> {b} OR isnan({a}) OR isnan({b}))"
    return f"({a} {operator} {b} AND NOT isnan({a}) AND NOT isnan({b}))"


def negate(value, position=None):
    if not t.is_numeric(value.type) and value.type.name not in t.INTERVALS:
        raise QueryError("TYPE_MISMATCH", f"Cannot negate {value.type}", position)
    literal = -value.literal if isinstance(value.literal, int | float) else None
    return Value(f"(-{value.sql})", value.type, literal)
