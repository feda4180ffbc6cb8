"""Date and time functions; MySQL and Joda patterns."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.casts import _DATE, cast, timestamp_text
from localcloud.athena.sql.operators import add_interval
from localcloud.athena.sql.registry import simple, special, text_of
from localcloud.athena.sql.values import Value, coerce, failure

MACROS = (
    # ISO 8601 weeks and Trino's Monday-to-Sunday numbering are DuckDB's isodow and week already
    """CREATE MACRO hw_last_day(d) AS CAST(date_trunc('month', d) + INTERVAL 1 MONTH AS DATE) - 1""",
)
_MILLISECONDS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def zone_name(text):
    """A time zone as Trino shows it; unknown ones are errors. Offsets are kept as +hh:mm."""
    if text.upper() in ("UTC", "Z", "GMT"):
        return "UTC"
    if re.fullmatch(r"[+-]\d\d:?\d\d", text):
        raise not_supported(f"a zone given as an offset ({text})")
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{text}' is not a valid time zone") from error
    return text


def local(value):
    """The wall clock of a date or timestamp, as DuckDB TIMESTAMP or DATE."""
    return f"({value.sql} AT TIME ZONE {t.text(value.zone)})" if value.type.name == "timestamp with time zone" else value.sql


def _moment(values, index, name, at):
    value = values[index]
    if value.type.name not in ("date", "timestamp", "timestamp with time zone"):
        given = ", ".join(str(v.type) for v in values)
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {name}", at)
    return value


def _unit(value, kind, at):
    unit = text_of(value, at, "a unit of time").lower()
    if unit not in _MILLISECONDS and unit not in _MONTHS:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {'DATE' if kind == 'date' else 'TIMESTAMP'} field", at)
    if kind == "date" and unit in ("millisecond", "second", "minute", "hour"):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid DATE field", at)
    return unit


def _part(names, template):
    def function(compile_, values, at):
        if values[0].type == t.DAY_TO_SECOND or values[0].type == t.YEAR_TO_MONTH:
            raise not_supported("a part of an interval", at)
        return Value(f"CAST({template.format(local(_moment(values, 0, names.split()[0], at)))} AS BIGINT)", t.BIGINT)

    special(*names.split())(function)


for _names, _template in (
    ("year", "year({0})"),
    ("quarter", "quarter({0})"),
    ("month", "month({0})"),
    ("day day_of_month", "day({0})"),
    ("day_of_week dow", "isodow({0})"),
    ("day_of_year doy", "dayofyear({0})"),
    ("week week_of_year", "week({0})"),
    ("year_of_week yow", "isoyear({0})"),
):
    _part(_names, _template)


def _clock_part(name, template):
    def function(compile_, values, at):
        value = values[0]
        if value.type.name not in ("timestamp", "timestamp with time zone", "time"):
            raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({value.type}) for function {name}", at)
        return Value(f"CAST({template.format(local(value))} AS BIGINT)", t.BIGINT)

    special(name)(function)


_clock_part("hour", "hour({0})")
_clock_part("minute", "minute({0})")
_clock_part("second", "second({0})")
_clock_part("millisecond", "(millisecond({0}) % 1000)")


@special("date")
def _date(compile_, values, at):
    return cast(values[0], t.DATE, at)


@special("last_day_of_month")
def _last_day(compile_, values, at):
    return Value(f"hw_last_day({local(_moment(values, 0, 'last_day_of_month', at))})", t.DATE)


@special("now")
def _now(compile_, values, at):
    return compile_._currenttimestamp(None)


@special("current_timezone")
def _current_timezone(compile_, values, at):
    return Value("'UTC'", t.VARCHAR)


@special("date_trunc")
def _date_trunc(compile_, values, at):
    value = _moment(values, 1, "date_trunc", at)
    unit = _unit(values[0], value.type.name, at)
    sql = f"date_trunc('{unit}', {local(value)})"
    if value.type.name == "date":
        return Value(f"CAST({sql} AS DATE)", t.DATE)
    if value.type.name == "timestamp":
        return Value(f"CAST({sql} AS TIMESTAMP)", value.type)
    return Value(f"(CAST({sql} AS TIMESTAMP) AT TIME ZONE {t.text(value.zone)})", value.type, zone=value.zone)


@special("date_add")
def _date_add(compile_, values, at):
    value = _moment(values, 2, "date_add", at)
    unit, count = _unit(values[0], value.type.name, at), coerce(values[1], t.BIGINT)
    if values[1].type.name not in t.INTEGERS:
        raise QueryError(
            "FUNCTION_NOT_FOUND", f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function date_add", at
        )
    if unit in _MONTHS:
        return add_interval(value, t.YEAR_TO_MONTH, f"({count.sql} * {_MONTHS[unit]})")
    amount = Value(f"({count.sql} * {_MILLISECONDS[unit]})", t.DAY_TO_SECOND, 0 if value.type.name == "date" else None)
    return add_interval(value, t.DAY_TO_SECOND, amount.sql, amount)


@special("date_diff")
def _date_diff(compile_, values, at):
    """Whole units from the first to the second, cut toward zero (not boundaries crossed)."""
    start, end = _moment(values, 1, "date_diff", at), _moment(values, 2, "date_diff", at)
    kind = t.common(start.type, end.type)
    unit = _unit(values[0], kind.name, at)
    a, b = coerce(start, kind), coerce(end, kind)
    if (unit in _MILLISECONDS and unit != "day" and unit != "week") or (kind.name != "date" and unit in _MILLISECONDS):
        return Value(f"CAST(trunc((epoch_us({b.sql}) - epoch_us({a.sql})) // 1000 / {_MILLISECONDS[unit]}) AS BIGINT)", t.BIGINT)
    zone = start.zone
    x, y = (local(Value(v.sql, v.type, zone=zone)) for v in (a, b))
    if unit in ("day", "week"):
        return Value(f"CAST(({y} - {x}) // {7 if unit == 'week' else 1} AS BIGINT)", t.BIGINT)
    return Value(f"CAST(date_sub('{unit}', {x}, {y}) AS BIGINT)", t.BIGINT)


# --- patterns ------------------------------------------------------------------------------------

_MYSQL = {
    "Y": "%Y",
    "y": "%y",
    "m": "%m",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "H": "%H",
    "k": "%-H",
    "h": "%I",
    "I": "%I",
    "l": "%-I",
    "i": "%M",
    "s": "%S",
    "S": "%S",
    "f": "%f",
    "p": "%p",
    "r": "%I:%M:%S %p",
    "T": "%H:%M:%S",
    "M": "%B",
    "b": "%b",
    "W": "%A",
    "a": "%a",
    "j": "%j",
    "v": "%V",
    "x": "%G",
    "%": "%%",
}


def mysql_pattern(text, at):
    """A date_format pattern as strftime's; those that Trino refuses are refused."""
    result, index = "", 0
    while index < len(text):
        if text[index] != "%":
            result += text[index]
            index += 1
            continue
        letter = text[index + 1] if index + 1 < len(text) else ""
        if letter in tuple("DUuVwX"):
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"%{letter} not currently supported in date format string", at)
        if not letter:
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid date format string: {text}", at)
        result += _MYSQL.get(letter, letter if letter != "%" else "%%")
        index += 2
    return result


