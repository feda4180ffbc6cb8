"""Firehose's actions: definitions, states, versions, tags, encryption, limits, and their errors."""

import contextlib
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local_cloud import wait_for
from tests.localcloud.firehose.site import ERRORS, Site


@contextlib.contextmanager
def refused(code, *words):
    """The call within must be refused with this code and all of these words."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"], error


def test_a_stream_is_shown_as_it_was_made_with_the_defaults(site):
    name = site.name
    tags = [{"Key": "project", "Value": "test"}]
    made = site.firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={"RoleARN": site.role, "BucketARN": f"arn:aws:s3:::{name}", "Prefix": "raw/"},
        Tags=tags,
    )
    arn = f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    assert made["DeliveryStreamARN"] == arn
    assert site.described()["DeliveryStreamStatus"] == "CREATING"
    site.active()
    found = site.described()
    assert (found["DeliveryStreamARN"], found["DeliveryStreamType"], found["VersionId"]) == (arn, "DirectPut", "1")
    assert found["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}
    assert found["HasMoreDestinations"] is False
    (destination,) = found["Destinations"]
    extended = destination["ExtendedS3DestinationDescription"]
    assert extended["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 300}
    assert (extended["CompressionFormat"], extended["S3BackupMode"]) == ("UNCOMPRESSED", "Disabled")
    assert extended["EncryptionConfiguration"] == {"NoEncryptionConfig": "NoEncryption"}
    assert extended["CloudWatchLoggingOptions"] == {"Enabled": False}
    plain = destination["S3DestinationDescription"]
    assert plain == {member: extended[member] for member in plain}
    assert (plain["Prefix"], plain["RoleARN"]) == ("raw/", site.role)
    assert site.firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"] == tags


def test_a_stream_may_have_a_name_that_is_a_folders(site):
    site.create("..")
    site.put("one\n", name="..")
    assert list(site.objects().values()) == [b"one\n"]
    site.firehose.delete_delivery_stream(DeliveryStreamName="..")
    wait_for(lambda: ".." not in site.firehose.list_delivery_streams(Limit=1000)["DeliveryStreamNames"], "the deletion")
    assert (site.cloud.folder / "state" / "firehose" / "streams.json").exists()


def test_the_old_form_of_a_destination_is_the_same_stream(site):
    place = site.place(CompressionFormat="GZIP")
    site.firehose.create_delivery_stream(DeliveryStreamName=site.name, S3DestinationConfiguration=place)
    site.active()
    assert site.described()["Destinations"][0]["ExtendedS3DestinationDescription"]["CompressionFormat"] == "GZIP"
    site.put("one\n")
    assert list(site.objects().values()) == [b"one\n"]


def test_a_stream_takes_records_and_changes_only_when_it_is_active(site):
    name = site.create(wait=False)
    with refused("ResourceNotFoundException", name, "CREATING"):
        site.put("one")
    with refused("ResourceInUseException", "CREATING"):
        site.update(Prefix="new/")
    with refused("ResourceInUseException", f"Firehose {name} under accountId 000000000000 already exists"):
        site.create()


def test_what_does_not_exist_is_not_found(shared):
    for call, more in (
        ("describe_delivery_stream", {}),
        ("delete_delivery_stream", {}),
        ("put_record", {"Record": {"Data": b"x"}}),
        ("list_tags_for_delivery_stream", {}),
    ):
        with refused("ResourceNotFoundException", "Firehose nobody under account 000000000000 not found."):
            getattr(shared.firehose, call)(DeliveryStreamName="nobody", **more)


def test_streams_are_listed_by_name_page_by_page(site):
    names = [site.create(f"{site.name}-{letter}", wait=False) for letter in "cab"]
    first = site.firehose.list_delivery_streams(Limit=2, ExclusiveStartDeliveryStreamName=f"{site.name}-")
    assert (first["DeliveryStreamNames"], first["HasMoreDeliveryStreams"]) == ([f"{site.name}-a", f"{site.name}-b"], True)
    rest = site.firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=first["DeliveryStreamNames"][-1], Limit=1)
    assert rest["DeliveryStreamNames"] == [f"{site.name}-c"]
    assert not set(names) & set(site.firehose.list_delivery_streams(DeliveryStreamType="KinesisStreamAsSource")["DeliveryStreamNames"])


def test_an_update_needs_the_current_version_and_leaves_what_it_does_not_name(site):
    site.create(CompressionFormat="GZIP", Prefix="old/")
    site.update(Prefix="new/")
    found = site.described()
    assert found["VersionId"] == "2"
    assert found["LastUpdateTimestamp"] > found["CreateTimestamp"]
    extended = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (extended["Prefix"], extended["CompressionFormat"]) == ("new/", "GZIP")
    stale = {"DeliveryStreamName": site.name, "ExtendedS3DestinationUpdate": {"Prefix": "late/"}}
    with refused("ConcurrentModificationException", "current version id: 2", "specified version id: 1"):
        site.firehose.update_destination(**stale, CurrentDeliveryStreamVersionId="1", DestinationId="destinationId-000000000001")
    with refused("InvalidArgumentException", "destinationId-9"):
        site.firehose.update_destination(**stale, CurrentDeliveryStreamVersionId="2", DestinationId="destinationId-9")


ROLE = "arn:aws:iam::000000000000:role/the-test-has-its-own"
CONVERSION = {
    "Enabled": True,
    "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "d", "TableName": "t"},
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
}
BAD = [
    ({"Prefix": "!{timestamp:yyyy}/"}, "Ths supplied prefix(es) do not satisfy the following constraint: ErrorOutputPrefix cannot be null"),
    ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy is not in the local cloud"),
    ({"BufferingHints": {"SizeInMBs": 5}}, "both or none"),
    ({"CustomTimeZone": "Nowhere/Land"}, "Nowhere/Land"),
    ({"S3BackupMode": "Enabled"}, "S3BackupConfiguration is missing"),
    ({"CloudWatchLoggingOptions": {"Enabled": True}}, "LogGroupName"),
    ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "Dynamic partitioning is not in the local cloud"),
    ({"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Decompression"}]}}, "Decompression is not in the local cloud"),
    ({"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": []}]}}, "LambdaArn"),
    ({"DataFormatConversionConfiguration": CONVERSION, "CompressionFormat": "GZIP"}, "must be UNCOMPRESSED"),
    ({"DataFormatConversionConfiguration": CONVERSION, "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}}, "at least 64"),
    (
        {"DataFormatConversionConfiguration": {**CONVERSION, "OutputFormatConfiguration": {"Serializer": {"OrcSerDe": {}}}}},
        "OrcSerDe is not in the local cloud",
    ),
]


@pytest.fixture(scope="module")
def shared(cloud):
    """A site with an active stream, for tests that change nothing."""
    site = Site(cloud, "shared")
    site.create()
    return site


@pytest.mark.parametrize(("settings", "said"), BAD)
def test_a_destination_that_cannot_be_is_refused(shared, settings, said):
    settings = json.loads(json.dumps(settings).replace(ROLE, shared.role))
    with refused("InvalidArgumentException", said):
        shared.create("another", **settings)
    with refused("InvalidArgumentException", said):
        shared.update(**settings)


def test_other_sources_and_destinations_are_refused(site):
    with refused("InvalidArgumentException", "KinesisStreamAsSource is not in the local cloud"):
        site.firehose.create_delivery_stream(
            DeliveryStreamName=site.name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
                "RoleARN": site.role,
            },
            ExtendedS3DestinationConfiguration=site.place(),
        )
    http = {"EndpointConfiguration": {"Url": "https://example.org"}, "S3Configuration": site.place()}
    with refused("InvalidArgumentException", "HttpEndpointDestinationConfiguration is not in the local cloud"):
        site.firehose.create_delivery_stream(DeliveryStreamName=site.name, HttpEndpointDestinationConfiguration=http)
    with refused("InvalidArgumentException", "Exactly one destination configuration"):
        site.firehose.create_delivery_stream(DeliveryStreamName=site.name)


def test_a_backup_cannot_be_ended(site):
    site.create(S3BackupMode="Enabled", S3BackupConfiguration=site.place(Prefix="backup/"))
    assert site.described()["Destinations"][0]["ExtendedS3DestinationDescription"]["S3BackupDescription"]["Prefix"] == "backup/"
    with refused("InvalidArgumentException", "Enabled"):
        site.update(S3BackupMode="Disabled")


# -- tags and encryption


def test_tags_are_added_changed_removed_and_paged(site):
    site.create()
    site.firehose.tag_delivery_stream(DeliveryStreamName=site.name, Tags=[{"Key": key, "Value": "1"} for key in "cab"])
    site.firehose.tag_delivery_stream(DeliveryStreamName=site.name, Tags=[{"Key": "a", "Value": "2"}])
    site.firehose.untag_delivery_stream(DeliveryStreamName=site.name, TagKeys=["c", "none"])
    page = site.firehose.list_tags_for_delivery_stream(DeliveryStreamName=site.name, Limit=1)
    assert (page["Tags"], page["HasMoreTags"]) == ([{"Key": "a", "Value": "2"}], True)
    rest = site.firehose.list_tags_for_delivery_stream(DeliveryStreamName=site.name, ExclusiveStartTagKey="a")
    assert (rest["Tags"], rest["HasMoreTags"]) == ([{"Key": "b", "Value": "1"}], False)
    with refused("LimitExceededException", "50"):
        more = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
        site.firehose.tag_delivery_stream(DeliveryStreamName=site.name, Tags=more)


def encryption(site, status):
    def found():
        shown = site.described()["DeliveryStreamEncryptionConfiguration"]
        return shown if shown["Status"] == status else None

    return wait_for(found, f"encryption {status}")


def test_encryption_is_started_and_ended(site):
    site.create()
    assert site.put("one")["Encrypted"] is False
    site.firehose.start_delivery_stream_encryption(DeliveryStreamName=site.name)
    assert site.described()["DeliveryStreamEncryptionConfiguration"]["Status"] == "ENABLING"
    with refused("ResourceInUseException", "ENABLING"):
        site.firehose.stop_delivery_stream_encryption(DeliveryStreamName=site.name)
    assert encryption(site, "ENABLED") == {"KeyType": "AWS_OWNED_CMK", "Status": "ENABLED"}
    assert site.put("two")["Encrypted"] is True
    site.firehose.stop_delivery_stream_encryption(DeliveryStreamName=site.name)
    assert encryption(site, "DISABLED") == {"Status": "DISABLED"}


def test_a_customer_key_must_be_there_and_usable(site):
    kms = site.cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    asked = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    site.create()
    site.firehose.start_delivery_stream_encryption(DeliveryStreamName=site.name, DeliveryStreamEncryptionConfigurationInput=asked)
    assert encryption(site, "ENABLED")["KeyARN"] == key
    assert site.put("one")["Encrypted"] is True

    missing = {**asked, "KeyARN": key[:-4] + "0000"}
    site.firehose.start_delivery_stream_encryption(DeliveryStreamName=site.name, DeliveryStreamEncryptionConfigurationInput=missing)
    assert encryption(site, "ENABLING_FAILED")["FailureDescription"]["Type"] == "KMS_KEY_NOT_FOUND"

    kms.disable_key(KeyId=key)
    site.firehose.create_delivery_stream(
        DeliveryStreamName=f"{site.name}-disabled",
        ExtendedS3DestinationConfiguration=site.place(),
        DeliveryStreamEncryptionConfigurationInput=asked,
    )
    found = site.described(f"{site.name}-disabled")
    assert (found["DeliveryStreamStatus"], found["FailureDescription"]["Type"]) == ("CREATING_FAILED", "DISABLED_KMS_KEY")
    site.firehose.delete_delivery_stream(DeliveryStreamName=f"{site.name}-disabled")


def test_who_may_not_grant_a_key_cannot_encrypt_with_it(site):
    key = site.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    site.create()
    user = as_user(site, "firehose:*")
    asked = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    user.start_delivery_stream_encryption(DeliveryStreamName=site.name, DeliveryStreamEncryptionConfigurationInput=asked)
    failure = encryption(site, "ENABLING_FAILED")["FailureDescription"]
    assert failure["Type"] == "KMS_ACCESS_DENIED"
    assert "kms:CreateGrant" in failure["Details"]


def as_user(site, action, resource="*"):
    """A client of a user who may do that and nothing else."""
    name = f"{site.name}-user"
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    site.iam.create_user(UserName=name)
    site.iam.put_user_policy(UserName=name, PolicyName="allow", PolicyDocument=document)
    key = site.iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.client(
        "firehose",
        endpoint_url=site.cloud.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


# -- records


def raw(site):
    """A client that does not look at what it sends, as other SDKs do not."""
    return boto3.client(
        "firehose",
        endpoint_url=site.cloud.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def test_a_put_is_held_to_its_limits(site):
    site.create(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": 900})
    firehose, name = raw(site), site.name
    site.put(b"x" * 1_024_000)
    with refused("ValidationException", "record.data", "less than or equal to 1024000"):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * 1_024_001})
    with refused("ValidationException", "records", "less than or equal to 500"):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"x"}] * 501)
    with refused("ValidationException", "records", "greater than or equal to 1"):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[])
    site.put(*[b"x" * 1_000_000] * 4, b"x" * 194_304)  # 4 MiB exactly
    with refused("InvalidArgumentException", "Records size exceeds 4 MB limit"):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"x" * 1_000_000}] * 4 + [{"Data": b"x" * 194_305}])
    site.firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_each_record_has_an_id_of_its_own(site):
    site.create()
    answers = site.put(*"abc")["RequestResponses"]
    assert len({answer["RecordId"] for answer in answers}) == 3
    assert site.firehose.put_record(DeliveryStreamName=site.name, Record={"Data": b"d"})["RecordId"]


def test_putting_and_describing_are_asked_of_iam_on_the_stream(site):
    site.create(Prefix="!{timestamp:yyyy}/", ErrorOutputPrefix=ERRORS)
    arn = f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{site.name}"
    agent = as_user(site, "firehose:PutRecordBatch", arn)
    assert agent.put_record_batch(DeliveryStreamName=site.name, Records=[{"Data": b"x"}])["FailedPutCount"] == 0
    with refused("AccessDeniedException", "firehose:PutRecord ", arn):
        agent.put_record(DeliveryStreamName=site.name, Record={"Data": b"x"})
    with refused("AccessDeniedException", "firehose:DescribeDeliveryStream", arn):
        agent.describe_delivery_stream(DeliveryStreamName=site.name)
