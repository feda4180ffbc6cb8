"""What the page's own questions cost today: summed by UTC's day, kept over restarts."""

import logging
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from dashboard import create_app
from dashboard.spending import Spending, Spent

from tests.unit.dashboard.sample import CONFIG, fake_aws
from tests.unit.dashboard.test_store import answer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A time that tests move."""

    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        return self.at


def asked(scanned=20_000_000, cost="0.0001"):
    return answer(scanned=scanned, cost=Decimal(cost))


@pytest.fixture(params=["on disk", "in memory"])
def folder(request, tmp_path):
    return tmp_path if request.param == "on disk" else None


def test_answers_are_summed_by_pipeline_and_together(folder):
    spending = Spending(folder, Clock())
    assert (spending.today(), spending.total()) == ({}, Spent())
    for pipeline, scanned, cost in (("orders", 10_000_000, "0.00005"), ("orders", 30_000_000, "0.00015"), ("history", 1, "0.00005")):
        spending.add(pipeline, asked(scanned, cost))
    assert spending.today() == {"orders": Spent(2, 40_000_000, Decimal("0.0002")), "history": Spent(1, 1, Decimal("0.00005"))}
    assert spending.total() == Spent(3, 40_000_001, Decimal("0.00025"))


def test_the_day_is_utcs(folder):
    clock = Clock(datetime(2026, 11, 22, 0, 59, tzinfo=timezone(timedelta(hours=1))))  # 23:59 of the day before
    spending = Spending(folder, clock)
    spending.add("orders", asked())
    assert spending.total().answers == 1
    clock.at += timedelta(minutes=1)
    assert spending.total() == Spent()


def test_a_restart_forgets_nothing_and_others_cannot_read_it(tmp_path):
    Spending(tmp_path, Clock()).add("orders", asked())
    later = Spending(tmp_path, Clock(NOON + timedelta(hours=1)))
    assert later.total() == Spent(1, 20_000_000, Decimal("0.0001"))
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0]


def test_two_processes_at_once_both_count(tmp_path):
    """A new release serves while the old one finishes."""
    old, new = Spending(tmp_path, Clock()), Spending(tmp_path, Clock())
    for spending in (old, new, old, new, new):
        assert spending.total().answers < 5
        spending.add("orders", asked())
    assert old.today() == new.today() == {"orders": Spent(5, 100_000_000, Decimal("0.0005"))}


def test_files_of_other_days_go_and_nothing_else(tmp_path):
    clock = Clock()
    spending = Spending(tmp_path, clock)
    spending.add("orders", asked())
    (tmp_path / "somebodys.json").write_text("{}")
    clock.at += timedelta(days=1)
    spending.add("orders", asked())
    assert {path.name for path in tmp_path.iterdir()} == {"spending-2026-11-22.jsonl", "somebodys.json"}
    assert spending.total().answers == 1


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\xff",
        b"[]",
        b'{"pipeline": "orders"}',
        b'{"pipeline": "orders", "scanned": -1, "cost": "1"}',
        b'{"pipeline": "orders", "scanned": true, "cost": "1"}',
        b'{"pipeline": "orders", "scanned": 1, "cost": "NaN"}',
        b'{"pipeline": "orders", "scanned": 1, "cost": "much"}',
        b'{"pipeline": "orders", "scanned": 1, "co',  # a death in the middle of writing
    ],
)
def test_a_line_that_cannot_be_read_costs_that_line_alone(tmp_path, line):
    (tmp_path / "spending-2026-11-21.jsonl").write_bytes(line)
    spending = Spending(tmp_path, Clock())
    assert spending.total() == Spent()
    spending.add("orders", asked())
    assert spending.total().answers == 1


def test_a_folder_that_is_not_there_costs_a_word_in_the_log(tmp_path, caplog):
    spending = Spending(tmp_path / "gone", Clock())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            spending.add("orders", asked())
    assert spending.total().answers == 3
    assert len(caplog.records) == 1


# --- on the pages


def text_of(client, path):
    return client.get(path).get_data(as_text=True)


def test_the_overview_and_the_metrics_say_what_today_cost_after_a_restart_too(tmp_path):
    config = {**CONFIG, "cache_dir": str(tmp_path)}
    client = create_app(config, fake_aws()).test_client()
    client.get("/orders")
    # Five answers of 1,234,567 bytes each; Athena bills ten megabytes, 0.00005 dollars, for each.
    for seen in (client, create_app(config, fake_aws()).test_client()):
        page = text_of(seen, "/").partition('id="spending"')[2]
        assert "<dd>5</dd>" in page
        assert "<dd>6.17 MB</dd>" in page or "<dd>6.2 MB</dd>" in page
        assert "<dd>$0.00025</dd>" in page
        metrics = text_of(seen, "/metrics")
        assert 'dashboard_spent_today_dollars{pipeline="orders"} 0.00025' in metrics
        assert 'dashboard_scanned_today_bytes{pipeline="orders"} 6172835' in metrics
        assert "# TYPE dashboard_spent_today_dollars gauge" in metrics


def test_what_comes_from_the_cache_costs_nothing():
    client = create_app(CONFIG, fake_aws()).test_client()
    for _ in range(3):
        client.get("/orders")
    assert 'dashboard_spent_today_dollars{pipeline="orders"} 0.00025' in text_of(client, "/metrics")
