"""The orders function without AWS: a stream of CSV in, Parquet, rejects and counts out.

Pure: no boto3, no clock, no environment. `process` reads a file-like object block by block, so memory does not grow
with the file. A block of rows that are lines (nearly every block) goes through pyarrow as a whole; a block with
anything unusual in it (quoted newlines, blank lines, NULs, bytes that are not UTF-8, very long rows) is first cut
into rows here. Both ways give the same rows, rejects and counts; only the speed differs.
"""

import base64
import csv
import json
import re
import sys
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

# The columns an orders file must have; names are compared without case and surrounding space.
COLUMNS = ("OrderID", "Customer", "Amount", "Status", "OrderDate")
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
STATUSES = ("cancelled", "confirmed", "pending", "shipped")
DROPPED_WHEN_OLD = ("cancelled", "pending")
SPELLINGS = {"canceled": "cancelled"}

BLOCK_BYTES = 2 << 20  # what is parsed at once; smaller costs calls, larger costs cache and memory
MAX_ROW_BYTES = 1 << 20  # a longer row is no order: it is rejected in pieces, so that memory stays bounded
CUT_ROWS = 20_000  # rows cut and judged at once where they are cut here; a block may have millions of tiny ones
ROW_GROUP_ROWS = 131_072
_PIECE_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\n\v\f\r"  # what pyarrow's ascii_trim_whitespace trims
_EOL = re.compile(rb"\r\n?|\n")
_OUT_OF_QUOTES = re.compile(rb'[^\r\n,]*+(?:,(?!")[^\r\n,]*+)*+')  # from within a field up to a line end or a field in quotes
_IN_QUOTES = re.compile(rb'[^"]*+(?:""[^"]*+)*+')
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Non-negative, plain, exact in decimal(12,2): at most ten digits before the point and two after it, zeros around
# them aside (at most 20 behind: pyarrow refuses more than 38 digits). Means the same to `re` and to RE2.
_AMOUNT = r"0*[0-9]{1,10}(?:\.[0-9]{0,2}0{0,20})?|0*\.[0-9]{1,2}0{0,20}"
_AMOUNT_RE2 = f"^(?:{_AMOUNT})$"
_AMOUNT_RE = re.compile(_AMOUNT)
_NUMBER_RE = re.compile(r"(?=\.?[0-9])([0-9]*)\.?[0-9]*")
_CACHE_ENTRIES = 50_000  # distinct dates and statuses remembered between blocks; hostile files have endless ones

csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))  # the module's default of 128 KiB would raise
_quote = json.JSONEncoder().encode  # ASCII only, so that no reader sees a line end inside a text


class Readable(Protocol):
    """Bytes to read: `read(n)` gives at most n bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """A place to write bytes to."""

    def write(self, data: bytes, /) -> object: ...


class UnreadableFileError(ValueError):
    """The file cannot be read as text to its end (damaged gzip, UTF-16): give its bytes to `reject_file` instead.

    Attributes:
        code: short reason, as in `Summary.rejected_by_reason`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DisagreementError(RuntimeError):
    """Two parts of this module see the same rows differently: a bug, and a reason to write nothing."""


@dataclass
class Summary:
    """What became of one file. Counts are rows; rows_in = kept + dropped + rejected.

    Attributes:
        status: "processed", or "rejected" where the file was rejected whole.
        reason: why it was rejected whole, for people; None otherwise.
        dropped_by_rule: rows by rule name.
        rejected_by_reason: rows by reason code; empty where a file was rejected whole without rows.
        extra_columns: header names that are not ours, as they were written.
    """

    status: str = "processed"
    reason: str | None = None
    rows_in: int = 0
    kept: int = 0
    dropped_by_rule: Counter[str] = field(default_factory=Counter)
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    extra_columns: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        return self.dropped_by_rule.total()

    @property
    def rejected(self) -> int:
        return self.rejected_by_reason.total()

    def balance(self) -> None:
        """Raise DisagreementError unless every row is accounted for."""
        if self.rows_in != self.kept + self.dropped + self.rejected:
            raise DisagreementError(
                f"{self.rows_in} rows in, but {self.kept} kept + {self.dropped} dropped + {self.rejected} rejected; "
                "nothing was recorded. Please report this with the file."
            )


