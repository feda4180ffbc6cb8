"""A file's text in blocks of many records."""

from collections.abc import Iterator
from itertools import islice

from s3_inputs.stream import Readable, text

BLOCK_BYTES = 1 << 20  # what is parsed at once; smaller costs calls, larger costs cache and memory


def blocks(source: Readable, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the file's text: the first piece as it comes, then `size` bytes or more at a time.

    Raises:
        UnreadableFileError: the gzip data is damaged or ends early.
    """
    pieces = text(source, size)
    yield from islice(pieces, 1)
    gathered = b""
    for piece in pieces:  # a body gives what has just come in; gather it
        gathered = gathered + piece if gathered else piece
        if len(gathered) >= size:
            yield gathered
            gathered = b""
    if gathered:
        yield gathered
