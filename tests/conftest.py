"""What all tests share."""

import os
import sys
from pathlib import Path

import pytest

# Every boto3 client of the tests, in this process and in those that it starts, is held against botocore's models.
TESTS = Path(__file__).resolve().parent
_PLUGIN = str(TESTS.parent / "localcloud" / "botocore_plugin")
sys.path.insert(0, _PLUGIN)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_PLUGIN, os.environ.get("PYTHONPATH")]))
os.environ["BOTOCORE_EXPERIMENTAL__PLUGINS"] = "strict=strict_botocore"

from tests.browser import browser  # noqa: E402, F401 - a fixture; after the environment is set

#: Files of long lives, the longest first: marked `long`, which `make test-long` runs and `make test` leaves out.
LONG = (
    "e2e/test_security.py",
    "roles/test_dashboard_on_a_server.py",
    "e2e/test_alarms.py",
    "e2e/test_transactions.py",
    "roles/test_killed_with_a_server.py",
    "e2e/test_order_history.py",
    "e2e/test_interrupted.py",
    "e2e/test_aws_inventory.py",
    "e2e/test_warm.py",
    "e2e/test_drift.py",
    "e2e/test_faults.py",
    "docs/test_add_a_pipeline.py",
    "localcloud/machines/test_restart.py",
    "localcloud/machines/test_api.py",
    "localcloud/machines/test_life.py",
    "localcloud/machines/test_metadata.py",
    "roles/test_order_source.py",
    "unit/order_history/test_job.py",
    "localcloud/spark/test_spark.py",
)
#: Of the others those that take longest: they begin first, so that none of them is still at work when all others are done.
FIRST = (
    "e2e/test_site.py",
    "e2e/test_clickstream.py",
    "e2e/test_lock.py",
    "localcloud/checks/test_faults.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Whole files in the order of LONG and FIRST, then the others; `make test` gives each worker the next file."""
    order = {TESTS / name: place for place, name in enumerate(LONG + FIRST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))
    for item in items:
        if order.get(item.path, len(LONG)) < len(LONG):
            item.add_marker(pytest.mark.long)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where CI=true nothing may skip: a machine that lacks something must be told, not passed over."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report