_JODA = {
    "yyyy": "%Y",
    "y": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "a": "%p",
    "EEEE": "%A",
    "EEE": "%a",
    "EE": "%a",
    "E": "%a",
    "DDD": "%j",
    "xxxx": "%G",
    "ww": "%V",
    "e": "%u",
    "SSS": "%g",
}


def joda_pattern(text, at, parsing=False):
    """A format_datetime pattern as strftime's. Fractions are milliseconds (%g)."""
    result = ""
    for quoted, letters, other in _joda_parts(text):
        if letters:
            if letters not in _JODA or (parsing and letters in ("e", "ww", "xxxx")):
                raise not_supported(f"the pattern '{letters}' of format_datetime", at)
            result += _JODA[letters]
        else:
            result += (quoted.replace("''", "'") or other).replace("%", "%%")
    return result


def _joda_parts(text):
    """(quoted, letters, other) triples of a Joda pattern."""
    parts, index = [], 0
    while index < len(text):
        if text.startswith("''", index):
            parts.append(("", "", "'"))
            index += 2
        elif text[index] == "'":
            end = index + 1
            while end < len(text) and (text[end] != "'" or text.startswith("''", end)):
                end += 2 if text[end] == "'" else 1
            parts.append((text[index + 1 : end], "", ""))
            index = end + 1
        elif text[index].isalpha():
            run = re.match(re.escape(text[index]) + "+", text[index:])[0]
            parts.append(("", run, ""))
            index += len(run)
        else:
            parts.append(("", "", text[index]))
            index += 1
    return parts


def _formatted(value, pattern):
    moment = f"CAST({local(value)} AS TIMESTAMP)"
    return Value(f"strftime({moment}, {t.text(pattern)})", t.VARCHAR)


@special("date_format")
def _date_format(compile_, values, at):
    return _formatted(_moment(values, 0, "date_format", at), mysql_pattern(text_of(values[1], at, "a date pattern"), at))


