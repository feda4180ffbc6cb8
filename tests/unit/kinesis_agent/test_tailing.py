"""Following files: rotation of every kind, restarts, lines that are too long. Real files, no process, no AWS."""

import os
import random

import pytest
from kinesis_agent import tailing
from kinesis_agent.aside import Aside
from kinesis_agent.batches import MOST_RECORD
from kinesis_agent.tailing import Tailer

START, END = "START_OF_FILE", "END_OF_FILE"


class Follower:
    """A Tailer whose lines are shipped at once, so that it can be started again where it was."""

    def __init__(self, folder, start=START, pattern="*.log"):
        self.folder, self.start, self.pattern, self.places, self.said = folder, start, pattern, None, []
        self.again()

    def again(self):
        """As after a kill."""
        self.tailer = Tailer(f"{self.folder}/{self.pattern}", self.places, self.start, Aside(str(self.folder / "aside")), self.said.append)
        self.note()

    def note(self):
        known = {place.inode: place for place in self.places or ()}
        self.places = list({**known, **{source.inode: source.place() for source in self.tailer.sources.values()}}.values())

    def lines(self, shipped=True):
        """All lines that are new."""
        found = []
        self.tailer.refresh()
        while lines := self.tailer.read():
            for line in lines:
                found.append(line.data)
                if shipped:
                    line.source.shipped = line.end
        if shipped:
            self.note()
        return [data.decode().rstrip("\n") if data else data for data in found]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def append(path, *lines):
    with path.open("a") as file:
        file.write("".join(line + "\n" for line in lines))


def test_lines_come_once_and_a_line_without_its_end_comes_when_it_has_one(folder):
    follower, log = Follower(folder), folder / "a.log"
    append(log, "one", "two")
    assert follower.lines() == ["one", "two"]
    with log.open("a") as file:
        file.write("thr")
    assert follower.lines() == []
    append(log, "ee", "", "four")
    assert follower.lines() == ["three", "", "four"]
    assert follower.lines() == []


def test_a_renamed_file_is_finished_before_the_one_that_took_its_place(folder):
    follower, log = Follower(folder), folder / "orders.log"
    append(log, "1")
    assert follower.lines() == ["1"]
    append(log, "2", "3")
    log.rename(folder / "orders-1.log")
    append(log, "4")
    assert follower.lines() == ["2", "3", "4"]


@pytest.mark.parametrize("restart", [False, True])
def test_a_file_that_was_renamed_out_of_the_pattern_is_finished_also_after_a_restart(folder, restart):
    follower, log = Follower(folder), folder / "orders.log"
    append(log, "1")
    follower.lines()
    append(log, "2")
    log.rename(folder / "orders.log.1")
    append(log, "3")
    if restart:
        follower.again()
    assert follower.lines() == ["2", "3"]
    assert follower.lines() == []


def test_a_removed_file_is_finished_and_let_go(folder):
    follower, log = Follower(folder), folder / "orders.log"
    append(log, "1")
    follower.lines()
    append(log, "2")
    log.unlink()
    assert follower.lines() == ["2"]
    assert follower.lines() == []
    assert follower.tailer.sources == {}


def test_names_that_change_places_repeat_nothing(folder):
    follower, one, two = Follower(folder), folder / "one.log", folder / "two.log"
    append(one, "1")
    append(two, "2")
    assert sorted(follower.lines()) == ["1", "2"]
    one.rename(folder / "x")
    two.rename(one)
    (folder / "x").rename(two)
    follower.again()
    append(one, "3")
    assert follower.lines() == ["3"]


def test_a_file_that_is_cut_short_is_shipped_from_its_beginning(folder):
    follower, log = Follower(folder), folder / "a.log"
    append(log, "one", "two")
    follower.lines()
    os.truncate(log, 0)
    append(log, "three")
    assert follower.lines() == ["three"]
    assert "was cut short or written anew" in follower.said[0]


@pytest.mark.parametrize("restart", [False, True])
def test_a_file_that_is_written_anew_and_longer_is_shipped_from_its_beginning(folder, restart):
    follower, log = Follower(folder), folder / "a.log"
    append(log, "one", "two")
    follower.lines()
    log.write_text("three\nfour\nfive\nsix\n")  # the same inode
    if restart:
        follower.again()
    assert follower.lines() == ["three", "four", "five", "six"]


