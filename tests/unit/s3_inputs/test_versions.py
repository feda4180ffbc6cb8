"""What events and S3's answers say, and which version of an object counts."""

import io
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws
from s3_inputs import outputs
from s3_inputs.events import process_each, records_of
from s3_inputs.inputs import PUBLISHING, Inputs, SourceGoneError
from s3_inputs.versions import Arrival, Version

BUCKET, KEY = "inputs", "raw/a b.csv"
LATER = datetime.now(UTC) + timedelta(days=1)


def record(key: str = "raw/a+b.csv", **item: str) -> dict:
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, **item}}}


def audit(version: Version, status: str = "processed") -> dict:
    return {"status": status, "reason": None, "rows": {"in": 1}, "source": version.source(BUCKET, KEY)}


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def versioned(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return s3


def put(s3, body: bytes) -> Arrival:
    """Write the object; its arrival."""
    made = s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)
    return Arrival(BUCKET, KEY, made.get("VersionId"), made["ETag"].strip('"'), None)


class TestArrival:
    def test_it_is_read_from_a_record(self) -> None:
        found = Arrival.read(record(versionId="v", eTag="e") | {"eventTime": "2025-04-22T11:30:00+02:00"})
        assert found == Arrival(BUCKET, KEY, "v", "e", "2025-04-22T11:30:00+02:00")
        assert found.time == datetime(2025, 4, 22, 9, 30, tzinfo=UTC)

    def test_what_a_record_leaves_out_is_none(self) -> None:
        found = Arrival.read(record())
        assert (found.version_id, found.etag, found.time) == (None, None, None)

    def test_other_events_are_refused(self) -> None:
        with pytest.raises(ValueError, match="ObjectRemoved:Delete"):
            Arrival.read(record() | {"eventName": "s3:ObjectRemoved:Delete"})


class TestNewest:
    def test_the_newest_version_counts(self, versioned) -> None:
        old, _ = put(versioned, b"old"), put(versioned, b"new")
        assert Inputs(versioned, BUCKET).newest(old, None)["Body"].read() == b"new"

    def test_of_a_deleted_object_the_events_own_counts(self, versioned) -> None:
        inputs, old, _ = Inputs(versioned, BUCKET), put(versioned, b"old"), put(versioned, b"new")
        before = Version.read(inputs.newest(old, None))
        versioned.delete_object(Bucket=BUCKET, Key=KEY)
        assert inputs.newest(old, None)["Body"].read() == b"old"
        newer = audit(Version(before.id, before.etag, 3, LATER))
        assert inputs.newest(old, newer) is None
        assert inputs.newest(old, newer | {"status": PUBLISHING})["Body"].read() == b"old"

    def test_one_that_is_gone_was_processed_or_is_an_error(self, s3) -> None:
        inputs, arrival = Inputs(s3, BUCKET), put(s3, b"old")
        done = audit(Version.read(inputs.newest(arrival, None)))
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        assert inputs.newest(arrival, done) is None
        for lacking in (None, done | {"status": PUBLISHING}, done | {"source": done["source"] | {"etag": "other"}}):
            with pytest.raises(SourceGoneError, match="Upload it again"):
                inputs.newest(arrival, lacking)

    @pytest.mark.parametrize("kind", ["s3", "versioned"])
    def test_a_version_is_fetched_again_as_long_as_it_is_there(self, kind: str, request: pytest.FixtureRequest) -> None:
        s3 = request.getfixturevalue(kind)
        inputs, arrival = Inputs(s3, BUCKET), put(s3, b"old")
        version = inputs.current(KEY)
        assert inputs.fetch(KEY, version)["Body"].read() == b"old"
        put(s3, b"other")
        again = inputs.fetch(KEY, version)
        assert (again and again["Body"].read()) == (b"old" if arrival.version_id else None)
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        assert inputs.current(KEY) is None


class TestOutputs:
    def test_an_audit_record_is_read_as_it_was_written(self, s3) -> None:
        inputs = Inputs(s3, BUCKET)
        assert inputs.record("audit/x.json") is None
        outputs.write_record(s3, BUCKET, "audit/x.json", {"reason": "Zoë"})
        assert inputs.record("audit/x.json") == {"reason": "Zoë"}
        assert s3.get_object(Bucket=BUCKET, Key="audit/x.json")["Body"].read() == '{\n "reason": "Zoë"\n}'.encode()

    def test_removal_leaves_no_marker_where_nothing_was(self, versioned) -> None:
        versioned.upload_fileobj(io.BytesIO(b"x"), BUCKET, "rejected/ab")
        outputs.remove(versioned, BUCKET, "rejected/a")
        assert "DeleteMarkers" not in versioned.list_object_versions(Bucket=BUCKET)
        outputs.remove(versioned, BUCKET, "rejected/ab")
        assert versioned.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


class TestEvents:
    def test_a_test_event_has_no_records_and_others_are_refused(self) -> None:
        assert records_of({"Event": "s3:TestEvent"}) is None
        assert records_of({"Records": [1]}) == [1]
        with pytest.raises(ValueError, match=r"no Records, but \['detail'\]"):
            records_of({"detail": {}})

    def test_each_gets_its_turn_and_failures_are_named(self, capsys: pytest.CaptureFixture) -> None:
        seen = []

        def process(arrival: Arrival) -> dict:
            seen.append(arrival.key)
            if arrival.key == "raw/bad one":
                raise KeyError("x")
            return {"status": "processed", "reason": None, "rows": {"in": 1}, "source": {"key": arrival.key}}

        assert process_each([record("raw/a")], process, "orders", "files") == [{"key": "raw/a", "status": "processed", "rows": {"in": 1}}]
        assert capsys.readouterr().out == '{"orders": {"key": "raw/a", "status": "processed", "rows": {"in": 1}}, "reason": null}\n'
        with pytest.raises(ExceptionGroup, match=r"^2 of 3 files failed: raw/bad one \(KeyError: 'x'\); \(a record without a key\)"):
            process_each([record("raw/bad+one"), {}, record("raw/c")], process, "orders", "files")
        assert seen == ["raw/a", "raw/bad one", "raw/c"]
