"""What is put arrives in S3: when, where, and in which form."""

import gzip
import json
import re
import time
from datetime import UTC, datetime

import pytest

from tests.local_cloud import create_role, wait_for
from tests.localcloud.firehose.site import ERRORS, client

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def test_records_are_written_one_after_the_other_under_the_default_prefix(site):
    site.create()
    site.firehose.put_record(DeliveryStreamName=site.name, Record={"Data": b"one\n"})
    ((key, data),) = site.objects().items()
    assert data == b"one\n"
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/\d\d/{site.name}-1-\d{{4}}(-\d\d){{5}}-{UUID}", key)


def test_an_object_waits_for_its_interval_and_holds_all_that_came_meanwhile(site):
    site.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 2})
    for line in (b"one\n", b"two\n", b"three\n"):
        site.put(line)
    assert site.quiet(1.2) == []
    assert list(site.objects().values()) == [b"one\ntwo\nthree\n"]


def test_an_object_is_written_before_its_interval_once_it_is_large_enough(site):
    site.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    site.put(*[b"x" * 299_999 + b"\n"] * 9)  # 2.7 MB
    sizes = [len(data) for data in site.objects(number=2).values()]
    assert sizes == [1_200_000, 1_200_000]  # the third waits for more
    assert len(site.quiet(0.5)) == 2


def test_gzip_is_one_member_that_everything_reads(site):
    site.create(CompressionFormat="GZIP", Prefix="raw/day=!{timestamp:dd}/", ErrorOutputPrefix=ERRORS)
    site.put("one\n", "zwei – два\n")
    ((key, data),) = site.objects("raw/").items()
    assert data.decode() == "one\nzwei – два\n"
    assert key.startswith(f"raw/day={datetime.now(UTC):%d}/{site.name}-1-")
    assert key.endswith(".gz")
    packed = site.s3.get_object(Bucket=site.name, Key=key)["Body"].read()
    assert packed.count(b"\x1f\x8b\x08") == 1
    assert gzip.compress(data, mtime=0)[4:8] == packed[4:8] == b"\0\0\0\0"


def test_athena_reads_what_was_delivered(site):
    site.create(CompressionFormat="GZIP", Prefix="raw/day=!{timestamp:yyyy-MM-dd}/", ErrorOutputPrefix=ERRORS)
    site.put(*[json.dumps({"id": number, "name": "zwei – два"}) + "\n" for number in range(300)])
    site.objects("raw/")
    athena, database = client(site.cloud, "athena"), site.name.replace("-", "_")

    def query(text):
        place = {"OutputLocation": f"s3://{site.name}/results/"}
        started = athena.start_query_execution(QueryString=text, ResultConfiguration=place)["QueryExecutionId"]
        state = lambda: athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]  # noqa: E731 - one line
        wait_for(lambda: state()["State"] not in ("QUEUED", "RUNNING"), "the query")
        assert state()["State"] == "SUCCEEDED", state()
        rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]

    query(f"CREATE DATABASE {database}")
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    query(
        f"CREATE EXTERNAL TABLE {database}.lines (id int, name string) PARTITIONED BY (day string) {serde} LOCATION 's3://{site.name}/raw/'"
    )
    query(f"MSCK REPAIR TABLE {database}.lines")
    assert query(f"SELECT count(*), sum(id), min(name), max(day) FROM {database}.lines") == [
        ["300", "44850", "zwei – два", f"{datetime.now(UTC):%Y-%m-%d}"]
    ]


def test_file_extension_and_time_zone_are_those_of_the_settings(site):
    site.create(
        CompressionFormat="GZIP", FileExtension=".json.gz", CustomTimeZone="Asia/Tokyo", Prefix="!{timestamp:VV}/", ErrorOutputPrefix=ERRORS
    )
    site.put("one\n")
    (key,) = site.objects()
    assert key.startswith("Asia/Tokyo/")
    assert key.endswith(".json.gz")


def test_a_delimiter_follows_each_record(site):
    parameters = [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]
    site.create(ProcessingConfiguration={"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": parameters}]})
    site.put("one", "two")
    assert list(site.objects().values()) == [b"one\ntwo\n"]


