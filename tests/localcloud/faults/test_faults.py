"""Injected faults are those of AWS, in each protocol's own words, and come before anything is done."""

import json
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import engine as engines
from localcloud.faults import Faults, checked
from tests.local_cloud import Cloud


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("faults")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running):
    yield running
    configure(running, share=0)


def test_latency_is_for_who_calls_from_outside(cloud):
    s3 = client(cloud, "s3")
    s3.list_buckets()

    def seconds(caller):
        before = time.perf_counter()
        caller.list_buckets()
        return time.perf_counter() - before

    configure(cloud, latency_ms=400)
    outside, inside = seconds(s3), seconds(engines.client("s3", cloud.url, "us-east-1"))
    configure(cloud, share=0)
    assert outside > 0.4 > inside


def configure(cloud, **settings):
    """(status, answer) of new settings, or of none."""
    body = json.dumps(settings).encode() if settings else None
    try:
        with urllib.request.urlopen(f"{cloud.url}/_headwater/faults", body, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def client(cloud, service, attempts=1):
    return boto3.client(
        service,
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, s3={"addressing_style": "path"}),
    )


CALLS = {
    "s3": ("list_buckets", "SlowDown", 503),
    "ec2": ("describe_key_pairs", "RequestLimitExceeded", 503),
    "iam": ("list_roles", "Throttling", 400),
    "sts": ("get_caller_identity", "Throttling", 400),
    "sqs": ("list_queues", "ThrottlingException", 400),
    "ssm": ("describe_parameters", "ThrottlingException", 400),
    "glue": ("list_crawlers", "ThrottlingException", 400),
    "athena": ("list_work_groups", "ThrottlingException", 400),
    "logs": ("describe_log_groups", "ThrottlingException", 400),
    "lambda": ("list_functions", "TooManyRequestsException", 429),
    "cloudwatch": ("list_metrics", None, 400),
}


@pytest.mark.parametrize(("service", "call", "code", "status"), [(service, *told) for service, told in CALLS.items()])
def test_a_throttle_is_what_the_services_client_knows_as_one(cloud, service, call, code, status):
    configure(cloud, share=1, kinds=["throttle"])
    with pytest.raises(ClientError) as caught:
        getattr(client(cloud, service), call)()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-headwater-fault"] == "throttle"
    assert answer["Error"]["Code"] in ((code,) if code else ("Throttling", "ThrottlingException"))
    assert answer["Error"]["Message"]


@pytest.mark.parametrize(("service", "call"), [(service, told[0]) for service, told in CALLS.items()])
def test_an_error_is_a_500_and_a_client_that_tries_again_gets_through(cloud, service, call):
    configure(cloud, share=1, kinds=["error"])
    with pytest.raises(ClientError) as caught:
        getattr(client(cloud, service), call)()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    configure(cloud, share=0.3, seed=3)
    patient = client(cloud, service, attempts=12)
    tries = [getattr(patient, call)()["ResponseMetadata"].get("RetryAttempts", 0) for _ in range(4)]
    assert sum(tries) == sum(configure(cloud)[1]["injected"].values())


def test_nothing_was_done_and_the_connection_serves_on(cloud):
    s3 = client(cloud, "s3")
    configure(cloud, share=1)
    with pytest.raises(ClientError):
        s3.create_bucket(Bucket="never-made")
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket="never-made")
    configure(cloud, share=0)
    assert s3.list_buckets()["Buckets"] == []
    s3.create_bucket(Bucket="made")
    configure(cloud, share=1)
    with pytest.raises(ClientError):
        s3.put_object(Bucket="made", Key="big", Body=b"x" * 3_000_000)
    configure(cloud, share=0)
    assert "Contents" not in s3.list_objects_v2(Bucket="made")
    s3.delete_bucket(Bucket="made")


def test_only_the_services_that_are_named_have_faults_and_none_that_are_not_aws(cloud):
    configure(cloud, share=1, services=["sqs"])
    client(cloud, "s3").list_buckets()
    with pytest.raises(ClientError):
        client(cloud, "sqs").list_queues()
    configure(cloud, share=1)
    with urllib.request.urlopen(f"{cloud.url}/_ministack/ready", timeout=10) as answer:
        assert answer.status == 200


def test_the_journal_has_them_with_their_status(cloud):
    configure(cloud, share=1, kinds=["throttle"])
    with pytest.raises(ClientError):
        client(cloud, "s3").list_buckets()
    last = json.loads((cloud.folder / "state" / "calls.jsonl").read_text().splitlines()[-1])
    assert (last["service"], last["status"]) == ("s3", 503)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": 0.1}, "'shares' is no setting of faults"),
        ({"share": 2}, "share is 2, not a number from 0 to 1"),
        ({"latency_ms": -1}, "latency_ms is -1, not a number from 0 to 10000"),
        ({"share": 0.1, "kinds": ["slow"]}, "kinds is ['slow']"),
        ({"share": 0.1, "services": "s3"}, "services is 's3', not a list"),
    ],
)
def test_wrong_settings_are_refused_and_the_old_ones_stay(cloud, settings, words):
    configure(cloud, share=0.25, services=["nobody"])
    status, answer = configure(cloud, **settings)
    assert status == 400
    assert words in answer["message"]
    assert configure(cloud)[1]["share"] == 0.25


def test_the_same_seed_gives_the_same_faults(cloud):
    def outcomes():
        configure(cloud, share=0.5, seed=7)
        made, s3 = [], client(cloud, "s3")
        for _ in range(20):
            try:
                made.append(bool(s3.list_buckets()))
            except ClientError as error:
                made.append(error.response["Error"]["Code"])
        return made

    first = outcomes()
    assert first == outcomes()
    assert len(set(first)) == 3


def test_what_befalls_one_service_does_not_depend_on_another(cloud):
    def outcomes(also):
        configure(cloud, share=0.5, services=["s3", *also], seed=7)
        made = []
        for _ in range(10):
            for service, call in (("sqs", "list_queues"), ("s3", "list_buckets")):
                try:
                    getattr(client(cloud, service), call)()
                    made.append((service, True))
                except ClientError:
                    made.append((service, False))
        return [outcome for service, outcome in made if service == "s3"]

    alone = outcomes([])
    assert alone == outcomes(["sqs"])
    assert len(set(alone)) == 2


def test_the_environment_holds_the_first_settings():
    assert Faults(None, None, '{"share": 0.1}').settings == checked({"share": 0.1})
    assert Faults(None, None, "").settings["share"] == 0
