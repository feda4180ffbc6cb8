"""CAST and TRY_CAST by Trino's rules: what may be cast, how it rounds, and how it fails."""

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.values import Value, coerce, failure

_DATE = r"\s*[+-]?\d{1,6}-\d{1,2}-\d{1,2}\s*"
_CLOCK = r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?"
_WHOLE = r"[+-]?\d+"
_REAL = r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*|NaN|[+-]?Infinity"
_DECIMAL = r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*"
_LABEL = {"integer": "INT"}


def cast(value, target, position=None):
    """`value` as `target`; SQL that fails at run time where the value does not fit."""
    source = value.type
    if source == target:
        return value
    if source.name == "unknown":
        return Value(f"CAST(NULL AS {t.duck(target)})", target)
    rule = _RULES.get((_group(source), _group(target)))
    if rule is None:
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to {target}", position)
    result = rule(value, target)
    if target.name == "varchar" and target.args:
        result = _limited(result, source, target)
    if target.name == "char":
        result = Value(f"rpad(left({result.sql}, {target.args[0]}), {target.args[0]}, ' ')", target)
    return Value(result.sql, target, zone=result.zone if target.name == "timestamp with time zone" else "UTC")


def _group(kind):
    if kind.name in t.INTEGERS:
        return "integer"
    return {"real": "double", "char": "varchar"}.get(kind.name, kind.name)


def _limited(value, source, target):
    """varchar(n): text is cut; anything else that is too long is an error."""
    if t.is_text(source):
        return Value(f"left({value.sql}, {target.args[0]})", target)
    message = f"'Value ' || {value.sql} || ' cannot be represented as {target}'"
    sql = (
        f"CASE WHEN length({value.sql}) > {target.args[0]} THEN {failure('INVALID_CAST_ARGUMENT', message, t.VARCHAR)} ELSE {value.sql} END"
    )
    return Value(sql, target)


def _parsed(pattern, message, prepare="{0}"):
    """Text → `target`: it must look like `pattern` and DuckDB must be able to read it."""

    def rule(value, target):
        text = f"CAST({value.sql} AS VARCHAR)"
        label = _LABEL.get(target.name, str(target).upper().replace(",", ", "))
        shown = message.replace("{label}", label).split("{value}")
        said = " || ".join([t.text(shown[0]), text, t.text(shown[1])])
        read = f"TRY_CAST({prepare.format(text)} AS {t.duck(target)})"
        if target.name == "timestamp" and target.precision < 6:
            read = round_timestamp(Value(read, t.Type("timestamp", (6,))), target.precision)
        fits = f"regexp_full_match({text}, {t.text(pattern)})"
        sql = (
            f"CASE WHEN {text} IS NULL THEN NULL WHEN {fits} AND {read} IS NOT NULL THEN {read} "
            f"ELSE {failure('INVALID_CAST_ARGUMENT', said, target)} END"
        )
        return Value(f"({sql})", target)

    return rule


def _direct(value, target):
    return Value(f"CAST({value.sql} AS {t.duck(target)})", target)


def _rounded(value, target):
    """Numbers with fractions → integers: half away from zero."""
    return Value(f"CAST(round({value.sql}) AS {t.duck(target)})", target)


def _by_text(value, target):
    """double → decimal through its shortest text, as Java's BigDecimal.valueOf does."""
    return Value(f"CAST(CAST({value.sql} AS VARCHAR) AS {t.duck(target)})", target)


def _decimal_text(value, target):
    return Value(f"CAST({value.sql} AS VARCHAR)", target)


def _double_text(value, target):
    return Value(f"hw_double_text(CAST({value.sql} AS {'FLOAT' if value.type == t.REAL else 'DOUBLE'}))", target)


def timestamp_text(sql, precision):
    """`2025-02-01 10:00:00.000`, with as many decimals as the type has."""
    if precision == 0:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S')"
    return f"left(strftime({sql}, '%Y-%m-%d %H:%M:%S.%f'), {20 + precision})"


def _timestamp_text(value, target):
    return Value(timestamp_text(value.sql, value.type.precision), target)


def zoned_text(value):
    local = timestamp_text(f"({value.sql} AT TIME ZONE {t.text(value.zone)})", value.type.precision)
    return f"({local} || {t.text(' ' + value.zone)})"


def _zoned_text(value, target):
    return Value(zoned_text(value), target)


def _timestamp_precision(value, target):
    return Value(round_timestamp(value, target.precision), target, zone=value.zone)


