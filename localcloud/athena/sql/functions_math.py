"""Mathematical functions, conditionals over any type, bits."""

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.operators import arithmetic, compare
from localcloud.athena.sql.registry import simple, special
from localcloud.athena.sql.values import Value, coerce, fail_if, unify

for _name in ("sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "exp", "degrees", "radians", "cbrt"):
    simple(_name, "double", "double", f"{_name}({{0}})")
# outside their domain these are NaN or an infinity in Trino, and errors in DuckDB
simple("sqrt", "double", "double", "CASE WHEN {0} < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt({0}) END")
for _name in ("asin", "acos"):
    simple(_name, "double", "double", f"CASE WHEN abs({{0}}) > 1 THEN CAST('nan' AS DOUBLE) ELSE {_name}({{0}}) END")
for _name in ("ln", "log2", "log10"):
    _minus = "CAST('-inf' AS DOUBLE)"
    simple(
        _name, "double", "double", f"CASE WHEN {{0}} < 0 THEN CAST('nan' AS DOUBLE) WHEN {{0}} = 0 THEN {_minus} ELSE {_name}({{0}}) END"
    )
simple("log", "double double", "double", "ln({1}) / ln({0})")
simple("atan2", "double double", "double", "atan2({0}, {1})")
for _name in ("pow", "power"):
    simple(_name, "double double", "double", "pow({0}, {1})")
simple("pi", "", "double", "pi()")
simple("e", "", "double", "exp(CAST(1 AS DOUBLE))")
simple("nan", "", "double", "CAST('nan' AS DOUBLE)")
simple("infinity", "", "double", "CAST('inf' AS DOUBLE)")
simple("is_nan", "double", "boolean", "isnan({0})")
simple("is_finite", "double", "boolean", "isfinite({0})")
simple("is_infinite", "double", "boolean", "isinf({0})")
for _name, _operator in (("bitwise_and", "&"), ("bitwise_or", "|")):
    simple(_name, "bigint bigint", "bigint", f"{{0}} {_operator} {{1}}")
simple("bitwise_xor", "bigint bigint", "bigint", "xor({0}, {1})")
simple("bitwise_not", "bigint", "bigint", "~{0}")
for _name in ("random", "rand"):
    simple(_name, "", "double", "random()")
simple("uuid", "", "varchar", "CAST(uuid() AS VARCHAR)")


def _number(values, name, at):
    if not t.is_numeric(values[0].type):
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({values[0].type}) for function {name}", at)
    return values[0]


@special("abs")
def _abs(compile_, values, at):
    value = _number(values, "abs", at)
    return Value(f"CAST(abs({value.sql}) AS {t.duck(value.type)})", value.type)


@special("sign")
def _sign(compile_, values, at):
    value = _number(values, "sign", at)
    kind = t.decimal(1, 0) if value.type.name == "decimal" else value.type
    return Value(f"CAST(sign({value.sql}) AS {t.duck(kind)})", kind)


def _to_integer(name):
    def function(compile_, values, at):
        value = _number(values, name, at)
        kind = value.type
        if kind.name == "decimal":
            kind = t.decimal(kind.precision - kind.scale + min(kind.scale, 1), 0)
        return Value(f"CAST({name}({value.sql}) AS {t.duck(kind)})", kind)

    return function


special("ceil", "ceiling")(_to_integer("ceil"))
special("floor")(_to_integer("floor"))


@special("round")
def _round(compile_, values, at):
    """Half away from zero. round(decimal(p,s), n) keeps the scale and gains a digit."""
    value = _number(values, "round", at)
    kind = value.type
    if len(values) == 1:
        if kind.name == "decimal":
            kind = t.decimal(kind.precision - kind.scale + min(kind.scale, 1), 0)
        return Value(f"CAST(round({value.sql}) AS {t.duck(kind)})", kind)
    digits = values[1]
    if kind.name == "decimal":
        if not isinstance(digits.literal, int):
            raise not_supported("round of a decimal to a number of digits that is not a literal", at)
        kind = t.decimal(kind.precision + 1, kind.scale)
        if digits.literal >= value.type.scale:
            return coerce(value, kind)
        if digits.literal >= 0:
            return Value(f"CAST(CAST({value.sql} AS {t.duck(t.decimal(kind.precision, digits.literal))}) AS {t.duck(kind)})", kind)
        step = 10**-digits.literal
        whole = f"CAST(round(CAST({value.sql} AS DOUBLE) / {step}) AS HUGEINT)" if value.type.precision <= 15 else None
        if whole is None:
            raise not_supported("round of a decimal of more than 15 digits to tens", at)
        return Value(f"CAST({whole} * {step} AS {t.duck(kind)})", kind)
    return Value(f"CAST(round({value.sql}, CAST({digits.sql} AS INTEGER)) AS {t.duck(kind)})", kind)


@special("truncate")
def _truncate(compile_, values, at):
    value = _number(values, "truncate", at)
    kind = value.type
    if len(values) == 2:
        if kind.name == "decimal" and isinstance(values[1].literal, int) and 0 <= values[1].literal < kind.scale:
            step = 10 ** values[1].literal
            return Value(f"CAST(CAST(trunc({value.sql} * {step}) AS DECIMAL(38,0)) * {_tenth(values[1].literal)} AS {t.duck(kind)})", kind)
        raise not_supported("truncate to digits for this argument", at)
    if kind.name == "decimal":
        kind = t.decimal(max(kind.precision - kind.scale, 1), 0)
    return Value(f"CAST(trunc({value.sql}) AS {t.duck(kind)})", kind)


def _tenth(scale):
    return "1" if scale == 0 else f"CAST('0.{'0' * (scale - 1)}1' AS DECIMAL({scale},{scale}))"


@special("mod")
def _mod(compile_, values, at):
    return arithmetic("%", values[0], values[1], at)


def _extreme(name, operator):
    """NULL if any argument is NULL (DuckDB's skip NULLs)."""

    def function(compile_, values, at):
        found, kind = unify(values, f"{name} arguments must be the same type", at)
        if kind.name in ("boolean", "array", "map", "row", "json"):
            raise not_supported(f"{name} of {kind}", at)
        listed = ", ".join(value.sql for value in found)
        nulls = " OR ".join(f"{value.sql} IS NULL" for value in found)
        return Value(f"CASE WHEN {nulls} THEN NULL ELSE {operator}({listed}) END", kind)

    return function


special("greatest")(_extreme("greatest", "greatest"))
special("least")(_extreme("least", "least"))


@special("coalesce")
def _coalesce(compile_, values, at):
    if len(values) < 2:
        raise QueryError("SYNTAX_ERROR", "The 'coalesce' function must have at least two arguments", at)
    found, kind = unify(values, "All COALESCE operands must be the same type", at)
    return Value(f"coalesce({', '.join(value.sql for value in found)})", kind, zone=values[0].zone)


@special("nullif")
def _nullif(compile_, values, at):
    condition = compare("=", values[0], values[1], at)
    return Value(f"CASE WHEN {condition.sql} THEN NULL ELSE {values[0].sql} END", values[0].type)


@special("typeof")
def _typeof(compile_, values, at):
    return Value(t.text(str(values[0].type)), t.VARCHAR)


@special("bitwise_left_shift")
def _left_shift(compile_, values, at):
    raise not_supported("bitwise_left_shift", at)


@special("width_bucket")
def _width_bucket(compile_, values, at):
    if len(values) != 4:
        raise not_supported("width_bucket over bins", at)
    x, low, high = (coerce(value, t.DOUBLE).sql for value in values[:3])
    count = coerce(values[3], t.BIGINT).sql
    inner = (
        f"CASE WHEN {x} < least({low}, {high}) THEN CASE WHEN {low} < {high} THEN 0 ELSE {count} + 1 END "
        f"WHEN {x} >= greatest({low}, {high}) THEN CASE WHEN {low} < {high} THEN {count} + 1 ELSE 0 END "
        f"ELSE CAST(floor({count} * abs({x} - {low}) / abs({high} - {low})) AS BIGINT) + 1 END"
    )
    wrong = fail_if(f"{count} <= 0", "INVALID_FUNCTION_ARGUMENT", "bucketCount must be greater than 0", inner, t.BIGINT)
    return Value(f"CAST({wrong} AS BIGINT)", t.BIGINT)
