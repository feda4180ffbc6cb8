"""An object that arrived, and its versions. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus


@dataclass(frozen=True)
class Arrival:
    """What an event's record says: this object arrived, in this version, at this time. What it leaves out is None."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    event_time: str | None

    @classmethod
    def read(cls, record: Mapping) -> "Arrival":
        """Raises ValueError if it is about anything but a new object."""
        name = record.get("eventName", "ObjectCreated:")
        if not name.removeprefix("s3:").startswith("ObjectCreated:"):
            raise ValueError(f"the event is {name!r}; this function takes ObjectCreated events only. Correct the bucket's notification.")
        item = record["s3"]["object"]
        key = unquote_plus(item["key"])
        return cls(record["s3"]["bucket"]["name"], key, item.get("versionId"), item.get("eTag"), record.get("eventTime"))

    @property
    def time(self) -> datetime | None:
        """The event's, in UTC."""
        return datetime.fromisoformat(self.event_time).astimezone(UTC) if self.event_time else None


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

    def source(self, bucket: str, key: str) -> dict:
        """What an audit record says about it."""
        return {
            "bucket": bucket,
            "key": key,
            "version_id": self.id,
            "etag": self.etag,
            "size": self.size,
            "last_modified": iso(self.modified),
        }


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
