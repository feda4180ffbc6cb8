"""AWS's cron expressions, and the thread that fires them."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.crawler.schedule import parse
from localcloud.crawler.scheduler import Scheduler


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 2 * * ? *)", "2025-04-22 01:59:59", "2025-04-22 02:00"),
        ("cron(0 2 * * ? *)", "2025-04-22 02:00:00", "2025-04-23 02:00"),
        ("cron(0/15 * * * ? *)", "2025-12-31 23:46", "2026-01-01 00:00"),
        ("cron(5,35 8-10 ? * MON-FRI *)", "2025-04-25 10:40", "2025-04-28 08:05"),
        ("cron(0 12 1 1 ? *)", "2025-04-22 00:00", "2026-01-01 12:00"),
        ("cron(0 0 31 * ? *)", "2025-04-01 00:00", "2025-05-31 00:00"),
        ("cron(0 0 29 2 ? *)", "2025-03-01 00:00", "2028-02-29 00:00"),
        ("cron(0 0 L * ? *)", "2024-02-01 00:00", "2024-02-29 00:00"),
        ("cron(0 0 15W * ? *)", "2025-02-01 00:00", "2025-02-14 00:00"),  # the 15th is a Saturday
        ("cron(0 0 1W * ? *)", "2025-02-28 00:00", "2025-03-03 00:00"),  # a Saturday; the month is not left
        ("cron(0 0 LW * ? *)", "2025-08-01 00:00", "2025-08-29 00:00"),  # the last day is a Sunday
        ("cron(0 0 ? * 6#3 *)", "2025-04-01 00:00", "2025-04-18 00:00"),  # the third Friday
        ("cron(0 0 ? * 6L *)", "2025-04-01 00:00", "2025-04-25 00:00"),  # the last Friday
        ("cron(0 0 ? * L *)", "2025-04-21 00:00", "2025-04-26 00:00"),  # Saturday
        ("cron(0 0 ? * 1 *)", "2025-04-21 00:00", "2025-04-27 00:00"),  # 1 is Sunday
        ("cron(0 6 ? JAN,JUL SUN *)", "2025-02-01 00:00", "2025-07-06 06:00"),
        ("cron(0 0 1 1 ? 2030/2)", "2030-06-01 00:00", "2032-01-01 00:00"),
    ],
)
def test_the_next_moment(expression, after, expected):
    assert parse(expression).next(moment(after)) == moment(expected)


def test_a_schedule_that_is_over_has_no_next_moment():
    assert parse("cron(0 0 1 1 ? 2024)").next(moment("2025-01-01")) is None


def test_another_time_zone_is_understood():
    after = datetime.fromisoformat("2025-04-22T03:30:00+02:00")  # 01:30 UTC
    assert parse("cron(0 2 * * ? *)").next(after) == moment("2025-04-22 02:00")


@pytest.mark.parametrize(
    "expression",
    [
        "0 2 * * ? *",
        "rate(5 minutes)",
        "cron(0 2 * * ?)",
        "cron(0 2 * * * *)",
        "cron(0 2 ? * ? *)",
        "cron(60 2 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 ? 13 MON *)",
        "cron(0 0 ? * XXX *)",
        "cron(0 0 ? * 2#6 *)",
        "cron(0/0 0 * * ? *)",
        "cron(30-10 0 * * ? *)",
        "cron(0 0 * * ? 1969)",
    ],
)
def test_a_wrong_expression_is_refused(expression):
    with pytest.raises(ValueError, match=r"cron"):
        parse(expression)


class Clock:
    """Now, moved so that the next minute begins `seconds` after its making."""

    def __init__(self, seconds):
        now = datetime.now(UTC)
        self.shift = now.replace(second=0, microsecond=0) + timedelta(minutes=1) - now - timedelta(seconds=seconds)

    def __call__(self):
        return datetime.now(UTC) + self.shift


def test_what_is_due_is_fired_once():
    fired, done = [], threading.Event()

    def fire(key):
        fired.append(key)
        done.set()

    entries = [("every minute", parse("cron(* * * * ? *)")), ("long over", parse("cron(* * * * ? 2001)"))]
    scheduler = Scheduler(lambda: entries, fire, Clock(0.4))
    scheduler.start()
    assert done.wait(5)
    time.sleep(0.3)
    scheduler.stop()
    assert fired == ["every minute"]


def test_a_schedule_set_while_it_waits_counts_from_then_on():
    entries, fired = [], threading.Event()
    clock = Clock(0.2)
    scheduler = Scheduler(lambda: list(entries), lambda key: fired.set(), clock)
    scheduler.start()
    time.sleep(0.4)  # a minute has begun, before there is a schedule
    entries.append(("late", parse("cron(* * * * ? *)")))
    scheduler.wake()
    assert not fired.wait(0.5)
    clock.shift += timedelta(seconds=58)
    scheduler.wake()
    assert fired.wait(5)
    scheduler.stop()
