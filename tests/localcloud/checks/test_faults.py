"""Each check finds its faults, planted in a healthy table, and says where; of its first one the pipeline's other checks say nothing."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.data_checks import PIPELINES, checks
from tests.localcloud.checks.tables import NOW, TODAY, click, transaction

DAY = timedelta(days=1)
DATES = ("order_date", "invoicedateonly", "date_partition")


def order(**changes):
    return {"order_id": "X1", "customer": "Ann", "amount": Decimal("5.00"), "status": "shipped", "order_date": TODAY, **changes}


def changed(**changes):
    """The rows with the newest one changed."""

    def plant(rows):
        newest = max(
            range(len(rows)), key=lambda n: str(rows[n].get("timestamp") or rows[n].get("date_partition") or rows[n]["arrived_at"])
        )
        return [{**row, **changes} if n == newest else row for n, row in enumerate(rows)]

    return plant


def more(*further):
    """The rows, and further ones: rows, or numbers of rows that are there already."""
    return lambda rows: rows + [rows[row] if isinstance(row, int) else row for row in further]


def earlier(days=0, **time):
    """The rows, moved to an earlier time."""

    def plant(rows):
        by = timedelta(days=days, **time)
        if "arrived_at" in rows[0]:
            return [click(datetime.fromisoformat(row["arrived_at"][:19]) - by, row["click_id"]) for row in rows]
        if "timestamp" in rows[0]:
            return [transaction(row["timestamp"] - by, row["transaction_id"]) for row in rows]
        return [{**row, **{name: row[name] - by for name in DATES if name in row}} for row in rows]

    return plant


def without_days(first, last):
    """The rows but for those of `first` to `last` days ago, and an order of the day before."""

    def plant(rows):
        name = "order_date" if "order_date" in rows[0] else "date_partition"
        left = [row for row in rows if not first <= (TODAY - row[name]).days <= last]
        return left if name == "date_partition" else [*left, order(order_date=TODAY - (last + 1) * DAY)]

    return plant


def three_lines(rows):
    """The first invoice of three different lines."""
    lines = {}
    for row in rows:
        lines.setdefault(row["invoiceno"], []).append((row["stockcode"], row["quantity"]))
    return next(name for name, found in lines.items() if len(found) == len(set(found)) == 3)


def invoice_twice(rows):
    return rows + [row for row in rows if row["invoiceno"] == three_lines(rows)]


def without_two_hours(rows):
    return [row for row in rows if not timedelta(hours=3) <= NOW - row["timestamp"] <= timedelta(hours=5)]


def newest_day_of_earlier(rows):
    return max(row["date_partition"] for row in rows) - 3 * DAY


def days_ago(days):
    return (TODAY - days * DAY).isoformat()


def ago(**time):
    """A time before now as clicks have it."""
    return (NOW - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def all_twice(rows):
    """Each click sent again; the first copies of a sample have no second one yet."""
    return rows + [{**row, "arrived_at": row["arrived_at"].replace(".250Z", ".900Z")} for row in rows]


def an_hour_too_late(rows):
    return [{**rows[0], "datehour": (NOW - timedelta(hours=2)).strftime("%Y/%m/%d/%H")}, *rows[1:]]


ANY = object()
_seen = set()


def case(pipeline, check, plant, holds, number=1, given=None):
    """`plant` makes the fault; the check has `number` findings, the first of which `holds` this cell."""
    others = (pipeline, check) not in _seen  # the first fault is shown to the other checks too
    _seen.add((pipeline, check))
    shown = holds.__name__ if callable(holds) else "any" if holds is ANY else holds
    return pytest.param(pipeline, check, plant, holds, number, given or {}, others, id=f"{pipeline}-{check}-{shown}"[:70])


CASES = [
    case("orders", "duplicate_orders", more(3, 3, 7), "3", number=2),
    case("orders", "impossible_values", more(order(amount=Decimal("-1.00"))), "negative amount"),
    case("orders", "impossible_values", more(order(order_id=" ")), "no order id"),
    case("orders", "impossible_values", more(order(amount=None)), "no amount"),
    case("orders", "impossible_values", more(order(order_date=None)), "no date"),
    case("orders", "impossible_values", more(order(status=None)), "no status"),
    case("orders", "impossible_values", more(order(status="lost")), "unknown status"),
    case("orders", "orders_without_customer", more(order(customer=""), order(customer=None, order_id="X2")), "X1", number=2),
    case("orders", "dates_to_come", more(order(order_date=TODAY + 40 * DAY)), "40"),
    case("orders", "days_without_orders", without_days(5, 24), days_ago(25)),
    case("orders", "freshness", earlier(60), "60", given={"fresh_days": 30}),
    case("order_history", "repeated_invoices", invoice_twice, three_lines),
    case("order_history", "wrong_order_ids", changed(orderid="0" * 64), "0" * 64),
    case("order_history", "wrong_order_ids", changed(orderid=None), None),
    case("order_history", "impossible_values", changed(quantity=0, totalamountusd=Decimal(0), ordertag="Low"), "quantity"),
    case("order_history", "impossible_values", changed(invoicehour=24), "hour"),
    case(
        "order_history",
        "impossible_values",
        changed(unitprice=Decimal(-1), totalamountusd=Decimal("-0.012"), quantity=1, ordertag="Low"),
        "price",
    ),
    case("order_history", "impossible_values", changed(country=" "), "country"),
    case(
        "order_history",
        "impossible_values",
        changed(date_partition=TODAY + 9 * DAY, invoicedateonly=TODAY + 9 * DAY),
        "date to come",
    ),
    case("order_history", "totals", changed(totalamountusd=Decimal("0.000001"), ordertag="Low"), "0.000001000000"),
    case("order_history", "totals", changed(ordertag="Middling"), "Middling"),
    case("order_history", "totals", changed(totalamountusd=None), None),
    case("order_history", "totals", lambda rows: rows[-30:], "Low", number=30, given={"usd_rate": "0.0001", "high_value_usd": "100000"}),
    case("order_history", "wrong_partitions", changed(country_partition="Atlantis"), "Atlantis"),
    case("order_history", "wrong_partitions", changed(date_partition=TODAY - 5 * DAY), days_ago(5)),
    case("order_history", "countries_without_region", changed(region="Other"), "1"),
    case("order_history", "days_without_lines", without_days(5, 8), days_ago(9)),
    case("order_history", "freshness", earlier(3), newest_day_of_earlier),
    case("order_history", "freshness", earlier(50), None),
    case("transactions", "duplicate_transactions", more(5, 5), "3"),
    case("transactions", "totals", changed(total_amount=Decimal("1.23")), "1.23"),
    case("transactions", "totals", changed(total_amount=None), None),
    case("transactions", "impossible_values", changed(quantity=0, total_amount=Decimal(0)), "quantity"),
    case("transactions", "impossible_values", changed(quantity=1, price=Decimal(-1), total_amount=Decimal(-1)), "price"),
    case("transactions", "impossible_values", changed(transaction_id=""), "no id"),
    case("transactions", "impossible_values", more(transaction(NOW + 2 * DAY, "X1")), "time to come"),
    case("transactions", "orphans", changed(customer_id=None), None),
    case("transactions", "orphans", changed(product_id=" "), " "),
    case("transactions", "orphans", changed(category=" "), " "),
    case("transactions", "products_with_two_meanings", changed(product_name="Another"), "Another"),
    case("transactions", "products_with_two_meanings", changed(category="Another"), "Another"),
    case("transactions", "wrong_date_parts", changed(day_of_week=7), "7"),
    case("transactions", "wrong_date_parts", changed(hour=None), None),
    case("transactions", "wrong_date_parts", changed(date_partition=days_ago(4)), days_ago(4)),
    case("transactions", "gaps_in_time", without_two_hours, ANY),
    case("transactions", "freshness", earlier(hours=5), ANY),
    case("transactions", "freshness", earlier(30), None),
    case("clickstream", "ids_of_two_clicks", more(click(NOW - timedelta(minutes=10), "click-2", 3)), "click-2"),
    case("clickstream", "ids_of_two_clicks", changed(created_at=ago(seconds=7), click_id="click-100"), "click-100"),
    case("clickstream", "repeated_clicks", all_twice, ANY),
    case("clickstream", "impossible_values", more(click(NOW, "X1", time_spent=-1)), "time spent"),
    case("clickstream", "impossible_values", more(click(NOW, "X1", time_spent=86_401)), "time spent"),
    case("clickstream", "impossible_values", more(click(NOW, "X1", time_spent=None)), "time spent"),
    case("clickstream", "impossible_values", more(click(NOW, "X1", element_clicked="")), "element"),
    case("clickstream", "impossible_values", more(click(NOW, "X1", source_menu=None)), "menu"),
    case("clickstream", "impossible_values", more(click(NOW, "X 1")), "id"),
    case("clickstream", "unparsed_dates", more(click(NOW, "X1", created_at=None)), "X1"),
    case("clickstream", "unparsed_dates", more(click(NOW, "X1", created_at="2026–11–21 10:00")), "2026–11–21 10:00"),
    case("clickstream", "unparsed_dates", more(click(NOW, "X1", created_at="2026-02-30T10:00:00Z")), "X1"),
    case("clickstream", "unparsed_dates", more(click(NOW, "X1", created_at="2026-02-03T10:00:00")), "X1"),
    case("clickstream", "wrong_partitions", more(click(NOW, "X1", arrived_at=None)), "X1"),
    case("clickstream", "wrong_partitions", an_hour_too_late, "click-0"),
    case("clickstream", "clicks_to_come", more(click(NOW, "X1", created_at=ago(minutes=-6))), "X1"),
    case("clickstream", "very_late_clicks", more(click(NOW, "X1", created_at=ago(hours=25))), "X1"),
    case("clickstream", "very_late_clicks", more(click(NOW, "X1", created_at=ago(hours=2))), "X1", given={"late_hours": 1}),
    case("clickstream", "freshness", earlier(hours=30), ANY),
    case("clickstream", "freshness", earlier(30), None),
]


@pytest.mark.parametrize(("pipeline", "name", "plant", "holds", "number", "given", "others"), CASES)
def test_a_planted_fault_is_found_and_by_its_check_only(pipeline, name, plant, holds, number, given, others, ask, samples):
    healthy = samples[pipeline]
    answers = ask(pipeline, plant(healthy), None if others else [name], given)
    found = answers[name]
    assert found.error is None
    assert found.count == number, found.rows
    if holds is not ANY:
        assert (str(holds(healthy)) if callable(holds) else holds) in found.rows[0], found.rows
    assert {each: answer.error or answer.rows for each, answer in answers.items() if answer.status != "passed" and each != name} == {}
    assert len(answers) == (len(checks(pipeline)) if others else 1)


def test_every_check_has_a_fault():
    assert {(pipeline, check.name) for pipeline in PIPELINES for check in checks(pipeline)} == {each.values[:2] for each in CASES}


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_data_that_nobody_adds_to_are_fresh_enough_with_a_limit_of_their_own(pipeline, ask, samples):
    limits = {"fresh_days": 400, "fresh_hours": 24 * 400, "fresh_minutes": 60 * 24 * 400, "days": 500}
    known = {parameter.name for check in checks(pipeline) if check.name == "freshness" for parameter in check.parameters}
    given = {name: value for name, value in limits.items() if name in known}
    old = earlier(90)(samples[pipeline])
    assert ask(pipeline, old, ["freshness"])["freshness"].count == 1
    assert ask(pipeline, old, ["freshness"], given)["freshness"].status == "passed"
