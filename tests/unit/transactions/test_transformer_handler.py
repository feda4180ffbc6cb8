"""The transformer at its AWS edge, against an S3 and a catalog in this process."""

import gzip
import io
import json
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from urllib.parse import quote_plus

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.unit.transactions.support import core, load_transformer_handler, text

BUCKET = "transactions-123456789012-eu-central-1"
CONTEXT = SimpleNamespace(function_name="data-transformer")
ONE = text(transaction_id="a")
TWO = text(transaction_id="a") + b"\n" + text(transaction_id="b", timestamp="2026-11-22T00:00:00Z")
BAD = text(transaction_id="a") + b"\n" + text(transaction_id="b", quantity=0)
OTHER_DAY = text(transaction_id="a", timestamp="2026-11-23T00:00:00Z")


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name in ("RAW_PREFIX", "PROCESSED_PREFIX", "REJECTED_PREFIX", "AUDIT_PREFIX", "CHANGED_PREFIX", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("DATABASE", "ecommerce_db")
    monkeypatch.setenv("TABLE", "transactions")
    with mock_aws():
        yield load_transformer_handler()


class Store:
    """The bucket and the table: put files in, get what the function made of them."""

    def __init__(self, versioned: bool = True) -> None:
        self.s3, self.glue = boto3.client("s3"), boto3.client("glue")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.glue.create_database(DatabaseInput={"Name": "ecommerce_db"})
        table = {
            "Name": "transactions",
            "StorageDescriptor": {"Columns": []},
            "PartitionKeys": [{"Name": "date_partition", "Type": "string"}],
        }
        self.glue.create_table(DatabaseName="ecommerce_db", TableInput=table)

    def put(self, body: bytes, key: str = "raw/date=2026-11-21/one.json") -> dict:
        """Put the object and return the record that S3 would send."""
        response = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        item = {"key": quote_plus(key, safe="/"), "size": len(body), "eTag": response["ETag"].strip('"')}
        if "VersionId" in response:
            item["versionId"] = response["VersionId"]
        return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": item}}

    def keys(self, prefix: str = "") -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def get(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def days(self) -> dict[str, list[str]]:
        """Ids by partition, as a query would see them: below the location that the catalog names."""
        found = {}
        for partition in self.glue.get_partitions(DatabaseName="ecommerce_db", TableName="transactions")["Partitions"]:
            prefix = partition["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/")
            tables = [pq.read_table(io.BytesIO(self.get(key))) for key in self.keys(prefix)]
            ids = sorted(name for table in tables for name in table["transaction_id"].to_pylist())
            if ids:
                found[partition["Values"][0]] = ids
        return found

    def audits(self) -> list[dict]:
        return [json.loads(self.get(key)) for key in self.keys("audit/")]

    def audit(self) -> dict:
        (audit,) = self.audits()
        return audit

    def state(self) -> dict[str, bytes]:
        """All that the function wrote."""
        return {key: self.get(key) for key in self.keys() if not key.startswith("raw/")}


@pytest.fixture
def store(handler: ModuleType) -> Store:
    return Store()


def run(handler: ModuleType, *records: dict) -> dict:
    return handler.lambda_handler({"Records": list(records)}, CONTEXT)


def test_an_input_becomes_days_rejects_and_an_audit_record(handler: ModuleType, store: Store) -> None:
    body = TWO + b"\n{}\n"
    record = store.put(body)
    run(handler, record)
    name = core.output_name("raw/date=2026-11-21/one.json")
    assert name.startswith("one-")
    assert store.keys() == [
        f"audit/{name}.json",
        f"processed/date=2026-11-21/v0/{name}.parquet",
        f"processed/date=2026-11-22/v0/{name}.parquet",
        "raw/date=2026-11-21/one.json",
        f"rejected/{name}.jsonl",
    ]
    assert store.days() == {"2026-11-21": ["a"], "2026-11-22": ["b"]}
    audit = store.audit()
    assert audit["source"].pop("last_modified").endswith("Z")
    assert audit == {
        "pipeline": "transactions",
        "function": "data-transformer",
        "source": {
            "bucket": BUCKET,
            "key": "raw/date=2026-11-21/one.json",
            "version_id": record["s3"]["object"]["versionId"],
            "etag": record["s3"]["object"]["eTag"],
            "size": len(body),
        },
        "status": "processed",
        "reason": None,
        "form": "lines",
        "rows": {"in": 3, "kept": 2, "dropped": 0, "rejected": 1},
        "rejected_by_reason": {"transaction_id_missing": 1},
        "days": {"2026-11-21": 1, "2026-11-22": 1},
        "output": {"name": name, "rejected": f"rejected/{name}.jsonl"},
    }


@pytest.mark.parametrize("key", ["raw/été 2025/my+file (1) & co=%41.json", "raw/date=2026-11-21/a b.json", "raw/東京.json.gz"])
def test_keys_are_decoded(handler: ModuleType, store: Store, key: str) -> None:
    run(handler, store.put(ONE, key))
    assert store.audit()["source"]["key"] == key
    assert store.days() == {"2026-11-21": ["a"]}


def test_inputs_of_one_base_name_do_not_overwrite_each_other(handler: ModuleType, store: Store) -> None:
    keys = ("raw/a/one.json", "raw/b/one.json", "raw/one.json", "raw/a-one.json", "raw/one.json.gz")
    records = [store.put(gzip.compress(text(transaction_id=key)), key) for key in keys]
    run(handler, *records)
    assert store.days() == {"2026-11-21": sorted(keys)}


def test_an_id_that_is_there_twice_is_found_in_the_stored_object(handler: ModuleType, store: Store) -> None:
    run(handler, store.put(ONE + b"\n" + ONE + b"\n" + ONE.replace(b'"a"', b'"c"')))
    assert store.days() == {"2026-11-21": ["a", "c"]}
    assert store.audit()["rejected_by_reason"] == {"transaction_id_repeated": 1}
    (key,) = store.keys("rejected/")
    assert store.get(key).count(b"\n") == 1


def test_damaged_gzip_is_rejected_whole_and_is_no_failure(handler: ModuleType, store: Store) -> None:
    body = gzip.compress(TWO)[:-4]
    run(handler, store.put(body, "raw/x.json.gz"))
    audit = store.audit()
    assert (audit["status"], audit["rows"]["in"], audit["days"]) == ("rejected", 0, {})
    assert "Pack the file again" in audit["reason"]
    assert store.days() == {}
    assert store.keys("rejected/")


def test_one_failing_input_does_not_stop_the_others_and_is_not_hushed_up(handler: ModuleType, store: Store) -> None:
    gone = store.put(ONE, "raw/gone one.json")
    store.s3.delete_object(Bucket=BUCKET, Key="raw/gone one.json", VersionId=gone["s3"]["object"]["versionId"])
    with pytest.raises(ExceptionGroup, match=r"1 of 3 inputs failed: raw/gone one.json \(SourceGoneError: .*Upload it again"):
        run(handler, store.put(ONE, "raw/a.json"), gone, store.put(text(transaction_id="b"), "raw/b.json"))
    assert store.days() == {"2026-11-21": ["a", "b"]}


def test_a_missing_table_is_an_error(handler: ModuleType, store: Store) -> None:
    store.glue.delete_table(DatabaseName="ecommerce_db", Name="transactions")
    with pytest.raises(ExceptionGroup, match="EntityNotFoundException"):
        run(handler, store.put(ONE))


def test_settings_and_events_that_are_wrong_are_refused(handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert handler.lambda_handler({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, CONTEXT) == {"inputs": []}
    with pytest.raises(ValueError, match="no S3 event"):
        handler.lambda_handler({"detail": {}}, CONTEXT)
    with pytest.raises(ExceptionGroup, match="ObjectRemoved:Delete"):
        run(handler, store.put(ONE) | {"eventName": "ObjectRemoved:Delete"})
    with pytest.raises(ExceptionGroup, match="not under 'raw/'"):
        run(handler, store.put(ONE, "processed/x.json"))
    monkeypatch.setenv("AUDIT_PREFIX", "audit")
    monkeypatch.delenv("DATABASE")
    with pytest.raises(ValueError, match=r"AUDIT_PREFIX is 'audit'; it must end with a slash.*DATABASE is not set"):
        run(handler, store.put(ONE))


class TestReplays:
    def test_the_same_event_three_times_changes_nothing(self, handler: ModuleType, store: Store) -> None:
        record = store.put(BAD)
        run(handler, record)
        first = store.state()
        for _ in range(2):
            run(handler, record, record)
        assert store.state() == first

    @pytest.mark.parametrize("order", ["old new", "new old", "old new old", "new old new", "old old new", "new"])
    @pytest.mark.parametrize(("old", "new"), [(BAD, TWO), (TWO, BAD), (TWO, OTHER_DAY), (OTHER_DAY, b"")])
    def test_events_of_two_versions_in_any_order_end_alike(
        self, handler: ModuleType, store: Store, order: str, old: bytes, new: bytes
    ) -> None:
        expected = {day: sorted(ids) for day, ids in _days_of(new).items()}
        old_record = store.put(old)
        if order.startswith("old"):
            run(handler, old_record)  # before it is replaced
        records = {"old": old_record, "new": store.put(new)}
        for which in order.split():
            run(handler, records[which])
        assert store.days() == expected
        assert store.audit()["source"]["version_id"] == records["new"]["s3"]["object"]["versionId"]
        assert bool(store.keys("rejected/")) == (new == BAD)
        assert sorted(store.audit()["days"]) == sorted(expected)

    def test_a_run_that_died_between_two_days_is_healed_by_the_next_version(
        self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The dead run wrote the 21st, which the new version has not; nothing but its first audit record knows."""
        record, put = store.put(TWO), handler.Days.put

        def dying(self: object, day: str, *rest: object) -> str:
            if day == "2026-11-22":
                raise KeyboardInterrupt
            return put(self, day, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(handler.Days, "put", dying)
            with pytest.raises(KeyboardInterrupt):
                run(handler, record)
        assert store.days() == {"2026-11-21": ["a"]}
        assert store.audit()["status"] == "publishing"
        run(handler, store.put(OTHER_DAY))
        assert store.days() == {"2026-11-23": ["a"]}
        assert store.audit()["status"] == "processed"

    def test_a_file_replaced_while_it_is_processed_is_processed_again(
        self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record, process, runs = store.put(ONE), core.process, []

        def replacing(*args: object, **options: object) -> object:
            runs.append(1)
            if len(runs) == 1:
                store.put(TWO)
            return process(*args, **options)

        monkeypatch.setattr(core, "process", replacing)
        run(handler, record)
        assert len(runs) == 2
        assert store.days() == {"2026-11-21": ["a"], "2026-11-22": ["b"]}

    def test_one_that_never_keeps_still_is_an_error(self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        record, process = store.put(ONE), core.process

        def replacing(*args: object, **options: object) -> object:
            store.put(ONE)
            return process(*args, **options)

        monkeypatch.setattr(core, "process", replacing)
        with pytest.raises(ExceptionGroup, match="SourceKeepsChangingError"):
            run(handler, record)

    def test_a_late_replay_of_a_purged_input_is_no_error(self, handler: ModuleType, store: Store) -> None:
        record = store.put(ONE)
        run(handler, record)
        before = store.state()
        store.s3.delete_object(Bucket=BUCKET, Key="raw/date=2026-11-21/one.json", VersionId=record["s3"]["object"]["versionId"])
        run(handler, record)
        assert store.state() == before

    def test_a_deleted_input_is_still_processed_from_its_version(self, handler: ModuleType, store: Store) -> None:
        record = store.put(TWO)
        store.s3.delete_object(Bucket=BUCKET, Key="raw/date=2026-11-21/one.json")
        run(handler, record)
        assert store.days() == {"2026-11-21": ["a"], "2026-11-22": ["b"]}

    def test_a_bucket_without_versions_works_too(self, handler: ModuleType) -> None:
        store = Store(versioned=False)
        old, new = store.put(BAD), store.put(TWO + b"\n" + TWO)
        for record in (new, old, new):
            run(handler, record)
            assert store.days() == {"2026-11-21": ["a"], "2026-11-22": ["b"]}
        assert store.audit()["source"]["version_id"] is None


def test_an_error_of_aws_is_raised_and_leaves_no_finished_audit_record(
    handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "PutObject")

    monkeypatch.setattr(handler.Days, "put", failing)
    with pytest.raises(ExceptionGroup, match="AccessDenied"):
        run(handler, store.put(ONE))
    assert store.audit()["status"] == "publishing"


def _days_of(body: bytes) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for line in body.splitlines():
        record = json.loads(line)
        if record["quantity"]:
            days.setdefault(record["timestamp"][:10], []).append(record["transaction_id"])
    return days
