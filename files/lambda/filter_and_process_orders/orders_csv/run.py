"""One pass over one file: every byte of it belongs to a row, and every row is accounted for."""

from datetime import date

import pyarrow as pa

from orders_csv.cutting import EOL, QUOTED, Cut, cut_rows, fields_of, line_ends, may_be_half, row_end
from orders_csv.header import Header, HeaderError, read_header
from orders_csv.judging import Judge
from orders_csv.ledger import Ledger
from orders_csv.lines import is_utf8, whole_lines
from orders_csv.long_row import LongRow, problem_with_long
from orders_csv.rules import Problem, problem_with, shown
from orders_csv.summary import DisagreementError, Summary


class Run:
    """Feed it a file's blocks, then finish. It holds back what is not a whole row yet.

    Args:
        oldest: pending and cancelled orders of before this day are dropped.
        max_row: the most bytes of a row.
    """

    def __init__(self, ledger: Ledger, oldest: date, max_row: int) -> None:
        self._ledger = ledger
        self._summary = ledger.summary
        self._oldest = oldest
        self._max_row = max_row
        self._rest = b""
        self._line = 1  # of the file, at which the next row starts
        self._header: Header | None = None
        self._judge: Judge | None = None
        self._whole: Problem | None = None  # why every row is rejected
        self._long: LongRow | None = None

    def feed(self, block: bytes, final: bool = False) -> None:
        """Take the next bytes; `final`: the file ends with them."""
        buf = self._rest + block if self._rest else block
        while buf:
            used = self._step(buf, final)
            if not used:
                break
            buf = buf[used:]
        self._rest = buf

    def finish(self) -> Summary:
        """The file ends here: account for the rest of it and close the outputs."""
        self.feed(b"", final=True)
        if self._header is None and self._whole is None:
            problem = ("empty_file", "the file is empty: there is no header row. Upload a file that begins with one.")
            self._ledger.reject_file(problem[1])
            self._ledger.rejects.add(0, 1, *problem, b"")
        if self._rest:
            raise DisagreementError(f"{len(self._rest)} bytes at the end of the file belong to no row")
        return self._ledger.close()

    def _step(self, buf: bytes, final: bool) -> int:
        """Use some of `buf`; return the number of bytes, 0 if more are needed first."""
        if self._long:
            return self._on_with_long_row(buf, final)
        if self._whole:
            return self._rows(buf, final)
        if self._header is None:
            return self._first_row(buf, final)
        return self._lines(buf) or self._rows(buf, final)

    def _first_row(self, buf: bytes, final: bool) -> int:
        end, state = row_end(buf)
        eol = EOL.match(buf, end) if end >= 0 else None
        if eol and not final and may_be_half(eol, len(buf)):
            return 0
        if end == 0:
            self._line += 1
            return eol.end()  # a blank line before the header
        if eol is None and not final and len(buf) <= self._max_row:
            return 0
        row = (buf[:end] if eol else buf)[: self._max_row + 1]
        try:
            self._header = read_header(row, eol is None and state == QUOTED, self._max_row)
        except HeaderError as error:
            self._whole = (error.code, str(error))
            self._ledger.reject_file(str(error))
            if error.code == "no_header":
                return self._rows(buf, final)  # the first row is a row like the others
            self._ledger.rejects.add(0, self._line, *self._whole, row)
        else:
            self._summary.extra_columns = self._header.extra
            self._judge = Judge(self._header.width, self._header.wanted, self._oldest)
        used = eol.end() if eol else len(buf)
        self._line += line_ends(buf[:used])
        return used

    def _lines(self, buf: bytes) -> int:
        """The fast way: take all whole lines of `buf`, if each of them is a row; return the bytes used, or 0 if not."""
        end = whole_lines(buf, self._max_row)
        if not end:
            return 0
        verdict = self._judge.judge(pa.py_buffer(buf).slice(0, end))
        lines = buf.split(b"\n") if verdict.bad else []
        count = len(lines) - 1 if lines else buf.count(b"\n", 0, end)
        # A row takes a line or more, a blank line is no row: so with as many rows as lines, each line is a row.
        if verdict.rows != count:
            return 0
        first = self._summary.rows_in + 1
        for number in verdict.bad:
            self._reject_bad(first + number, self._line + number, lines[number].removesuffix(b"\r"))
        self._ledger.enter(verdict, count)
        self._line += count
        return end

    def _rows(self, buf: bytes, final: bool) -> int:
        """The exact way: cut `buf` into rows, set aside those that pyarrow must not see, and judge the others."""
        used = 0
        suspicious = self._whole is not None or b"\0" in buf or not is_utf8(pa.py_buffer(buf))
        for cut in cut_rows(buf, final, self._max_row):
            self._judge_rows(buf, cut, suspicious)
            used = cut.end
        rest = buf[used:]
        if rest and (final or len(rest.removesuffix(b"\r")) > self._max_row):  # that CR may be the row's end
            problem = self._whole or problem_with_long(rest, self._max_row)
            number = self._ledger.enter_rejected(problem[0])
            self._long = LongRow(self._ledger.rejects, number, self._line, problem, self._max_row)
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
        first = self._summary.rows_in + 1
        for n in sorted([*bad, *odd]):
            data = buf[rows[n].start : rows[n].end]
            if n in odd:
                self._ledger.reject(first + n, self._line + rows[n].line, *odd[n], data)
            else:
                self._reject_bad(first + n, self._line + rows[n].line, data)
        self._ledger.enter(verdict, len(rows))
        self._line += cut.lines

    def _oddity(self, data: bytes) -> Problem | None:
        """Why a row is rejected before anybody looks at its fields, or None."""
        if self._whole:
            return self._whole
        if b"\0" in data:
            return "nul_byte", f"byte {data.index(0) + 1} of the row is a NUL; the file may be damaged"
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return "undecodable", f"byte {error.start + 1} of the row, 0x{data[error.start]:02x}, is not UTF-8"
        return None

    def _on_with_long_row(self, buf: bytes, final: bool) -> int:
        used = self._long.take(buf, final)
        if self._long.ended:
            self._line += self._long.lines
            self._long = None
        return used

    def _reject_bad(self, row: int, line: int, data: bytes) -> None:
        """Reject a row that the rules by column refuse; the rules by row say why."""
        text = data.decode()
        problem = problem_with(fields_of(text), self._header.width, self._header.wanted)
        if problem is None:
            raise DisagreementError(f"row {row} (line {line}) was refused, yet nothing is wrong with it: {shown(text)}")
        self._ledger.reject(row, line, *problem, data)
