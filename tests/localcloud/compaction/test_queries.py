"""The five queries' answers over known transactions, merged and not."""

from datetime import datetime

import pytest

from tests.local_cloud import Cloud
from tests.localcloud.compaction.shop import Shop, parquet, transaction

#: Friday to Tuesday.
TIMES = [
    "2026-11-20T09:15:00",
    "2026-11-20T09:59:59",
    "2026-11-21T23:00:00",
    "2026-11-22T00:00:00",
    "2026-11-23T09:00:00",
    "2026-11-24T12:30:00",
]
PRODUCTS = [
    ("P-1", "Lamp", "Home", 1, "10.00"),
    ("P-1", "Lamp", "Home", 3, "10.00"),
    ("P-2", "Chair", "Home", 1, "99.95"),
    ("P-3", "Novel", "Books", 2, "12.50"),
    ("P-3", "Novel", "Books", 1, "12.50"),
    ("P-4", "Atlas", "Books", 1, "0.10"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("queries")) as cloud:
        made = Shop(cloud)
        for number, (time, product) in enumerate(zip(TIMES, PRODUCTS, strict=True)):
            row = transaction(f"T-{number}", datetime.fromisoformat(time), *product)
            made.put(time[:10], f"input-{number}", [row])
        yield made


def test_sales_by_category(shop):
    assert shop.query("sales_by_category.sql") == [("Home", "139.95", "3", "5"), ("Books", "37.60", "3", "4")]


def test_top_products(shop):
    assert shop.query("top_products.sql") == [
        ("Chair", "Home", "99.95", "1", "P-2"),
        ("Lamp", "Home", "40.00", "4", "P-1"),
        ("Novel", "Books", "37.50", "3", "P-3"),
        ("Atlas", "Books", "0.10", "1", "P-4"),
    ]


def test_top_products_are_ten_and_equal_ones_have_an_order(shop):
    rows = [
        transaction(f"E-{number}", datetime(2020, 1, 1), f"Q-{number:02}", f"Pen {number}", "Office", 1, "1000.00") for number in range(12)
    ]
    shop.put("2020-01-01", "pens", rows)
    try:
        assert [row[4] for row in shop.query("top_products.sql")] == [f"Q-{number:02}" for number in range(10)]
    finally:
        shop.days.remove("2020-01-01", "pens", "2", parquet([]))


def test_hourly_pattern(shop):
    assert shop.query("hourly_pattern.sql") == [("0", "1", "25.00"), ("9", "3", "52.50"), ("12", "1", "0.10"), ("23", "1", "99.95")]


def test_sales_by_weekday_names_the_days_from_monday_on(shop):
    assert shop.query("sales_by_weekday.sql") == [
        ("Monday", "12.50", "1", "1", "12.50"),
        ("Tuesday", "0.10", "1", "1", "0.10"),
        ("Friday", "40.00", "2", "1", "40.00"),
        ("Saturday", "99.95", "1", "1", "99.95"),
        ("Sunday", "25.00", "1", "1", "25.00"),
    ]


def test_all_seven_weekdays_have_their_names(shop):
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    week = [datetime(2024, 1, day) for day in range(1, 8)]  # 2024 began on a Monday
    for each in week:
        shop.put(f"{each:%Y-%m-%d}", "week", [transaction(f"W-{each.day}", each)])
    try:
        assert [row[0] for row in shop.query("sales_by_weekday.sql")] == names == [f"{each:%A}" for each in week]
    finally:
        for each in week:
            shop.days.remove(f"{each:%Y-%m-%d}", "week", "2", parquet([]))


def test_daily_revenue(shop):
    assert shop.query("daily_revenue.sql") == [
        ("2026-11-20", "40.00", "2", "20.00"),
        ("2026-11-21", "99.95", "1", "99.95"),
        ("2026-11-22", "25.00", "1", "25.00"),
        ("2026-11-23", "12.50", "1", "12.50"),
        ("2026-11-24", "0.10", "1", "0.10"),
    ]
