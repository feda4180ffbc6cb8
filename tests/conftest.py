"""What all tests share."""

import os

import pytest

from tests.browser import browser  # noqa: F401 - a fixture


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where CI=true nothing may skip: a machine that lacks something must be told, not passed over."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report
