"""plugins/action/normal.py: modules of one task run one after the other in a process of their own."""

import importlib
import os
import sys
import time
from types import SimpleNamespace

import pytest

from tests.unit.plugins import plugin_files

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # of the test's own process


@pytest.fixture
def normal(monkeypatch):
    """The plugin, without what it loads for real runs, and without a process yet."""
    monkeypatch.setenv("HEADWATER_WARM", "0")
    plugin = plugin_files.load("action", "normal")
    monkeypatch.setattr(plugin, "_process", None)
    yield plugin
    if plugin._process:
        plugin._process.pipe.close()


@pytest.fixture
def run(normal, monkeypatch):
    """run(main, **environment): what a module's process that calls `main` gives back."""
    mains = {}
    monkeypatch.setattr(normal, "load", lambda name: SimpleNamespace(main=lambda: mains[name]()))
    for number, main in enumerate(MAINS):
        mains[str(number)] = main
    return lambda main, **environment: normal.run_forked(str(MAINS.index(main)), b"{}", environment)


def tells():
    print(os.getpid(), os.environ.get("LEFT", "nothing"), os.getcwd(), len(sys.path))


def leaves_things():
    os.environ["LEFT"] = "something"
    os.chdir("/")
    sys.path.insert(0, "/nowhere")
    print("a long text" * 1000)
    print("said aside", file=sys.stderr)
    sys.exit(3)


def says_by_descriptor():
    os.write(1, b"below Python")


def dies():
    print("last words", flush=True)
    os._exit(7)


def fails():
    raise ValueError("of the module")


MAINS = (tells, leaves_things, says_by_descriptor, dies, fails)


def test_the_items_of_a_task_share_a_process_that_is_not_the_workers(run):
    first, second = (run(tells)["stdout"].split()[0] for _ in range(2))
    assert first == second
    assert int(first) != os.getpid()


def test_what_one_module_leaves_the_next_does_not_find(run):
    before = run(tells)
    left = run(leaves_things)
    assert (left["rc"], left["stdout"], left["stderr"]) == (3, "a long text" * 1000 + "\n", "said aside\n")
    after = run(tells)
    assert after == before
    assert after["stdout_lines"] == [after["stdout"].strip()]
    assert "LEFT" not in os.environ


def test_a_modules_environment_is_its_own(run):
    assert "of this item" in run(tells, LEFT="of this item")["stdout"]
    assert "nothing" in run(tells)["stdout"]


def test_what_is_written_past_python_is_read_too(run):
    assert run(says_by_descriptor)["stdout"] == "below Python"


def test_a_module_that_dies_says_how_and_the_next_has_a_new_process(run):
    before = run(tells)["stdout"].split()[0]
    died = run(dies)
    assert (died["rc"], died["stdout"]) == (7, "last words\n")
    assert run(tells)["stdout"].split()[0] != before


def test_an_exception_is_a_failed_result(run):
    failed = run(fails)
    assert failed["rc"] != 0
    assert "of the module" in failed["stdout"] + failed["stderr"]


def test_it_ends_with_its_worker(normal, run):
    run(tells)
    process = normal._process
    process.pipe.close()
    for _ in range(200):
        if os.waitpid(process.pid, os.WNOHANG)[0]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("it lives on")
    normal._process = None


def test_one_client_serves_all_that_ask_for_the_same_in_the_same_environment(normal, monkeypatch):
    theirs = importlib.import_module("ansible_collections.amazon.aws.plugins.module_utils.botocore")
    monkeypatch.setattr(theirs, "_boto3_conn", lambda **asked: object())
    normal._keep_clients()
    make = theirs._boto3_conn
    one = make(conn_type="client", resource="s3", region="us-east-1")
    assert make(conn_type="client", resource="s3", region="us-east-1") is one
    assert make(conn_type="client", resource="sqs", region="us-east-1") is not one
    assert make(conn_type="client", resource="s3", region="us-east-1", config=object()) is not one
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert make(conn_type="client", resource="s3", region="us-east-1") is not one
