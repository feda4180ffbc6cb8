"""Lines of the rejects, byte for byte: they are read by people, by the page and by other programs."""

import base64
import io
import json

from s3_inputs import texts
from s3_inputs.rejects import Rejects, reject_whole
from s3_inputs.stream import UnreadableFileError


class Sink(io.BytesIO):
    """Counts writes."""

    writes = 0

    def write(self, data: bytes) -> int:
        self.writes += 1
        return super().write(data)


def line(*about: object) -> bytes:
    sink = Sink()
    rejects = Rejects(sink)
    rejects.add(*about)
    rejects.flush()
    return sink.getvalue()


def test_a_row() -> None:
    expected = b'{"row": 3, "line": 5, "reason": "amount_invalid", "message": "not \\"1e3\\"", "text": "Zo\\u00eb\\u2028,1e3"}\n'
    assert line(3, 5, "amount_invalid", 'not "1e3"', "Zoë\u2028,1e3".encode()) == expected


def test_pieces_of_a_long_row() -> None:
    head = b'{"row": 1, "line": 2, "reason": "c", "message": "m", '
    assert line(1, 2, "c", "m", b"x", 1) == head + b'"part": 1, "last_part": false, "text": "x"}\n'
    assert line(1, 2, "c", "m", b"x", 2, True) == head + b'"part": 2, "last_part": true, "text": "x"}\n'


def test_bytes_that_are_no_utf_8_are_kept() -> None:
    assert texts.members(b"a\xff") == '"text": "a\\ufffd", "text_base64": "Yf8="'


def test_lines_are_written_many_at_a_time() -> None:
    sink = Sink()
    rejects = Rejects(sink)
    for row in range(5000):
        rejects.add(row, row, "c", "m", b"x" * 100)
    rejects.flush()
    rejects.flush()
    assert [json.loads(each)["row"] for each in sink.getvalue().splitlines()] == list(range(5000))
    assert 2 <= sink.writes < 10


def test_a_file_without_rows_comes_back_whole_from_its_pieces() -> None:
    data, sink = bytes(range(256)) * 10_000, Sink()
    reject_whole(io.BytesIO(data), sink, UnreadableFileError("gzip_damaged", "it is"))
    found = [json.loads(each) for each in sink.getvalue().splitlines()]
    assert [each["part"] for each in found] == [1, 2, 3]
    assert b"".join(base64.b64decode(each["text_base64"]) for each in found) == data
    first = b'{"row": 0, "line": 1, "reason": "gzip_damaged", "message": "it is", "part": 1, "text_base64": "'
    assert sink.getvalue().startswith(first)
