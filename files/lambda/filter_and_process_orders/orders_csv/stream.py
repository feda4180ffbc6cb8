"""A file's text in blocks for pyarrow: all of one size, so that memory does not depend on how a file was packed."""

from collections.abc import Iterator

from s3_inputs.stream import Readable, text

BLOCK_BYTES = 2 << 20  # what is parsed at once; smaller costs calls, larger costs cache and memory


def blocks(source: Readable, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the file's text, `size` bytes at a time.

    Raises:
        UnreadableFileError: the gzip data is damaged or ends early.
    """
    waiting = b""
    for piece in text(source, size):
        waiting = waiting + piece if waiting else piece
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting
