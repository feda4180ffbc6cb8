"""The rules by column: a whole block of rows is parsed and judged at once by pyarrow."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from s3_inputs.stream import BOM

from orders_csv.rules import AMOUNT, DROPPED_WHEN_OLD, STATUSES, day_of, status_of

# What the crawler and Athena see. Do not reorder: tables are read by position in some engines.
SCHEMA = pa.schema(
    [
        ("order_id", pa.string()),
        ("customer", pa.string()),
        ("amount", pa.decimal128(12, 2)),
        ("status", pa.string()),
        ("order_date", pa.date32()),
    ]
)
CACHE_ENTRIES = 50_000  # distinct dates and statuses remembered between blocks; hostile files have endless ones
_AMOUNT = f"^(?:{AMOUNT})$"


class Verdict(NamedTuple):
    """A judged block: number of rows, those kept, counts of those dropped by status, and the numbers (from 0) of the bad ones.

    `kept` has the columns of SCHEMA, its status as a dictionary; it is None if no row was well-formed.
    """

    rows: int
    kept: pa.RecordBatch | None
    dropped: dict[str, int]
    bad: list[int]


class Judge:
    """Parses blocks of whole rows and applies the rules to whole columns. What is wrong with a bad row is not its business.

    Args:
        width: number of the header's columns.
        wanted: places of `rules.COLUMNS` among them.
        oldest: pending and cancelled orders of before this day are dropped.
    """

    def __init__(self, width: int, wanted: list[int], oldest: date) -> None:
        self._oldest = oldest
        self._malformed: list[int] = []
        self._names = [f"f{n}" for n in range(width)]
        chosen = [self._names[place] for place in wanted]
        words = pa.dictionary(pa.int32(), pa.string())
        types = dict(zip(chosen, (pa.string(), pa.string(), pa.string(), words, words), strict=True))
        self._parse = pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._note_malformed)
        # The bytes have been found to be UTF-8 before they come here.
        self._convert = pacsv.ConvertOptions(column_types=types, include_columns=chosen, strings_can_be_null=False, check_utf8=False)
        self._days: dict[str, date | None] = {}
        self._statuses: dict[str, str | None] = {}

    def judge(self, block: pa.Buffer) -> Verdict:
        """Judge `block`: UTF-8 bytes of whole rows and nothing else."""
        self._malformed = malformed = []
        if bytes(memoryview(block)[:3]) == BOM:  # in mid-file it is text; pyarrow would swallow it
            block = pa.py_buffer(b"\n" + block.to_pybytes())
        read = pacsv.ReadOptions(use_threads=False, block_size=block.size + 1, column_names=self._names)
        table = pacsv.read_csv(pa.BufferReader(block), read, self._parse, self._convert).combine_chunks()
        if not table.num_rows:
            return Verdict(len(malformed), None, {}, malformed)
        order_id, customer, amount, status, day = (column.chunk(0) for column in table.columns)

        order_id = pc.ascii_trim_whitespace(order_id)
        amount = pc.ascii_trim_whitespace(amount)
        statuses = [remembered(self._statuses, text, status_of) for text in status.dictionary.to_pylist()]
        codes = pa.array([s and STATUSES.index(s) for s in statuses], pa.int32()).take(status.indices)
        days = [remembered(self._days, text, day_of) for text in day.dictionary.to_pylist()]
        dates = pa.array(days, pa.date32()).take(day.indices)

        good = pc.and_(pc.greater(pc.binary_length(order_id), 0), pc.match_substring_regex(amount, _AMOUNT))
        good = pc.and_(good, pc.and_(codes.is_valid(), dates.is_valid()))
        may_be_dropped = pa.array([s in DROPPED_WHEN_OLD for s in statuses], pa.bool_()).take(status.indices)
        is_old = pa.array([d is not None and d < self._oldest for d in days], pa.bool_()).take(day.indices)
        drop = pc.and_(good, pc.and_(may_be_dropped, is_old))
        dropped = {STATUSES[n["values"]]: n["counts"] for n in pc.value_counts(codes.filter(drop)).to_pylist()}

        columns = pa.RecordBatch.from_arrays([order_id, customer, amount, codes, dates], names=SCHEMA.names)
        order_id, customer, amount, codes, dates = columns.filter(pc.and_not(good, drop)).columns
        customer, amount = pc.ascii_trim_whitespace(customer), amount.cast(SCHEMA.field("amount").type)
        status = pa.DictionaryArray.from_arrays(codes, pa.array(STATUSES))
        kept = pa.RecordBatch.from_arrays([order_id, customer, amount, status, dates], names=SCHEMA.names)
        bad = pc.indices_nonzero(pc.invert(good)).to_pylist()
        return Verdict(table.num_rows + len(malformed), kept, dropped, _merged(bad, malformed))

    def _note_malformed(self, row: pacsv.InvalidRow) -> str:
        self._malformed.append(row.number - 1)
        return "skip"


def remembered[T](cache: dict[str, T], text: str, compute: Callable[[str], T]) -> T:
    """`compute(text)`, from the cache if it is there; the cache never holds more than CACHE_ENTRIES."""
    if text not in cache:
        if len(cache) >= CACHE_ENTRIES:
            cache.clear()
        cache[text] = compute(text)
    return cache[text]


def _merged(bad: list[int], malformed: list[int]) -> list[int]:
    """The numbers of all rows to reject, where `bad` counts the well-formed rows only and `malformed` (ascending) all rows."""
    if not malformed:
        return bad
    # The k-th malformed row has malformed[k] - k well-formed rows before it.
    before = [number - k for k, number in enumerate(malformed)]
    return sorted([number + bisect_right(before, number) for number in bad] + malformed)
