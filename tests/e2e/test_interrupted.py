"""A deployment or a teardown that is killed leaves nothing that the next run does not set right."""

import pytest

from tests.e2e.deployment import Deployment
from tests.e2e.interrupted import KILLS, QUICK, go_through, workers_left
from tests.local_cloud import wait_for

pytestmark = pytest.mark.timeout(300 + 300 * KILLS)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("interrupted"), without={"orders", "order_source", "transactions"})
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml", **QUICK)


def test_after_a_kill_the_next_run_converges_and_the_one_after_changes_nothing(interrupted):
    cut_off = go_through(interrupted, 1)
    assert cut_off >= KILLS, f"only {cut_off} of {2 * KILLS} runs were still at work when they were to be killed"
    wait_for(lambda: not workers_left(interrupted), "the end of the killed runs' workers", 90)
