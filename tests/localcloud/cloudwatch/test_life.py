"""Alarms that really go off: a metric of ten seconds, a topic, its subscribers."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud import wait_for
from tests.localcloud.cloudwatch.sites import ACCOUNT, REGION, allow, arn, messages, queue, user, waiting


def alarm(cloud, name, actions, **members):
    given = {
        "AlarmName": name,
        "AlarmDescription": "tell somebody",
        "Namespace": "Test",
        "MetricName": name,
        "Dimensions": [{"Name": "Server", "Value": "one"}],
        "Statistic": "Sum",
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
        "AlarmActions": actions,
        "OKActions": actions,
    }
    cloud.client("cloudwatch").put_metric_alarm(**given | members)


def put(cloud, name, value):
    datum = {"MetricName": name, "Dimensions": [{"Name": "Server", "Value": "one"}], "Value": value, "StorageResolution": 1}
    cloud.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[datum])


def key(cloud, *services):
    """The id of a key that the account and these services may use."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    others = [json.loads(allow(each, ["kms:GenerateDataKey*", "kms:Decrypt"]))["Statement"][0] for each in services]
    return cloud.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [own, *others]}))["KeyMetadata"]["KeyId"]


def topic(cloud, name, subscriber, **attributes):
    made = cloud.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=made, Protocol="sqs", Endpoint=subscriber)
    return made


def actions(cloud, name):
    items = cloud.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    return [(each["HistorySummary"], json.loads(each["HistoryData"])) for each in items]


def test_an_alarm_goes_off_and_is_over_and_both_reach_a_queue(cloud, name):
    called, inbox = name("alarm"), queue(cloud, name("inbox"), "sns")
    there = topic(cloud, name("topic"), inbox, KmsMasterKeyId=key(cloud, "cloudwatch"))
    put(cloud, called, 1.0)
    alarm(cloud, called, [there])
    [text] = messages(cloud, inbox, 1, 30)
    envelope = json.loads(text)
    told = json.loads(envelope["Message"])
    assert envelope["Subject"] == f'ALARM: "{called}" in US East (N. Virginia)'
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == (called, "ALARM", "INSUFFICIENT_DATA")
    assert told["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (")
    assert (told["AlarmDescription"], told["AWSAccountId"], told["Region"]) == ("tell somebody", ACCOUNT, "US East (N. Virginia)")
    assert told["AlarmArn"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{called}"
    trigger = told["Trigger"]
    assert (trigger["MetricName"], trigger["Statistic"], trigger["Period"], trigger["Threshold"]) == (called, "SUM", 10, 0)
    assert trigger["Dimensions"] == [{"name": "Server", "value": "one"}]
    put(cloud, called, 0.0)
    [text] = messages(cloud, inbox, 1, 30)
    told = json.loads(json.loads(text)["Message"])
    assert (told["NewStateValue"], told["OldStateValue"]) == ("OK", "ALARM")
    wait_for(lambda: len(actions(cloud, called)) == 2, "both actions in the history")
    assert all(summary == f"Successfully executed action {there}" for summary, _ in actions(cloud, called))


def test_what_may_not_publish_fails_and_the_history_says_why(cloud, name):
    called, inbox = name("alarm"), queue(cloud, name("inbox"), "sns")
    closed = topic(cloud, name("topic"), inbox, Policy=allow("events", "sns:Publish"))
    locked = topic(cloud, name("topic"), inbox, KmsMasterKeyId=key(cloud, "events"))
    managed = topic(cloud, name("topic"), inbox, KmsMasterKeyId="alias/aws/sns")
    absent = arn("sns", "nowhere")
    alarm(cloud, called, [closed, locked, managed, absent])
    cloud.client("cloudwatch").set_alarm_state(AlarmName=called, StateValue="ALARM", StateReason="a test")
    wait_for(lambda: len(actions(cloud, called)) == 4, "four failed actions in the history")
    told = {data["notificationResource"]: (summary, data["error"]) for summary, data in actions(cloud, called)}
    assert all(summary.startswith("Failed to execute action") for summary, _ in told.values())
    assert "the topic's policy does not allow it" in told[closed][1]
    assert "kms:GenerateDataKey" in told[locked][1]
    assert "the key that AWS manages" in told[managed][1]
    assert "does not exist" in told[absent][1]
    assert waiting(cloud, inbox) == 0


def test_alarms_without_actions_enabled_are_silent_and_still_an_event(cloud, name):
    called, inbox, events = name("alarm"), queue(cloud, name("inbox"), "sns"), queue(cloud, name("events"), "events")
    rule = name("rule")
    pattern = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], "detail": {"alarmName": [called]}}
    cloud.client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    cloud.client("events").put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": events}])
    alarm(cloud, called, [topic(cloud, name("topic"), inbox)], ActionsEnabled=False)
    cloud.client("cloudwatch").set_alarm_state(AlarmName=called, StateValue="ALARM", StateReason="a test")
    [event] = map(json.loads, messages(cloud, events, 1))
    assert (event["detail"]["state"]["value"], event["detail"]["previousState"]["value"]) == ("ALARM", "INSUFFICIENT_DATA")
    assert event["resources"] == [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{called}"]
    assert actions(cloud, called) == []


def test_users_of_an_encrypted_topic_need_its_key(cloud, name):
    inbox = queue(cloud, name("inbox"), "sns")
    there = topic(cloud, name("topic"), inbox, KmsMasterKeyId=key(cloud))
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        user(cloud, name("user"), "sns", ("sns:Publish", "*")).publish(TopicArn=there, Message="no")
    able = user(cloud, name("user"), "sns", ("sns:Publish", "*"), (["kms:GenerateDataKey", "kms:Decrypt"], "*"))
    able.publish(TopicArn=there, Message="yes")
    assert json.loads(messages(cloud, inbox, 1)[0])["Message"] == "yes"
