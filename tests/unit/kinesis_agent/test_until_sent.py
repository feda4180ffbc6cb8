"""A file that is sent whole, once, and then the program ends."""

import os
import subprocess
import sys

import pytest

from tests.local_cloud import ROOT
from tests.unit.kinesis_agent.stream_server import StreamServer

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


@pytest.fixture
def server():
    with StreamServer() as made:
        yield made


def send(file, url):
    words = [sys.executable, "-m", "kinesis_agent.until_sent", str(file), "orders"]
    environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": url}
    return subprocess.run(
        words, cwd=ROOT / "files" / "kinesis_agent", env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_each_line_is_sent_once_and_in_order(tmp_path, server):
    file = tmp_path / "lines [1].json"  # a pattern's signs in the name are only signs
    file.write_bytes(b"".join(b"%06d\n" % number for number in range(1300)))
    done = send(file, server.url)
    assert done.returncode == 0, done.stderr
    assert '{"lines": 1300, "sent": 1300, "calls": 3}' in done.stdout
    assert b"".join(server.taken) == file.read_bytes()


def test_a_line_that_no_record_can_hold_is_told(tmp_path, server):
    file = tmp_path / "lines"
    file.write_bytes(b"a\n" + b"b" * 1_100_000 + b"\nc\n")
    done = send(file, server.url)
    assert done.returncode == 1
    assert "1 of 3 lines were not sent" in done.stderr
    assert [record.strip() for record in server.taken] == [b"a", b"c"]
