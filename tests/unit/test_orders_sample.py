"""The sample orders: their shape is promised, on any day."""

import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.unit.orders_support import ROOT, Outcome, sample

SCRIPT = ROOT / "files/samples/generate_orders.py"


def written(*arguments: str) -> bytes:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, check=True).stdout


@pytest.mark.parametrize("today", [date(2025, 4, 1), date(2025, 12, 31), date(2028, 2, 29), date(2040, 7, 1)])
def test_its_numbers_are_the_same_on_every_day(today: date) -> None:
    orders = sample.rows(today)
    assert Counter(order.status for order in orders) == {"confirmed": 63, "shipped": 46, "cancelled": 46, "pending": 45}
    assert len({order.customer for order in orders}) == 5
    assert len({order.order_id for order in orders}) == len(orders) == 200
    assert max(order.order_date for order in orders) <= today
    old = [order for order in orders if order.status in ("pending", "cancelled") and order.order_date < today - timedelta(days=30)]
    kept = [order for order in orders if order not in old]
    assert (len(kept), len(old), sum(order.amount for order in kept)) == (sample.KEPT, sample.DROPPED, sample.KEPT_AMOUNT)
    february = [order for order in kept if (order.order_date.year, order.order_date.month) == (2025, 2)]
    assert len(february) >= 12
    assert len({order.amount for order in february}) == len(february), "the ten largest would not be in one order"


def test_orders_are_realistic() -> None:
    orders = sample.rows(date(2026, 1, 1))
    assert min(order.amount for order in orders) > Decimal(10)
    assert max(order.amount for order in orders) < Decimal(1000)
    assert all(order.amount == order.amount.quantize(Decimal("0.01")) for order in orders)
    assert min(Counter(order.customer for order in orders).values()) >= 20
    assert len({order.order_date.strftime("%Y-%m") for order in orders}) >= 12


def test_the_script_writes_a_file_that_the_function_takes_whole() -> None:
    data = written("--today", "2025-04-22")
    outcome = Outcome(data)
    assert outcome.rejects == []
    assert (outcome.summary.rows_in, outcome.summary.kept) == (200, sample.KEPT)
    assert "Tomás Beltrán" in {row[1] for row in outcome.kept}
    assert b"\r" not in data
    assert data == written("--today", "2025-04-22")
    assert written().startswith(b"OrderID,Customer,Amount,Status,OrderDate\n")


def test_a_day_too_early_is_refused() -> None:
    result = subprocess.run([sys.executable, str(SCRIPT), "--today", "2025-03-31"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "2025-04-01" in result.stderr
    assert result.stdout == ""