def output_name(key: str) -> str:
    """A flat name for what comes of the object `key`: its readable stem and a hash of the whole key.

    The hash keeps a/orders.csv, b/orders.csv and a/orders.csv.gz apart.
    """
    base = key.rsplit("/", 1)[-1]
    stem = re.sub(r"(?i)\.csv(\.gz)?$", "", base)
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:80] or "orders"
    return f"{readable}-{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


# --------------------------------------------------------------------------------------------------- one row's rules


def day_of(text: str) -> date | None:
    """The date that `text` names as YYYY-MM-DD, or None if it is none or impossible."""
    text = text.strip(_SPACE)
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def status_of(text: str) -> str | None:
    """The known status that `text` means, or None."""
    status = text.strip(_SPACE).lower()
    status = SPELLINGS.get(status, status)
    return status if status in STATUSES else None


def problem_with(fields: list[str], width: int, wanted: list[int]) -> tuple[str, str] | None:
    """The first thing wrong with a row, as (code, message), or None.

    Args:
        fields: the row's fields as they were read.
        width: number of the header's columns.
        wanted: places of COLUMNS among them.
    """
    if len(fields) != width:
        code = "too_few_fields" if len(fields) < width else "too_many_fields"
        return code, f"the header has {width} columns, this row {len(fields)} field{'' if len(fields) == 1 else 's'}"
    order_id, _, amount, status, day = (fields[place].strip(_SPACE) for place in wanted)
    if not order_id:
        return "order_id_missing", "OrderID is empty"
    if not day:
        return "order_date_missing", "OrderDate is empty"
    if day_of(day) is None:
        return "order_date_invalid", f"OrderDate is no real date of the form YYYY-MM-DD: {_seen(day)}"
    if not _AMOUNT_RE.fullmatch(amount):
        return _amount_problem(amount)
    if status_of(status) is None:
        if not status:
            return "status_missing", "Status is empty"
        return "status_unknown", f"Status is none of {', '.join(STATUSES)}: {_seen(status)}"
    return None


def _amount_problem(amount: str) -> tuple[str, str]:
    if not amount:
        return "amount_missing", "Amount is empty"
    if amount[0] == "-" and _NUMBER_RE.fullmatch(amount, 1):
        return "amount_negative", f"Amount is negative: {_seen(amount)}"
    number = _NUMBER_RE.fullmatch(amount)
    if number is None:
        return "amount_invalid", f"Amount is not a plain decimal number: {_seen(amount)}"
    if len(number[1].lstrip("0")) > 10:
        return "amount_too_large", f"Amount has more than ten digits before the point: {_seen(amount)}"
    return "amount_too_precise", f"Amount has more than two decimals: {_seen(amount)}"


def _seen(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:60] + "…")


# --------------------------------------------------------------------------------------------------- bytes of the file


