"""The quick way: many records are parsed and judged at once by pyarrow. It keeps nothing that the exact rules refuse.

Lines that are written alike are read by their layout (layout.py). Of others a regular expression picks the records that
are written plainly: the nine members once each, in any order, numbers in digits, a time in UTC, no escapes. For these,
and only for these, pyarrow's JSON reader and casts agree with the exact rules. All other records, and those whose values
are refused here, are for `rules.judge`.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from transactions_json.layout import Layout
from transactions_json.rules import FIELDS, TEXTS, Product, Row

MONEY, TOTAL = pa.decimal128(10, 2), pa.decimal128(12, 2)
MILLISECONDS = pa.timestamp("ms")
# What the table declares; files are read by these names.
SCHEMA = pa.schema(
    [
        ("transaction_id", pa.string()),
        ("timestamp", MILLISECONDS),
        ("customer_id", pa.string()),
        ("product_id", pa.string()),
        ("product_name", pa.string()),
        ("category", pa.string()),
        ("quantity", pa.int32()),
        ("price", MONEY),
        ("total_amount", TOTAL),
        ("year", pa.int32()),
        ("month", pa.int32()),
        ("day", pa.int32()),
        ("hour", pa.int32()),
        ("day_of_week", pa.int32()),
    ]
)
_READ = pa.schema([(name, pa.string() if name == "timestamp" else SCHEMA.field(name).type) for name in FIELDS])
_CACHE_ENTRIES = 50_000  # distinct days remembered; there are 84,000

_WS = r"[ \t\r\n]*"
# Neither a space at its ends, which would be trimmed, nor an escape, nor what JSON forbids in a string.
_TEXT = r'[^"\\\x00-\x20](?:[^"\\\x00-\x1f]*[^"\\\x00-\x20])?'
_TIME = (
    r"(?:19[7-9][0-9]|20[0-9][0-9]|21[0-9][0-9])-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z?"
)
_WHOLE, _PRICE, _SUM = r"[1-9][0-9]{0,8}", r"(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,2})?", r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,2})?"
_MEMBERS = (
    rf'"(?:{"|".join(TEXTS)})"{_WS}:{_WS}"{_TEXT}"',
    rf'"timestamp"{_WS}:{_WS}"{_TIME}"',
    rf'"quantity"{_WS}:{_WS}{_WHOLE}',
    rf'"price"{_WS}:{_WS}{_PRICE}',
    rf'"total_amount"{_WS}:{_WS}{_SUM}',
)
_MEMBER = f"(?:{'|'.join(_MEMBERS)})"
PLAIN = rf"^{_WS}\{{{_WS}{_MEMBER}(?:{_WS},{_WS}{_MEMBER}){{{len(FIELDS) - 1}}}{_WS}\}}{_WS}$"
_PLAIN = re.compile(PLAIN.encode())
_NUMBERS = frozenset({"quantity", "price", "total_amount"})
# Of values that stand alone. Product, name and category are compared with the catalogue's anyway.
_VALUES = {
    name: f"^(?:{pattern})$"
    for name, pattern in {
        "transaction_id": _TEXT,
        "timestamp": _TIME,
        "customer_id": _TEXT,
        "quantity": _WHOLE,
        "price": _PRICE,
        "total_amount": _SUM,
    }.items()
}


class Verdict(NamedTuple):
    """`kept`: good records as columns of SCHEMA. `places`: their numbers among the records, from 0. `others`: those of the rest."""

    kept: pa.RecordBatch
    places: pa.Array
    others: list[int]


class Judge:
    """Judges records by columns. `products`: what each product's id means."""

    def __init__(self, products: Mapping[str, Product]) -> None:
        self._ids = pa.array(products.keys(), pa.string())
        self._names = pa.array([product.name for product in products.values()], pa.string())
        self._categories = pa.array([product.category for product in products.values()], pa.string())
        self._days: dict[str, bool] = {}
        self._numbers = pa.array([], pa.uint64())
        self._parse = pajson.ParseOptions(explicit_schema=_READ, newlines_in_values=True, unexpected_field_behavior="error")

    def judge(self, records: pa.Array, text: bytes | None = None) -> Verdict:
        """Judge an array of binary, a record each. `text`: the same records as lines, if they are."""
        if text is not None and (verdict := self._by_layout(text, records)):
            return verdict
        plain = _plain(records)
        places = pc.indices_nonzero(plain)
        others = [] if len(places) == len(records) else pc.indices_nonzero(pc.invert(plain)).to_pylist()
        try:
            table = self._read(records.filter(plain) if others else records) if len(places) else None
        except pa.ArrowInvalid:  # a member is there twice in some record
            table = None
        if table is None:
            return Verdict(columns([]), places[:0], list(range(len(records))))
        return self._verdict(table, self._good(table), places, others)

    def _by_layout(self, text: bytes, lines: pa.Array) -> Verdict | None:
        """The quickest way, for lines that are written like the first one; None if that would set most of them aside."""
        if b"\\" in text or b"\r" in text or not pc.min(pc.binary_length(lines)).as_py():
            return None
        first = text[: text.find(b"\n") % (len(text) + 1)]
        layout = Layout.learn(first, _NUMBERS) if _PLAIN.fullmatch(first) else None
        if layout is None or not _is_utf8(text):
            return None
        values, count = layout.split(pa.py_buffer(text), lines), len(lines)
        if values is None:
            return None
        good = values.alike
        for name, pattern in _VALUES.items():
            good = pc.and_(good, pc.match_substring_regex(values.columns[name], pattern))
        if pc.sum(good).as_py() * 2 < count:
            return None
        arrays = []
        for field in _READ:
            column = values.columns[field.name].view(pa.string())
            if field.name in _NUMBERS:  # what is no number must not stop the cast of the others
                column = pc.if_else(good, column, "1").cast(field.type)
            arrays.append(column)
        table = pa.RecordBatch.from_arrays(arrays, schema=_READ)
        places = self._counting(count)
        if values.odd:
            places = places.filter(pc.invert(pc.is_in(places, pa.array(values.odd, pa.uint64()))))
        return self._verdict(table, pc.and_(good, self._good(table)), places, values.odd)

    def _verdict(self, table: pa.RecordBatch, good: pa.Array, places: pa.Array, others: list[int]) -> Verdict:
        """Of records as columns of _READ with their places, and of the `others`, which have no columns."""
        bad = places.filter(pc.invert(good)).to_pylist()
        if bad:
            table, places = table.filter(good), places.filter(good)
            others = sorted(others + bad)
        text = pc.utf8_rtrim(table["timestamp"], characters="Z")
        time = text.cast(pa.timestamp("us")).cast(MILLISECONDS, safe=False)  # what is finer is cut off
        return Verdict(_with_calendar([time if name == "timestamp" else table[name] for name in FIELDS]), places, others)

    def _counting(self, count: int) -> pa.Array:
        """0, 1, 2 …"""
        if len(self._numbers) < count:
            self._numbers = pa.array(range(2 * count), pa.uint64())
        return self._numbers[:count]

    def _read(self, records: pa.Array) -> pa.RecordBatch:
        """The members of plain records as columns."""
        start, stop = records.offset, records.offset + len(records)
        offsets = pa.Array.from_buffers(pa.int32(), stop + 1, [None, records.buffers()[1]])
        first, last = offsets[start].as_py(), offsets[stop].as_py()
        data = records.buffers()[2].slice(first, last - first)  # one after the other, as JSON may stand
        read = pajson.ReadOptions(use_threads=False, block_size=data.size + 1)
        table = pajson.read_json(pa.BufferReader(data), read, self._parse).combine_chunks()
        if table.num_rows != len(records):
            raise pa.ArrowInvalid(f"{table.num_rows} objects in {len(records)} records")
        return table.to_batches()[0]

    def _good(self, table: pa.RecordBatch) -> pa.Array:
        """Which of the plain records are good; null counts as not."""
        product = pc.index_in(table["product_id"], self._ids)
        good = pc.and_(
            pc.equal(self._names.take(product), table["product_name"]), pc.equal(self._categories.take(product), table["category"])
        )
        # decimal(21,2) and decimal(12,2) are compared as they are; a price of 0 makes a total of 0.
        amount = pc.multiply(table["price"], table["quantity"].cast(pa.decimal128(10, 0)))
        good = pc.and_(good, pc.and_(pc.equal(amount, table["total_amount"]), pc.greater(table["price"], pa.scalar(0, MONEY))))
        day = pc.utf8_slice_codeunits(table["timestamp"], 0, 10).dictionary_encode()
        real = pa.array([self._is_day(text) for text in day.dictionary.to_pylist()], pa.bool_()).take(day.indices)
        return pc.and_(good, real).fill_null(False)

    def _is_day(self, text: str) -> bool:
        if text not in self._days:
            if len(self._days) >= _CACHE_ENTRIES:
                self._days.clear()
            try:
                self._days[text] = bool(date.fromisoformat(text))
            except ValueError:
                self._days[text] = False
        return self._days[text]


