"""Layers, asynchronous invocation and triggers, beyond their life."""

import base64
import hashlib
import json

import pytest

from tests.modules.clouds import on, unique, zipped
from tests.modules.runner import done, refused


class Layer:
    """A layer's options with an archive in a bucket."""

    def __init__(self, aws):
        self.s3, self.lambdas = aws.client("s3"), aws.client("lambda")
        self.bucket, self.name = aws.bucket(), unique("layer")

    def options(self, text, **others):
        data = zipped({"python/answer.py": text})
        key = f"layers/{hashlib.sha256(data).hexdigest()}.zip"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return {"name": self.name, "s3_bucket": self.bucket, "s3_key": key, "code_sha256": digest, **others}

    def versions(self):
        return sorted(item["Version"] for item in self.lambdas.list_layer_versions(LayerName=self.name)["LayerVersions"])


@pytest.fixture
def layer(aws):
    return Layer(aws)


@on()
def test_a_layer_keeps_three_versions_and_publishes_only_what_is_new(layer):
    for number in range(5):
        assert done("lambda_layer_version", **layer.options(f"ANSWER = {number}")).changed
    assert layer.versions() == [3, 4, 5]
    assert not done("lambda_layer_version", **layer.options("ANSWER = 4")).changed
    assert layer.versions() == [3, 4, 5]
    assert done("lambda_layer_version", **layer.options("ANSWER = 3")).changed, "what an older version held is published anew"
    assert layer.versions() == [4, 5, 6]


@on()
def test_a_layer_without_versions_goes_whole(layer):
    options = layer.options("ANSWER = 1")
    for number in range(3):
        done("lambda_layer_version", **layer.options(f"ANSWER = {number}"))
    assert done("lambda_layer_version", state="absent", **options).writes == ["lambda:DeleteLayerVersion"] * 3
    assert layer.versions() == []


@on()
def test_an_archive_that_is_not_what_was_promised_is_an_error(layer):
    options = layer.options("ANSWER = 1") | {"code_sha256": "bm90IHRoaXM=", "wait_timeout": 0}
    refused("lambda_layer_version", "AWS still differs", "code_sha256 is", "not 'bm90IHRoaXM='", **options)


@on()
def test_a_layer_needs_its_digest(layer):
    refused(
        "lambda_layer_version", "state is present but all of the following are missing: code_sha256", name="l", s3_bucket="b", s3_key="k"
    )


@on()
def test_before_its_function_exists_its_invocation_can_be_checked_and_removed(aws):
    name = unique("function")
    assert done("lambda_event_invoke_config", check=True, function_name=name).changed
    assert not done("lambda_event_invoke_config", function_name=name, state="absent").changed


@on("local")
def test_more_retries_than_lambda_makes_are_refused(aws):
    name, _ = aws.function()
    refused("lambda_event_invoke_config", "MaximumRetryAttempts: 3 is more than the most, 2", function_name=name, maximum_retry_attempts=3)


class Triggers:
    """A bucket with notifications of other people, and a function."""

    def __init__(self, aws):
        self.s3, self.bucket = aws.client("s3"), aws.bucket()
        self.ours, self.theirs = (self.function(aws) for _ in range(2))
        self.queue = unique("queue")
        allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        aws.client("sqs").create_queue(QueueName=self.queue, Attributes={"Policy": policy})
        others = {
            "LambdaFunctionConfigurations": [{"Id": "theirs", "LambdaFunctionArn": self.theirs, "Events": ["s3:ObjectRemoved:*"]}],
            "QueueConfigurations": [{"Id": "queue", "QueueArn": aws.arn("sqs", self.queue), "Events": ["s3:ObjectCreated:*"]}],
            "EventBridgeConfiguration": {},
        }
        self.s3.put_bucket_notification_configuration(Bucket=self.bucket, NotificationConfiguration=others)

    def function(self, aws):
        name, arn = aws.function()
        source = {"SourceArn": f"arn:aws:s3:::{self.bucket}", "SourceAccount": aws.account}
        grant = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", **source}
        aws.client("lambda").add_permission(FunctionName=name, **grant)
        return arn

    def seen(self):
        """{kind: [Id, ...]}, and whether EventBridge is told."""
        found = self.s3.get_bucket_notification_configuration(Bucket=self.bucket)
        kinds = ("LambdaFunctionConfigurations", "QueueConfigurations")
        return {kind: sorted(item["Id"] for item in found.get(kind, [])) for kind in kinds}, "EventBridgeConfiguration" in found


@on()
def test_the_notifications_of_others_stay(aws):
    triggers = Triggers(aws)
    before = triggers.seen()
    told = aws.kind == "local"  # moto keeps EventBridge's setting, but does not show it
    assert before == ({"LambdaFunctionConfigurations": ["theirs"], "QueueConfigurations": ["queue"]}, told)
    options = {"bucket": triggers.bucket, "name": "ours", "function_arn": triggers.ours, "prefix": "raw/"}
    done("s3_lambda_notification", **options)
    assert triggers.seen() == ({"LambdaFunctionConfigurations": ["ours", "theirs"], "QueueConfigurations": ["queue"]}, told)
    done("s3_lambda_notification", state="absent", **options)
    assert triggers.seen() == before


@on()
def test_without_its_bucket_a_notification_can_be_checked_and_removed(aws):
    options = {"bucket": unique("bucket"), "name": "ours", "function_arn": aws.arn("lambda", "function:f")}
    assert done("s3_lambda_notification", check=True, **options).changed
    assert not done("s3_lambda_notification", state="absent", **options).changed