def blocks(source: Readable, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the file's bytes, `size` at a time, without byte-order mark, unpacked if they are gzip's (by its magic number).

    Raises:
        UnreadableFileError: the gzip data is damaged or ends early.
    """
    head = b""
    while len(head) < 2 and (more := source.read(size)):
        head += more
    packed = _rest_of(source, head, size)
    plain = _unpacked(packed, size) if head[:2] == b"\x1f\x8b" else packed
    waiting, begun = b"", False
    for chunk in plain:
        waiting = waiting + chunk if waiting else chunk
        if not begun and len(waiting) >= 3:
            waiting, begun = waiting.removeprefix(_BOM), True
        while begun and len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting


def _rest_of(source: Readable, head: bytes, size: int) -> Iterator[bytes]:
    while head:
        yield head
        head = source.read(size)


def _unpacked(packed: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Unpack gzip members one after the other; at most `size` bytes at once, however well they were packed."""
    member = zlib.decompressobj(wbits=31)
    position = 0
    advice = "Pack the file again and upload it."
    for chunk in packed:
        data = chunk
        while data:
            if member.eof:
                data = data.lstrip(b"\0")  # padding, as tapes leave it
                if not data:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                plain = member.decompress(data, size)
            except zlib.error as error:
                where = f"between bytes {position} and {position + len(chunk)}"
                raise UnreadableFileError("gzip_damaged", f"the gzip data is damaged {where}: {error}. {advice}") from error
            if plain:
                yield plain
            data = member.unused_data if member.eof else member.unconsumed_tail
        position += len(chunk)
    if not member.eof:
        raise UnreadableFileError("gzip_damaged", f"the gzip data ends early, after {position} bytes. {advice}")


# ------------------------------------------------------------------------------------------------------- finding rows

_START, _PLAIN, _QUOTED, _QUOTE = range(4)  # of a field: before it, in it (or after its quotes), in its quotes, at one


def row_end(buf: bytes, pos: int = 0, state: int = _START) -> tuple[int, int]:
    """Follow a row from `pos` on to the line end that ends it.

    Quotes mean something only at a field's start; after the closing quote the rest of a field is plain text.

    Returns:
        (place of the line end, state), or (-1, state) if the row goes on after `buf`; the state goes into the next call.
    """
    size = len(buf)
    while pos < size:
        if state == _QUOTED:
            pos = _IN_QUOTES.match(buf, pos).end() + 1
            if pos > size:
                return -1, _QUOTED
            state = _QUOTE
        elif state != _PLAIN and buf[pos] == 0x22:
            pos, state = pos + 1, _QUOTED
        else:
            pos = _OUT_OF_QUOTES.match(buf, pos).end()
            if pos == size:
                return -1, _START if buf[-1] == 0x2C else _PLAIN
            if buf[pos] != 0x2C:
                return pos, _PLAIN
            pos, state = pos + 1, _START
    return -1, state


class Span(NamedTuple):
    """A row in a block: its bytes are [start, end), the next row starts at `next`; `line` counts the lines before it."""

    start: int
    end: int
    next: int
    line: int


class Cut(NamedTuple):
    """Some rows of a block, the place in it where they end, and the number of lines that they and blank lines take."""

    rows: list[Span]
    end: int
    lines: int


def cut_rows(buf: bytes, final: bool, max_row: int) -> Iterator[Cut]:
    """Cut a block that begins where a row begins into its rows, CUT_ROWS at a time. Blank lines are no rows.

    Ends before a row that does not end in `buf` or is longer than `max_row` bytes. With `final` (the file ends here)
    a last row without a line end counts, unless it is inside an open quote.
    """
    rows: list[Span] = []
    pos = lines = 0
    size = len(buf)
    quote = buf.find(b'"')
    while pos < size:
        if 0 <= quote < pos:
            quote = buf.find(b'"', pos)
        eol = _EOL.search(buf, pos)
        quoted = quote >= 0 and (eol is None or quote < eol.start())
        if quoted:
            place, state = row_end(buf, pos)
            if state == _QUOTED:
                break
            eol = _EOL.match(buf, place) if place >= 0 else None
        if not final and (eol is None or (eol[0] == b"\r" and eol.end() == size)):
            break  # that CR may be half of a CRLF
        end, after = eol.span() if eol else (size, size)
        if end - pos > max_row:
            break
        if end > pos:
            rows.append(Span(pos, end, after, lines))
        lines += (_line_ends(buf[pos:end]) if quoted else 0) + (eol is not None)
        pos = after
        if len(rows) == CUT_ROWS:
            yield Cut(rows, pos, lines)
            rows, lines = [], 0
    yield Cut(rows, pos, lines)


def _line_ends(data: bytes) -> int:
    count = data.count(b"\n")
    return count if b"\r" not in data else count + data.count(b"\r") - data.count(b"\r\n")


def _piece_end(buf: bytes, start: int, limit: int) -> int:
    """Where to cut a piece of at most `limit` bytes that has more after it: not inside a CRLF or a UTF-8 character."""
    end = start + limit
    if buf[end - 1 : end + 1] == b"\r\n" and limit > 1:
        return end - 1
    for back in range(min(4, limit)):
        if buf[end - back] & 0xC0 != 0x80:
            return end - back
    return end


def _has_long_line(buf: bytes, end: int, limit: int) -> bool:
    """False if no line of buf[:end] is longer than `limit`; may be True for one of half of that."""
    step = max(limit // 2, 1)
    return any(buf.find(b"\n", start, start + step) < 0 for start in range(0, end - step + 1, step))


def _is_utf8(block: pa.Buffer) -> bool:
    offsets = pa.py_buffer(b"\0" * 8 + block.size.to_bytes(8, sys.byteorder))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, block]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _fields(text: str) -> list[str]:
    return next(csv.reader([text])) if '"' in text else text.split(",")


# ------------------------------------------------------------------------------------------------------------ writing


class _Rejects:
    """Writes rejected rows as JSON lines, some at a time."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._lines: list[str] = []
        self._chars = 0

    def add(self, row: int, line: int, code: str, message: str, data: bytes, part: str = "") -> None:
        """One row, or a part of it (`part`: members of the JSON object that say which). `data` is its text, without line end."""
        try:
            text = f'"text": {_quote(data.decode())}'
        except UnicodeDecodeError:
            text = f'"text": {_quote(data.decode(errors="replace"))}, "text_base64": "{base64.b64encode(data).decode()}"'
        entry = f'{{"row": {row}, "line": {line}, "reason": "{code}", "message": {_quote(message)}, {part}{text}}}\n'
        self._lines.append(entry)
        self._chars += len(entry)
        if self._chars > 1 << 18:
            self.flush()

    def add_bytes(self, code: str, message: str, part: int, data: bytes) -> None:
        """A piece of a file without rows."""
        self.flush()
        place = f'"row": 0, "line": 1, "reason": "{code}", "message": {_quote(message)}, "part": {part}'
        self._sink.write(f'{{{place}, "text_base64": "{base64.b64encode(data).decode()}"}}\n'.encode("ascii"))

    def flush(self) -> None:
        if self._lines:
            self._sink.write("".join(self._lines).encode("ascii"))
            self._lines, self._chars = [], 0


class _Sink:
    """What pyarrow wants of a Python file to write to. Closing the real one is its owner's business."""

    closed = False

    def __init__(self, sink: Writable) -> None:
        self.write = sink.write

    def detach(self) -> None:
        self.write = len

    def flush(self) -> None: ...

    def close(self) -> None: ...


class _Kept:
    """Writes kept rows as Parquet in row groups; opens the file only when there is a row."""

    def __init__(self, open_sink: Callable[[], Writable]) -> None:
        self._open_sink = open_sink
        self._sink: _Sink | None = None
        self._writer: pq.ParquetWriter | None = None
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROW_GROUP_ROWS:
            self._write(self._rows - self._rows % ROW_GROUP_ROWS)

    def close(self) -> None:
        self._write(self._rows)
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Write no more: pyarrow's writer would still write its footer when it is collected."""
        if self._sink is not None:
            self._sink.detach()

    def _write(self, count: int) -> None:
        if not count:
            return
        pa.default_memory_pool().release_unused()  # else what the allocator holds back creeps up over a long file
        table = pa.Table.from_batches(self._batches)
        if self._writer is None:
            self._sink = _Sink(self._open_sink())
            # No Arrow schema inside: readers take the plain Parquet types and never hear of the status' dictionary.
            self._writer = pq.ParquetWriter(
                pa.PythonFile(self._sink, mode="w"),
                table.schema,
                compression="zstd",
                use_dictionary=["customer", "status", "order_date"],
                store_schema=False,
                store_decimal_as_integer=True,
            )
        self._writer.write_table(table.slice(0, count), row_group_size=ROW_GROUP_ROWS)
        rest = table.slice(count)
        self._batches, self._rows = rest.to_batches(), rest.num_rows


# ---------------------------------------------------------------------------------------------------- the rules by column


class _Verdict(NamedTuple):
    """A judged block: number of rows, those kept, counts of those dropped by status, and the numbers (from 0) of the bad ones."""

    rows: int
    kept: pa.RecordBatch | None
    dropped: dict[str, int]
    bad: list[int]


class _Judge:
    """Parses blocks of whole rows and applies the rules to whole columns. What is wrong with a bad row is not its business."""

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

    def judge(self, block: pa.Buffer) -> _Verdict:
        """Judge `block`: UTF-8 bytes of whole rows and nothing else."""
        self._malformed = malformed = []
        if bytes(memoryview(block)[:3]) == _BOM:  # in mid-file it is text; pyarrow would swallow it
            block = pa.py_buffer(b"\n" + block.to_pybytes())
        read = pacsv.ReadOptions(use_threads=False, block_size=block.size + 1, column_names=self._names)
        table = pacsv.read_csv(pa.BufferReader(block), read, self._parse, self._convert).combine_chunks()
        if not table.num_rows:
            return _Verdict(len(malformed), None, {}, malformed)
        order_id, customer, amount, status, day = (column.chunk(0) for column in table.columns)

        order_id = pc.ascii_trim_whitespace(order_id)
        amount = pc.ascii_trim_whitespace(amount)
        statuses = [_remembered(self._statuses, text, status_of) for text in status.dictionary.to_pylist()]
        codes = pa.array([s and STATUSES.index(s) for s in statuses], pa.int32()).take(status.indices)
        days = [_remembered(self._days, text, day_of) for text in day.dictionary.to_pylist()]
        dates = pa.array(days, pa.date32()).take(day.indices)

        good = pc.and_(pc.greater(pc.binary_length(order_id), 0), pc.match_substring_regex(amount, _AMOUNT_RE2))
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
        return _Verdict(table.num_rows + len(malformed), kept, dropped, _merged(bad, malformed))

    def _note_malformed(self, row: pacsv.InvalidRow) -> str:
        self._malformed.append(row.number - 1)
        return "skip"


def _remembered[T](cache: dict[str, T], text: str, compute: Callable[[str], T]) -> T:
    if text not in cache:
        if len(cache) >= _CACHE_ENTRIES:
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


# ------------------------------------------------------------------------------------------------------------ one file


class _Long(NamedTuple):
    """A row without an end in sight, rejected piece by piece."""

    row: int
    line: int
    code: str
    message: str


class _Run:
    """One pass over one file: feed it blocks, then finish. It holds back what is not a whole row yet."""

    def __init__(self, event_date: date, drop_after_days: int, open_kept: Callable[[], Writable], rejects: Writable, max_row: int) -> None:
        self.summary = Summary()
        self._oldest = date.fromordinal(max(event_date.toordinal() - drop_after_days, 1))
        self._kept = _Kept(open_kept)
        self._rejects = _Rejects(rejects)
        self._max_row = max_row
        self._rest = b""
        self._line = 1  # of the file, at which the next row starts
        self._header: tuple[int, list[int]] | None = None  # number of columns, places of ours
        self._judge: _Judge | None = None
        self._whole: tuple[str, str] | None = None  # why every row is rejected
        self._long: _Long | None = None
        self._long_parts = 0
        self._long_state = _START

    def feed(self, block: bytes, final: bool = False) -> None:
        """Take the next bytes; `final`: the file ends with them."""
        buf = self._rest + block if self._rest else block
        while buf:
            used = self._step(buf, final)
            if not used:
                break
            buf = buf[used:]
        self._rest = buf

    def abandon(self) -> None:
        self._kept.abandon()

    def finish(self) -> Summary:
        self.feed(b"", final=True)
        if self._header is None and self._whole is None:
            problem = ("empty_file", "the file is empty: there is no header row. Upload a file that begins with one.")
            self.summary.status, self.summary.reason = "rejected", problem[1]
            self._rejects.add(0, 1, *problem, b"")
        if self._rest:
            raise DisagreementError(f"{len(self._rest)} bytes at the end of the file belong to no row")
        self._kept.close()
        self._rejects.flush()
        self.summary.balance()
        return self.summary

    def _step(self, buf: bytes, final: bool) -> int:
        """Use some of `buf`; return the number of bytes, 0 if more are needed first."""
        if self._long:
            return self._on_with_long_row(buf, final)
        if self._whole:
            return self._rows(buf, final)
        if self._header is None:
            return self._first_row(buf, final)
        return self._lines(buf) or self._rows(buf, final)

    # -- the header

    def _first_row(self, buf: bytes, final: bool) -> int:
        end, state = row_end(buf)
        eol = _EOL.match(buf, end) if end >= 0 else None
        if eol and eol[0] == b"\r" and eol.end() == len(buf) and not final:
            return 0  # it may be half of a CRLF
        if end == 0:
            self._line += 1
            return eol.end()  # a blank line before the header
        if eol is None and not final and len(buf) <= self._max_row:
            return 0
        row = (buf[:end] if eol else buf)[: self._max_row + 1]
        if b"\0" in row:
            raise UnreadableFileError(
                "not_text", f"the file is not UTF-8 text: it begins with {row[:16]!r}. Save it as UTF-8 (UTF-16 has such NULs)."
            )
        if len(row) > self._max_row or (eol is None and state == _QUOTED):
            problem = ("no_header", f"there is no header row: the first row does not end within {min(len(row), self._max_row)} bytes")
        else:
            problem = self._read_header(row.decode(errors="replace"))
        if problem:
            self._whole = problem
            self.summary.status, self.summary.reason = "rejected", problem[1]
            if problem[0] == "no_header":
                return self._rows(buf, final)  # the first row is a row like the others
            self._rejects.add(0, self._line, *problem, row)
        used = eol.end() if eol else len(buf)
        self._line += _line_ends(buf[:used])
        return used

    def _read_header(self, text: str) -> tuple[str, str] | None:
        """Take the columns from the header's text, or say what is wrong with it as (code, message)."""
        names = [name.strip() for name in _fields(text)]
        known = [name.lower() for name in names]
        missing = [name for name in COLUMNS if name.lower() not in known]
        repeated = [name for name in COLUMNS if known.count(name.lower()) > 1]
        if len(missing) == len(COLUMNS):
            return "no_header", f"there is no header row: none of {', '.join(COLUMNS)} is in the first row, {_seen(text)}"
        if missing:
            more = ", …" if len(names) > 20 else ""
            return "column_missing", f"the header lacks {', '.join(missing)}; it has {', '.join(map(_seen, names[:20]))}{more}"
        if repeated:
            return "column_repeated", f"the header has {', '.join(repeated)} more than once, so it is unclear which one counts"
        wanted = [known.index(name.lower()) for name in COLUMNS]
        self.summary.extra_columns = [name for place, name in enumerate(names) if place not in wanted]
        self._header = (len(names), wanted)
        self._judge = _Judge(*self._header, self._oldest)
        return None

    # -- rows

    def _lines(self, buf: bytes) -> int:
        """The fast way: take all whole lines of `buf`, if each of them is a row; return the bytes used, or 0 if not."""
        end = buf.rfind(b"\n") + 1
        if not end or b"\0" in buf or _has_long_line(buf, end, self._max_row):
            return 0
        if b"\r" in buf and buf.count(b"\r", 0, end) != buf.count(b"\r\n", 0, end):
            return 0
        block = pa.py_buffer(buf).slice(0, end)
        if not buf.isascii() and not _is_utf8(block):
            return 0
        last = buf.rfind(b"\n", 0, end - 1) + 1
        if buf.find(b'"', last, end) >= 0 and not 0 <= row_end(buf, last)[0] < end:
            return 0  # the last line leaves a quote open
        verdict = self._judge.judge(block)
        lines = buf.split(b"\n") if verdict.bad else []
        count = len(lines) - 1 if lines else buf.count(b"\n", 0, end)
        # A row takes a line or more, a blank line is no row: so with as many rows as lines, each line is a row.
        if verdict.rows != count:
            return 0
        first = self.summary.rows_in + 1
        for number in verdict.bad:
            self._reject_bad(first + number, self._line + number, lines[number].removesuffix(b"\r"))
        self._account(verdict, count)
        self._line += count
        return end

    def _rows(self, buf: bytes, final: bool) -> int:
        """The exact way: cut `buf` into rows, set aside those that pyarrow must not see, and judge the others."""
        used = 0
        suspicious = self._whole is not None or b"\0" in buf or not _is_utf8(pa.py_buffer(buf))
        for cut in cut_rows(buf, final, self._max_row):
            self._judge_rows(buf, cut, suspicious)
            used = cut.end
        rest = buf[used:]
        if rest and (final or len(rest.removesuffix(b"\r")) > self._max_row):  # that CR may be the row's end
            self._begin_long_row(rest)
            return used + self._on_with_long_row(rest, final)
        return used

    def _judge_rows(self, buf: bytes, cut: Cut, suspicious: bool) -> None:
        rows = cut.rows
        odd = {n: problem for n, row in enumerate(rows) if (problem := self._oddity(buf[row.start : row.end]))} if suspicious else {}
        others = [n for n in range(len(rows)) if n not in odd]
        bad: list[int] = []
        verdict = None
        if others:
            block = b"".join([buf[rows[n].start : rows[n].next] for n in others])
            verdict = self._judge.judge(pa.py_buffer(block))
            if verdict.rows != len(others):
                raise DisagreementError(f"pyarrow sees {verdict.rows} rows after line {self._line - 1} where there are {len(others)}")
            bad = [others[n] for n in verdict.bad]
        first = self.summary.rows_in + 1
        for n in sorted([*bad, *odd]):
            data = buf[rows[n].start : rows[n].end]
            if n in odd:
                self._reject(first + n, self._line + rows[n].line, *odd[n], data)
            else:
                self._reject_bad(first + n, self._line + rows[n].line, data)
        self._account(verdict, len(rows))
        self._line += cut.lines

    def _oddity(self, data: bytes) -> tuple[str, str] | None:
        """Why a row is rejected before anybody looks at its fields, as (code, message), or None."""
        if self._whole:
            return self._whole
        if b"\0" in data:
            return "nul_byte", f"byte {data.index(0) + 1} of the row is a NUL; the file may be damaged"
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return "undecodable", f"byte {error.start + 1} of the row, 0x{data[error.start]:02x}, is not UTF-8"
        return None

    # -- a row that is too long, or whose quote is never closed

    def _begin_long_row(self, buf: bytes) -> None:
        """Note why the row at the start of `buf` is rejected. Its first bytes decide, however the file was cut into blocks."""
        start = buf[: self._max_row]
        end, state = row_end(start)
        if self._whole:
            problem = self._whole
        elif end < 0 and state == _QUOTED:
            limit = f"within {self._max_row} bytes" if len(buf) > self._max_row else "before the file ends"
            problem = ("unclosed_quote", f"a quote is opened in this row and not closed {limit}")
        else:
            problem = ("row_too_long", f"the row is longer than {self._max_row} bytes")
        self.summary.rows_in += 1
        self.summary.rejected_by_reason[problem[0]] += 1
        self._long = _Long(self.summary.rows_in, self._line, *problem)
        self._long_parts, self._long_state = 0, _START

    def _on_with_long_row(self, buf: bytes, final: bool) -> int:
        """Write what `buf` has of the long row, in pieces; return the bytes used, 0 if more are needed first."""
        used = 0
        end, _ = row_end(buf, 0, self._long_state)
        stop = end if end >= 0 else len(buf)
        while stop - used > self._max_row:
            piece = buf[used : _piece_end(buf, used, self._max_row)]
            self._write_piece(piece, last=False)
            _, self._long_state = row_end(piece, 0, self._long_state)
            self._line += _line_ends(piece)
            used += len(piece)
        eol = _EOL.match(buf, end) if end >= 0 else None
        if not final and (eol is None or (eol[0] == b"\r" and eol.end() == len(buf))):
            return used
        self._write_piece(buf[used:stop], last=True)
        self._line += _line_ends(buf[used:stop]) + (eol is not None)
        self._long = None
        return eol.end() if eol else len(buf)

    def _write_piece(self, data: bytes, last: bool) -> None:
        self._long_parts += 1
        whole = last and self._long_parts == 1
        part = "" if whole else f'"part": {self._long_parts}, "last_part": {"true" if last else "false"}, '
        self._rejects.add(*self._long, data, part)

    # -- outcome

    def _account(self, verdict: _Verdict | None, rows: int) -> None:
        """Count a block's rows and write those that are kept."""
        self.summary.rows_in += rows
        if verdict is None or verdict.kept is None:
            return
        for status, count in verdict.dropped.items():
            self.summary.dropped_by_rule[f"old_{status}"] += count
        self.summary.kept += verdict.kept.num_rows
        if verdict.kept.num_rows:
            self._kept.add(verdict.kept)

    def _reject_bad(self, row: int, line: int, data: bytes) -> None:
        """Reject a row that the rules by column refuse; the rules by row say why."""
        text = data.decode()
        problem = problem_with(_fields(text), *self._header)
        if problem is None:
            raise DisagreementError(f"row {row} (line {line}) was refused, yet nothing is wrong with it: {_seen(text)}")
        self._reject(row, line, *problem, data)

    def _reject(self, row: int, line: int, code: str, message: str, data: bytes) -> None:
        self.summary.rejected_by_reason[code] += 1
        self._rejects.add(row, line, code, message, data)


def process(
    source: Readable,
    event_date: date,
    open_kept: Callable[[], Writable],
    rejects: Writable,
    *,
    drop_after_days: int = 30,
    block_bytes: int = BLOCK_BYTES,
    max_row_bytes: int = MAX_ROW_BYTES,
) -> Summary:
    """Read an orders file to its end; write kept rows as Parquet (SCHEMA) and rejected ones as JSON lines.

    Rows keep the file's order. The same bytes and arguments give the same output, byte for byte.

    Args:
        source: the file's bytes, plain or gzip'd.
        event_date: the UTC date of the event that announced the file; "now" to the rule.
        open_kept: gives the place for the Parquet bytes; called once, and only if there is a row to keep.
        rejects: place for the JSON lines; gets nothing if nothing is rejected.
        drop_after_days: an open order (pending or cancelled) older than this many days is dropped.
        block_bytes: bytes parsed at once.
        max_row_bytes: a longer row is rejected in pieces of at most this size; at most MAX_ROW_BYTES.

    Raises:
        UnreadableFileError: no text, or damaged gzip: throw both outputs away and call `reject_file`.
        DisagreementError: a bug in this module; the outputs are worthless.
    """
    if not 1 <= max_row_bytes <= MAX_ROW_BYTES:
        raise ValueError(f"max_row_bytes is {max_row_bytes}; it must be between 1 and {MAX_ROW_BYTES}")
    run = _Run(event_date, drop_after_days, open_kept, rejects, max_row_bytes)
    try:
        for block in blocks(source, block_bytes):
            run.feed(block)
        return run.finish()
    except BaseException:
        run.abandon()
        raise


def reject_file(source: Readable, rejects: Writable, error: UnreadableFileError) -> Summary:
    """Reject a file that cannot be read as rows: all its bytes go to the rejects, as base64 in pieces. It counts no rows."""
    out = _Rejects(rejects)
    part = 0
    while data := source.read(_PIECE_BYTES):
        part += 1
        out.add_bytes(error.code, str(error), part, data)
    out.flush()
    return Summary(status="rejected", reason=str(error))
