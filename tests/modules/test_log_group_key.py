"""A log group's customer key: given at creation, changed, taken away. moto has no call for the latter two."""

import json

from tests.modules.clouds import on, unique
from tests.modules.runner import done, run


def key(aws):
    """ARN of a new key that CloudWatch Logs may use."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def key_of(aws, name):
    (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return group.get("kmsKeyId", "")


@on("local")
def test_the_key_of_a_group_is_set_changed_and_taken_away(aws):
    name, first, second = unique("group"), key(aws), key(aws)
    for wanted in (first, second, "", first):
        options = {"name": name, "retention_days": 7, "kms_key_arn": wanted}
        planned = done("cloudwatchlogs_group_config", check=True, **options)
        assert planned.changed
        assert done("cloudwatchlogs_group_config", **options).changed
        assert key_of(aws, name) == wanted
        assert not done("cloudwatchlogs_group_config", **options).changed


@on("local")
def test_a_key_that_is_not_there_is_an_error_that_names_the_group(aws):
    name = unique("group")
    done("cloudwatchlogs_group_config", name=name, retention_days=7)
    missing = f"arn:aws:kms:us-east-1:{aws.account}:key/00000000-0000-0000-0000-000000000000"
    failed = run("cloudwatchlogs_group_config", name=name, retention_days=7, kms_key_arn=missing)
    assert failed.failed
    assert f"Log group '{name}'" in failed.msg
    assert "KMS key does not exist" in failed.msg
