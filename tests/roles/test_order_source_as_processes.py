"""The same two roles where there are no machines: processes of this machine, with the server's role and no other credentials."""

from collections import Counter

import pytest

from tests.local_cloud import wait_for
from tests.roles.order_source import Source

ROLE = "EC2-Order-Source-Role"


class Processes(Source):
    """Both as processes; their files lie below the deployment's state."""

    machines = "no"

    def settings(self, **others):
        url, state = self.site.endpoint, self.site.state
        environment = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/_headwater/role-credentials/{ROLE}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{state}/localcloud/iam/local-process-token",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        here = {"log_generator_server": "process", "kinesis_agent_server": "process", "log_generator_folder": f"{state}/orders"}
        flow = {**super().settings()["kinesis_agent_flows"][0], "filePattern": f"{state}/orders/*.log"}
        return {**super().settings(), **here, "kinesis_agent_environment": environment, "kinesis_agent_flows": [flow], **others}

    def written(self):
        return [line for path in (self.site.state / "orders").glob("*.log") for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    made = Processes(tmp_path_factory.mktemp("source"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def deployed(source):
    run = source.play(log_generator_lines=900, log_generator_free_bytes=0).succeeded()
    source.make_stream()
    return run


def test_every_line_arrives_with_the_roles_credentials(source, deployed):
    wait_for(lambda: len(source.written()) == 900, "the lines", 30)
    wait_for(lambda: Counter(source.arrived()) == Counter(source.written()), "the arrival of every line", 40)
    calls = [line for line in source.site.journal.read_text().splitlines() if "PutRecordBatch" in line]
    assert calls
    assert all(f"assumed-role/{ROLE}/" in line for line in calls if '"status": 200' in line)


def test_the_second_run_changes_nothing(source, deployed):
    assert source.configure(log_generator_lines=900, log_generator_free_bytes=0).succeeded().changed == 0


def test_teardown_ends_both_and_removes_their_files(source, deployed):
    run = source.site.play("teardown.yml", "--tags", "log_generator,kinesis_agent", "--limit", "order_source", **source.settings())
    run.succeeded()
    assert not (source.site.state / "orders").exists()
    assert not (source.site.state / "kinesis_agent").exists()
    assert not list((source.site.state / "supervisor").glob("log_generator.*"))
    assert not list((source.site.state / "supervisor").glob("kinesis_agent.*"))
