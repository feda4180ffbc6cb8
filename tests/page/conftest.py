"""The dashboard on a port of its own, and axe; the browser is the one of tests/conftest.py."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from dashboard import create_app
from werkzeug.serving import make_server

from tests.browser import missing
from tests.unit.dashboard.checked import CHECKED, checked_aws
from tests.unit.dashboard.fake_aws import FakeAws
from tests.unit.dashboard.sample import CONFIG, NO_TABLE, SQL, fake_aws

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "page"


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of axe-core, in the version that package-lock.json pins, kept in .cache/page."""
    version = json.loads((HERE / "package.json").read_text())["dependencies"]["axe-core"]
    kept = CACHE / f"axe-{version}.min.js"
    if not kept.exists():
        if not shutil.which("npm"):
            missing(f"npm is not on PATH, and {kept.name} is not in .cache/page; on Debian: apt-get install npm")
        folder = tmp_path_factory.mktemp("npm")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        command = ["npm", "ci", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            missing(f"`npm ci` of axe-core failed: {done.stderr[-500:]}")
        CACHE.mkdir(parents=True, exist_ok=True)
        part = CACHE / f"{os.getpid()}.part"  # workers of one test run may come here at the same time
        shutil.copy(folder / "node_modules" / "axe-core" / "axe.min.js", part)
        part.replace(kept)
    return kept.read_text()


def serve(aws, config=CONFIG):
    """A dashboard on a port of its own; its `server_port` says which."""
    server = make_server("127.0.0.1", 0, create_app(config, aws), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def sites():
    """{name: base URL} of dashboards: `full` of data, `failing` in part, `empty`, `checked` with findings, `unchecked`."""
    failing = fake_aws()
    failing.answers[SQL["order_status_dashboard"]] = "COLUMN_NOT_FOUND: line 2:5: Column 'status' cannot be resolved"
    servers = {"full": serve(fake_aws()), "failing": serve(failing), "empty": serve(FakeAws(dict.fromkeys(SQL.values(), NO_TABLE)))}
    servers |= {"checked": serve(checked_aws(), CHECKED), "unchecked": serve(checked_aws(b""), CHECKED)}
    yield {name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(browser):
    """Opens a page at a width and in a colour scheme; scripts are on again afterwards."""

    def visit(url, width=1280, scheme="light"):
        phone = width < 500
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        for kind in ("browser", "performance"):
            browser.get_log(kind)  # reading empties it
        browser.get(url)
        return browser

    yield visit
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
