"""Write the sample orders as CSV to standard output: `python generate_orders.py [--today YYYY-MM-DD] > orders.csv`.

200 orders of five customers: 63 confirmed, 46 shipped, 46 cancelled, 45 pending. Most dates are counted back from
`today`, so that a demonstration always has recent orders; 20 lie in February 2025, for the page's fifth question.
Everything else is the same on every day: processed on `today` (from April 2025 on) the function keeps KEPT orders
worth KEPT_AMOUNT and drops DROPPED.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TextIO

SEED = 2025
HEADER = ("OrderID", "Customer", "Amount", "Status", "OrderDate")
CUSTOMERS = ("Nadia Okafor", "Tomás Beltrán", "Priya Raman", "Lars Eklund", "Mei-Ling Zhou")
STATUSES = {"confirmed": 63, "shipped": 46, "cancelled": 46, "pending": 45}
FEBRUARY_2025 = {"confirmed": 9, "shipped": 6, "cancelled": 3, "pending": 2}  # of each, in that month
RECENT = {"cancelled": 14, "pending": 17}  # of the open ones, at most 30 days old and therefore kept

KEPT, DROPPED, KEPT_AMOUNT = 140, 60, Decimal("36272.99")


class Order(NamedTuple):
    order_id: str
    customer: str
    amount: Decimal
    status: str
    order_date: date


def rows(today: date) -> list[Order]:
    """The 200 orders as of `today`, oldest first, numbered from 1001.

    Raises ValueError for a day before April 2025, when those of February 2025 were not old yet.
    """
    if today < date(2025, 4, 1):
        raise ValueError(f"today is {today}; the sample's orders of February 2025 need a day from 2025-04-01 on")
    # Only Random.random is promised to give the same numbers in every version of Python.
    draw = random.Random(SEED).random  # noqa: S311 - a sample, not a secret
    drafts = []
    for status, total in STATUSES.items():
        for number in range(total):
            customer = CUSTOMERS[int(draw() ** 1.3 * len(CUSTOMERS))]
            amount = Decimal(int(1_500 + draw() ** 2 * 74_000)) / 100
            place = draw()
            if number < FEBRUARY_2025[status]:
                day = date(2025, 2, 1) + timedelta(days=int(place * 28))
            elif status not in RECENT:
                day = today - timedelta(days=int(place**2 * 400))
            elif number < FEBRUARY_2025[status] + RECENT[status]:
                day = today - timedelta(days=int(place * 31))
            else:
                day = today - timedelta(days=31 + int(place * 330))
            drafts.append((day, draw(), customer, amount, status))
    drafts.sort()
    return [Order(str(1001 + number), customer, amount, status, day) for number, (day, _, customer, amount, status) in enumerate(drafts)]


def write(orders: Iterable[Order], out: TextIO) -> None:
    """Write the orders as CSV, with header and LF line ends."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((order_id, customer, f"{amount:.2f}", status, day.isoformat()) for order_id, customer, amount, status, day in orders)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample orders as CSV to standard output.")
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date(), help="YYYY-MM-DD; default: today (UTC)")
    today = parser.parse_args().today
    try:
        orders = rows(today)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    write(orders, sys.stdout)


if __name__ == "__main__":
    main()