def round_timestamp(value, precision):
    """To fewer decimals, rounding half up."""
    if value.type.precision <= precision:
        return value.sql
    step = 10 ** (6 - precision)
    maker = "make_timestamptz" if value.type.name == "timestamp with time zone" else "make_timestamp"
    return f"{maker}(CAST(floor((epoch_us({value.sql}) + {step // 2}) / {step}.0) AS BIGINT) * {step})"


def _to_zoned(value, target):
    return coerce(value, target)


def _zoned_to_local(value, target):
    return Value(f"({value.sql} AT TIME ZONE {t.text(value.zone)})", target)


def _zoned_to_date(value, target):
    return Value(f"CAST(({value.sql} AT TIME ZONE {t.text(value.zone)}) AS DATE)", target)


def _boolean_text(value, target):
    return Value(f"CASE {value.sql} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END", target)


def _text_boolean(value, target):
    text = f"lower({value.sql})"
    message = f"'Cannot cast ''' || {value.sql} || ''' to BOOLEAN'"
    return Value(
        f"CASE WHEN {text} IN ('t','true','1') THEN TRUE WHEN {text} IN ('f','false','0') THEN FALSE "
        f"WHEN {text} IS NULL THEN NULL ELSE {failure('INVALID_CAST_ARGUMENT', message, t.BOOLEAN)} END",
        target,
    )


def _number_boolean(value, target):
    return Value(f"({value.sql} <> 0)", target)


def _text_blob(value, target):
    return Value(f"encode({value.sql})", target)


def _elements(value, target):
    inner = cast(Value("hw_e", value.type.element), target.element)
    return Value(f"list_transform({value.sql}, lambda hw_e: {inner.sql})", target)


def _entries(value, target):
    key = cast(Value("hw_e.key", value.type.args[0]), target.args[0]).sql
    item = cast(Value("hw_e.value", value.type.args[1]), target.args[1]).sql
    return Value(f"map_from_entries(list_transform(map_entries({value.sql}), lambda hw_e: struct_pack(k := {key}, v := {item})))", target)


def _fields(value, target):
    if len(value.type.args) != len(target.args):
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {value.type} to {target}")
    parts = [
        f"f{i} := {cast(Value(f'({value.sql}).f{i}', source), goal).sql}"
        for i, ((_, source), (_, goal)) in enumerate(zip(value.type.args, target.args, strict=True))
    ]
    return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END", target)


def to_json(value, target=t.JSON):
    """A value as JSON (not parsed): text becomes a JSON string."""
    kind = value.type
    if kind.name in (*t.INTEGERS, "double", "real", "boolean", "varchar"):
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN to_json({value.sql}) END", target)
    if kind.name in ("date", "timestamp"):
        return Value(f"to_json({cast(value, t.VARCHAR).sql})", target)
    if kind.name == "array" and kind.element.name in (*t.INTEGERS, "double", "boolean", "varchar"):
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN to_json({value.sql}) END", target)
    if kind.name == "map" and kind.args[0].name == "varchar" and kind.args[1].name in (*t.INTEGERS, "double", "boolean", "varchar"):
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN to_json({value.sql}) END", target)
    raise not_supported(f"CAST({kind} AS json)")


def _from_json(value, target):
    """JSON scalars and arrays of them; JSON's null is NULL."""
    scalar = f"json_extract_string({value.sql}, '$')"
    kind = f"json_type({value.sql})"
    message = f"'Cannot cast ''' || CAST({value.sql} AS VARCHAR) || ''' to {str(target).upper()}'"
    if target.name == "varchar":
        bad = f"{kind} IN ('OBJECT','ARRAY')"
        return Value(f"CASE WHEN {bad} THEN {failure('INVALID_CAST_ARGUMENT', message, target)} ELSE {scalar} END", target)
    if target.name in (*t.INTEGERS, "double", "boolean"):
        inner = cast(Value(scalar, t.VARCHAR), target)
        return Value(inner.sql, target)
    if target.name == "array":
        inner = _from_json(Value("hw_e", t.JSON), target.element)
        return Value(f"list_transform(CAST({value.sql} AS JSON[]), lambda hw_e: {inner.sql})", target)
    raise not_supported(f"CAST(json AS {target})")