def test_a_changed_destination_holds_for_what_is_delivered_from_then_on_and_shows_in_the_version(site):
    site.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900}, Prefix="old/")
    site.put("one\n")
    site.update(Prefix="new/", BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    ((key, data),) = site.objects().items()
    assert data == b"one\n"
    assert re.match(rf"new/\d{{4}}/\d\d/\d\d/\d\d/{site.name}-2-", key)


def test_the_source_is_backed_up_as_it_came(site, function):
    from tests.localcloud.firehose.functions import processing

    backup = site.place(Prefix="backup/", CompressionFormat="GZIP")
    site.create(S3BackupMode="Enabled", S3BackupConfiguration=backup, ProcessingConfiguration=processing(function), Prefix="raw/")
    site.put("keep:a\n", "drop:b\n")
    assert list(site.objects("raw/").values()) == [b"KEEP:A\n"]
    ((key, data),) = site.objects("backup/").items()
    assert data == b"keep:a\ndrop:b\n"
    assert key.endswith(".gz")


def test_objects_are_encrypted_with_the_key_of_the_settings(site):
    key = site.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    site.create(EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}, CloudWatchLoggingOptions={"Enabled": False})
    site.put("one\n")
    assert site.quiet(0.7) == []  # the role may not use the key yet
    site.iam.put_role_policy(RoleName=site.name, PolicyName="key", PolicyDocument=allow("kms:GenerateDataKey", key))
    (found,) = site.objects()
    assert site.s3.head_object(Bucket=site.name, Key=found)["SSEKMSKeyId"] == key


def test_what_s3_refuses_is_kept_told_in_the_log_and_delivered_when_s3_takes_it(site):
    logs = site.cloud.client("logs")
    logs.create_log_group(logGroupName=f"/firehose/{site.name}")
    logs.create_log_stream(logGroupName=f"/firehose/{site.name}", logStreamName="errors")
    logging = {"Enabled": True, "LogGroupName": f"/firehose/{site.name}", "LogStreamName": "errors"}
    site.iam.put_role_policy(RoleName=site.name, PolicyName="allow", PolicyDocument=allow("logs:PutLogEvents", "*"))
    site.create(CloudWatchLoggingOptions=logging)
    site.put("one\n")

    def told():
        events = logs.get_log_events(logGroupName=f"/firehose/{site.name}", logStreamName="errors")["events"]
        return [json.loads(event["message"]) for event in events]

    first = wait_for(told, "a line in the error log")[0]
    assert first["errorCode"] == "S3.AccessDenied"
    assert "s3:PutObject" in first["message"]
    assert (first["destination"], first["deliveryStreamVersionId"]) == (f"arn:aws:s3:::{site.name}", 1)
    assert first["deliveryStreamARN"].endswith(f":deliverystream/{site.name}")
    site.put("two\n")
    site.iam.put_role_policy(RoleName=site.name, PolicyName="allow", PolicyDocument=allow("s3:PutObject", f"arn:aws:s3:::{site.name}/*"))
    assert sorted(site.lines(number=2)) == [b"one", b"two"]


def test_a_role_that_was_made_anew_is_used_without_a_restart(site):
    site.create()
    site.put("one\n")
    site.objects()
    site.iam.delete_role_policy(RoleName=site.name, PolicyName="allow")
    site.iam.delete_role(RoleName=site.name)
    site.put("two\n")
    time.sleep(0.3)
    create_role(site.iam, site.name, "firehose.amazonaws.com", ["s3:PutObject"])
    assert sorted(site.lines(number=2)) == [b"one", b"two"]


def test_all_that_a_stream_does_is_asked_of_its_role(site):
    site.create()
    site.put("one\n")
    (key,) = site.objects()
    journal = (site.cloud.folder / "state" / "calls.jsonl").read_text().splitlines()
    (line,) = [line for line in map(json.loads, journal) if line["action"] == f"PUT /{site.name}/{key}"]
    assert line["via"] == "firehose.amazonaws.com"
    assert line["principal"].endswith(f":assumed-role/{site.name}/AWSFirehoseToS3")
    assert line["checks"] == [["s3:PutObject", f"arn:aws:s3:::{site.name}/{key}", "allow"]]


@pytest.mark.parametrize("interval", [900, 0])
def test_what_waits_is_delivered_before_a_stream_is_gone(site, interval):
    site.create(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": interval})
    site.put(*[f"{number}\n" for number in range(100)])
    site.firehose.delete_delivery_stream(DeliveryStreamName=site.name)
    wait_for(lambda: site.name not in site.firehose.list_delivery_streams(Limit=1000)["DeliveryStreamNames"], "the deletion")
    assert len(site.lines(number=100)) == 100
    assert not (site.cloud.folder / "state" / "firehose" / "us-east-1" / f"{site.name}.stream").exists()


def allow(action, resource):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
