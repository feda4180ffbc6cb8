"""A row without an end in sight: too long, or with a quote that is never closed."""

from s3_inputs.rejects import Rejects

from orders_csv.cutting import EOL, QUOTED, START, line_ends, may_be_half, row_end
from orders_csv.rules import Problem


def problem_with_long(buf: bytes, max_row: int) -> Problem:
    """Why the row at the start of `buf` is rejected. Its first bytes decide, however the file was cut into blocks."""
    end, state = row_end(buf[:max_row])
    if end < 0 and state == QUOTED:
        limit = f"within {max_row} bytes" if len(buf) > max_row else "before the file ends"
        return "unclosed_quote", f"a quote is opened in this row and not closed {limit}"
    return "row_too_long", f"the row is longer than {max_row} bytes"


class LongRow:
    """Rejects one row piece by piece, so that no more than a piece of it is held.

    Args:
        row, line: its number and the line on which it begins.
        max_piece: the most bytes of a piece.

    Attributes:
        lines: line ends passed so far.
        ended: whether the row's end was reached; then nothing more may be taken.
    """

    def __init__(self, rejects: Rejects, row: int, line: int, problem: Problem, max_piece: int) -> None:
        self.lines = 0
        self.ended = False
        self._rejects = rejects
        self._about = (row, line, *problem)
        self._max_piece = max_piece
        self._pieces = 0
        self._state = START

    def take(self, buf: bytes, final: bool) -> int:
        """Write what `buf` has of the row; return the bytes used, 0 if more are needed first. `final`: the file ends here."""
        used = 0
        end, _ = row_end(buf, 0, self._state)
        stop = end if end >= 0 else len(buf)
        while stop - used > self._max_piece:
            piece = buf[used : _piece_end(buf, used, self._max_piece)]
            self._write(piece, last=False)
            _, self._state = row_end(piece, 0, self._state)
            used += len(piece)
        eol = EOL.match(buf, end) if end >= 0 else None
        if not final and (eol is None or may_be_half(eol, len(buf))):
            return used
        self._write(buf[used:stop], last=True)
        self.lines += eol is not None
        self.ended = True
        return eol.end() if eol else len(buf)

    def _write(self, data: bytes, last: bool) -> None:
        self._pieces += 1
        whole = last and self._pieces == 1
        self._rejects.add(*self._about, data, 0 if whole else self._pieces, last)
        self.lines += line_ends(data)


def _piece_end(buf: bytes, start: int, limit: int) -> int:
    """Where to cut a piece of at most `limit` bytes that has more after it: not inside a CRLF or a UTF-8 character."""
    end = start + limit
    if buf[end - 1 : end + 1] == b"\r\n" and limit > 1:
        return end - 1
    for back in range(min(4, limit)):
        if buf[end - back] & 0xC0 != 0x80:
            return end - back
    return end
