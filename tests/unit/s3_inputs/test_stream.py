"""A file's text, however the file was packed and however its bytes come in."""

import gzip
import io
import random

import pytest
from s3_inputs.stream import BOM, UnreadableFileError, text

TEXT = b"one,two\n" + random.Random(1).randbytes(3000).replace(b"\0", b"-") + b"\n"


class Dripping(io.BytesIO):
    """Gives fewer bytes than were asked for, as a connection does."""

    def read(self, size: int = -1) -> bytes:
        return super().read(min(size, 3))


def read(data: bytes, size: int = 100, body: type = io.BytesIO) -> bytes:
    return b"".join(text(body(data), size))


@pytest.mark.parametrize("body", [io.BytesIO, Dripping])
@pytest.mark.parametrize("size", [1, 2, 3, 100, 1 << 20])
def test_it_is_the_same_plain_packed_and_with_a_mark(size: int, body: type) -> None:
    members = gzip.compress(TEXT[:700]) + gzip.compress(TEXT[700:])
    for data in (TEXT, BOM + TEXT, gzip.compress(TEXT), gzip.compress(BOM + TEXT), members, members + bytes(50)):
        assert read(data, size, body) == TEXT


@pytest.mark.parametrize("data", [b"", b"a", b"\x1f", b"\xef\xbb", b"\xef\xbbx"])
def test_short_files_are_what_they_are(data: bytes) -> None:
    assert read(data) == data


def test_only_the_first_mark_goes() -> None:
    assert read(BOM + BOM + b"a") == BOM + b"a"
    assert read(BOM) == b""


def test_pieces_stay_small_however_well_a_file_was_packed() -> None:
    zeros = bytes(5_000_000)
    sizes = [len(piece) for piece in text(io.BytesIO(gzip.compress(zeros)), 1000)]
    assert (sum(sizes), max(sizes)) == (len(zeros), 1000)


@pytest.mark.parametrize("size", [7, 1 << 20])
def test_damage_is_told(size: int) -> None:
    packed = gzip.compress(TEXT)
    with pytest.raises(UnreadableFileError, match=f"ends early, after {len(packed) - 9} bytes") as caught:
        read(packed[:-9], size)
    assert caught.value.code == "gzip_damaged"
    with pytest.raises(UnreadableFileError, match="is damaged between bytes"):
        read(packed[:-6] + b"xx" + packed[-4:], size)
    with pytest.raises(UnreadableFileError, match="is damaged between bytes"):
        read(packed + b"more", size)
