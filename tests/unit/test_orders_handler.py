"""The orders function at its AWS edge, against an S3 in this process."""

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from types import ModuleType, SimpleNamespace
from urllib.parse import quote_plus

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.unit.orders_support import HEADER, core, expected, load_handler, records_of, rows_of, sample

BUCKET = "orders-123456789012-eu-central-1"
CONTEXT = SimpleNamespace(function_name="FilterAndProcessOrders")
GOOD = HEADER + b"1,Ann,5.00,shipped,2025-04-01\n"
TWO_GOOD = GOOD + b"2,Bo,7.25,pending,2025-04-20\n"
ONE_BAD = GOOD + b"2,Bo,N/A,shipped,2025-04-01\n"


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name in ("DROP_AFTER_DAYS", "RAW_PREFIX", "PROCESSED_PREFIX", "REJECTED_PREFIX", "AUDIT_PREFIX", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield load_handler()


class Store:
    """The bucket: put files in, get what the function made of them."""

    def __init__(self, versioned: bool) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str, body: bytes, time: str = "2025-04-22T09:30:00.000Z") -> dict:
        """Put the object and return the record that S3 would send."""
        response = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        item = {"key": quote_plus(key, safe="/"), "size": len(body), "eTag": response["ETag"].strip('"'), "sequencer": "0055AED6DCD90281E5"}
        if "VersionId" in response:
            item["versionId"] = response["VersionId"]
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": time,
            "s3": {"bucket": {"name": BUCKET}, "object": item},
        }

    def keys(self, prefix: str = "") -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def get(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def audits(self) -> list[dict]:
        return [json.loads(self.get(key)) for key in self.keys("audit/")]

    def audit(self) -> dict:
        (audit,) = self.audits()
        return audit

    def table(self) -> list[tuple]:
        """All rows under processed/, as a query would see them."""
        return sorted(row for key in self.keys("processed/") for row in rows_of(self.get(key)))

    def rejects(self) -> list[dict]:
        return [record for key in self.keys("rejected/") for record in records_of(self.get(key))]

    def state(self) -> dict[str, bytes]:
        """All that the function wrote."""
        return {key: self.get(key) for key in self.keys() if not key.startswith("raw/")}


@pytest.fixture
def store(handler: ModuleType) -> Store:
    return Store(versioned=True)


def event(*records: dict) -> dict:
    return {"Records": list(records)}


def test_a_file_becomes_parquet_rejects_and_an_audit_record(handler: ModuleType, store: Store) -> None:
    data = HEADER + b'1,"Lee, Ann",5.00,Shipped,2025-04-01\n2,Bo,7,canceled,2025-03-01\n3,Cy,1e3,pending,2025-04-01\n'
    record = store.put("raw/orders.csv", data)
    handler.lambda_handler(event(record), CONTEXT)

    name = core.output_name("raw/orders.csv")
    assert store.keys() == [f"audit/{name}.json", f"processed/filtered_orders/{name}.parquet", "raw/orders.csv", f"rejected/{name}.jsonl"]
    assert [row[:2] for row in store.table()] == [("1", "Lee, Ann")]
    (reject,) = store.rejects()
    assert (reject["row"], reject["line"], reject["reason"]) == (3, 4, "amount_invalid")
    assert reject["text"] == "3,Cy,1e3,pending,2025-04-01"
    audit = store.audit()
    last_modified = audit["source"].pop("last_modified")
    assert datetime.fromisoformat(last_modified).tzinfo == UTC
    assert audit == {
        "pipeline": "orders",
        "function": "FilterAndProcessOrders",
        "source": {
            "bucket": BUCKET,
            "key": "raw/orders.csv",
            "version_id": record["s3"]["object"]["versionId"],
            "etag": record["s3"]["object"]["eTag"],
            "size": len(data),
        },
        "event_time": "2025-04-22T09:30:00.000Z",
        "drop_after_days": 30,
        "status": "processed",
        "reason": None,
        "rows": {"in": 3, "kept": 1, "dropped": 1, "rejected": 1},
        "dropped_by_rule": {"old_cancelled": 1},
        "rejected_by_reason": {"amount_invalid": 1},
        "extra_columns": [],
        "output": {"processed": f"processed/filtered_orders/{name}.parquet", "rejected": f"rejected/{name}.jsonl"},
    }


@pytest.mark.parametrize("today", [date(2025, 5, 1), date(2026, 3, 1), date(2030, 12, 31)])
def test_the_sample_gives_its_known_answer_on_any_day(handler: ModuleType, store: Store, today: date) -> None:
    orders = sample.rows(today)
    text = "\n".join([",".join(sample.HEADER), *(f"{o.order_id},{o.customer},{o.amount},{o.status},{o.order_date}" for o in orders)])
    handler.lambda_handler(event(store.put("raw/sample.csv", text.encode(), f"{today}T23:59:59.999Z")), CONTEXT)
    assert store.audit()["rows"] == {"in": 200, "kept": sample.KEPT, "dropped": sample.DROPPED, "rejected": 0}
    assert sum(row[2] for row in store.table()) == sample.KEPT_AMOUNT


def test_the_events_time_is_now_in_utc(handler: ModuleType, store: Store) -> None:
    """2025-03-23 is 30 days before 2025-04-22 in UTC and 31 before 2025-04-23, which it still is not at 23:59 UTC."""
    data = HEADER + b"1,Ann,5.00,pending,2025-03-23\n"
    handler.lambda_handler(event(store.put("raw/a.csv", data, "2025-04-22T23:59:59.999Z")), CONTEXT)
    assert store.audit()["rows"]["kept"] == 1
    handler.lambda_handler(event(store.put("raw/a.csv", data, "2025-04-23T00:00:00.000Z")), CONTEXT)
    assert store.audit()["rows"]["dropped"] == 1


def test_settings_come_from_the_environment(handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROP_AFTER_DAYS", "1")
    monkeypatch.setenv("PROCESSED_PREFIX", "elsewhere/")
    handler.lambda_handler(event(store.put("raw/a.csv", TWO_GOOD)), CONTEXT)
    assert store.audit()["rows"]["dropped"] == 1
    assert store.keys("elsewhere/")
    monkeypatch.setenv("DROP_AFTER_DAYS", "a month")
    with pytest.raises(ValueError, match="DROP_AFTER_DAYS is 'a month'"):
        handler.lambda_handler(event(), CONTEXT)


@pytest.mark.parametrize("key", ["raw/été 2025/my+orders (1) & co=%41.csv", "raw/a b.csv", "raw/東京.csv", "raw/2025%2B04.csv"])
def test_keys_are_decoded(handler: ModuleType, store: Store, key: str) -> None:
    handler.lambda_handler(event(store.put(key, GOOD)), CONTEXT)
    assert store.audit()["source"]["key"] == key
    assert len(store.table()) == 1


def test_files_with_one_base_name_do_not_overwrite_each_other(handler: ModuleType, store: Store) -> None:
    records = [store.put(key, GOOD) for key in ("raw/a/orders.csv", "raw/b/orders.csv", "raw/orders.csv", "raw/a-orders.csv")]
    records.append(store.put("raw/a/orders.csv.gz", gzip.compress(GOOD)))
    handler.lambda_handler(event(*records), CONTEXT)
    assert len(store.keys("processed/filtered_orders/")) == 5
    assert len(store.table()) == 5
    assert all(key.count("/") == 2 for key in store.keys("processed/")), "a nested folder would look like a partition"


def test_one_failing_file_does_not_stop_the_others_and_is_not_hushed_up(handler: ModuleType, store: Store) -> None:
    gone = store.put("raw/gone file.csv", GOOD)
    store.s3.delete_object(Bucket=BUCKET, Key="raw/gone file.csv", VersionId=gone["s3"]["object"]["versionId"])
    with pytest.raises(ExceptionGroup, match=r"1 of 3 files failed: raw/gone file.csv \(SourceGoneError: .*Upload it again") as caught:
        handler.lambda_handler(event(store.put("raw/a.csv", GOOD), gone, store.put("raw/b.csv", GOOD)), CONTEXT)
    assert [type(error).__name__ for error in caught.value.exceptions] == ["SourceGoneError"]
    assert len(store.table()) == 2


def test_keys_outside_the_raw_prefix_are_refused(handler: ModuleType, store: Store) -> None:
    with pytest.raises(ExceptionGroup, match="not under 'raw/'"):
        handler.lambda_handler(event(store.put("processed/x.csv", GOOD)), CONTEXT)


def test_other_events_are_refused_and_s3s_test_event_is_not(handler: ModuleType, store: Store) -> None:
    assert handler.lambda_handler({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, CONTEXT) == {"files": []}
    with pytest.raises(ValueError, match="no S3 event"):
        handler.lambda_handler({"detail": {}}, CONTEXT)
    removal = store.put("raw/a.csv", GOOD) | {"eventName": "ObjectRemoved:Delete"}
    with pytest.raises(ExceptionGroup, match="ObjectRemoved:Delete"):
        handler.lambda_handler(event(removal), CONTEXT)


class TestReplays:
    def test_the_same_event_three_times_changes_nothing(self, handler: ModuleType, store: Store) -> None:
        record = store.put("raw/a.csv", ONE_BAD)
        handler.lambda_handler(event(record), CONTEXT)
        first = store.state()
        for _ in range(2):
            handler.lambda_handler(event(record, record), CONTEXT)
        assert store.state() == first

    @pytest.mark.parametrize("order", ["old new", "new old", "old new old", "new old new", "old old new", "new"])
    def test_events_of_two_versions_in_any_order_end_alike(self, handler: ModuleType, store: Store, order: str) -> None:
        records = {
            "old": store.put("raw/a.csv", ONE_BAD, "2025-04-01T00:00:00Z"),
            "new": store.put("raw/a.csv", TWO_GOOD, "2025-04-22T00:00:00Z"),
        }
        for which in order.split():
            handler.lambda_handler(event(records[which]), CONTEXT)
        assert store.audit()["source"]["version_id"] == records["new"]["s3"]["object"]["versionId"]
        assert store.audit()["event_time"] == "2025-04-22T00:00:00.000Z"
        assert [row[0] for row in store.table()] == ["1", "2"]
        assert store.rejects() == []

    def test_an_old_event_after_a_half_done_run_heals_it(self, handler: ModuleType, store: Store) -> None:
        """A run of the old version wrote its Parquet over the new one's and died: its retry puts that right."""
        old, new = store.put("raw/a.csv", GOOD), store.put("raw/a.csv", TWO_GOOD)
        handler.lambda_handler(event(new), CONTEXT)
        right = store.state()
        store.s3.put_object(Bucket=BUCKET, Key=store.audit()["output"]["processed"], Body=b"of the old version")
        handler.lambda_handler(event(old), CONTEXT)
        assert store.state() == right

    def test_a_file_replaced_while_it_is_processed_is_processed_again(
        self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = store.put("raw/a.csv", GOOD)
        process, runs = core.process, []

        def replacing(*args: object, **options: object) -> object:
            runs.append(1)
            if len(runs) == 1:
                store.put("raw/a.csv", TWO_GOOD)
            return process(*args, **options)

        monkeypatch.setattr(core, "process", replacing)
        handler.lambda_handler(event(record), CONTEXT)
        assert len(runs) == 2
        assert store.audit()["rows"]["in"] == 2

    def test_a_file_that_never_keeps_still_is_an_error(self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        record = store.put("raw/a.csv", GOOD)
        process = core.process

        def replacing(*args: object, **options: object) -> object:
            store.put("raw/a.csv", GOOD)
            return process(*args, **options)

        monkeypatch.setattr(core, "process", replacing)
        with pytest.raises(ExceptionGroup, match="SourceKeepsChangingError"):
            handler.lambda_handler(event(record), CONTEXT)

    @pytest.mark.parametrize("order", ["old new", "new old", "old new old"])
    def test_a_deleted_file_is_still_processed_from_its_versions(
        self, handler: ModuleType, store: Store, order: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        records = {"old": store.put("raw/a.csv", ONE_BAD), "new": store.put("raw/a.csv", TWO_GOOD)}
        store.s3.delete_object(Bucket=BUCKET, Key="raw/a.csv")
        client, old_id = handler.s3(), records["old"]["s3"]["object"]["versionId"]
        get_object = client.get_object

        def dated(**wanted: str) -> dict:
            """S3 tells whole seconds; let the old version be a day older."""
            response = get_object(**wanted)
            return {**response, "LastModified": datetime(2020, 1, 1, tzinfo=UTC)} if wanted.get("VersionId") == old_id else response

        monkeypatch.setattr(client, "get_object", dated)
        for which in order.split():
            handler.lambda_handler(event(records[which]), CONTEXT)
        assert [row[0] for row in store.table()] == ["1", "2"]
        assert store.rejects() == []

    def test_a_late_replay_of_a_purged_file_is_no_error(self, handler: ModuleType, store: Store) -> None:
        record = store.put("raw/a.csv", GOOD)
        handler.lambda_handler(event(record), CONTEXT)
        before = store.state()
        store.s3.delete_object(Bucket=BUCKET, Key="raw/a.csv", VersionId=record["s3"]["object"]["versionId"])
        handler.lambda_handler(event(record), CONTEXT)
        assert store.state() == before

    def test_a_bucket_without_versions_works_too(self, handler: ModuleType) -> None:
        store = Store(versioned=False)
        old, new = store.put("raw/a.csv", ONE_BAD), store.put("raw/a.csv", TWO_GOOD)
        for record in (new, old, new):
            handler.lambda_handler(event(record), CONTEXT)
            assert len(store.table()) == 2
            assert store.rejects() == []
        assert store.audit()["source"]["version_id"] is None


class TestStaleOutputs:
    def test_rejects_of_an_earlier_version_go_when_the_new_one_has_none(self, handler: ModuleType, store: Store) -> None:
        handler.lambda_handler(event(store.put("raw/a.csv", ONE_BAD)), CONTEXT)
        assert store.keys("rejected/")
        handler.lambda_handler(event(store.put("raw/a.csv", GOOD)), CONTEXT)
        assert store.keys("rejected/") == []
        assert store.audit()["output"]["rejected"] is None

    @pytest.mark.parametrize("body", [HEADER, b"", b"OrderID,Customer\n1,Ann\n", b"\x1f\x8bdamaged"])
    def test_rows_of_an_earlier_version_go_when_the_new_one_keeps_none(self, handler: ModuleType, store: Store, body: bytes) -> None:
        handler.lambda_handler(event(store.put("raw/a.csv", GOOD)), CONTEXT)
        handler.lambda_handler(event(store.put("raw/a.csv", body)), CONTEXT)
        assert store.keys("processed/") == []
        assert store.audit()["output"]["processed"] is None

    def test_nothing_is_deleted_where_nothing_was(self, handler: ModuleType, store: Store) -> None:
        """In a versioned bucket a delete of nothing would leave a marker."""
        deleted: list[str] = []
        handler.s3().meta.events.register("before-call.s3.DeleteObject", lambda params, **_: deleted.append(params["url_path"]))
        handler.lambda_handler(event(store.put("raw/a.csv", ONE_BAD)), CONTEXT)
        handler.lambda_handler(event(store.put("raw/b.csv", HEADER)), CONTEXT)
        assert deleted == []
        handler.lambda_handler(event(store.put("raw/a.csv", GOOD)), CONTEXT)
        assert len(deleted) == 1, "the rejects of the first version"


class TestFilesRejectedWhole:
    def test_a_missing_column_is_named_and_every_row_is_kept_in_the_rejects(self, handler: ModuleType, store: Store) -> None:
        handler.lambda_handler(event(store.put("raw/a.csv", b"OrderID,Customer,Status,OrderDate\n1,Ann,shipped,2025-04-01\n")), CONTEXT)
        audit = store.audit()
        assert audit["status"] == "rejected"
        assert "lacks Amount" in audit["reason"]
        assert audit["rows"] == {"in": 1, "kept": 0, "dropped": 0, "rejected": 1}
        assert [record["text"] for record in store.rejects()] == ["OrderID,Customer,Status,OrderDate", "1,Ann,shipped,2025-04-01"]

    def test_a_damaged_gzip_is_kept_byte_for_byte_and_leaves_no_rows(self, handler: ModuleType, store: Store) -> None:
        packed = gzip.compress(HEADER + b"".join(b"%d,Ann,1.00,shipped,2025-04-01\n" % n for n in range(300_000)))[:-10]
        handler.lambda_handler(event(store.put("raw/a.csv.gz", packed)), CONTEXT)
        audit = store.audit()
        assert audit["status"] == "rejected"
        assert "gzip data ends early" in audit["reason"]
        assert audit["rows"]["in"] == 0
        assert store.keys("processed/") == []
        assert b"".join(base64.b64decode(record["text_base64"]) for record in store.rejects()) == packed
        assert store.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


class TestUploads:
    BIG = HEADER + b"".join(b"%d,Ann %d,%d.25,shipped,2025-04-01\n" % (n, n, n % 1000) for n in range(60_000))

    def test_large_outputs_are_uploaded_in_parts(self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler, "PART_BYTES", 100_000)
        monkeypatch.setattr("orders_csv.kept.ROW_GROUP_ROWS", 10_000)
        monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1000)
        handler.lambda_handler(event(store.put("raw/big.csv", self.BIG)), CONTEXT)
        key = store.audit()["output"]["processed"]
        assert "-" in store.s3.head_object(Bucket=BUCKET, Key=key)["ETag"], "one part only"
        assert rows_of(store.get(key)) == expected(self.BIG)[0]

    def test_a_failing_upload_is_aborted_and_raised(self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler, "PART_BYTES", 100_000)
        monkeypatch.setattr("orders_csv.kept.ROW_GROUP_ROWS", 10_000)
        client = handler.s3()
        upload_part, calls = client.upload_part, []

        def failing(**arguments: object) -> dict:
            calls.append(arguments["PartNumber"])
            if len(calls) == 2:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "UploadPart")
            return upload_part(**arguments)

        monkeypatch.setattr(client, "upload_part", failing)
        with pytest.raises(ExceptionGroup, match="AccessDenied") as caught:
            handler.lambda_handler(event(store.put("raw/big.csv", self.BIG)), CONTEXT)
        assert isinstance(caught.value.exceptions[0], ClientError)
        assert calls == [1, 2]
        assert store.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
        assert store.state() == {}

    def test_the_audit_record_comes_last(self, handler: ModuleType, store: Store) -> None:
        """Who reads it finds the outputs it names."""
        written = []
        handler.s3().meta.events.register(
            "before-call.s3.PutObject", lambda params, **_: written.append(params["url_path"].split("/")[-1].split(".")[-1])
        )
        handler.lambda_handler(event(store.put("raw/a.csv", ONE_BAD)), CONTEXT)
        assert written == ["parquet", "jsonl", "json"]

    def test_the_body_is_streamed(self, handler: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        record, sizes = store.put("raw/big.csv", self.BIG), []
        process = core.process

        class Watched:
            def __init__(self, body: BytesIO) -> None:
                self.body = body

            def read(self, size: int) -> bytes:
                sizes.append(size)
                return self.body.read(size)

        monkeypatch.setattr(core, "process", lambda body, *args, **options: process(Watched(body), *args, **options))
        handler.lambda_handler(event(record), CONTEXT)
        assert set(sizes) == {core.BLOCK_BYTES}
