"""The transform at its AWS edge, against an S3 in this process."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from dashboard import audit
from moto import mock_aws

from tests.unit.clicks.support import ARRIVAL, click, core, lines, load_handler, record, records

BUCKET = "clickstream-123456789012-eu-central-1"
CONTEXT = SimpleNamespace(function_name="click-transform")
STREAM = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/clickstream"


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name in ("REJECTED_PREFIX", "AUDIT_PREFIX", "AWS_ENDPOINT_URL", "AWS_PROFILE", "PIPELINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("BUCKET_NAME", BUCKET)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield load_handler()


def event(*datas: bytes) -> dict:
    return {"invocationId": "1", "deliveryStreamArn": STREAM, "region": "eu-central-1", "records": records(*datas)}


def stored() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_answers_go_to_firehose_rejects_and_counts_to_the_bucket(handler: ModuleType, capsys: pytest.CaptureFixture) -> None:
    response = handler.lambda_handler(given := event(click(), b"x", click(created_at="2026-11-21 19:00")), CONTEXT)
    outcome = core.Transform(handler.contract.read(handler.DOCUMENT))(given["records"])
    assert response == {"records": outcome.answers}
    assert len([line for line in lines(outcome) if line]) == 2
    assert stored().keys() == {f"audit/{outcome.name}.json", f"rejected/{outcome.name}.jsonl"}
    assert stored()[f"rejected/{outcome.name}.jsonl"] == outcome.rejects
    counts = json.loads(stored()[f"audit/{outcome.name}.json"])
    assert counts["source"] == {
        "key": outcome.name.rsplit("/", 1)[1],
        "stream": "clickstream",
        "size": outcome.summary.size,
        "first_arrival": "2026-11-21T19:00:00.123Z",
        "last_arrival": "2026-11-21T19:00:00.123Z",
    }
    assert counts["rows"] == {"in": 3, "kept": 2, "dropped": 0, "rejected": 1}
    assert (counts["rejected_by_reason"], counts["dates_normalised"]) == ({"json_invalid": 1}, 1)
    assert json.loads(capsys.readouterr().out)["clicks"] == counts["rows"]


def test_the_page_can_read_the_counts(handler: ModuleType) -> None:
    handler.lambda_handler(event(click(), b"x"), CONTEXT)
    (key,) = (key for key in stored() if key.startswith("audit/"))
    read = audit.parse(stored()[key], key, datetime.now(UTC), "rejected/")
    assert (read.problem, read.balance, read.rows["in"]) == ("", 0, 2)
    assert read.rejected_key in stored()


def test_where_all_are_clicks_there_are_counts_only(handler: ModuleType) -> None:
    handler.lambda_handler(event(click()), CONTEXT)
    ((key, body),) = stored().items()
    assert key.startswith("audit/2026/11/21/19/20261121T190000123Z-")
    assert json.loads(body)["output"] == {"rejected": None}


def test_a_request_that_firehose_repeats_changes_nothing(handler: ModuleType) -> None:
    first = handler.lambda_handler(event(click(), b"x"), CONTEXT)
    objects = stored()
    handler.lambda_handler(event(click(element_clicked="another")) | {"records": [record(click(), 7, ARRIVAL + 9)]}, CONTEXT)
    assert handler.lambda_handler(event(click(), b"x") | {"invocationId": "2"}, CONTEXT) == first
    assert {key: stored()[key] for key in objects} == objects
    assert len(stored()) == len(objects) + 1


def test_where_the_bucket_refuses_nothing_is_answered(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "another-bucket")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        handler.lambda_handler(event(click(), b"x"), CONTEXT)


def test_all_that_is_set_wrongly_is_told_at_once(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_NAME", "")
    monkeypatch.setenv("AUDIT_PREFIX", "audit")
    monkeypatch.setenv("REJECTED_PREFIX", "/")
    with pytest.raises(ValueError, match=r"REJECTED_PREFIX is '/'.*AUDIT_PREFIX is 'audit'.*BUCKET_NAME is not set"):
        handler.lambda_handler(event(click()), CONTEXT)


def test_another_event_is_refused(handler: ModuleType) -> None:
    with pytest.raises(core.RequestError, match=r"no request of Firehose's: it has \['Records'\]"):
        handler.lambda_handler({"Records": []}, CONTEXT)
