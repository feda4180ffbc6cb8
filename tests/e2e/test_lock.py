"""Two deployments at once: the second refuses while the first is at work; a lock left by a dead one is taken over with a word."""

import json
import os
import signal

import pytest

from tests.e2e.deployment import Deployment
from tests.local_cloud import wait_for

pytestmark = pytest.mark.timeout(300)
QUICK = {"environment": {"MACHINES": "no"}}
SOME = ("--limit", "orders", "--tags", "sqs")
LOCK = "/headwater/deploy-lock"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("lock"))
    try:
        deployment.play("site.yml", "--limit", "localclouds", **QUICK).succeeded()
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml", **QUICK)


def holder(deployment):
    """Who holds the lock, or None."""
    ssm = deployment.client("ssm")
    try:
        return json.loads(ssm.get_parameter(Name=LOCK)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def test_of_two_at_once_the_second_refuses_and_the_first_succeeds(locked):
    first = locked.start("site.yml", "--limit", "shared,orders", **QUICK)
    held = wait_for(lambda: holder(locked), "the first run's lock", 60)
    assert held["pid"] == first.pid
    second = locked.play("site.yml", "--limit", "orders", **QUICK)
    text, _ = first.communicate(timeout=200)
    assert second.code == 2
    assert f"another run deploys, {held['owner']} (process {first.pid} on {held['host']}, since {held['since']})" in second.text
    assert second.changes == []
    assert first.returncode == 0, text[-3000:]
    assert holder(locked) is None


def test_check_mode_goes_on_beside_a_deployment_and_says_so(locked):
    first = locked.start("site.yml", *SOME, **QUICK)
    wait_for(lambda: holder(locked), "the first run's lock", 60)
    os.kill(first.pid, signal.SIGSTOP)  # so that it cannot end before the other one looks
    checked = locked.play("site.yml", "--check", *SOME, **QUICK)
    os.kill(first.pid, signal.SIGCONT)
    text, _ = first.communicate(timeout=200)
    checked.succeeded()
    assert f"(process {first.pid} on" in checked.text
    assert first.returncode == 0, text[-3000:]


def test_the_lock_of_a_killed_run_is_taken_over_with_a_word(locked):
    killed = locked.start("site.yml", *SOME, **QUICK)
    wait_for(lambda: holder(locked), "the run's lock", 60)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert holder(locked)["pid"] == killed.pid
    after = locked.play("site.yml", *SOME, **QUICK).succeeded()
    assert f"is taken over, since its process {killed.pid} is gone" in " ".join(after.text.split())
    assert holder(locked) is None


def test_a_failed_run_leaves_its_lock_and_the_next_one_takes_it(locked):
    failed = locked.play("site.yml", "--tags", "glue", **QUICK, glue_databases=[{"name": "orders_db", "descripton": "x"}])
    assert failed.code == 2
    assert holder(locked)
    assert "is taken over" in locked.play("site.yml", "--tags", "glue", **QUICK).succeeded().text
    assert holder(locked) is None


def test_a_lock_that_is_left_is_a_leftover_but_a_teardown_takes_it_away(locked):
    locked.client("ssm").put_parameter(
        Name=LOCK,
        Type="String",
        Value=json.dumps(
            {"owner": "me", "host": "far", "pid": 1, "started": 0, "since": "2020-01-01T00:00:00Z", "renewed": "2020-01-01T00:00:00Z"}
        ),
    )
    locked.play("teardown.yml", **QUICK).succeeded()
    assert locked.client("ssm").describe_parameters()["Parameters"] == []
