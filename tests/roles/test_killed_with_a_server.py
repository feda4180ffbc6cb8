"""A deployment with a server that is killed leaves nothing that the next run does not set right, and teardown takes the server away."""

import pytest

from tests.roles import kills
from tests.roles.server import Server, why_no_machines

pytestmark = [
    pytest.mark.timeout(300 + 300 * kills.KILLS),
    pytest.mark.skipif(why_no_machines() != "", reason=why_no_machines()),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("killed"))
    yield made
    made.play("playbooks/stop-localcloud.yml")


def test_a_deployment_that_is_killed_is_ended_by_the_next_one_and_the_one_after_changes_nothing(server):
    assert kills.go_through(server) >= kills.KILLS - 1


def test_teardown_ends_the_server(server):
    instance = server.record["instance_id"]
    server.play("teardown.yml").succeeded()
    assert list(server.folder.iterdir()) == []
    (found,) = server.site.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    assert found["Instances"][0]["State"]["Name"] == "terminated"
