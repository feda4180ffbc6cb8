"""The metrics that AWS's services publish by themselves."""

import base64
import contextlib
import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud import wait_for
from tests.localcloud.cloudwatch.sites import MINUTE, REGION, arn, function, largest, messages, queue, rule, stream, total

#: Answers Firehose's transformations, and fails if an event says so.
CODE = """
def handler(event, context):
    if "fail" in str(event):
        raise ValueError("told to")
    return {"records": [{"recordId": each["recordId"], "result": "Ok", "data": each["data"]} for each in event.get("records", [])]}
"""


@pytest.fixture
def bucket(cloud, name):
    made = name("bucket")
    cloud.client("s3").create_bucket(Bucket=made)
    return made


def test_invocations_of_every_kind_are_counted(cloud, name, bucket):
    called = name("function")
    target = function(cloud, called, CODE, "s3", "events", "sns")
    s3, sns = cloud.client("s3"), cloud.client("sns")
    item = {
        "LambdaFunctionArn": target,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [item]})
    topic, kind = sns.create_topic(Name=name("topic"))["TopicArn"], name("kind")
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=target)
    rule(cloud, name("rule"), {"Arn": target}, EventPattern=json.dumps({"detail-type": [kind]}))
    delivery = name("stream")
    stream(cloud, delivery, bucket, target)

    def count(metric="Invocations"):
        return total(cloud, "AWS/Lambda", metric, FunctionName=called)

    cloud.client("lambda").invoke(FunctionName=called, Payload=b"{}")
    assert (count(), count("Errors")) == (1, 0)
    cloud.client("lambda").invoke(FunctionName=called, Payload=b'"fail"')
    assert (count(), count("Errors")) == (2, 1)
    for number, begin in enumerate(
        (
            lambda: cloud.client("lambda").invoke(FunctionName=called, InvocationType="Event", Payload=b"{}"),
            lambda: s3.put_object(Bucket=bucket, Key="in/a", Body=b"a"),
            lambda: sns.publish(TopicArn=topic, Message="hello"),
            lambda: cloud.client("events").put_events(Entries=[{"Source": "test", "DetailType": kind, "Detail": "{}"}]),
            lambda: cloud.client("firehose").put_record(DeliveryStreamName=delivery, Record={"Data": b"hello"}),
        )
    ):
        begin()
        wait_for(lambda: count() == 3 + number, f"invocation {number + 3}")  # noqa: B023 - used at once
    assert (count("Errors"), count("Throttles"), count("AsyncEventsReceived")) == (1, 0, 4)
    assert 0 < largest(cloud, "AWS/Lambda", "Duration", FunctionName=called) < 10_000


def test_throttles_are_no_invocations(cloud, name):
    called = name("function")
    function(cloud, called, CODE)
    cloud.client("lambda").put_function_concurrency(FunctionName=called, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequests"):
        cloud.client("lambda").invoke(FunctionName=called, Payload=b"{}")
    found = {each: total(cloud, "AWS/Lambda", each, FunctionName=called) for each in ("Throttles", "Invocations", "Errors")}
    assert found == {"Throttles": 2, "Invocations": 0, "Errors": 0}  # the client tried again once


def test_a_throttled_event_waits_instead_of_being_given_up(cloud, name):
    called, failed = name("function"), queue(cloud, name("failed"))
    function(cloud, called, CODE, allow=["sqs:SendMessage"])
    client = cloud.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=called, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": failed}}
    )
    client.put_function_concurrency(FunctionName=called, ReservedConcurrentExecutions=0)
    client.invoke(FunctionName=called, InvocationType="Event", Payload=b"{}")
    wait_for(lambda: total(cloud, "AWS/Lambda", "Throttles", FunctionName=called) >= 1, "a throttle")
    client.delete_function_concurrency(FunctionName=called)
    wait_for(lambda: total(cloud, "AWS/Lambda", "Invocations", FunctionName=called) == 1, "the invocation")
    assert total(cloud, "AWS/Lambda", "AsyncEventsDropped", FunctionName=called) == 0


def test_requests_on_buckets_are_counted_where_that_is_configured(cloud, name, bucket):
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="in/before", Body=b"x")
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="All")
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="All", MetricsConfiguration={"Id": "All"})
    filtered = {"Id": "in", "Filter": {"Prefix": "in/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="in", MetricsConfiguration=filtered)
    assert s3.get_bucket_metrics_configuration(Bucket=bucket, Id="in")["MetricsConfiguration"] == filtered
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]
    assert listed == [{"Id": "All"}, filtered]
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"12345")
    s3.get_object(Bucket=bucket, Key="in/a")["Body"].read()
    with contextlib.suppress(ClientError):
        s3.get_object(Bucket=bucket, Key="other")

    def count(metric, identity):
        return total(cloud, "AWS/S3", metric, BucketName=bucket, FilterId=identity)

    assert [count(each, "in") for each in ("PutRequests", "GetRequests", "AllRequests", "4xxErrors")] == [1, 1, 2, 0]
    assert [count(each, "All") for each in ("PutRequests", "4xxErrors", "5xxErrors", "BytesUploaded")] == [
        2,
        1,
        0,
        pytest.approx(200, abs=300),
    ]
    assert count("BytesDownloaded", "in") == 5
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="All")
    assert s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"] == [filtered]


