"""Records as they come out of a file: many whole ones at a time, or a long one in pieces."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from transactions_json.cutting import BLANK, MAX_RECORD_BYTES, Documents, Scan, form_of


class Records(NamedTuple):
    """Whole records. `data`: binary; blank lines are among them. `lines`: the file's line at which each begins, from 1.
    `text`: the records as lines, if they are."""

    data: pa.Array
    lines: "range | list[int]"
    text: bytes | None = None


class Piece(NamedTuple):
    """A piece of one record that is too long, or of what follows an array's end. `part` counts from 1."""

    data: bytes
    line: int
    part: int
    last: bool
    code: str
    message: str


class Reader:
    """Turns blocks of text into records.

    Attributes:
        form: as `cutting.form_of` tells; None as long as nothing but blanks came.
        open_array: whether the file ended within an array.
    """

    def __init__(self, most_bytes: int = MAX_RECORD_BYTES) -> None:
        self.form: str | None = None
        self._most = most_bytes
        self._documents: Documents | None = None
        self._line = 1  # of the file, at which `rest` begins

    @property
    def open_array(self) -> bool:
        return self.form == "array" and not self._documents.closed

    def read(self, blocks: Iterator[bytes]) -> Iterator[Records | Piece]:
        """Yield what the blocks hold, in order."""
        rest = b""
        for block, final in _with_end(blocks):
            rest = rest + block if rest else block
            if self.form is None:
                self.form = form_of(rest, final)
                if self.form is None:
                    if not rest.strip(BLANK):
                        self._line += rest.count(b"\n")
                        rest = b""
                    continue
                self._documents = Documents(self.form == "array", self._most) if self.form != "lines" else None
            if self._long is not None:
                rest = yield from self._on_with_long(rest, final)
            while rest:
                records, used = self._whole(rest, final)
                if records is not None and len(records.data):
                    yield records
                self._line += self._line_ends(records, rest, used)
                rest = rest[used:]
                if self._documents and self._documents.closed:
                    blanks = len(rest) - len(rest.lstrip(BLANK))
                    self._line += rest.count(b"\n", 0, blanks)
                    rest = rest[blanks:]
                    if rest:
                        self._begin_long("after_the_array", "the array ends before it; one file holds one array", None)
                elif len(rest) > self._most:
                    message = f"the record has more than {self._most} bytes"
                    self._begin_long("record_too_long", message, None if self._documents is None else Scan())
                if self._long is None:
                    break
                rest = yield from self._on_with_long(rest, final)

    # -- whole records

    def _whole(self, rest: bytes, final: bool) -> tuple[Records | None, int]:
        """The whole records at the beginning of `rest`, and how many bytes they take."""
        if self._documents is None:
            return self._lines(rest, final)
        found, used = self._documents.cut(rest, final)
        return Records(pa.array([each.data for each in found], pa.binary()), [self._line + each.line for each in found]), used

    def _line_ends(self, records: Records | None, rest: bytes, used: int) -> int:
        """How many line ends are in what the whole records take."""
        if self._documents is None:  # a record is a line, so they are counted
            return len(records.data) - (not rest.endswith(b"\n", 0, used)) if used else 0
        return rest.count(b"\n", 0, used)

    def _lines(self, rest: bytes, final: bool) -> tuple[Records | None, int]:
        used = rest.rfind(b"\n") + 1
        if final and len(rest) - used <= self._most:
            used = len(rest)
        if not used:
            return None, 0
        stop = used - rest.endswith(b"\n", 0, used)
        whole = pa.Array.from_buffers(pa.binary(), 1, [None, pa.py_buffer(array("i", (0, stop))), pa.py_buffer(rest)])
        data = pc.split_pattern(whole, b"\n").values
        if used > self._most and pc.max(pc.binary_length(data)).as_py() > self._most:  # seldom: up to that line, which then begins `rest`
            number = pc.index(pc.greater(pc.binary_length(data), self._most), True).as_py()
            data = data.slice(0, number)
            used = number + sum(pc.binary_length(data).to_pylist())
        return Records(data, range(self._line, self._line + len(data)), rest[:used]), used

    # -- long ones

    _long: "_Long | None" = None

    def _begin_long(self, code: str, message: str, scan: Scan | None) -> None:
        self._long = _Long(code, message, scan, self._line)

    def _on_with_long(self, rest: bytes, final: bool) -> Iterator[Piece]:
        """Yield pieces of the long record out of `rest`; returns what follows it."""
        long = self._long
        end = long.end_in(rest)
        ended = end >= 0 or final
        data = rest if end < 0 else rest[:end]
        for start in range(0, len(data) or 1, self._most):
            long.part += 1
            last = ended and start + self._most >= len(data)
            yield Piece(data[start : start + self._most], long.line, long.part, last, long.code, long.message)
        self._line += data.count(b"\n")
        if ended:
            self._long = None
        return rest[len(data) :]


class _Long:
    """What is known of a long record: `scan` finds its end; without one, a line end does, or the file's."""

    def __init__(self, code: str, message: str, scan: Scan | None, line: int) -> None:
        self.code, self.message, self.line, self.part = code, message, line, 0
        self._scan = scan

    def end_in(self, data: bytes) -> int:
        """Where it ends in `data`; -1 if it goes on."""
        if self.code == "after_the_array":
            return -1
        return data.find(b"\n") if self._scan is None else self._scan.end(data, 0)


def _with_end(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last; at least one."""
    before = next(blocks, b"")
    for block in blocks:
        yield before, False
        before = block
    yield before, True
