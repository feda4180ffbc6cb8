"""docs/add-a-pipeline.md, done word for word in a copy of the repository. Each test goes on from the one before."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.docs import guide
from tests.e2e.deployment import ROOT, Deployment
from tests.structure.house import files

pytestmark = pytest.mark.timeout(300)
PAGE = (ROOT / "docs" / "add-a-pipeline.md").read_text()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository to which the page was applied; a Git repository too, since the house's tests list its files."""
    root = tmp_path_factory.mktemp("copy")
    for name in files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    guide.apply(PAGE, root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def site(copy, tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("returns"), copy)
    deployment.settings["cache_dir"] = str(ROOT / ".cache")  # the layer's archive is the same
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")


def test_the_page_has_all_that_a_pipeline_needs():
    made = guide.files(PAGE)
    assert {path for path, _, _ in guide.edits(PAGE)} == {"inventory/local.yml", "inventory/aws.yml"}
    assert {path.partition("/")[0] for path in made} == {"inventory", "files", "sql", "playbooks", "tests", "returns.csv"}
    assert not [path for path in made if path.startswith(("roles/", "plugins/"))]


def test_the_houses_own_tests_and_style_accept_it(copy):
    python = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    tests = [f"tests/structure/test_{name}.py" for name in ("files", "playbooks", "roles", "security")]
    for command in (
        [*python, *tests, "tests/unit/test_returns_core.py"],
        [sys.executable, "-m", "ruff", "check", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "."],
        [sys.executable, "-m", "yamllint", "--strict", "inventory", "playbooks"],
    ):
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{command[2:4]}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"


def test_the_commands_deploy_it_and_upload_the_file(site, copy):
    played = []
    for program, playbook, *arguments in guide.commands(PAGE):
        assert program == "ansible-playbook"
        played.append(site.play(playbook, *arguments, environment={"PWD": str(copy)}).succeeded())
    assert {"returns", "orders"} <= played[0].recap.keys()
    (said,) = [line for line in PAGE.splitlines() if line.startswith("The upload says")]
    assert said.split("`")[1] in played[-1].text


def test_the_page_shows_the_answers(site):
    def rows(query):
        status, text = site.get(f"/returns/{query}.json")
        assert status == 200, text
        return json.loads(text)["rows"]

    assert rows("value_by_reason") == [["damaged", "120.00", 1], ["too small", "85.00", 2]]
    assert rows("returns_by_month") == [["2025-02", 2, "169.90"], ["2025-03", 1, "35.10"]]
    assert "Value by Reason" in site.get("/returns")[1]
    (record,) = json.loads(site.get("/audit/returns.json")[1])["records"]
    assert (record["rows"]["kept"], record["rejected_by_reason"]) == (3, {"amount_invalid": 1})
    assert site.client("athena").list_named_queries(WorkGroup="returns")["NamedQueryIds"]


def test_it_converges_alone(site):
    again = site.play("site.yml", "--limit", "returns").succeeded()
    assert (list(again.recap), again.changed) == (["returns"], 0)


def test_it_goes_alone_and_leaves_the_others(site):
    site.play("teardown.yml", "--limit", "returns").succeeded()
    assert [bucket["Name"] for bucket in site.client("s3").list_buckets()["Buckets"] if "returns" in bucket["Name"]] == []
    functions = {function["FunctionName"] for function in site.client("lambda").list_functions()["Functions"]}
    assert functions == {"FilterAndProcessOrders", "orders-data-checks"}


def test_teardown_leaves_nothing(site):
    site.play("teardown.yml").succeeded()
    assert site.client("iam").list_roles()["Roles"] == []
