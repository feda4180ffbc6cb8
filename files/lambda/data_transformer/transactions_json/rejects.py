"""Rejected records as JSON lines."""

import base64
import json

from transactions_json.stream import Writable

_FLUSH_CHARS = 1 << 18
_quote = json.JSONEncoder().encode  # ASCII only, so that no reader sees a line end inside a text


class Rejects:
    """Writes rejected records, some at a time. `flush` writes the last of them."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._lines: list[str] = []
        self._chars = 0

    def add(self, row: int, line: int, code: str, message: str, data: bytes, part: int = 0, last: bool = False) -> None:
        """A record, or a piece of a long one (`part` from 1). `data` is its text; what is not UTF-8 goes along in base64."""
        try:
            text = f'"text": {_quote(data.decode())}'
        except UnicodeDecodeError:
            text = f'"text": {_quote(data.decode(errors="replace"))}, "text_base64": "{base64.b64encode(data).decode()}"'
        piece = f'"part": {part}, "last_part": {"true" if last else "false"}, ' if part else ""
        entry = f'{{"row": {row}, "line": {line}, "reason": "{code}", "message": {_quote(message)}, {piece}{text}}}\n'
        self._lines.append(entry)
        self._chars += len(entry)
        if self._chars > _FLUSH_CHARS:
            self.flush()

    def add_bytes(self, code: str, message: str, part: int, data: bytes) -> None:
        """A piece of a file without records."""
        self.flush()
        place = f'"row": 0, "line": 1, "reason": "{code}", "message": {_quote(message)}, "part": {part}'
        self._sink.write(f'{{{place}, "text_base64": "{base64.b64encode(data).decode()}"}}\n'.encode("ascii"))

    def flush(self) -> None:
        if self._lines:
            self._sink.write("".join(self._lines).encode("ascii"))
            self._lines, self._chars = [], 0
