"""Types of a table's columns, as the catalog writes them, and the JSON values that go into such columns."""

import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import pyarrow as pa


class Unfit(ValueError):
    """A value does not fit its column, or a type is not known."""


_INTEGERS = {"tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "integer": pa.int32(), "bigint": pa.int64()}
_SIMPLE = {
    **_INTEGERS,
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}
_TEXT = re.compile(r"(?:varchar|char)\(\d+\)")
_DECIMAL = re.compile(r"decimal(?:\((\d+)(?:,(\d+))?\))?")
_TOKENS = re.compile(r"\s*([<>,:]|[^<>,:\s(]+(?:\([^)]*\))?)")


def parse(text):
    """A pyarrow type of a type's text such as `array<struct<a:int,b:decimal(12,2)>>`; Unfit if it is not known."""
    tokens = _TOKENS.findall(text)
    found, rest = _type(tokens, text)
    if rest:
        raise Unfit(f"{text!r} is no type of a column: {rest[0]!r} is too much")
    return found


def _type(tokens, text):
    if not tokens:
        raise Unfit(f"{text!r} is no type of a column")
    name, rest = tokens[0].lower(), tokens[1:]
    if name in ("array", "map", "struct"):
        return _nested(name, _expect("<", rest, text), text)
    if name in _SIMPLE:
        return _SIMPLE[name], rest
    if _TEXT.fullmatch(name):
        return pa.string(), rest
    if found := _DECIMAL.fullmatch(name.replace(" ", "")):
        return pa.decimal128(int(found[1] or 10), int(found[2] or 0)), rest
    raise Unfit(f"columns of the type {name!r} are not converted in the local cloud")


def _nested(name, rest, text):
    inner = []
    while True:
        field = None
        if name == "struct":
            field, rest = rest[0] if rest else "", _expect(":", rest[1:], text)
        found, rest = _type(rest, text)
        inner.append((field, found))
        if rest[:1] == [","]:
            rest = rest[1:]
            continue
        rest = _expect(">", rest, text)
        break
    if name == "struct":
        return pa.struct(inner), rest
    if len(inner) != (2 if name == "map" else 1):
        raise Unfit(f"{text!r}: {name} has the wrong number of types")
    return (pa.map_(inner[0][1], inner[1][1]) if name == "map" else pa.list_(inner[0][1])), rest


def _expect(token, tokens, text):
    if tokens[:1] != [token]:
        raise Unfit(f"{text!r} is no type of a column: {token!r} is missing")
    return tokens[1:]


def fit(value, wanted, lower=True):
    """A JSON value as pyarrow takes it for the type `wanted`; Unfit if it does not fit. `lower`: names of members in lower case."""
    if value is None:
        return None
    return _maker(wanted)(value, wanted, lower)


def _maker(wanted):
    if pa.types.is_integer(wanted):
        return _integer
    for is_type, maker in _MAKERS:
        if is_type(wanted):
            return maker
    raise Unfit(f"columns of the type {wanted} are not converted in the local cloud")


def _integer(value, wanted, _):
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,19}", value.strip()):
        value = int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and value.adjusted() < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(f"{value!r} is no whole number")
    most = 2 ** (wanted.bit_width - 1)
    if not -most <= value < most:
        raise Unfit(f"{value} is too large for {wanted}")
    return value


def _float(value, wanted, _):
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unfit(f"{value!r} is no number")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise Unfit(f"{value!r} is no number") from error


def _boolean(value, _wanted, _):
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Unfit(f"{value!r} is neither true nor false")
    return value


def _string(value, _wanted, _):
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str, ensure_ascii=False)


def _decimal(value, wanted, _):
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unfit(f"{value!r} is no number")
    try:
        exact = Decimal(value)
        if not exact.is_finite() or exact.adjusted() > 38:
            raise Unfit(f"{value!r} is too large for {wanted}")
        rounded = exact.quantize(Decimal(1).scaleb(-wanted.scale), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise Unfit(f"{value!r} is no decimal that fits {wanted}") from error
    if len(rounded.as_tuple().digits) > wanted.precision:
        raise Unfit(f"{value} is too large for {wanted}")
    return rounded


def _date(value, _wanted, _):
    try:
        return date.fromisoformat(value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "")
    except (ValueError, TypeError) as error:
        raise Unfit(f"{value!r} is no date like 2026-11-21") from error


_TIME = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?")


def _timestamp(value, _wanted, _):
    """Text with a blank, or with T and Z; seconds with or without a fraction, or milliseconds, since 1970. Kept in milliseconds."""
    try:
        if isinstance(value, str) and (found := _TIME.fullmatch(value)):
            numbers = [int(part) for part in found.groups()[:6]]
            return datetime(*numbers, int((found[7] or "0").ljust(9, "0")[:6]), tzinfo=UTC).replace(tzinfo=None)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            seconds = Decimal(value) / 1000 if abs(value) >= 10**11 else Decimal(value)
            return datetime.fromtimestamp(float(seconds), UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError) as error:
        raise Unfit(f"{value!r} is no time") from error
    raise Unfit(f"{value!r} is no time like 2026-11-21 10:30:00")


def _list(value, wanted, lower):
    if not isinstance(value, list):
        raise Unfit(f"{value!r} is no list")
    return [fit(each, wanted.value_type, lower) for each in value]


def _map(value, wanted, lower):
    if not isinstance(value, dict):
        raise Unfit(f"{value!r} is no map")
    return [(fit(key, wanted.key_type, lower), fit(each, wanted.item_type, lower)) for key, each in value.items()]


def _struct(value, wanted, lower):
    if not isinstance(value, dict):
        raise Unfit(f"{value!r} is no structure")
    members = {key.lower(): each for key, each in value.items()} if lower else value
    return {field.name: fit(members.get(field.name.lower() if lower else field.name), field.type, lower) for field in wanted}


_MAKERS = (
    (pa.types.is_floating, _float),
    (pa.types.is_boolean, _boolean),
    (pa.types.is_string, _string),
    (pa.types.is_decimal, _decimal),
    (pa.types.is_date, _date),
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_map, _map),  # a map is a list as well
    (pa.types.is_list, _list),
    (pa.types.is_struct, _struct),
)