def columns(rows: list[Row]) -> pa.RecordBatch:
    """Rows that the exact rules found good, as columns of SCHEMA."""
    values = zip(*rows, strict=True) if rows else [[] for _ in FIELDS]
    types = [pa.int64() if name == "timestamp" else SCHEMA.field(name).type for name in FIELDS]
    arrays = [pa.array(column, kind) for column, kind in zip(values, types, strict=True)]
    return _with_calendar([array.cast(MILLISECONDS) if name == "timestamp" else array for name, array in zip(FIELDS, arrays, strict=True)])


def _with_calendar(values: list[pa.Array]) -> pa.RecordBatch:
    """FIELDS, and what follows from the time."""
    time = values[FIELDS.index("timestamp")]
    parts = [part(time).cast(pa.int32()) for part in (pc.year, pc.month, pc.day, pc.hour, pc.day_of_week)]  # 0 is Monday
    return pa.RecordBatch.from_arrays([*values, *parts], schema=SCHEMA)


def _plain(records: pa.Array) -> pa.Array:
    """Which records are written plainly. What is not UTF-8 is not; the expression is about bytes, and would let it pass."""
    plain = pc.match_substring_regex(records, PLAIN)
    try:
        records.cast(pa.string())
    except pa.ArrowInvalid:
        return pc.and_(plain, pa.array([_is_utf8(data) for data in records.to_pylist()], pa.bool_()))
    return plain


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
