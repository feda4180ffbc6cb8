"""Which object an event is about, and which version of it counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

PUBLISHING = "publishing"  # an audit record's status before its outputs are all visible


class SourceGoneError(RuntimeError):
    """The object that an event announced no longer exists, in no version that could be read."""


class SourceKeepsChangingError(RuntimeError):
    """The object was replaced each time while it was being processed."""


class ReplacedError(RuntimeError):
    """The version that is being read is no longer there."""


@dataclass(frozen=True)
class Arrival:
    """What an event's record says: this object arrived, in this version. What it leaves out is None."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None

    @classmethod
    def read(cls, record: Mapping) -> "Arrival":
        name = record.get("eventName", "ObjectCreated:")
        if not name.removeprefix("s3:").startswith("ObjectCreated:"):
            raise ValueError(f"the event is {name!r}; this function takes ObjectCreated events only. Correct the bucket's notification.")
        item = record["s3"]["object"]
        return cls(record["s3"]["bucket"]["name"], unquote_plus(item["key"]), item.get("versionId"), item.get("eTag"))


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


class Inputs:
    """The objects of a bucket that are read. `s3`: a client."""

    def __init__(self, s3: object, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def fetch(self, key: str, version: Version | None = None) -> Mapping | None:
        """GetObject's response, its body not read yet: of exactly that version, or of the newest; None if it is not there (any more)."""
        wanted = {} if version is None else {"VersionId": version.id} if version.id else {"IfMatch": f'"{version.etag}"'}
        return self._get(key, **wanted)

    def newest(self, arrival: Arrival, audit: Mapping | None) -> Mapping | None:
        """The response for what is to be processed for an event; None if the audit record shows that it was.

        The newest version counts. Of an object that was deleted after its event, the event's own version: deleting a
        source takes no rows back, so the outcome must not depend on which came first.

        Raises:
            SourceGoneError: there is nothing left to read, and no audit record of it.
        """
        response = self._get(arrival.key)
        if response is not None:
            return response
        done = audit is not None and audit["status"] != PUBLISHING
        response = self._get(arrival.key, VersionId=arrival.version_id) if arrival.version_id else None
        if response is not None:
            newer = done and datetime.fromisoformat(audit["source"]["last_modified"]) > response["LastModified"]
            return None if newer else response
        if done and (arrival.etag is None or audit["source"]["etag"] == arrival.etag):
            return None
        raise SourceGoneError(
            f"s3://{arrival.bucket}/{arrival.key} (version {arrival.version_id}) was deleted before it was processed. Upload it again."
        )

    def current(self, key: str) -> Version | None:
        """The version that the key has now; None if it was deleted."""
        try:
            return Version.read(self._s3.head_object(Bucket=self._bucket, Key=key))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def record(self, key: str) -> dict | None:
        """An audit record; None if there is none."""
        response = self._get(key)
        return json.loads(response["Body"].read()) if response else None

    def _get(self, key: str, **wanted: str) -> Mapping | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key, **wanted)
        except ClientError as error:
            # PreconditionFailed: replaced, where there are no versions.
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "PreconditionFailed"):
                return None
            raise


class Source:
    """The bytes of one version of an object, as often as they are asked for. `response`: GetObject's, to begin with."""

    def __init__(self, inputs: Inputs, key: str, version: Version, response: Mapping) -> None:
        self._inputs, self._key, self._version, self._response = inputs, key, version, response

    def open(self) -> object:
        """A body to read; raises ReplacedError if the version is gone."""
        response, self._response = self._response or self._inputs.fetch(self._key, self._version), None
        if response is None or Version.read(response) != self._version:
            raise ReplacedError(f"{self._key} was replaced or deleted while it was being processed")
        return response["Body"]


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
