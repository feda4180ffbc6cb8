"""EventBridge names no source when it publishes to a topic, CloudWatch does: policies with conditions work for the one alone."""

import json

import pytest

from tests.local_cloud import wait_for
from tests.localcloud.cloudwatch.sites import ACCOUNT, arn, messages, queue, rule, total, waiting

FOR_US = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def statement(action, condition=None):
    allowed = {"Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}, "Action": action}
    return {**allowed, "Resource": "*", **({"Condition": condition} if condition else {})}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def encrypted_topic(cloud, name, topic_condition, key_condition):
    """(ARN of a topic, ARN of a queue that it tells)."""
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    use = statement(["kms:Decrypt", "kms:GenerateDataKey*"], key_condition)
    key = cloud.client("kms").create_key(Policy=policy(account, use))["KeyMetadata"]["KeyId"]
    alias = f"alias/{name('key')}"
    cloud.client("kms").create_alias(AliasName=alias, TargetKeyId=key)
    given = {"KmsMasterKeyId": alias, "Policy": policy(statement("sns:Publish", topic_condition))}
    topic = cloud.client("sns").create_topic(Name=name("topic"), Attributes=given)["TopicArn"]
    inbox = queue(cloud, name("queue"), "sns")
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox)
    return topic, inbox


@pytest.mark.parametrize(("on_topic", "on_key", "told"), [(None, None, 1), (FOR_US, None, 0), (None, FOR_US, 0)])
def test_a_rule_tells_a_topic_only_where_no_condition_asks_whom_it_is_for(cloud, name, on_topic, on_key, told):
    topic, inbox = encrypted_topic(cloud, name, on_topic, on_key)
    called = name("rule")
    rule(cloud, called, {"Arn": topic}, EventPattern=json.dumps({"source": [called]}))
    cloud.client("events").put_events(Entries=[{"Source": called, "DetailType": "x", "Detail": "{}"}])
    wait_for(lambda: total(cloud, "AWS/Events", "Invocations", RuleName=called), "the invocation")
    assert total(cloud, "AWS/Events", "FailedInvocations", RuleName=called) == 1 - told
    if told:
        messages(cloud, inbox, 1)
    assert waiting(cloud, inbox) == 0


def test_an_alarm_tells_a_topic_whose_conditions_ask_for_its_account(cloud, name):
    topic, inbox = encrypted_topic(cloud, name, FOR_US, FOR_US)
    called = name("alarm")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=called,
        Namespace="Headwater",
        MetricName=called,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[topic],
    )
    cloud.client("cloudwatch").set_alarm_state(AlarmName=called, StateValue="ALARM", StateReason="tried")
    (body,) = messages(cloud, inbox, 1)
    assert json.loads(json.loads(body)["Message"])["AlarmArn"] == arn("cloudwatch", f"alarm:{called}")
