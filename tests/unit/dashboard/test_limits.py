from dashboard.limits import Buckets, Limits


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_a_burst_is_allowed_then_one_at_a_time():
    clock = Clock()
    buckets = Buckets(burst=3, seconds=30, clock=clock)
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 30, 30]
    clock.now += 29
    assert buckets.take("a") == 1
    clock.now += 1
    assert [buckets.take("a"), buckets.take("a")] == [0, 30]


def test_waiting_as_long_as_told_is_enough():
    clock = Clock()
    buckets = Buckets(burst=2, seconds=7, clock=clock)
    for _ in range(20):
        wait = buckets.take("a")
        clock.now += wait
        assert not wait or buckets.take("a") == 0


def test_good_attempts_do_not_count():
    buckets = Buckets(burst=2, seconds=30, clock=Clock())
    for _ in range(50):
        assert buckets.take("a") == 0
        buckets.give_back("a")


def test_memory_is_bounded():
    buckets = Buckets(burst=2, seconds=30, size=100, clock=Clock())
    for number in range(1000):
        buckets.take(number)
    assert len(buckets) == 100


def test_one_attacker_takes_no_attempt_from_others():
    limits = Limits(Clock())
    assert [limits.take("evil") for _ in range(1000)].count(0) == 10
    assert [limits.take(f"friend {n}") for n in range(40)] == [0] * 40


def test_many_attackers_are_slowed_down_together_but_lock_nobody_out_who_has_been_here():
    limits = Limits(Clock())
    assert limits.take("friend") == 0
    limits.good("friend")
    tried = [limits.take(f"evil {n}") for n in range(200)]
    assert tried.count(0) == 60
    assert limits.take("stranger") > 0
    assert limits.take("friend") == 0


def test_who_has_been_here_has_the_limit_of_an_address_still():
    limits = Limits(Clock())
    limits.take("friend")
    limits.good("friend")
    assert [limits.take("friend") for _ in range(12)].count(0) == 10
