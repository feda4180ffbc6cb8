"""A steady rate, on a clock of the test's own."""

import pytest
from log_generator.pace import LONGEST_LAG, Pace


@pytest.mark.parametrize("rate", [1, 7, 333.3, 5000])
def test_after_any_time_as_many_lines_were_due_as_the_rate_says(rate):
    pace, now, total = Pace(rate, 100.0), 100.0, 0
    while now < 160.0:
        now += pace.wait(now)
        number, late = pace.due(now)
        assert late == 0
        total += number
        assert abs(total - (now - 100.0) * rate) <= 1.001


def test_it_wakes_up_no_more_than_twenty_times_a_second_and_no_more_often_than_there_are_lines():
    pace = Pace(5000, 0.0)
    assert pace.wait(0.0) == 0.05
    assert Pace(0.5, 0.0).wait(0.0) == 2.0


def test_a_small_lag_is_caught_up_and_a_long_one_is_forgotten():
    pace = Pace(100, 0.0)
    assert pace.due(3.0) == (300, 0.0)
    number, late = pace.due(3.0 + 3600)
    assert number == 100 * LONGEST_LAG
    assert late == pytest.approx(3600 - LONGEST_LAG)
    assert pace.due(3604.0) == (100, 0.0)


def test_a_clock_that_stands_still_is_due_nothing():
    pace = Pace(100, 5.0)
    assert pace.due(5.0) == (0, 0.0)
    assert pace.due(5.0) == (0, 0.0)
