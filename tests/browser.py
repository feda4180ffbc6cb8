"""A real browser for tests: headless Chromium, driven by selenium.

Without Chromium its tests are skipped, with the reason; where CI=true that is a failure.
"""

import os
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may run as root, where Chromium refuses its sandbox
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing(what):
    """Skip with the reason, or fail where these tests must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, so the browser tests must run, but {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Selenium's driver of a headless Chromium that logs its console and its requests."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        missing("chromium and chromedriver are not both on PATH; on Debian: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(driver))
    found.set_page_load_timeout(30)
    yield found
    found.quit()