def test_another_file_with_a_former_ones_inode_is_shipped_from_its_beginning(folder):
    follower, log = Follower(folder), folder / "a.log"
    append(log, "one", "two")
    follower.lines()
    (place,) = follower.places
    log.unlink()
    append(log, "three and more than before")
    follower.places = [place._replace(inode=log.stat().st_ino)]
    follower.again()
    assert follower.lines() == ["three and more than before"]


def test_two_files_that_begin_alike_are_two_files(folder):
    follower = Follower(folder)
    for name in ("a.log", "b.log"):
        append(folder / name, "x" * 300, name)
    assert sorted(follower.lines()) == ["a.log", "b.log", "x" * 300, "x" * 300]


def test_a_flow_that_begins_at_the_end_leaves_what_is_there_and_takes_all_that_comes(folder):
    log = folder / "a.log"
    append(log, "old")
    with log.open("a") as file:
        file.write("begun ")
    follower = Follower(folder, END)
    append(log, "and ended")
    append(folder / "b.log", "new file")
    assert sorted(follower.lines()) == ["begun and ended", "new file"]
    append(folder / "c.log", "came while it did not run")
    follower.again()
    assert follower.lines() == ["came while it did not run"]


def test_what_was_read_and_not_shipped_comes_again_after_a_restart(folder):
    follower = Follower(folder)
    append(folder / "a.log", "one")
    follower.lines()
    append(folder / "a.log", "two")
    assert follower.lines(shipped=False) == ["two"]
    follower.again()
    assert follower.lines() == ["two"]


def test_a_thousand_files_of_an_outage_come_in_the_order_of_their_writing_and_few_are_held_open(folder):
    for number in range(1000):
        append(folder / f"{(number * 617) % 1000}.log", str(number))
        os.utime(folder / f"{(number * 617) % 1000}.log", ns=(0, 10**18 + number))
    before = len(os.listdir("/proc/self/fd"))
    follower = Follower(folder)
    assert follower.lines() == [str(number) for number in range(1000)]
    follower.tailer.refresh()
    assert len(os.listdir("/proc/self/fd")) - before <= tailing.HELD + 2


def test_a_line_that_no_record_can_hold_is_put_aside_whole_and_the_others_pass(folder):
    follower, log = Follower(folder), folder / "a.log"
    text = "".join(random.Random(1).choices("abc", k=3_000_000))
    append(log, "before", text, "after", "y" * (MOST_RECORD - 1))
    assert follower.lines() == ["before", None, "after", "y" * (MOST_RECORD - 1)]
    (kept,) = (folder / "aside").iterdir()
    assert kept.read_text() == text + "\n"
    assert "the line at byte 7 has 3000001 bytes and no record can hold it" in follower.said[0]


def test_a_line_that_is_one_byte_too_long_is_put_aside(folder):
    follower = Follower(folder)
    append(folder / "a.log", "y" * MOST_RECORD, "after")
    assert follower.lines() == [None, "after"]


def test_a_long_line_without_its_end_waits_and_holds_no_other_file_up(folder):
    follower, log = Follower(folder), folder / "a.log"
    log.write_text("x" * 2_000_000)
    append(folder / "b.log", "other")
    assert follower.lines() == ["other"]
    append(log, "end", "next")
    assert follower.lines() == [None, "next"]


def test_lines_may_be_written_and_files_rotated_at_any_moment(folder):
    rng, follower, log, written, seen = random.Random(7), Follower(folder), folder / "orders.log", [], []
    for step in range(600):
        doing = rng.random()
        if doing < 0.6:
            lines = [f"{len(written) + number}" for number in range(rng.randrange(1, 30))]
            append(log, *lines)
            written += lines
        elif doing < 0.7 and log.exists():
            # Out of the pattern only once it was seen: nobody can know of another one.
            seen_before = log.stat().st_ino in follower.tailer.sources and follower.tailer.sources[log.stat().st_ino].offset
            log.rename(folder / f"orders-{step:04d}{rng.choice(['.log', '.gone']) if seen_before else '.log'}")
        elif doing < 0.75:
            follower.again()
        else:
            seen += follower.lines()
    seen += follower.lines()
    assert seen == written


def test_a_file_that_may_not_be_read_is_told_of_once(folder, monkeypatch):
    follower = Follower(folder)
    append(folder / "a.log", "one")
    real = open

    def refuse(path, *arguments, **settings):
        if str(path).endswith("a.log"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *arguments, **settings)

    monkeypatch.setattr(tailing, "open", refuse, raising=False)
    assert follower.lines() == []
    assert follower.lines() == []
    assert follower.said == [f"{folder}/a.log cannot be read: Permission denied"]
    monkeypatch.undo()
    assert follower.lines() == ["one"]
