"""A resource of the same name that is not ours is never changed or removed; the error says what was found and how to go on."""

import json

import pytest

from tests.e2e.deployment import Deployment
from tests.local_cloud import create_role

pytestmark = pytest.mark.timeout(300)
QUICK = {"environment": {"MACHINES": "no"}}
THEIRS = {"team": "other"}
GROUP = "/aws/lambda/FilterAndProcessOrders"


@pytest.fixture(scope="module")
def shared_account(tmp_path_factory):
    """An account where somebody else has a log group, a role, a queue and a workgroup of our names."""
    deployment = Deployment(tmp_path_factory.mktemp("foreign"))
    try:
        deployment.play("site.yml", "--limit", "localclouds", **QUICK).succeeded()
        deployment.client("logs").create_log_group(logGroupName=GROUP, tags=THEIRS)
        create_role(deployment.client("iam"), "Glue-S3-Crawler-Role")
        deployment.client("sqs").create_queue(QueueName="orders-failed-events", tags={"project": "headwater", "environment": "prod"})
        deployment.client("athena").create_work_group(Name="orders")
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml", **QUICK)


FOREIGN = (
    f"logs log group {GROUP}: it has team='other'",
    "iam role Glue-S3-Crawler-Role: it has no tags",
    "sqs queue orders-failed-events: it has environment='prod', project='headwater'",
    "athena workgroup orders: it has no tags",
)


@pytest.mark.parametrize(
    ("playbook", "arguments"),
    [
        ("site.yml", []),
        ("site.yml", ["--check"]),
        ("site.yml", ["--limit", "orders", "--tags", "glue"]),
        ("teardown.yml", []),
    ],
)
def test_everything_foreign_is_named_and_nothing_is_written(shared_account, playbook, arguments):
    before = len(shared_account.writes())
    played = shared_account.play(playbook, *arguments, **QUICK)
    assert played.code == 2
    assert f"{len(FOREIGN)} resource(s) bear names of this project and are not its own" in played.text
    for words in (*FOREIGN, "name_prefix", "project=headwater and environment=dev"):
        assert words in played.text
    assert shared_account.writes()[before:] == []


def test_a_prefix_is_a_way_out_and_theirs_stays_as_it_was(shared_account):
    some = ("--limit", "orders", "--tags", "iam,logs,sqs")
    shared_account.play("site.yml", *some, **QUICK, name_prefix="dev-").succeeded()
    shared_account.play("teardown.yml", *some, **QUICK, name_prefix="dev-").succeeded()
    assert shared_account.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == GROUP
    role = shared_account.client("iam").get_role(RoleName="Glue-S3-Crawler-Role")["Role"]
    assert "glue.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])


def test_tags_are_the_other_way_out(shared_account):
    tags = {"project": "headwater", "environment": "dev"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    logs, sqs, athena = (shared_account.client(service) for service in ("logs", "sqs", "athena"))
    logs.tag_log_group(logGroupName=GROUP, tags=tags)
    shared_account.client("iam").tag_role(RoleName="Glue-S3-Crawler-Role", Tags=listed)
    sqs.tag_queue(QueueUrl=sqs.get_queue_url(QueueName="orders-failed-events")["QueueUrl"], Tags=tags)
    athena.tag_resource(ResourceARN="arn:aws:athena:us-east-1:000000000000:workgroup/orders", Tags=listed)
    shared_account.play("site.yml", "--limit", "orders", "--tags", "logs,sqs", **QUICK).succeeded()
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 30
