"""The bytes of a file as they come: gzip unpacked, byte-order mark taken off."""

import zlib
from collections.abc import Iterator
from typing import Protocol

BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


class Readable(Protocol):
    """Bytes to read: `read(n)` gives at most n bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """A place to write bytes to."""

    def write(self, data: bytes, /) -> object: ...


class UnreadableFileError(ValueError):
    """The file cannot be read to its end as what it should be (damaged gzip, no text), so its rows cannot be told apart.

    Attributes:
        code: short reason, as in the rejects.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def text(source: Readable, size: int) -> Iterator[bytes]:
    """Yield the file's text in pieces of at most about `size` bytes, unpacked if it is gzip's by its first bytes.

    Raises:
        UnreadableFileError: the gzip data is damaged or ends early.
    """
    packed = _packed(source, size)
    head = next(packed, b"")
    plain = _unpacked(head, packed, size) if head.startswith(_GZIP) else _chained(head, packed)
    waiting = b""
    for piece in plain:
        waiting += piece
        if len(waiting) >= len(BOM):
            yield waiting.removeprefix(BOM)
            break
    else:
        if waiting:
            yield waiting
    yield from plain


def _packed(source: Readable, size: int) -> Iterator[bytes]:
    """The file as it lies there; the first piece has two bytes at least, if the file has."""
    head = b""
    while len(head) < len(_GZIP) and (more := source.read(size)):
        head += more
    while head:
        yield head
        head = source.read(size)


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _unpacked(head: bytes, rest: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Unpack gzip members one after the other; at most `size` bytes at once, however well they were packed."""
    member = zlib.decompressobj(wbits=31)
    position = 0
    advice = "Pack the file again and upload it."
    for chunk in _chained(head, rest):
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
