"""The orders function's AWS edge: S3 events in, objects in `processed/`, `rejected/` and `audit/` out.

The rules about rows are in core.py. Here are those about files: which version of an object counts, under which keys
its output lies, and in which order things are written so that replays and events out of order end in the same state.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import unquote_plus

import boto3
import core
from botocore.exceptions import ClientError

PART_BYTES = 5 << 20  # of a multipart upload: the least that S3 takes; 10,000 parts of it are 50 GB
ATTEMPTS = 5  # how often a file that keeps changing while it is read is read anew


class SourceGoneError(RuntimeError):
    """The object that an event announced no longer exists, in no version that could be read."""


class SourceKeepsChangingError(RuntimeError):
    """The object was replaced each time while it was being processed."""


@dataclass(frozen=True)
class Settings:
    """What the deployer sets by environment variables."""

    drop_after_days: int
    raw_prefix: str
    processed_prefix: str
    rejected_prefix: str
    audit_prefix: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        days = environment.get("DROP_AFTER_DAYS", "30")
        if not days.isascii() or not days.isdigit():
            raise ValueError(f"DROP_AFTER_DAYS is {days!r}; it must be a whole number of days, such as 30")
        return cls(
            drop_after_days=int(days),
            raw_prefix=environment.get("RAW_PREFIX", "raw/"),
            processed_prefix=environment.get("PROCESSED_PREFIX", "processed/filtered_orders/"),
            rejected_prefix=environment.get("REJECTED_PREFIX", "rejected/"),
            audit_prefix=environment.get("AUDIT_PREFIX", "audit/"),
        )


@dataclass(frozen=True)
class Arrival:
    """What an event's record says: this object arrived, in this version, at this time. What it leaves out is None."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    time: datetime | None

    @classmethod
    def read(cls, record: Mapping) -> "Arrival":
        name = record.get("eventName", "ObjectCreated:")
        if not name.removeprefix("s3:").startswith("ObjectCreated:"):
            raise ValueError(f"the event is {name!r}; this function takes ObjectCreated events only. Correct the bucket's notification.")
        item = record["s3"]["object"]
        time = record.get("eventTime")
        return cls(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(item["key"]),
            version_id=item.get("versionId"),
            etag=item.get("eTag"),
            time=datetime.fromisoformat(time).astimezone(UTC) if time else None,
        )


@dataclass(frozen=True)
class Version:
    """One version of an object, as S3 describes it. `id` is None in a bucket without versioning."""

    id: str | None
    etag: str
    size: int
    modified: datetime

    @classmethod
    def read(cls, response: Mapping) -> "Version":
        return cls(response.get("VersionId"), response["ETag"].strip('"'), response["ContentLength"], response["LastModified"])

    def announced_by(self, arrival: Arrival) -> bool:
        """Whether the event is about this version; an event that names no version is about any."""
        if arrival.version_id and self.id:
            return arrival.version_id == self.id
        return arrival.etag in (None, self.etag)

    def recorded_in(self, audit: Mapping | None) -> bool:
        return audit is not None and (audit["source"]["version_id"], audit["source"]["etag"]) == (self.id, self.etag)


@cache
def s3():
    """The S3 client, one for all invocations of this process."""
    return boto3.client("s3")


class Upload:
    """A file-like object whose bytes become an object in S3 when it is closed; it holds one part in memory."""

    def __init__(self, bucket: str, key: str, content_type: str) -> None:
        self._place = {"Bucket": bucket, "Key": key}
        self._content_type = content_type
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict] = []

    def write(self, data: bytes) -> int:
        self._buffer += data
        if len(self._buffer) >= PART_BYTES:
            self._send_part()
        return len(data)

    def close(self) -> None:
        """Make the object visible, whole."""
        if self._upload_id is None:
            s3().put_object(**self._place, Body=self._buffer, ContentType=self._content_type)
            return
        if self._buffer:
            self._send_part()
        s3().complete_multipart_upload(**self._place, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts})

    def abort(self) -> None:
        """Leave nothing behind in S3."""
        if self._upload_id is not None:
            s3().abort_multipart_upload(**self._place, UploadId=self._upload_id)

    def _send_part(self) -> None:
        if self._upload_id is None:
            self._upload_id = s3().create_multipart_upload(**self._place, ContentType=self._content_type)["UploadId"]
        number = len(self._parts) + 1
        response = s3().upload_part(**self._place, UploadId=self._upload_id, PartNumber=number, Body=self._buffer)
        checksums = {name: response[name] for name in ("ChecksumCRC32",) if name in response}
        self._parts.append({"PartNumber": number, "ETag": response["ETag"], **checksums})
        self._buffer = bytearray()


