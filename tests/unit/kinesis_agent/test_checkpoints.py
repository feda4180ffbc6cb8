"""Checkpoints: what survives, and what happens when they do not."""

import os
import sqlite3

from kinesis_agent.checkpoints import Checkpoints, Place

PLACE = Place(7, 3, "abc", "/var/log/orders/orders.log", 1234)


def test_a_flow_that_never_began_is_told_from_one_without_files(tmp_path):
    store = Checkpoints(str(tmp_path / "state" / "checkpoints"))
    assert store.load("a") is None
    store.save("a", [])
    assert store.load("a") == []
    assert store.load("b") is None


def test_places_are_there_after_a_restart_without_an_orderly_end(tmp_path):
    path = str(tmp_path / "checkpoints")
    store = Checkpoints(path)
    store.save("a", [PLACE])
    store.save("a", [PLACE._replace(offset=9999)])
    assert Checkpoints(path).load("a") == [PLACE._replace(offset=9999)]


def test_a_damaged_file_is_put_aside_and_everything_is_shipped_anew(tmp_path):
    path, said = tmp_path / "checkpoints", []
    path.write_bytes(b"this is no database, and it is long enough to be looked at as one" * 100)
    store = Checkpoints(str(path), said.append)
    assert store.load("a") == []  # it has begun, so it does not begin at the end of its files
    assert "is damaged" in said[0]
    assert len([name for name in os.listdir(tmp_path) if "damaged" in name]) == 1


def test_a_full_disk_is_told_of_once_and_stops_nothing(tmp_path):
    said = []
    store = Checkpoints(str(tmp_path / "checkpoints"), said.append)
    store.save("a", [PLACE])
    with sqlite3.connect(tmp_path / "checkpoints") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'x'); END")
    store._base.execute("PRAGMA max_page_count=1")
    store._base.execute("DROP TRIGGER full")
    for number in range(3):
        store.save("a", [PLACE._replace(inode=number, path="x" * 100_000)])
    assert len(said) == 1
    assert "checkpoints cannot be written (database or disk is full)" in said[0]
    assert store.load("a") == [PLACE]
    store._base.execute("PRAGMA max_page_count=1000000")
    store.save("a", [PLACE._replace(offset=5)])
    assert store.load("a") == [PLACE._replace(offset=5)]


def test_files_that_are_long_gone_are_forgotten(tmp_path):
    store = Checkpoints(str(tmp_path / "checkpoints"))
    store.save("a", [PLACE, PLACE._replace(inode=8)])
    store._base.execute("UPDATE files SET seen = seen - 8 * 86400 WHERE inode = 7")
    store.forget("a")
    assert [place.inode for place in store.load("a")] == [8]