@special("format_datetime")
def _format_datetime(compile_, values, at):
    return _formatted(_moment(values, 0, "format_datetime", at), joda_pattern(text_of(values[1], at, "a date pattern"), at))


def _parsed(value, pattern, kind, at):
    text = coerce(value, t.VARCHAR).sql
    message = f"'Invalid format: \"' || {text} || '\"'"
    read = f"try_strptime({text}, {t.text(pattern)})"
    failed = failure("INVALID_FUNCTION_ARGUMENT", message, t.TIMESTAMP)
    sql = f"CASE WHEN {text} IS NULL THEN NULL WHEN {read} IS NULL THEN {failed} ELSE {read} END"
    return Value(f"({sql})", t.TIMESTAMP) if kind == t.TIMESTAMP else Value(f"(({sql}) AT TIME ZONE 'UTC')", kind)


@special("date_parse")
def _date_parse(compile_, values, at):
    return _parsed(values[0], mysql_pattern(text_of(values[1], at, "a date pattern"), at), t.TIMESTAMP, at)


@special("parse_datetime")
def _parse_datetime(compile_, values, at):
    return _parsed(values[0], joda_pattern(text_of(values[1], at, "a date pattern"), at, parsing=True), t.TIMESTAMP_TZ, at)


# --- ISO 8601 and Unix time ----------------------------------------------------------------------

simple("from_unixtime", "double", "timestamp(3) with time zone", "make_timestamptz(CAST(round({0} * 1000) AS BIGINT) * 1000)")
simple("to_unixtime", "timestamp", "double", "epoch_us({0}) / 1000000.0::DOUBLE")
simple("to_unixtime", "tstz", "double", "epoch_us({0}) / 1000000.0::DOUBLE")


@special("from_iso8601_date")
def _from_iso8601_date(compile_, values, at):
    return Value(cast(coerce(values[0], t.VARCHAR), t.DATE, at).sql.replace(t.text(_DATE), t.text(r"\d{4}-\d{2}-\d{2}")), t.DATE)


@special("from_iso8601_timestamp")
def _from_iso8601_timestamp(compile_, values, at):
    """UTC only (Z or nothing): other offsets would need a zone per value."""
    text = coerce(values[0], t.VARCHAR).sql
    shape = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?Z?)?"
    read = f"TRY_CAST(left(replace(replace(rtrim({text}, 'Z'), 'T', ' '), ',', '.'), 23) AS TIMESTAMP)"
    message = f"'Invalid format: \"' || {text} || '\"'"
    refused = "from_iso8601_timestamp with an offset is not in the local cloud; see docs/local-cloud.md"
    offset = f"regexp_full_match({text}, '.*T.*[+-]\\d\\d(:?\\d\\d)?')"
    sql = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {offset} "
        f"THEN {failure('NOT_SUPPORTED', t.text(refused), t.TIMESTAMP)} "
        f"WHEN regexp_full_match({text}, {t.text(shape)}) AND {read} IS NOT NULL THEN {read} "
        f"ELSE {failure('INVALID_FUNCTION_ARGUMENT', message, t.TIMESTAMP)} END"
    )
    return Value(f"(({sql}) AT TIME ZONE 'UTC')", t.TIMESTAMP_TZ)


@special("to_iso8601")
def _to_iso8601(compile_, values, at):
    value = _moment(values, 0, "to_iso8601", at)
    if value.type.name == "date":
        return Value(f"CAST({value.sql} AS VARCHAR)", t.VARCHAR)
    text = f"replace({timestamp_text(local(value), value.type.precision)}, ' ', 'T')"
    if value.type.name == "timestamp":
        return Value(text, t.VARCHAR)
    if value.zone != "UTC":
        raise not_supported("to_iso8601 outside UTC", at)
    return Value(f"({text} || 'Z')", t.VARCHAR)


@special("at_timezone")
def _at_timezone(compile_, values, at):
    value = _moment(values, 0, "at_timezone", at)
    zone = zone_name(text_of(values[1], at, "a time zone"))
    return Value(
        coerce(value, t.Type("timestamp with time zone", value.type.args or (3,))).sql,
        t.Type("timestamp with time zone", value.type.args or (3,)),
        zone=zone,
    )


@special("with_timezone")
def _with_timezone(compile_, values, at):
    zone = zone_name(text_of(values[1], at, "a time zone"))
    if values[0].type.name != "timestamp":
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({values[0].type}) for function with_timezone", at)
    return Value(f"({values[0].sql} AT TIME ZONE {t.text(zone)})", t.Type("timestamp with time zone", values[0].type.args), zone=zone)
