"""The front sends each request to who serves it, and the journal tells of it."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from localcloud.engine import method_name
from tests.local_cloud import Cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("front")) as running:
        yield running


def journal(cloud):
    """The journal's lines."""
    return [json.loads(line) for line in (cloud.folder / "state" / "calls.jsonl").read_text().splitlines()]


def post(cloud, target, body, service="athena"):
    """(status, answer) of a bare request in AWS's JSON protocol."""
    headers = {
        "X-Amz-Target": target,
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0",
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(cloud.url, body, headers), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_each_service_is_served(cloud):
    assert cloud.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert cloud.client("athena").list_work_groups()["WorkGroups"][0]["Name"] == "primary"
    assert cloud.client("glue").list_crawlers()["CrawlerNames"] == []
    assert cloud.client("ec2").describe_key_pairs()["KeyPairs"] == []
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_an_unknown_action_of_an_engine_is_an_error(cloud):
    for action in ("CreateNotebook", "Start", "Handle", "Client", "NotActions", ""):
        status, answer = post(cloud, f"AmazonAthena.{action}", b"{}")
        assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_a_body_that_is_not_json_is_an_error(cloud):
    status, answer = post(cloud, "AmazonAthena.ListWorkGroups", b"{")
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_an_engines_error_reaches_the_client(cloud):
    with pytest.raises(ClientError) as caught:
        cloud.client("athena").get_work_group(WorkGroup="absent")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"


def test_the_journal_tells_reads_from_writes(cloud):
    before = len(journal(cloud))
    cloud.client("s3").create_bucket(Bucket="journal-bucket")
    cloud.client("s3").list_objects_v2(Bucket="journal-bucket")
    cloud.client("iam").list_roles()
    cloud.client("iam").create_group(GroupName="journal")
    cloud.client("glue").create_database(DatabaseInput={"Name": "journal"})
    cloud.client("glue").get_databases()
    told = [(line["service"], line["action"], line["write"]) for line in journal(cloud)[before:]]
    assert told == [
        ("s3", "PUT /journal-bucket", True),
        ("s3", "GET /journal-bucket", False),
        ("iam", "ListRoles", False),
        ("iam", "CreateGroup", True),
        ("glue", "CreateDatabase", True),
        ("glue", "GetDatabases", False),
    ]
    assert journal(cloud)[-1]["access_key"] == "test"
    assert journal(cloud)[-1]["status"] == 200


def test_what_was_made_outlives_an_orderly_stop(tmp_path):
    cloud = Cloud(tmp_path)
    with cloud:
        cloud.client("s3").create_bucket(Bucket="lasting-bucket")
        cloud.client("s3").put_object(Bucket="lasting-bucket", Key="a", Body=b"1")
        cloud.client("athena").create_work_group(Name="lasting", Configuration={})
        cloud.client("glue").create_database(DatabaseInput={"Name": "lasting"})
    with cloud:
        assert cloud.client("s3").get_object(Bucket="lasting-bucket", Key="a")["Body"].read() == b"1"
        assert "lasting" in [group["Name"] for group in cloud.client("athena").list_work_groups()["WorkGroups"]]
        assert cloud.client("glue").get_database(Name="lasting")


def test_names_of_actions_become_names_of_methods():
    assert method_name("GetCrawlerMetrics") == "get_crawler_metrics"
    assert method_name("MSCK") == "m_s_c_k"
