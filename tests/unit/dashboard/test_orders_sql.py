"""The five questions, asked of a small table by DuckDB through sqlglot's Athena dialect.

How exactly our Athena engine answers is tested there; here it is what the questions mean.
"""

from decimal import Decimal

import duckdb
import pytest
import sqlglot
from dashboard import sql_files

from tests.unit.dashboard.sample import SQL_DIR

QUERIES = {query.name: query for query in sql_files.load_folder(SQL_DIR / "orders")}
ROWS = """
    ('o1', 'Ada', 10.10, 'shipped', '2025-01-31'), ('o2', 'Ada', 10.11, 'shipped', '2025-02-01'),
    ('o3', 'Bob', 20.21, 'confirmed', '2025-02-28'), ('o4', 'Cyd', 0.00, 'pending', '2025-03-01'),
    ('o5', 'Cyd', 40.00, 'pending', '2025-02-14'), ('o6', NULL, 40.00, 'cancelled', '2025-02-10')
"""


@pytest.fixture
def orders():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE filtered_orders (order_id varchar, customer varchar, amount decimal(12,2), status varchar, order_date date)"
        )
        connection.execute(f"INSERT INTO filtered_orders VALUES {ROWS}")
        yield connection


def ask(orders, name, **given):
    """(column names, rows) of a question; literals take the places of the `?`, as Athena does it."""
    query = QUERIES[name]
    parts = query.sql.split("?")
    literals = [*query.literals(given), ""]
    sql = "".join(part + literal for part, literal in zip(parts, literals, strict=True))
    (translated,) = sqlglot.transpile(sql, read="athena", write="duckdb")
    found = orders.execute(translated)
    return [column[0] for column in found.description], found.fetchall()


@pytest.mark.parametrize("name", QUERIES)
def test_every_chart_draws_columns_that_its_question_answers(orders, name):
    columns, _ = ask(orders, name)
    assert {column for chart in QUERIES[name].charts for column in (chart.x, chart.y)} <= set(columns)


def test_total_sales_by_customer_breaks_ties_by_name(orders):
    _, rows = ask(orders, "total_sales_by_customer")
    assert rows == [("Cyd", Decimal("40.00"), 2), (None, Decimal("40.00"), 1), ("Ada", Decimal("20.21"), 2), ("Bob", Decimal("20.21"), 1)]


def test_monthly_order_volume_and_revenue(orders):
    _, rows = ask(orders, "monthly_order_volume_and_revenue")
    assert rows == [("2025-01", 1, Decimal("10.10")), ("2025-02", 4, Decimal("110.32")), ("2025-03", 1, Decimal("0.00"))]


def test_order_status_dashboard(orders):
    _, rows = ask(orders, "order_status_dashboard")
    assert [(status, count, percent) for status, count, percent, _ in rows] == [
        ("pending", 2, Decimal("33.3")),
        ("shipped", 2, Decimal("33.3")),
        ("cancelled", 1, Decimal("16.7")),
        ("confirmed", 1, Decimal("16.7")),
    ]
    assert sum(total for *_, total in rows) == Decimal("120.42")


def test_average_order_value_per_customer(orders):
    _, rows = ask(orders, "average_order_value_per_customer")
    assert [(customer, float(average), count) for customer, average, count in rows] == [
        (None, 40.0, 1),
        ("Bob", 20.21, 1),
        ("Cyd", 20.0, 2),
        ("Ada", pytest.approx(10.105), 2),
    ]


def test_top_10_largest_orders_has_the_month_from_its_first_to_its_last_day(orders):
    _, rows = ask(orders, "top_10_largest_orders")
    assert [row[0] for row in rows] == ["o5", "o6", "o3", "o2"]
    assert [row[0] for row in ask(orders, "top_10_largest_orders", month="2025-01")[1]] == ["o1"]
    assert ask(orders, "top_10_largest_orders", month="2024-12")[1] == []


def test_top_10_are_ten(orders):
    orders.execute("INSERT INTO filtered_orders SELECT 'x' || range, 'Eve', 50, 'shipped', DATE '2025-02-03' FROM range(20)")
    assert len(ask(orders, "top_10_largest_orders")[1]) == 10
