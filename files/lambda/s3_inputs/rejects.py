"""Rejected rows as JSON lines."""

from . import texts
from .stream import Readable, UnreadableFileError, Writable

_FLUSH_CHARS = 1 << 18
_PIECE_BYTES = 1 << 20


class Rejects:
    """Writes rejected rows, some at a time. `flush` writes the last of them."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._lines: list[str] = []
        self._chars = 0

    def add(self, row: int, line: int, code: str, message: str, data: bytes, part: int = 0, last: bool = False) -> None:
        """A row, or a piece of a long one (`part` from 1). `data` is its text, without line end."""
        piece = f'"part": {part}, "last_part": {"true" if last else "false"}, ' if part else ""
        entry = f'{{"row": {row}, "line": {line}, "reason": "{code}", "message": {texts.quoted(message)}, {piece}{texts.members(data)}}}\n'
        self._lines.append(entry)
        self._chars += len(entry)
        if self._chars > _FLUSH_CHARS:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._sink.write("".join(self._lines).encode("ascii"))
            self._lines, self._chars = [], 0


def reject_whole(source: Readable, sink: Writable, error: UnreadableFileError) -> None:
    """Write all bytes of a file without rows, as base64 in pieces."""
    about = f'"row": 0, "line": 1, "reason": "{error.code}", "message": {texts.quoted(str(error))}'
    part = 0
    while data := source.read(_PIECE_BYTES):
        part += 1
        sink.write(f'{{{about}, "part": {part}, {texts.in_base64(data)}}}\n'.encode("ascii"))