_RULES = {
    ("integer", "integer"): _direct,
    ("integer", "double"): _direct,
    ("integer", "decimal"): _direct,
    ("integer", "varchar"): _decimal_text,
    ("integer", "boolean"): _number_boolean,
    ("double", "boolean"): _number_boolean,
    ("decimal", "boolean"): _number_boolean,
    ("double", "integer"): _rounded,
    ("double", "double"): _direct,
    ("double", "decimal"): _by_text,
    ("double", "varchar"): _double_text,
    ("decimal", "integer"): _rounded,
    ("decimal", "double"): _direct,
    ("decimal", "decimal"): _direct,
    ("decimal", "varchar"): _decimal_text,
    ("boolean", "integer"): _direct,
    ("boolean", "double"): _direct,
    ("boolean", "varchar"): _boolean_text,
    ("varchar", "varchar"): lambda value, target: Value(value.sql, target, value.literal),
    ("varchar", "boolean"): _text_boolean,
    ("varchar", "varbinary"): _text_blob,
    ("varchar", "integer"): _parsed(_WHOLE, "Cannot cast '{value}' to {label}"),
    ("varchar", "double"): _parsed(_REAL, "Cannot cast '{value}' to {label}"),
    ("varchar", "decimal"): _parsed(_DECIMAL, "Cannot cast VARCHAR '{value}' to {label}. Value is not a number."),
    ("varchar", "date"): _parsed(_DATE, "Value cannot be cast to date: {value}"),
    ("varchar", "timestamp"): _parsed(
        rf"{_DATE}|\s*[+-]?\d{{1,6}}-\d{{1,2}}-\d{{1,2}}[ T]{_CLOCK}\s*", "Value cannot be cast to timestamp: {value}"
    ),
    ("varchar", "time"): _parsed(_CLOCK, "Value cannot be cast to time: {value}"),
    ("date", "varchar"): _decimal_text,
    ("date", "timestamp"): _direct,
    ("date", "timestamp with time zone"): _to_zoned,
    ("timestamp", "date"): _direct,
    ("timestamp", "varchar"): _timestamp_text,
    ("timestamp", "timestamp"): _timestamp_precision,
    ("timestamp", "timestamp with time zone"): _to_zoned,
    ("timestamp", "time"): _direct,
    ("timestamp with time zone", "timestamp"): _zoned_to_local,
    ("timestamp with time zone", "date"): _zoned_to_date,
    ("timestamp with time zone", "varchar"): _zoned_text,
    ("timestamp with time zone", "timestamp with time zone"): _timestamp_precision,
    ("array", "array"): _elements,
    ("map", "map"): _entries,
    ("row", "row"): _fields,
    ("json", "varchar"): _from_json,
    ("json", "integer"): _from_json,
    ("json", "double"): _from_json,
    ("json", "boolean"): _from_json,
    ("json", "array"): _from_json,
    **{(kind, "json"): to_json for kind in ("integer", "double", "boolean", "varchar", "date", "timestamp", "array", "map")},
}

#: hw_double_text: Trino writes a double cast to varchar as d.dddEn (DecimalFormat 0.0###################E0)
MACROS = (
    """CREATE MACRO hw_digits(s) AS rtrim(ltrim(replace(split_part(s, 'e', 1), '.', ''), '0'), '0')""",
    """CREATE MACRO hw_exponent(s) AS
       CASE WHEN contains(s, 'e') THEN CAST(split_part(s, 'e', 2) AS INTEGER) ELSE 0 END
       + CASE WHEN split_part(split_part(s, 'e', 1), '.', 1) <> '0'
              THEN length(split_part(split_part(s, 'e', 1), '.', 1)) - 1
              ELSE length(ltrim(split_part(split_part(s, 'e', 1), '.', 2), '0'))
                   - length(split_part(split_part(s, 'e', 1), '.', 2)) - 1 END""",
    """CREATE MACRO hw_scientific(s) AS
       hw_digits(s)[1] || '.' || CASE WHEN length(hw_digits(s)) > 1 THEN hw_digits(s)[2:] ELSE '0' END || 'E' || hw_exponent(s)""",
    """CREATE MACRO hw_double_text(x) AS
       CASE WHEN isnan(x) THEN 'NaN' WHEN x = CAST('inf' AS DOUBLE) THEN 'Infinity' WHEN x = CAST('-inf' AS DOUBLE) THEN '-Infinity'
            WHEN x = 0 THEN CASE WHEN CAST(x AS VARCHAR)[1] = '-' THEN '-0E0' ELSE '0E0' END
            WHEN x < 0 THEN '-' || hw_scientific(CAST(-x AS VARCHAR)) ELSE hw_scientific(CAST(x AS VARCHAR)) END""",
)
