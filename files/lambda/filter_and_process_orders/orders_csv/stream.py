"""The bytes of a file, block by block: gzip unpacked, byte-order mark taken off."""

import zlib
from collections.abc import Iterator
from typing import Protocol

BLOCK_BYTES = 2 << 20  # what is parsed at once; smaller costs calls, larger costs cache and memory
BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    """Bytes to read: `read(n)` gives at most n bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """A place to write bytes to."""

    def write(self, data: bytes, /) -> object: ...


class UnreadableFileError(ValueError):
    """The file cannot be read as text to its end (damaged gzip, UTF-16), so its rows cannot be told apart.

    Attributes:
        code: short reason, as in `Summary.rejected_by_reason`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
            waiting, begun = waiting.removeprefix(BOM), True
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
