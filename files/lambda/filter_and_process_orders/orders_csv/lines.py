"""Blocks that need no cutting: each of their rows is a line, so pyarrow may take them as they are."""

import sys

import pyarrow as pa

from orders_csv.cutting import row_end


def whole_lines(buf: bytes, max_row: int) -> int:
    """Where the whole lines at the beginning of `buf` end, if each of them may well be a row; 0 if not.

    0 also where there is anything in them that pyarrow must not see: NULs, bytes that are not UTF-8, lone CRs, very
    long lines, a quote left open. Newlines in quotes and blank lines are not noticed here: count the rows afterwards.
    """
    end = buf.rfind(b"\n") + 1
    if not end or b"\0" in buf or _has_long_line(buf, end, max_row):
        return 0
    if b"\r" in buf and buf.count(b"\r", 0, end) != buf.count(b"\r\n", 0, end):
        return 0
    if not buf.isascii() and not is_utf8(pa.py_buffer(buf).slice(0, end)):
        return 0
    last = buf.rfind(b"\n", 0, end - 1) + 1
    if buf.find(b'"', last, end) >= 0 and not 0 <= row_end(buf, last)[0] < end:
        return 0  # the last line leaves a quote open
    return end


def is_utf8(block: pa.Buffer) -> bool:
    """Whether the bytes are UTF-8, without making a str of them."""
    offsets = pa.py_buffer(b"\0" * 8 + block.size.to_bytes(8, sys.byteorder))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, block]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _has_long_line(buf: bytes, end: int, limit: int) -> bool:
    """False if no line of buf[:end] is longer than `limit`; may be True for one of half of that."""
    step = max(limit // 2, 1)
    return any(buf.find(b"\n", start, start + step) < 0 for start in range(0, end - step + 1, step))