class Outputs:
    """Where the rows of one file go. As a context manager it aborts on the way out whatever was not published."""

    def __init__(self, bucket: str, processed_key: str, rejected_key: str) -> None:
        self._bucket = bucket
        self._keys = {"processed": processed_key, "rejected": rejected_key}
        self._types = {"processed": "application/vnd.apache.parquet", "rejected": "application/x-ndjson"}
        self._open: dict[str, Upload] = {}

    def __enter__(self) -> "Outputs":
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()

    def open_kept(self) -> Upload:
        return self._upload("processed")

    def write(self, data: bytes) -> None:
        """Write rejects."""
        self._upload("rejected").write(data)

    def discard(self) -> None:
        while self._open:
            self._open.popitem()[1].abort()

    def publish(self) -> dict[str, str | None]:
        """Make the outputs visible, remove those of an earlier version that this one has not; return the keys in use."""
        published: dict[str, str | None] = {}
        for kind, key in self._keys.items():
            if kind in self._open:
                self._open[kind].close()
                del self._open[kind]
                published[kind] = key
            else:
                self._remove(key)
                published[kind] = None
        return published

    def _upload(self, kind: str) -> Upload:
        if kind not in self._open:
            self._open[kind] = Upload(self._bucket, self._keys[kind], self._types[kind])
        return self._open[kind]

    def _remove(self, key: str) -> None:
        # Looked up first: in a versioned bucket each delete leaves a marker, even of a key that never was.
        found = s3().list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        if found and found[0]["Key"] == key:
            s3().delete_object(Bucket=self._bucket, Key=key)


