"""A service invokes a function only where the function's resource policy lets it."""

import json
import time

import pytest

from tests.local_cloud import wait_for
from tests.localcloud.functions.test_functions import zipped
from tests.localcloud.iam.conftest import ACCOUNT, arn, error, lines, unique

CODE = """
import json
import boto3

def handler(event, context):
    boto3.client("s3").put_object(Bucket="BUCKET", Key="seen/" + context.aws_request_id, Body=json.dumps(event))
"""


@pytest.fixture
def site(cloud, role):
    """(bucket, function's name) of a function that writes down what it is asked."""
    bucket, name = unique("delivery-bucket"), unique("delivered")
    cloud.client("s3").create_bucket(Bucket=bucket)
    made = role("lambda.amazonaws.com", ("s3:PutObject", f"arn:aws:s3:::{bucket}/seen/*"))
    code = {"ZipFile": zipped(probe=CODE.replace("BUCKET", bucket))}
    cloud.client("lambda").create_function(FunctionName=name, Runtime="python3.12", Role=made["Arn"], Handler="probe.handler", Code=code)
    return bucket, name


def seen(cloud, bucket):
    return cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="seen/").get("KeyCount", 0)


def notify(cloud, bucket, name):
    """Send the bucket's events below in/ to the function."""
    item = {
        "LambdaFunctionArn": arn("lambda", f"function:{name}"),
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
    }
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [item]}
    )


def permit(cloud, name, service, source, **members):
    cloud.client("lambda").add_permission(
        FunctionName=name, StatementId="it", Action="lambda:InvokeFunction", Principal=service, SourceArn=source, **members
    )


@pytest.mark.parametrize(
    ("service", "source", "account"),
    [
        (None, None, None),
        ("events.amazonaws.com", "arn:aws:s3:::{bucket}", ACCOUNT),
        ("s3.amazonaws.com", "arn:aws:s3:::another-bucket", ACCOUNT),
        ("s3.amazonaws.com", "arn:aws:s3:::{bucket}", "111111111111"),
    ],
)
def test_a_notification_without_its_permission_is_not_taken(cloud, site, service, source, account):
    bucket, name = site
    if service:
        permit(cloud, name, service, source.format(bucket=bucket), SourceAccount=account)
    code, message = error(lambda: notify(cloud, bucket, name))
    assert code == "InvalidArgument"
    assert message.startswith("Unable to validate the following destination configurations")


def test_an_object_reaches_the_function_as_long_as_it_is_permitted(cloud, site):
    bucket, name = site
    permit(cloud, name, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    notify(cloud, bucket, name)
    cloud.client("s3").put_object(Bucket=bucket, Key="in/one", Body=b"1")
    wait_for(lambda: seen(cloud, bucket) == 1, "the event")
    cloud.client("lambda").remove_permission(FunctionName=name, StatementId="it")
    cloud.client("s3").put_object(Bucket=bucket, Key="in/two", Body=b"1")
    denied = ["lambda:InvokeFunction", arn("lambda", f"function:{name}"), "deny"]
    wait_for(lambda: [line for line in lines(cloud, principal="s3.amazonaws.com") if denied in line["checks"]], "the refusal")
    time.sleep(0.5)
    assert seen(cloud, bucket) == 1


def test_a_topic_needs_its_permission(cloud, site):
    bucket, name = site
    sns, topic = cloud.client("sns"), unique("topic")
    topic = sns.create_topic(Name=topic)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn("lambda", f"function:{name}"))
    sns.publish(TopicArn=topic, Message="one")
    wait_for(lambda: lines(cloud, principal="sns.amazonaws.com", status=403), "the refusal")
    permit(cloud, name, "sns.amazonaws.com", topic)
    sns.publish(TopicArn=topic, Message="two")
    wait_for(lambda: seen(cloud, bucket) == 1, "the message")
    key = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="seen/")["Contents"][0]["Key"]
    event = json.load(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    assert event["Records"][0]["Sns"]["Message"] == "two"


def test_a_rule_needs_its_permission(cloud, site):
    bucket, name = site
    events, rule = cloud.client("events"), unique("rule")
    made = events.put_rule(Name=rule, EventPattern='{"source": ["shop"]}')["RuleArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn("lambda", f"function:{name}")}])
    put = lambda: events.put_events(Entries=[{"Source": "shop", "DetailType": "sale", "Detail": "{}"}])  # noqa: E731 - one line
    put()
    wait_for(lambda: lines(cloud, principal="events.amazonaws.com", status=403), "the refusal")
    permit(cloud, name, "events.amazonaws.com", made)
    put()
    wait_for(lambda: seen(cloud, bucket) == 1, "the event")
