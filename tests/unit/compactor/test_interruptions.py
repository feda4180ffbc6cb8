"""Compaction killed after each single call, writers between any two calls of it, readers all the while."""

import itertools

import pytest

from tests.unit.compactor.actors import Actor, counting
from tests.unit.compactor.table import GONE, Killed, Table


def fresh():
    """A day of three files, none merged."""
    return Table("a", "b", "c")


def merged_once():
    """A merged day, to which a file came later, and in which one waits to replace rows."""
    table = Table("a", "b", "c")
    table.compact()
    table.put("d", "1")
    table.put("a", "2")
    return table


def given_up():
    """A day whose compaction died just before the switch."""
    table, calls = Table("a", "b", "c"), []
    with pytest.raises(Killed):
        table.compact(counting(calls, kill_before=announced(fresh) + 2))
    return table


def in_chunks():
    """A day in several merged files, and one more."""
    table = Table("a", "b", "c", file_bytes=1)
    table.compact()
    table.put("d", "1")
    return table


def calls_of(make):
    calls = []
    make().compact(counting(calls))
    return calls


def announced(make):
    """Number of the call that announces the new version."""
    return calls_of(make).index("update_partition")


DAYS = [fresh, merged_once, given_up, in_chunks]
#: What a transformer may do: an input that is new, one delivered again, one replaced, one replaced by nothing, replaced and back.
WRITES = {
    "new": [("n", "1")],
    "again": [("b", "1")],
    "replaced": [("b", "2")],
    "removed": [("b", GONE)],
    "back": [("b", "2"), ("b", "1")],
    "waiting and back": [("a", "3"), ("a", "1")],
}


def write(table, writes, gate=None):
    for name, etag in writes:
        table.put(name, etag, gate)


def check_end(table, expected):
    table.settle()
    final = {name: etag for name, etag in expected.items() if etag != GONE}
    assert table.rows() == {f"{name} {etag} {row}": 1 for name, etag in final.items() for row in range(3)}
    assert len(table.visible()) <= 1 or table.limits.file_bytes == 1


def expected_of(table, writes):
    before = {name: max((etag for etag in allowed if etag), default=GONE) for name, allowed in table.allowed.items()}
    return before | dict(writes)


@pytest.mark.parametrize("make", DAYS)
def test_killed_at_any_call_the_next_run_mends_it(make):
    count = len(calls_of(make))
    for kill in range(count):
        for when in ("kill_before", "kill_after"):
            table = make()
            expected = expected_of(table, [])
            with pytest.raises(Killed):
                table.compact(counting([], **{when: kill}))
            check_end(table, expected)


@pytest.mark.parametrize("make", DAYS)
@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
def test_a_transformer_between_any_two_calls_of_a_run(make, writes):
    for moment in range(len(calls_of(make)) + 1):
        table = make()
        expected = expected_of(table, writes)
        run = Actor(table.compact)
        run.step(moment)
        write(table, writes)
        run.finish()
        check_end(table, expected)


@pytest.mark.parametrize("make", DAYS)
@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
def test_a_transformer_after_a_run_that_was_killed(make, writes):
    for kill in range(len(calls_of(make))):
        table = make()
        expected = expected_of(table, writes)
        with pytest.raises(Killed):
            table.compact(counting([], kill_after=kill))
        write(table, writes)
        check_end(table, expected)


def moments_that_matter(make):
    """Numbers of calls after which something may have changed for a transformer, or something was looked at."""
    calls = calls_of(make)
    telling = {"update_partition", "put_object", "copy_object", "delete_object", "list_objects_v2"}
    return [number + 1 for number, name in enumerate(calls) if number >= calls.index("update_partition") - 2 and name in telling]


@pytest.mark.parametrize(
    ("make", "writes"),
    [*((fresh, name) for name in WRITES), *((merged_once, name) for name in ("new", "back", "waiting and back"))],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_a_slow_transformer_whose_calls_are_spread_over_a_run(make, writes):
    """Its first calls at one moment of the run, the others at a later one: each such pair of moments around the switch."""
    moments = moments_that_matter(make)
    for early, late in itertools.combinations(moments, 2):
        for split in range(1, 6):
            table = make()
            expected = expected_of(table, WRITES[writes])
            run = Actor(table.compact)
            run.step(early)
            transformer = Actor(lambda gate, table=table: write(table, WRITES[writes], gate))
            transformer.step(split)
            run.step(late - early)
            transformer.finish()
            run.finish()
            check_end(table, expected)


@pytest.mark.parametrize("make", [fresh, merged_once])
@pytest.mark.parametrize("writes", [WRITES["new"], WRITES["replaced"], WRITES["removed"]], ids=["new", "replaced", "removed"])
def test_a_transformer_that_dies_is_made_good_by_its_retry(make, writes):
    for moment in range(len(calls_of(make)) + 1):
        for split in range(1, 8):
            table = make()
            expected = expected_of(table, writes)
            run = Actor(table.compact)
            run.step(moment)
            transformer = Actor(lambda gate, table=table: write(table, writes, gate))
            transformer.step(split)
            transformer.kill()
            run.finish()
            write(table, writes)
            check_end(table, expected)
