"""What is kept of values, and what is answered from that."""

import random
import statistics
import time

import pytest

from localcloud.cloudwatch.metrics import KEPT, OLD_VALUES, Metrics
from localcloud.cloudwatch.statistics import MOST_VALUES, Aggregate, is_known

SERIES = ("us-east-1", "Test", "m", (("Server", "one"),))
NOON = 1_800_000_000 // 86400 * 86400 + 43200


class Clock:
    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


def added(value):
    return lambda aggregate: aggregate.add(value)


def aggregate(values):
    made = Aggregate()
    for value in values:
        made.add(value)
    return made


def test_simple_statistics_are_exact():
    found = aggregate([4.0, 1.0, 7.0])
    assert [found.statistic(name) for name in ("SampleCount", "Sum", "Average", "Minimum", "Maximum")] == [3, 12, 4, 1, 7]


def test_percentiles_of_few_values_are_exact():
    found = aggregate(float(value) for value in range(1, 102))
    assert [found.statistic(name) for name in ("p0", "p50", "p90", "p99", "p100")] == [1, 51, 91, 100, 101]
    assert aggregate([1.0, 2.0]).statistic("p50") == 1.5
    assert found.statistic("IQM") == pytest.approx(51)
    assert found.statistic("tm90") == pytest.approx(46)


@pytest.mark.parametrize("percent", [1, 50, 90, 99])
def test_percentiles_of_a_million_values_are_close_and_their_sample_small(percent):
    dice = random.Random(7)
    values = [dice.lognormvariate(3, 1) for _ in range(100_000)]
    found = aggregate(values)
    assert found.statistic(f"p{percent}") == pytest.approx(statistics.quantiles(values, n=100)[percent - 1], rel=0.05)
    assert len(found.values) <= 3 * MOST_VALUES


def test_statistic_sets_know_no_percentiles_unless_all_values_are_one():
    found = Aggregate()
    found.add_set(10, 50, 1, 9)
    assert (found.statistic("Average"), found.statistic("p50")) == (5, None)
    same = Aggregate()
    same.add_set(4, 12, 3, 3)
    assert same.statistic("p99") == 3


def test_names_of_statistics_are_told_from_nonsense():
    assert all(map(is_known, ("Sum", "p99", "p99.9", "p100", "tm90", "wm95", "tc90", "ts90", "IQM")))
    assert not any(map(is_known, ("sum", "p101", "TM(10%:90%)", "PR(:300)", "median", "")))


def test_values_are_found_by_dimensions_period_and_unit(tmp_path):
    clock = Clock()
    metrics = Metrics(tmp_path / "m.sqlite", clock)
    metrics.add(SERIES, added(1.0), "Count", NOON + 5)
    metrics.add(SERIES, added(2.0), "Count", NOON + 65)
    metrics.add(SERIES, added(4.0), "Bytes", NOON + 70)
    sums = {at: each.total for at, each in metrics.points(SERIES, NOON, NOON + 300, 60).items()}
    assert sums == {NOON: 1.0, NOON + 60: 6.0}
    assert metrics.points(SERIES, NOON, NOON + 300, 300)[NOON].total == 7.0
    assert metrics.points(SERIES, NOON, NOON + 300, 300, "Bytes")[NOON].total == 4.0
    assert metrics.points(SERIES, NOON - 30, NOON, 30) == {}
    assert metrics.points((*SERIES[:3], ()), NOON, NOON + 300, 60) == {}


def test_only_high_resolution_values_have_points_below_a_minute(tmp_path):
    metrics = Metrics(tmp_path / "m.sqlite", Clock())
    metrics.add(SERIES, added(1.0), at=NOON + 15, fine=True)
    assert set(metrics.points(SERIES, NOON, NOON + 60, 10)) == {NOON + 10}
    coarse = (*SERIES[:2], "coarse", ())
    metrics.add(coarse, added(1.0), at=NOON + 15)
    assert set(metrics.points(coarse, NOON, NOON + 60, 10)) == {NOON}


def test_what_was_saved_outlives_the_process(tmp_path):
    metrics = Metrics(tmp_path / "m.sqlite", Clock())
    for value in (1.0, 2.0, 9.0):
        metrics.add(SERIES, added(value), "Seconds", NOON)
    metrics.close()
    again = Metrics(tmp_path / "m.sqlite", Clock())
    found = again.points(SERIES, NOON, NOON + 60, 60)[NOON]
    assert (found.count, found.statistic("p50"), again.unit(SERIES)) == (3, 2, "Seconds")
    assert [series for series, _ in again.listed("us-east-1")] == [SERIES]


def test_old_values_become_coarser_and_are_forgotten_in_the_end(tmp_path):
    clock = Clock()
    metrics = Metrics(tmp_path / "m.sqlite", clock)
    metrics.add(SERIES, added(3.0), at=NOON + 70)
    clock.now = NOON + 4 * 86400
    metrics.forget_old()
    metrics.close()
    metrics = Metrics(tmp_path / "m.sqlite", clock)
    assert {at: each.total for at, each in metrics.points(SERIES, NOON, NOON + 600, 60).items()} == {NOON: 3.0}
    clock.now = NOON + KEPT[300] + 86400
    metrics.forget_old()
    assert metrics.points(SERIES, NOON, NOON + 600, 60) == {}
    assert metrics.listed("us-east-1") == []


def test_percentiles_of_old_values_take_little_room_and_stay_near(tmp_path):
    clock = Clock()
    metrics = Metrics(tmp_path / "m.sqlite", clock)
    for value in range(250):
        metrics.add(SERIES, added(float(value)), at=NOON)
    clock.now = NOON + KEPT[1] + 60
    metrics.forget_old()
    found = metrics.points(SERIES, NOON, NOON + 60, 60)[NOON]
    assert (len(found.values) <= OLD_VALUES, found.count, found.total) == (True, 250, sum(range(250)))
    assert found.statistic("p50") == pytest.approx(124.5, rel=0.05)


def test_ten_thousands_of_values_a_minute_do_not_hurt(tmp_path):
    metrics = Metrics(tmp_path / "m.sqlite", Clock())
    began = time.process_time()
    for number in range(30_000):
        metrics.add((*SERIES[:2], f"m{number % 50}", ()), added(float(number)), at=NOON + number % 60)
    metrics.save()
    assert time.process_time() - began < 6  # a tenth of a minute; half a second is usual
