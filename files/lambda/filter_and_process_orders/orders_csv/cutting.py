"""Rows out of bytes, and fields out of a row: where quotes mean something and where a row ends."""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_ROW_BYTES = 1 << 20  # a longer row is no order: it is rejected in pieces, so that memory stays bounded
CUT_ROWS = 20_000  # rows cut at once; a block may have millions of tiny ones

EOL = re.compile(rb"\r\n?|\n")
_OUT_OF_QUOTES = re.compile(rb'[^\r\n,]*+(?:,(?!")[^\r\n,]*+)*+')  # from within a field up to a line end or a field in quotes
_IN_QUOTES = re.compile(rb'[^"]*+(?:""[^"]*+)*+')

START, PLAIN, QUOTED, QUOTE = range(4)  # of a field: before it, in it (or after its quotes), in its quotes, at one

csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))  # the module's default of 128 KiB would raise


def row_end(buf: bytes, pos: int = 0, state: int = START) -> tuple[int, int]:
    """Follow a row from `pos` on to the line end that ends it.

    Quotes mean something only at a field's start; after the closing quote the rest of a field is plain text.

    Returns:
        (place of the line end, state), or (-1, state) if the row goes on after `buf`; the state goes into the next call.
    """
    size = len(buf)
    while pos < size:
        if state == QUOTED:
            pos = _IN_QUOTES.match(buf, pos).end() + 1
            if pos > size:
                return -1, QUOTED
            state = QUOTE
        elif state != PLAIN and buf[pos] == 0x22:
            pos, state = pos + 1, QUOTED
        else:
            pos = _OUT_OF_QUOTES.match(buf, pos).end()
            if pos == size:
                return -1, START if buf[-1] == 0x2C else PLAIN
            if buf[pos] != 0x2C:
                return pos, PLAIN
            pos, state = pos + 1, START
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
        eol = EOL.search(buf, pos)
        quoted = quote >= 0 and (eol is None or quote < eol.start())
        if quoted:
            place, state = row_end(buf, pos)
            if state == QUOTED:
                break
            eol = EOL.match(buf, place) if place >= 0 else None
        if not final and (eol is None or (eol.end() == size and eol[0] == b"\r")):
            break  # that CR may be half of a CRLF; asked for each row, so not by calling may_be_half
        end, after = eol.span() if eol else (size, size)
        if end - pos > max_row:
            break
        if end > pos:
            rows.append(Span(pos, end, after, lines))
        lines += (line_ends(buf[pos:end]) if quoted else 0) + (eol is not None)
        pos = after
        if len(rows) == CUT_ROWS:
            yield Cut(rows, pos, lines)
            rows, lines = [], 0
    yield Cut(rows, pos, lines)


def may_be_half(eol: re.Match[bytes], size: int) -> bool:
    """Whether the line end may be half of a CRLF: it is a CR, and the `size` bytes end with it."""
    return eol[0] == b"\r" and eol.end() == size


def line_ends(data: bytes) -> int:
    """Number of line ends in `data`; CRLF is one."""
    count = data.count(b"\n")
    return count if b"\r" not in data else count + data.count(b"\r") - data.count(b"\r\n")


def fields_of(text: str) -> list[str]:
    """The fields of one row, given without its line end."""
    return next(csv.reader([text])) if '"' in text else text.split(",")