def fetch(bucket: str, key: str, version_id: str | None = None) -> Mapping | None:
    """GetObject's response, its body not read yet; None if there is no such object or version."""
    try:
        return s3().get_object(Bucket=bucket, Key=key, **({"VersionId": version_id} if version_id else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            return None
        raise


def current(bucket: str, key: str) -> Version | None:
    """The version that the key has now; None if it was deleted."""
    try:
        return Version.read(s3().head_object(Bucket=bucket, Key=key))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def read_audit(bucket: str, key: str) -> dict | None:
    response = fetch(bucket, key)
    return json.loads(response["Body"].read()) if response else None


def transform(arrival: Arrival, response: Mapping, event_time: datetime, settings: Settings, function: str) -> dict:
    """Process one version of a file, publish its outputs and return its audit record."""
    name = core.output_name(arrival.key)
    version = Version.read(response)
    rejected_key = f"{settings.rejected_prefix}{name}.jsonl"
    with Outputs(arrival.bucket, f"{settings.processed_prefix}{name}.parquet", rejected_key) as outputs:
        try:
            summary = core.process(
                response["Body"], event_time.date(), outputs.open_kept, outputs, drop_after_days=settings.drop_after_days
            )
        except core.UnreadableFileError as error:
            outputs.discard()
            again = fetch(arrival.bucket, arrival.key, version.id)
            if again is None or Version.read(again) != version:
                raise SourceKeepsChangingError(f"{arrival.key} was replaced or deleted while it was being rejected") from error
            summary = core.reject_file(again["Body"], outputs, error)
        published = outputs.publish()
    return {
        "pipeline": "orders",
        "function": function,
        "source": {
            "bucket": arrival.bucket,
            "key": arrival.key,
            "version_id": version.id,
            "etag": version.etag,
            "size": version.size,
            "last_modified": iso(version.modified),
        },
        "event_time": iso(event_time),
        "drop_after_days": settings.drop_after_days,
        "status": summary.status,
        "reason": summary.reason,
        "rows": {"in": summary.rows_in, "kept": summary.kept, "dropped": summary.dropped, "rejected": summary.rejected},
        "dropped_by_rule": dict(sorted(summary.dropped_by_rule.items())),
        "rejected_by_reason": dict(sorted(summary.rejected_by_reason.items())),
        "extra_columns": summary.extra_columns,
        "output": published,
    }


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def handle(arrival: Arrival, settings: Settings, function: str) -> dict:
    """Bring the outputs of the arrived object up to its newest version and return the audit record.

    The newest version counts, whichever the event is about, so that events in any order end alike. Nothing is
    skipped as "done already": an earlier run may have died between two writes.

    Raises:
        SourceGoneError: there is nothing left to read, and no audit record of it.
        SourceKeepsChangingError: after ATTEMPTS runs the object was still being replaced.
        botocore.exceptions.ClientError: AWS refused something.
    """
    if not arrival.key.startswith(settings.raw_prefix):
        raise ValueError(f"{arrival.key!r} is not under {settings.raw_prefix!r} (RAW_PREFIX). Correct the bucket's notification.")
    audit_key = f"{settings.audit_prefix}{core.output_name(arrival.key)}.json"
    for _ in range(ATTEMPTS):
        audit = read_audit(arrival.bucket, audit_key)
        response = fetch(arrival.bucket, arrival.key) or deleted_source(arrival, audit)
        if response is None:
            return audit
        version = Version.read(response)
        if version.announced_by(arrival):
            event_time = arrival.time or version.modified
        elif version.recorded_in(audit):
            event_time = datetime.fromisoformat(audit["event_time"])
        else:  # its own event is still to come
            event_time = version.modified
        audit = transform(arrival, response, event_time, settings, function)
        body = json.dumps(audit, indent=1, ensure_ascii=False).encode()
        s3().put_object(Bucket=arrival.bucket, Key=audit_key, Body=body, ContentType="application/json")
        if current(arrival.bucket, arrival.key) in (version, None):
            return audit
    raise SourceKeepsChangingError(f"{arrival.key} was replaced {ATTEMPTS} times while it was being processed; the next event retries")


def deleted_source(arrival: Arrival, audit: Mapping | None) -> Mapping | None:
    """What to read of an object that was deleted after its event: the event's own version.

    Deleting a source does not take its orders back, so the outcome must not depend on which came first.
    None if the audit shows that this version, or a newer one, was processed.
    """
    response = fetch(arrival.bucket, arrival.key, arrival.version_id) if arrival.version_id else None
    if response is not None:
        newer = audit and datetime.fromisoformat(audit["source"]["last_modified"]) > response["LastModified"]
        return None if newer else response
    if audit and (arrival.etag is None or audit["source"]["etag"] == arrival.etag):
        return None
    raise SourceGoneError(
        f"s3://{arrival.bucket}/{arrival.key} (version {arrival.version_id}) was deleted before it was processed. Upload it again."
    )


def lambda_handler(event: Mapping, context: object) -> dict:
    """Process every file that the S3 event names; a file that fails does not keep the others from their turn.

    Raises:
        ExceptionGroup: names the keys that failed; Lambda retries the event, which does no harm to the others.
    """
    if event.get("Event") == "s3:TestEvent":  # S3 sends it when a notification is set up
        return {"files": []}
    if "Records" not in event:
        raise ValueError(f"this is no S3 event: it has no Records, but {sorted(event)}")
    settings = Settings.read(os.environ)
    files, errors, failed = [], [], []
    for record in event["Records"]:
        key = record.get("s3", {}).get("object", {}).get("key", "(a record without a key)")
        try:
            audit = handle(Arrival.read(record), settings, context.function_name)
        except Exception as error:
            error.add_note(f"while processing {key}")
            errors.append(error)
            failed.append(f"{unquote_plus(key)} ({type(error).__name__}: {error})")
        else:
            files.append({"key": audit["source"]["key"], "status": audit["status"], "rows": audit["rows"]})
            print(json.dumps({"orders": files[-1], "reason": audit["reason"]}))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(event['Records'])} files failed: {'; '.join(failed)}", errors)
    return {"files": files}
