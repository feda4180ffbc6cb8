"""What a good transaction is, and what is wrong with a bad one: the exact rules, a record at a time."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

TEXTS = ("transaction_id", "customer_id", "product_id", "product_name", "category")
FIELDS = ("transaction_id", "timestamp", "customer_id", "product_id", "product_name", "category", "quantity", "price", "total_amount")
WHITE = " \t\n\r\x0b\x0c"  # what is trimmed off a text
MOST_QUANTITY = 2**31 - 1
PRICE_DIGITS, TOTAL_DIGITS = 8, 10  # before the point: decimal(10,2) and decimal(12,2)
MOST_DEPTH = 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


class Product(NamedTuple):
    """What a product's id means."""

    name: str
    category: str


class Row(NamedTuple):
    """A good transaction. `milliseconds` since 1970, UTC."""

    transaction_id: str
    milliseconds: int
    customer_id: str
    product_id: str
    product_name: str
    category: str
    quantity: int
    price: Decimal
    total_amount: Decimal


class Problem(Exception):
    """Why a record is rejected: a short code and a message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class _Number(str):
    """A JSON number as it was written, so that no digit of it is lost."""


def judge(data: bytes, products: Mapping[str, Product]) -> Row:
    """The transaction that the record's bytes hold.

    Raises:
        Problem: the first thing that is wrong with it, in the order: its JSON, then FIELDS one by one.
    """
    record = parse(data)
    values = {name: _text(record, name) for name in ("transaction_id",)}
    milliseconds = _time(record)
    values |= {name: _text(record, name) for name in ("customer_id", "product_id")}
    product = products.get(values["product_id"])
    if product is None:
        raise Problem("product_unknown", f"there is no product {shown(values['product_id'])} in the catalogue")
    for name, meant in (("product_name", product.name), ("category", product.category)):
        values[name] = _text(record, name)
        if values[name] != meant:
            raise Problem(f"{name}_mismatch", f"{name} is {shown(values[name])}; that of product {values['product_id']} is {shown(meant)}")
    quantity = _quantity(record)
    price = _amount(record, "price", PRICE_DIGITS)
    total = _amount(record, "total_amount", TOTAL_DIGITS)
    if total != quantity * price:
        raise Problem("total_amount_mismatch", f"total_amount is {total}, but {quantity} × {price} is {quantity * price}")
    return Row(milliseconds=milliseconds, quantity=quantity, price=price, total_amount=total, **values)


def parse(data: bytes) -> dict:
    """The record as a dictionary, its numbers as they were written."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Problem("undecodable", f"byte {error.start + 1} of the record, 0x{data[error.start]:02x}, is not UTF-8") from None
    if text.count("{") + text.count("[") > MOST_DEPTH:
        _check_depth(text)
    try:
        record = _DECODER.decode(text.strip(" \t\r\n"))
    except ValueError as error:
        raise Problem("json_invalid", f"it is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise Problem("not_an_object", f"it is no JSON object, but {shown(text)}")
    if _HALF_PAIR.search(text):
        try:
            json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Problem("json_invalid", "it is not JSON: a \\u escape is half of a surrogate pair") from None
    return record


def shown(text: object) -> str:
    """A value in a message, cut to a sensible length."""
    quoted = repr(str(text))
    return quoted if len(quoted) <= 80 else f"{quoted[:80]}…"


def _members(pairs: list[tuple[str, object]]) -> dict:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem("member_repeated", f"an object has the member {shown(twice)} more than once")
    return record


def _constant(name: str) -> None:
    raise Problem("json_invalid", f"it is not JSON: {name} is no JSON number")


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in re.findall(r"[{}\[\]]", _STRING.sub("", text)):
        depth += 1 if bracket in "{[" else -1
        if depth > MOST_DEPTH:
            raise Problem("json_too_deep", f"it is nested more than {MOST_DEPTH} deep")


_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_constant, object_pairs_hook=_members)


def _given(record: dict, name: str) -> object:
    value = record.get(name)
    if value is None:
        raise Problem(f"{name}_missing", f"{name} is {'null' if name in record else 'not there'}")
    return value


def _text(record: dict, name: str) -> str:
    value = _given(record, name)
    if not isinstance(value, str) or isinstance(value, _Number):
        raise Problem(f"{name}_wrong_type", f"{name} is {shown(value)}; it must be a text")
    value = value.strip(WHITE)
    if not value:
        raise Problem(f"{name}_missing", f"{name} is empty")
    if "\0" in value:
        raise Problem(f"{name}_invalid", f"{name} holds a NUL: {shown(value)}")
    return value


def _number(record: dict, name: str) -> Decimal:
    value = _given(record, name)
    if not isinstance(value, _Number):
        raise Problem(f"{name}_wrong_type", f"{name} is {shown(value)}; it must be a number, not in quotes")
    try:
        return Decimal(value)
    except InvalidOperation:  # an exponent beyond what Decimal knows
        raise Problem(f"{name}_too_large", f"{name} is {shown(value)}, which is out of any range") from None


def _quantity(record: dict) -> int:
    value = _number(record, "quantity")
    if value <= 0:
        raise Problem("quantity_not_positive", f"quantity is {shown(record['quantity'])}; it must be 1 or more")
    if value.adjusted() >= PRICE_DIGITS + 2 or value > MOST_QUANTITY:
        raise Problem("quantity_too_large", f"quantity is {shown(record['quantity'])}; the most is {MOST_QUANTITY}")
    # By the digits: `%` and `//` would need as many as an exponent says.
    if value.adjusted() < 0 or _decimals(value) > 0:
        raise Problem("quantity_not_whole", f"quantity is {shown(record['quantity'])}; it must be a whole number")
    return int(value)


def _amount(record: dict, name: str, digits: int) -> Decimal:
    value = _number(record, name)
    if value <= 0:
        raise Problem(f"{name}_not_positive", f"{name} is {shown(record[name])}; it must be above 0")
    if value.adjusted() >= digits:
        raise Problem(f"{name}_too_large", f"{name} is {shown(record[name])}; it may have {digits} digits before the point")
    if _decimals(value) > 2:
        raise Problem(f"{name}_too_precise", f"{name} is {shown(record[name])}; it may have two decimals, and is never rounded")
    return Decimal(int(value.scaleb(2))).scaleb(-2)


def _decimals(value: Decimal) -> int:
    """How many decimals a number has that are not zeros at the end."""
    _, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return -(exponent + zeros)


def _time(record: dict) -> int:
    """The timestamp in milliseconds since 1970. Without a zone it is UTC; what is finer than a millisecond is cut off."""
    value = _given(record, "timestamp")
    if not isinstance(value, str) or isinstance(value, _Number):
        raise Problem("timestamp_wrong_type", f"timestamp is {shown(value)}; it must be a text such as 2026-11-21T12:05:00Z")
    form = _TIME.fullmatch(value.strip(WHITE))
    if not form:
        raise Problem(
            "timestamp_invalid", f"timestamp is {shown(value)}; it must be ISO 8601 with seconds, such as 2026-11-21T12:05:00.123Z"
        )
    try:
        zone = {None: "+00:00", "Z": "+00:00"}.get(form[3], form[3])
        time = datetime.fromisoformat(form[1] + zone)
        seconds = (time - EPOCH) // timedelta(seconds=1)
    except ValueError as error:
        raise Problem("timestamp_invalid", f"timestamp is {shown(value)}: {error}") from None
    if not EPOCH <= time < END:
        raise Problem("timestamp_out_of_range", f"timestamp is {shown(value)}; it must be from 1970 to 2199")
    return seconds * 1000 + int((form[2] or "").ljust(3, "0")[:3])