def test_each_minute_has_its_metrics_and_its_scheduled_event(cloud):
    """Everything that is published or fired at a minute's end; it was begun with the cloud, so that a wait is rare."""
    delivery, hanging, depth = MINUTE["delivery"], MINUTE["hanging"], MINUTE["depth"]

    def of_queue(metric):
        return largest(cloud, "AWS/SQS", metric, QueueName=depth)

    def of_stream(metric, called=delivery):
        return total(cloud, "AWS/Firehose", metric, DeliveryStreamName=called)

    wait_for(lambda: of_queue("ApproximateNumberOfMessagesVisible") == 2, "the queue's depth", 75)
    assert of_queue("ApproximateNumberOfMessagesNotVisible") == 1
    assert of_queue("ApproximateAgeOfOldestMessage") >= 0
    assert total(cloud, "AWS/SQS", "NumberOfMessagesSent", QueueName=depth) == 3
    counted = [
        of_stream(each)
        for each in ("IncomingRecords", "IncomingBytes", "IncomingPutRequests", "DeliveryToS3.Records", "DeliveryToS3.Bytes")
    ]
    assert counted == [2, 5, 1, 2, 5]
    assert of_stream("DeliveryToS3.Success") == 1
    assert largest(cloud, "AWS/Firehose", "DeliveryToS3.Success", DeliveryStreamName=hanging) == 0
    assert largest(cloud, "AWS/Firehose", "DeliveryToS3.DataFreshness", DeliveryStreamName=hanging) > 0
    events = [json.loads(each) for each in messages(cloud, arn("sqs", MINUTE["rule"]), 1, 10)]
    event = events[0]
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert (event["resources"], event["region"], len(event["id"])) == ([arn("events", f"rule/{MINUTE['rule']}")], REGION, 36)
    assert all(each["time"].endswith(("00Z", "01Z", "02Z")) for each in events), "a schedule fires within a second or two"
    assert total(cloud, "AWS/Events", "TriggeredRules", RuleName=MINUTE["rule"]) == total(
        cloud, "AWS/Events", "Invocations", RuleName=MINUTE["rule"]
    )
    assert total(cloud, "AWS/Events", "FailedInvocations", RuleName=MINUTE["rule"]) == 0


def test_everything_survives_a_restart_and_a_kill(tmp_path):
    from tests.local_cloud import Cloud

    cloud = Cloud(tmp_path).start()
    watch = cloud.client("cloudwatch")
    given = {"Namespace": "Test", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1}
    watch.put_metric_alarm(AlarmName="kept", ComparisonOperator="GreaterThanThreshold", **given)
    watch.set_alarm_state(AlarmName="kept", StateValue="OK", StateReason="by hand")
    watch.put_dashboard(DashboardName="kept", DashboardBody='{"widgets": []}')
    watch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Values": [1.0, 2.0, 6.0]}])
    cloud.client("s3").create_bucket(Bucket="kept")
    cloud.client("s3").put_bucket_metrics_configuration(Bucket="kept", Id="All", MetricsConfiguration={"Id": "All"})
    called, sqs = "counted", cloud.client("sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName=called)["QueueUrl"], MessageBody=base64.b64encode(b"x").decode())
    cloud.stop()
    cloud.start()
    try:
        watch = cloud.client("cloudwatch")
        assert watch.describe_alarms()["MetricAlarms"][0]["StateReason"] == "by hand"
        assert len(watch.describe_alarm_history(AlarmName="kept")["AlarmHistoryItems"]) == 2
        assert watch.get_dashboard(DashboardName="kept")["DashboardBody"] == '{"widgets": []}'
        assert total(cloud, "Test", "m") == 9
        assert cloud.client("s3").get_bucket_metrics_configuration(Bucket="kept", Id="All")["MetricsConfiguration"] == {"Id": "All"}
        assert largest(cloud, "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName=called) == 1, "the last minute's are not lost"
        cloud.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Value": 4.0}])
        cloud.client("cloudwatch").set_alarm_state(AlarmName="kept", StateValue="ALARM", StateReason="before the kill")
        time.sleep(3)  # metrics are written each second
        cloud.stop(kill=True)
        cloud.start()
        assert total(cloud, "Test", "m") == 13
        assert cloud.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["StateReason"] == "before the kill"
    finally:
        cloud.stop()
