"""What is special about delivery streams: states that pass, keys, logs, roles that are new, and drift."""

import pytest

from tests.modules.call_recorder import error
from tests.modules.cases import delivery_stream
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

MODULE = "firehose_delivery_stream"


def extended(aws, name):
    found = aws.client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    return found, found["Destinations"][0]["ExtendedS3DestinationDescription"]


@on()
def test_a_stream_is_made_with_its_tags_encryption_and_log_in_one_call(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    made = done(MODULE, **options)
    assert made.writes == ["logs:CreateLogStream", "firehose:CreateDeliveryStream"]
    found, destination = extended(aws, options["name"])
    assert found["DeliveryStreamEncryptionConfiguration"]["KeyType"] == "AWS_OWNED_CMK"
    assert destination["CompressionFormat"] == "GZIP"
    logging = {"Enabled": True, "LogGroupName": options["log_group"], "LogStreamName": "DestinationDelivery"}
    assert destination["CloudWatchLoggingOptions"] == logging


@on()
def test_an_update_sends_only_what_differs_in_kind(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    done(MODULE, **options)
    assert done(MODULE, **{**options, "buffer_mb": 32}).writes == ["firehose:UpdateDestination"]
    assert extended(aws, options["name"])[0]["VersionId"] == "2"
    tagged = {**options, "buffer_mb": 32, "tags": {"project": "test", "new": "yes"}}
    assert sorted(done(MODULE, **tagged).writes) == ["firehose:TagDeliveryStream", "firehose:UntagDeliveryStream"]


@on()
def test_a_log_stream_that_was_removed_is_made_again(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    done(MODULE, **options)
    aws.client("logs").delete_log_stream(logGroupName=options["log_group"], logStreamName="DestinationDelivery")
    outcome = done(MODULE, **options)
    assert outcome.differing == {"log_stream_exists"}
    assert outcome.writes == ["logs:CreateLogStream"]


@on()
def test_a_log_group_that_is_not_there_is_named_before_anything_is_made(aws, tmp_path):
    options = {**delivery_stream(aws, tmp_path), "log_group": "/nobody"}
    refused(MODULE, "/nobody", "logs_groups", **options)
    assert aws.client("firehose").list_delivery_streams()["DeliveryStreamNames"].count(options["name"]) == 0


@on("local")
def test_a_function_and_a_table_can_be_given_and_taken_away(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    function = {"function_arn": "arn:aws:lambda:us-east-1:000000000000:function:clean"}
    more = {**options, "transform": function, "delimiter": "\\n", "parquet": {"database": "d", "table": "t"}, "compression": "UNCOMPRESSED"}
    done(MODULE, **more)
    _, destination = extended(aws, options["name"])
    assert [each["Type"] for each in destination["ProcessingConfiguration"]["Processors"]] == ["Lambda", "AppendDelimiterToRecord"]
    assert destination["DataFormatConversionConfiguration"]["SchemaConfiguration"]["TableName"] == "t"
    assert not done(MODULE, **more).changed
    taken = done(MODULE, **options)
    assert taken.differing == {"transform", "delimiter", "parquet", "compression"}
    _, destination = extended(aws, options["name"])
    assert destination["ProcessingConfiguration"] == {"Enabled": False, "Processors": []}


@on("local")
def test_a_customer_key_is_used_for_what_waits_and_can_be_changed(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    keys = [aws.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    done(MODULE, **options, encryption="customer", encryption_key_arn=keys[0])
    changed = done(MODULE, **options, encryption="customer", encryption_key_arn=keys[1])
    assert changed.differing == {"encryption_key_arn"}
    assert changed.writes == ["firehose:StartDeliveryStreamEncryption"]
    assert extended(aws, options["name"])[0]["DeliveryStreamEncryptionConfiguration"]["KeyARN"] == keys[1]


@on("local")
def test_a_key_that_cannot_be_used_is_an_error_that_says_why_and_the_next_run_sets_it_right(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("kms").disable_key(KeyId=key)
    with_key = {**options, "encryption": "customer", "encryption_key_arn": key}
    refused(MODULE, options["name"], "CREATING_FAILED", "DISABLED_KMS_KEY", key, **with_key)
    aws.client("kms").enable_key(KeyId=key)
    repaired = done(MODULE, **with_key)
    assert repaired.before["status"] == "CREATING_FAILED"
    assert repaired.writes[0] == "firehose:DeleteDeliveryStream"
    assert extended(aws, options["name"])[0]["DeliveryStreamStatus"] == "ACTIVE"


@on("local")
def test_a_stream_that_is_being_made_or_deleted_is_waited_for(aws, tmp_path):
    options = delivery_stream(aws, tmp_path)
    done(MODULE, **options)
    aws.client("firehose").delete_delivery_stream(DeliveryStreamName=options["name"])
    done(MODULE, **options)
    assert extended(aws, options["name"])[0]["DeliveryStreamStatus"] == "ACTIVE"


@on("local")
def test_a_processor_that_was_added_by_hand_is_shown_and_removed(aws, tmp_path, answers):
    options = delivery_stream(aws, tmp_path)
    done(MODULE, **options)
    found, destination = extended(aws, options["name"])
    destination["ProcessingConfiguration"] = {"Enabled": True, "Processors": [{"Type": "Decompression"}]}
    answers["firehose:DescribeDeliveryStream"] = lambda: (200, {"DeliveryStreamDescription": found})
    planned = done(MODULE, check=True, **options)
    assert planned.differing == {"other_processors"}
    assert planned.before["other_processors"] == ["Decompression"]


@on("local")
def test_a_role_that_is_not_everywhere_yet_is_tried_again(aws, tmp_path, answers):
    options, refusals = delivery_stream(aws, tmp_path), []

    def once():
        refusals.append(1)
        message = f"Firehose is unable to assume role {options['role_arn']}. Please check the role provided."
        return error(400, "InvalidArgumentException", message)() if len(refusals) == 1 else None

    answers["firehose:CreateDeliveryStream"] = once
    done(MODULE, **options)
    assert len(refusals) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "role_arn and bucket_arn missing"),
        ({"role_arn": "r", "bucket_arn": "b", "encryption": "customer"}, "encryption_key_arn"),
        ({"role_arn": "r", "bucket_arn": "b", "encryption_key_arn": "k"}, "encryption_key_arn"),
    ],
)
@on("moto")
def test_options_that_do_not_go_together_are_refused_before_aws_is_asked(aws, options, said):
    assert refused(MODULE, said, name=unique("stream"), **options).calls == []
