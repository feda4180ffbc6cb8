"""Cutting text into records: lines, the elements of an array, or objects that follow one another over several lines.

Brackets and strings are all that is looked at; whether a record is JSON is for the rules to say. A string ends with its
line at the latest, since JSON has no line ends in strings: so one quote too many spoils a line, not the file.
"""

import re
from typing import NamedTuple

MAX_RECORD_BYTES = 1 << 20
BLANK = b" \t\r\n"
_QUOTE, _NEWLINE, _OPENING, _CLOSING = b'"'[0], b"\n"[0], b"{[", b"}]"
_SPECIAL = re.compile(rb'["{}\[\],\n]')
_PLAIN = re.compile(rb'[^"\\\n]*+')
_BLANKS = re.compile(rb"[ \t\r\n]*+")
_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
# Nearly every record is one: an object without brackets in it.
_FLAT = re.compile(rb'\{[^{}\[\]"\n]*+(?:(?:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|\n)[^{}\[\]"\n]*+)*+\}')


class Element(NamedTuple):
    """A record's bytes, and how many line ends lie between the beginning of the cut text and it."""

    data: bytes
    line: int


class Scan:
    """Looks for the end of a record; goes on in the next piece of text when one is used up."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = self._escaped = self._broken = False

    def end(self, buf: bytes, pos: int) -> int:
        """Where the record that begins before or at `pos` ends; -1 if not in `buf`. A zero-length one is a bracket too many."""
        size = len(buf)
        while pos < size:
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                    pos += 1
                    continue
                pos = _PLAIN.match(buf, pos).end()
                if pos == size:
                    break
                found = buf[pos]
                self._in_string = found not in (_QUOTE, _NEWLINE)
                self._escaped = self._in_string
                self._broken |= found == _NEWLINE
                pos += 1
                continue
            special = _SPECIAL.search(buf, pos)
            if special is None:
                break
            found, pos = buf[special.start()], special.end()
            if found == _QUOTE:
                self._in_string = True
            elif found in _OPENING:
                # After a string without an end the brackets no longer tell; an object at the beginning of a line does.
                if self._broken and not buf[buf.rfind(b"\n", 0, special.start()) + 1 : special.start()].strip(BLANK):
                    return special.start()
                self._depth += 1
            elif found in _CLOSING:
                if not self._depth:
                    return special.start()
                self._depth -= 1
                if not self._depth:
                    return pos
            elif not self._depth:  # a comma, or a line end
                return special.start()
        return -1


def form_of(buf: bytes, final: bool) -> str | None:
    """The form of a file that begins with `buf`: "lines", "array" or "documents"; None if more of it is needed to tell.

    Lines are told from objects over several lines by the first line: it closes what it opens, or the next line opens an
    object of its own.
    """
    start = _BLANKS.match(buf).end()
    if start == len(buf):
        return None
    if buf[start] == b"["[0]:
        return "array"
    if buf[start] != b"{"[0]:
        return "lines"
    end = buf.find(b"\n", start)
    if end < 0:
        return "lines" if final or len(buf) > MAX_RECORD_BYTES else None
    if Scan().end(buf[start:end], 0) >= 0:
        return "lines"
    after = _BLANKS.match(buf, end).end()
    if after == len(buf):
        return "lines" if final or len(buf) > MAX_RECORD_BYTES else None
    return "documents" if buf[after] in b'"}' else "lines"


class Documents:
    """Cuts the elements of an array, or objects that follow one another. Commas between them are not insisted on.

    Attributes:
        closed: the array's end has been seen; what follows is no element.
    """

    def __init__(self, array: bool, most_bytes: int = MAX_RECORD_BYTES) -> None:
        self._array, self._opened, self.closed = array, not array, False
        self._most = most_bytes

    def cut(self, buf: bytes, final: bool) -> tuple[list[Element], int]:
        """The whole records of `buf`, and where what is left begins: half a record, or all that follows an array."""
        pos, line, counted = 0, 0, 0
        found: list[Element] = []
        if not self._opened:
            pos, self._opened = _BLANKS.match(buf).end() + 1, True
        while not self.closed:
            pos = _BETWEEN.match(buf, pos).end()
            if pos == len(buf):
                break
            flat = _FLAT.match(buf, pos)
            end = flat.end() if flat else Scan().end(buf, pos)
            if end < 0:
                if not final or len(buf) - pos > self._most:
                    break
                end = len(buf)
            if end == pos:
                if self._array and buf[pos] == b"]"[0]:
                    self.closed = True
                    pos += 1
                    break
                end = pos + 1  # a bracket too many, a record of its own
            if end - pos > self._most:
                break
            line += buf.count(b"\n", counted, pos)
            counted = pos
            found.append(Element(buf[pos:end].rstrip(BLANK), line))
            pos = end
        return found, pos
