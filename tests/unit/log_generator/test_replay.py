"""Lines of a file as if the generator had written them."""

import io

import pytest
from log_generator import replay


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def test_lines_come_at_their_rate_in_order_and_the_last_one_without_an_end_too():
    clock, log = Clock(), io.BytesIO()
    lines = b"".join(b"%d\n" % number for number in range(250)) + b"last"
    assert replay.feed(io.BytesIO(lines), log, 100, lambda: clock.now, clock.sleep) == 251
    assert log.getvalue() == lines
    assert 2.4 < clock.now - 100 < 2.7


def test_all_at_once_the_file_becomes_the_log(tmp_path):
    source, log = tmp_path / "a.lines", tmp_path / "a.log"
    source.write_bytes(b"1\n2\n")
    assert replay.main([str(source), str(log), "0"]) == 0
    assert log.read_bytes() == b"1\n2\n"
    assert not source.exists()


def test_at_a_rate_the_log_has_the_files_mode_and_the_file_goes(tmp_path):
    source, log = tmp_path / "a.lines", tmp_path / "a.log"
    source.write_bytes(b"1\n2\n")
    source.chmod(0o640)
    assert replay.main([str(source), str(log), "5000"]) == 0
    assert log.read_bytes() == b"1\n2\n"
    assert log.stat().st_mode & 0o777 == 0o640
    assert not source.exists()


@pytest.mark.parametrize(
    ("arguments", "words"), [([], "LINES LOG RATE"), (["a", "b", "many"], "LINES LOG RATE"), (["a", "b", "-1"], "RATE is -1.0")]
)
def test_what_cannot_be_done_is_said(arguments, words):
    assert words in replay.main(arguments)
