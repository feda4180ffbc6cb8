import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from dashboard.cache import Busy, Cache


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def executor():
    with ThreadPoolExecutor(4) as found:
        yield found


@pytest.fixture
def cache(executor, clock):
    return Cache(executor, lambda value: 60, error_seconds=5, size=3, flights=2, clock=clock)


def fail(message):
    raise RuntimeError(message)


def test_an_answer_is_good_for_its_lifetime(cache, clock):
    first = cache.fetch("k", lambda: 1).result()
    assert (first.value, first.age, first.error, first.source) == (1, 0, None, "asked")
    clock.now += 59
    again = cache.fetch("k", lambda: 2).result()
    assert (again.value, again.age, again.source) == (1, 59, "hit")
    clock.now += 1
    assert cache.fetch("k", lambda: 3).result().value == 3


def test_refresh_asks_again(cache):
    cache.fetch("k", lambda: 1).result()
    assert cache.fetch("k", lambda: 2, refresh=True).result().value == 2


def test_the_lifetime_may_depend_on_the_answer(executor, clock):
    cache = Cache(executor, lambda rows: 60 if rows else 5, error_seconds=5, clock=clock)
    cache.fetch("k", list).result()
    clock.now += 5
    assert cache.fetch("k", lambda: [1]).result().value == [1]


def test_many_who_ask_at_once_make_one_flight(cache):
    gate, asked = threading.Event(), []

    def ask():
        asked.append(1)
        gate.wait(5)
        return "answer"

    flights = [cache.fetch("k", ask, refresh=n % 2 == 1) for n in range(10)]
    gate.set()
    found = [flight.result(5) for flight in flights]
    assert len(asked) == 1
    assert [snapshot.value for snapshot in found] == ["answer"] * 10
    assert [snapshot.source for snapshot in found] == ["asked"] + ["joined"] * 9


def test_the_last_good_answer_stays_when_asking_again_fails(cache, clock):
    cache.fetch("k", lambda: 1).result()
    clock.now += 100
    stale = cache.fetch("k", lambda: fail("down")).result()
    assert (stale.value, stale.age, str(stale.error)) == (1, 100, "down")
    clock.now += 4
    believed = cache.fetch("k", lambda: 2).result()
    assert (believed.value, str(believed.error), believed.source) == (1, "down", "hit")
    clock.now += 1
    healed = cache.fetch("k", lambda: 2).result()
    assert (healed.value, healed.age, healed.error) == (2, 0, None)


def test_a_first_failure_has_no_value_and_never_raises(cache):
    snapshot = cache.fetch("k", lambda: fail("no")).result()
    assert (snapshot.value, str(snapshot.error)) == (None, "no")


def test_too_many_open_questions_are_refused(cache):
    gate = threading.Event()
    open_ones = [cache.fetch(key, gate.wait) for key in "ab"]
    refused = cache.fetch("c", lambda: 1).result(1)
    assert isinstance(refused.error, Busy)
    assert refused.source == "refused"
    assert cache.fetch("a", lambda: 1) not in open_ones  # joining is still allowed
    gate.set()
    for flight in open_ones:
        flight.result(5)
    assert cache.fetch("c", lambda: 1).result().value == 1


def test_the_longest_unused_key_goes_first(cache):
    for key in "abc":
        cache.fetch(key, lambda key=key: key).result()
    cache.fetch("a", lambda: "new").result()
    cache.fetch("d", lambda: "d").result()
    assert cache.fetch("a", lambda: "new").result().source == "hit"
    assert cache.fetch("b", lambda: "new").result().source == "asked"
