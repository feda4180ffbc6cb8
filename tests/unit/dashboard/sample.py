"""The orders pipeline as the dashboard's tests see it: a configuration, answers of the five queries, audit records."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard import sql_files
from dashboard.aws import Alarm, Run

from tests.unit.dashboard.fake_aws import FakeAws, table

SQL_DIR = Path(__file__).parents[3] / "sql"
CONFIG = {
    "title": "Headwater",
    "region": "us-east-1",
    "endpoint_url": None,
    "sql_dir": str(SQL_DIR),
    "cache_seconds": 300,
    "query_timeout_seconds": 60,
    "row_limit": 1000,
    "price_per_tb_usd": 5.0,
    "minimum_billed_bytes": 10_000_000,
    "pipelines": [
        {
            "name": "orders",
            "title": "Orders",
            "description": "CSV files of orders, cleaned as they arrive, and five questions answered.",
            "workgroup": "orders",
            "database": "orders_db",
            "bucket": "orders-000000000000-us-east-1",
            "audit_prefix": "audit/",
            "rejected_prefix": "rejected/",
            "empty_hint": "Upload a file: ansible-playbook playbooks/upload-orders.yml -e orders_csv=FILE",
            "freshness_hours": 24,
            "raw_prefix": "raw/",
            "checks_prefix": "checks/",
            "failure_queues": ["orders-failed-events"],
            "alarm_prefix": "orders-",
            "crawlers": ["orders_processed_crawler"],
        }
    ],
}
HOSTILE = "<script>alert(1)</script>\"'&\u202e\x07"
SQL = {query.name: query.sql for query in sql_files.load_folder(SQL_DIR / "orders")}
NO_TABLE = "TABLE_NOT_FOUND: line 5:6: Table 'awsdatacatalog.orders_db.filtered_orders' does not exist"


def top_orders(literals):
    """Ten orders in February 2025, and none in any other month."""
    columns, types = ("order_id", "customer", "amount", "status", "order_date"), ("varchar", "varchar", "decimal(12,2)", "varchar", "date")
    rows = [(f"ORD-{1000 + n}", f"Customer {n % 3}", f"{990 - 37 * n}.50", "shipped", f"2025-02-{n + 3:02}") for n in range(10)]
    return table(columns, types, rows if literals == ["'2025-02'"] * 2 else [])


def answers():
    return {
        SQL["total_sales_by_customer"]: table(
            ("customer", "total_sales", "order_count"),
            ("varchar", "decimal(38,2)", "bigint"),
            [
                ("Ada Lovelace", "12345678901234567890.12", 41),
                ("Grace Hopper", "9876543210987654321.00", 33),
                (HOSTILE, "7000000000000000000.10", 21),
                ('=HYPERLINK("http://evil.example","click")', "4000000000000000000.00", 14),
                ("A customer with a name so long that no chart and no phone has room for it", "-1500000000000000000.50", 8),
                (None, "0.07", 1),
            ],
        ),
        SQL["monthly_order_volume_and_revenue"]: table(
            ("month", "order_count", "revenue"),
            ("varchar", "bigint", "decimal(38,2)"),
            [
                (f"{2024 + (m + 5) // 12}-{(m + 5) % 12 + 1:02}", 12 + (m * 7) % 11, f"{3000 + (m * 977) % 2500}.25")
                for m in range(14)
                if m != 6
            ],
        ),
        SQL["order_status_dashboard"]: table(
            ("status", "order_count", "percent_of_orders", "total_amount"),
            ("varchar", "bigint", "decimal(5,1)", "decimal(38,2)"),
            [("confirmed", 63, "45.0", "17000.10"), ("shipped", 46, "32.9", "12000.00"), ("pending", 31, "22.1", "8543.79")],
        ),
        SQL["average_order_value_per_customer"]: table(
            ("customer", "average_order_value", "order_count"),
            ("varchar", "decimal(12,2)", "bigint"),
            [("Ada Lovelace", "301.10", 41), ("Grace Hopper", "299.99", 33), ("Katherine Johnson", "12.00", 1)],
        ),
        SQL["top_10_largest_orders"]: top_orders,
    }


def audit_record(key="raw/orders.csv", **changes):
    record = {
        "pipeline": "orders",
        "function": "FilterAndProcessOrders",
        "source": {"bucket": "orders-000000000000-us-east-1", "key": key, "version_id": "v1.abc", "etag": "d41d8cd9", "size": 12_345},
        "event_time": "2025-04-22T09:30:00Z",
        "status": "processed",
        "reason": None,
        "rows": {"in": 200, "kept": 140, "dropped": 57, "rejected": 3},
        "dropped_by_rule": {"old_pending_or_cancelled": 57},
        "rejected_by_reason": {"bad_date": 2, "missing_order_id": 1},
        "extra_columns": ["note"],
        "output": {"processed": "processed/filtered_orders/orders.csv-1a2b.parquet", "rejected": "rejected/orders.csv-1a2b.jsonl"},
    }
    return json.dumps(record | changes).encode()


REJECTS = b'{"row": 7, "line": 8, "reason": "bad_date", "text": "7,<b>Eve</b>,1.00,shipped,2023-02-30"}\n'


def fake_aws():
    """A FakeAws with all five answers, three audit records (one of them broken) and the rejects that they name."""
    aws = FakeAws(answers())
    now = datetime.now(UTC)
    aws.put("audit/orders.csv-1a2b.json", audit_record(), now - timedelta(minutes=3))
    aws.put("audit/broken.json", b"{not json", now - timedelta(hours=2))
    whole = {
        "rows": {"in": 0, "kept": 0, "dropped": 0, "rejected": 0},
        "dropped_by_rule": {},
        "rejected_by_reason": {},
        "extra_columns": [],
    }
    aws.put(
        "audit/hostile.json",
        audit_record(
            f"raw/{HOSTILE}.csv",
            status="rejected",
            reason="the column OrderDate is missing",
            output={"processed": None, "rejected": None},
            **whole,
        ),
        now - timedelta(days=1),
    )
    aws.put("rejected/orders.csv-1a2b.jsonl", REJECTS)
    aws.put("raw/orders.csv", b"", now - timedelta(minutes=4))
    aws.states["messages", "orders-failed-events"] = 2
    aws.states["alarms", "orders-"] = [
        Alarm("orders-errors-FilterAndProcessOrders", f"Threshold crossed {HOSTILE}", now - timedelta(hours=1))
    ]
    aws.states["last_crawl", "orders_processed_crawler"] = Run("FAILED", "Insufficient permissions", now - timedelta(hours=5))
    return aws
