"""Log files: whole lines, rotation that loses nothing, bounds."""

import os

import pytest
from log_generator import logfiles
from log_generator.logfiles import OrderLog, removable


def log(folder, rotate_bytes=10**9, rotate_seconds=10**9, keep_files=1000, keep_bytes=10**12, free_bytes=0, **others):
    said = []
    made = OrderLog(str(folder), rotate_bytes, rotate_seconds, keep_files, keep_bytes, free_bytes, said.append, **others)
    made.said = said
    return made


def everything(folder):
    """All bytes, oldest file first."""
    rotated = sorted(path for path in folder.iterdir() if path.name != "orders.log")
    return b"".join(path.read_bytes() for path in [*rotated, folder / "orders.log"])


def test_lines_are_whole_over_many_rotations_and_none_is_lost_or_repeated(tmp_path):
    made, lines = log(tmp_path, rotate_bytes=2000), [f"line {number}" for number in range(5000)]
    for start in range(0, 5000, 50):
        assert made.append(lines[start : start + 50])
        made.rotate_if_due()
    assert everything(tmp_path).decode().splitlines() == lines
    files = list(tmp_path.glob("*.log"))
    assert len(files) > 20
    assert all(not path.stat().st_size or path.read_bytes().endswith(b"\n") for path in files)


def test_a_renamed_file_keeps_its_inode_and_the_pattern(tmp_path):
    made = log(tmp_path, rotate_bytes=1)
    made.append(["one"])
    inode = (tmp_path / "orders.log").stat().st_ino
    assert made.rotate_if_due()
    (renamed,) = tmp_path.glob("orders-*.log")
    assert renamed.stat().st_ino == inode
    assert (tmp_path / "orders.log").stat().st_ino != inode


def test_an_old_file_is_renamed_and_an_empty_one_never(tmp_path):
    made = log(tmp_path, rotate_seconds=0)
    assert not made.rotate_if_due()
    made.append(["one"])
    assert made.rotate_if_due()
    assert not made.rotate_if_due()


def test_a_torn_line_of_a_killed_process_gets_an_end(tmp_path):
    (tmp_path / "orders.log").write_bytes(b'{"a": 1}\n{"a"')
    made = log(tmp_path)
    made.append(['{"a": 2}'])
    assert everything(tmp_path) == b'{"a": 1}\n{"a"\n{"a": 2}\n'
    log(tmp_path)
    assert everything(tmp_path).count(b"\n") == 3


@pytest.mark.parametrize(
    ("sizes", "files", "size", "gone"),
    [
        ([10] * 5, 3, 10**6, []),  # few bytes: nothing shipped or not is removed
        ([10] * 5, 10, 0, []),  # few files
        ([10] * 5, 3, 0, [0, 1]),
        ([10] * 5, 0, 25, [0, 1, 2]),
        ([100, 10, 10], 1, 25, [0]),
        ([], 0, 0, []),
    ],
)
def test_old_files_go_only_when_there_are_many_and_they_are_large(sizes, files, size, gone):
    assert removable(sizes, files, size) == gone


def test_the_oldest_files_are_removed_and_that_is_said(tmp_path):
    made = log(tmp_path, rotate_bytes=1, keep_files=2, keep_bytes=12)
    for number in range(6):
        made.append([f"line {number}"])
        made.rotate_if_due()
    assert everything(tmp_path) == b"line 4\nline 5\n"
    assert len(made.said) == 4


def test_while_the_disk_is_nearly_full_it_waits_and_says_so_once(tmp_path, monkeypatch):
    free, waits = [5, 5, 10**9], []
    monkeypatch.setattr(logfiles.OrderLog, "_free", lambda self: free.pop(0))
    made = log(tmp_path, free_bytes=1000, sleep=lambda seconds: waits.append(seconds) or True)
    assert made.append(["one"])
    assert len(waits) == 2
    assert len(made.said) == 1
    assert "nothing is written until there is room" in made.said[0]
    assert everything(tmp_path) == b"one\n"


def test_told_to_end_while_the_disk_is_full_it_leaves_no_torn_line(tmp_path, monkeypatch):
    real, left = os.write, [12]

    def write(file, data):
        if not left[0]:
            raise OSError(28, "No space left on device")
        done = real(file, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", write)
    made = log(tmp_path, sleep=lambda seconds: False)
    assert not made.append(["first", "second"])
    assert everything(tmp_path) == b"first\n"
    assert "No space left on device" in made.said[0]
