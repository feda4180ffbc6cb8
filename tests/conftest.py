"""What all tests share."""

import os
import sys
from pathlib import Path

import pytest

# Every boto3 client of the tests, in this process and in those that it starts, is held against botocore's models.
_PLUGIN = str(Path(__file__).resolve().parents[1] / "localcloud" / "botocore_plugin")
sys.path.insert(0, _PLUGIN)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_PLUGIN, os.environ.get("PYTHONPATH")]))
os.environ["BOTOCORE_EXPERIMENTAL__PLUGINS"] = "strict=strict_botocore"

from tests.browser import browser  # noqa: E402, F401 - a fixture; after the environment is set


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where CI=true nothing may skip: a machine that lacks something must be told, not passed over."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}"
    return report
