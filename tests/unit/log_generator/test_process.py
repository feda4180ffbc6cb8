"""The generator's process: rate, end, kill, and the Python that Amazon Linux has."""

import ast
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.local_cloud import ROOT, wait_for

FOLDER = ROOT / "files" / "log_generator"


def start(folder, **settings):
    given = {f"LOG_GENERATOR_{name.upper()}": str(value) for name, value in {"folder": folder, "free_bytes": 0, **settings}.items()}
    environment = {"PATH": os.environ["PATH"], **given}
    program = [sys.executable, "-m", "log_generator"]
    return subprocess.Popen(program, cwd=FOLDER, env=environment, stderr=subprocess.PIPE, text=True)


def written(folder):
    rotated = sorted(path for path in folder.glob("orders-*.log"))
    return b"".join(path.read_bytes() for path in [*rotated, *folder.glob("orders.log")])


def test_so_many_lines_as_were_asked_for_at_the_rate_and_with_little_work(tmp_path):
    began, before = time.monotonic(), os.times()
    process = start(tmp_path, rate=5000, lines=10_000, rotate_bytes=500_000)
    said = process.communicate(timeout=20)[1]
    took, after = time.monotonic() - began, os.times()
    assert process.returncode == 0
    assert json.loads(said.splitlines()[-1])["lines"] == 10_000
    lines = written(tmp_path).decode().splitlines()
    assert len(lines) == 10_000
    assert 1.9 < took < 6
    work = after.children_user + after.children_system - before.children_user - before.children_system
    assert work < 0.5 * took
    assert len(list(tmp_path.glob("orders-*.log"))) == 4


def test_it_ends_after_a_whole_line_when_it_is_told_to(tmp_path):
    process = start(tmp_path, rate=5000, bad_share=0.1)
    wait_for(lambda: written(tmp_path).count(b"\n") > 1000, "lines", 10)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=5)[1]
    assert process.returncode == 0
    found = written(tmp_path)
    assert found.endswith(b"\n")
    assert json.loads(said.splitlines()[-1])["lines"] == found.count(b"\n")


def test_killed_at_any_moment_and_started_again_it_goes_on_with_whole_lines(tmp_path):
    for _ in range(4):
        before = written(tmp_path).count(b"\n")
        process = start(tmp_path, rate=5000, rotate_bytes=50_000)
        wait_for(lambda: written(tmp_path).count(b"\n") > before + 500, "lines", 10)  # noqa: B023
        process.kill()
        process.communicate()
    process = start(tmp_path, rate=10, lines=1)
    process.communicate(timeout=10)
    lines = written(tmp_path).decode().splitlines()
    good = [line for line in lines if line.endswith("}")]
    assert len(lines) - len(good) <= 4  # one may be torn at each kill
    numbers = [int(json.loads(line)["InvoiceNo"].lstrip("C")) for line in good]
    assert numbers == sorted(numbers)  # nothing is written twice


def test_after_its_lines_it_may_wait(tmp_path):
    process = start(tmp_path, rate=1000, lines=20, afterwards="wait")
    wait_for(lambda: written(tmp_path).count(b"\n") == 20, "lines", 10)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=5)
    assert process.returncode == 0


def test_a_wrong_setting_ends_it_with_what_is_wrong(tmp_path):
    process = start(tmp_path, rate=0)
    assert "LOG_GENERATOR_RATE is '0'; wanted is a number from 1 to 5000" in process.communicate(timeout=10)[1]
    assert process.returncode == 1


@pytest.mark.parametrize("path", sorted((FOLDER / "log_generator").glob("*.py")), ids=lambda path: path.name)
def test_python_39_reads_it_and_it_needs_nothing_else(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names | {"log_generator"}
