"""The orders function's AWS edge: S3 events in, objects in `processed/`, `rejected/` and `audit/` out.

The rules about rows are in core.py, and which version of an object counts is in s3_inputs/. Here is what "now" is for an
event, under which keys outputs lie, and in which order things are written so that replays and events out of order end in the
same state.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import boto3
import core
from s3_inputs.events import process_each, records_of
from s3_inputs.inputs import Inputs, SourceKeepsChangingError
from s3_inputs.outputs import remove, write_record
from s3_inputs.versions import Arrival, Version, iso

PART_BYTES = 5 << 20  # of a multipart upload: the least that S3 takes; 10,000 parts of it are 50 GB
ATTEMPTS = 5  # how often a file that keeps changing while it is read is read anew


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
                remove(s3(), self._bucket, key)
                published[kind] = None
        return published

    def _upload(self, kind: str) -> Upload:
        if kind not in self._open:
            self._open[kind] = Upload(self._bucket, self._keys[kind], self._types[kind])
        return self._open[kind]


def event_time(arrival: Arrival, version: Version, audit: Mapping | None) -> datetime:
    """What is "now" to the rule about old orders, when this version is processed for this event."""
    announced = arrival.version_id == version.id if arrival.version_id and version.id else arrival.etag in (None, version.etag)
    if announced:
        return arrival.time or version.modified
    if audit and (audit["source"]["version_id"], audit["source"]["etag"]) == (version.id, version.etag):
        return datetime.fromisoformat(audit["event_time"])
    return version.modified  # its own event is still to come


def transform(
    inputs: Inputs, arrival: Arrival, version: Version, response: Mapping, now: datetime, settings: Settings, function: str
) -> dict:
    """Process one version of a file, publish its outputs and return its audit record."""
    name = core.output_name(arrival.key)
    rejected_key = f"{settings.rejected_prefix}{name}.jsonl"
    with Outputs(arrival.bucket, f"{settings.processed_prefix}{name}.parquet", rejected_key) as outputs:
        try:
            summary = core.process(response["Body"], now.date(), outputs.open_kept, outputs, drop_after_days=settings.drop_after_days)
        except core.UnreadableFileError as error:
            outputs.discard()
            again = inputs.fetch(arrival.key, version)
            if again is None:
                raise SourceKeepsChangingError(f"{arrival.key} was replaced or deleted while it was being rejected") from error
            summary = core.reject_file(again["Body"], outputs, error)
        published = outputs.publish()
    return {
        "pipeline": "orders",
        "function": function,
        "source": version.source(arrival.bucket, arrival.key),
        "event_time": iso(now),
        "drop_after_days": settings.drop_after_days,
        "status": summary.status,
        "reason": summary.reason,
        "rows": {"in": summary.rows_in, "kept": summary.kept, "dropped": summary.dropped, "rejected": summary.rejected},
        "dropped_by_rule": dict(sorted(summary.dropped_by_rule.items())),
        "rejected_by_reason": dict(sorted(summary.rejected_by_reason.items())),
        "extra_columns": summary.extra_columns,
        "output": published,
    }


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
    inputs = Inputs(s3(), arrival.bucket)
    for _ in range(ATTEMPTS):
        audit = inputs.record(audit_key)
        response = inputs.newest(arrival, audit)
        if response is None:
            return audit
        version = Version.read(response)
        now = event_time(arrival, version, audit)
        audit = transform(inputs, arrival, version, response, now, settings, function)
        write_record(s3(), arrival.bucket, audit_key, audit)
        if inputs.current(arrival.key) in (version, None):
            return audit
    raise SourceKeepsChangingError(f"{arrival.key} was replaced {ATTEMPTS} times while it was being processed; the next event retries")


def lambda_handler(event: Mapping, context: object) -> dict:
    """Process every file that the S3 event names; a file that fails does not keep the others from their turn.

    Raises:
        ExceptionGroup: names the keys that failed; Lambda retries the event, which does no harm to the others.
    """
    records = records_of(event)
    if records is None:
        return {"files": []}
    settings = Settings.read(os.environ)
    return {"files": process_each(records, lambda arrival: handle(arrival, settings, context.function_name), "orders", "files")}
