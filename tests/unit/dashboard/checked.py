"""The orders pipeline with data checks: its configuration, and records as the function writes them."""

import json
from datetime import UTC, datetime, timedelta

from tests.data_checks import checks, core
from tests.unit.dashboard.sample import CONFIG, HOSTILE, fake_aws

CHECKED = {**CONFIG, "pipelines": [{**CONFIG["pipelines"][0], "checks_prefix": "checks/"}]}
LATEST = "checks/latest.json"
FINDINGS = {
    "duplicate_orders": core.Answer(
        ("order_id", "orders", "customer"),
        ("varchar", "bigint", "varchar"),
        (("1001", "3", HOSTILE), ("1002", "2", None)),
        1234,
        execution_id="00000000-0000-4000-8000-000000000001",
        scanned=52_345,
        ms=412,
    ),
    "orders_without_customer": core.Answer(("order_id", "amount"), ("varchar", "decimal"), (("7", "1234.50"),), 1, scanned=1_000, ms=90),
    "dates_to_come": core.Answer(error="COLUMN_NOT_FOUND: line 5:5: Column 'order_date' cannot be resolved", ms=10),
}


def record(answers=FINDINGS, ended=None, state=True):
    """A record's bytes; `answers` of the checks that did not pass; `state` False where there was nothing to check."""
    found = checks("orders")
    ended = ended or datetime.now(UTC) - timedelta(minutes=3)
    told = {check.name: answers.get(check.name, core.Answer(("a",), ("varchar",), scanned=400, ms=80)) for check in found}
    return json.dumps(core.record("orders", "r", ended, ended, found, core.parameters(found), told if state else None)).encode()


def checked_aws(body=None):
    """The fake AWS of the sample, with a record of checks, or none where `body` is empty."""
    aws = fake_aws()
    body = record() if body is None else body
    if body:
        aws.put(LATEST, body)
    return aws
