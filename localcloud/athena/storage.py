"""Objects of the buckets: listed through S3's API, read as the plain files that MiniStack keeps.

A file is used only if it is provably the object that was listed (same size and ETag); else the object
is fetched through the API into a temporary file.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from localcloud.athena.errors import QueryError
from localcloud.athena.permissions import denied


@dataclass(frozen=True)
class Item:
    """One object: `path` of a file with its bytes, `stamp` identifies these bytes for caching."""

    uri: str
    path: str
    size: int
    stamp: str


class Storage:
    """`root`: MiniStack's folder of one account. `scratch`: where fetched copies go until `close`. `permissions`: the
    reader's, since what is read from disk S3 does not see."""

    def __init__(self, s3, root, scratch, permissions):
        self.s3, self.root, self.scratch, self.permissions = s3, Path(root), Path(scratch), permissions
        self._copies = []

    def close(self):
        for path in self._copies:
            os.unlink(path)
        self._copies.clear()

    def items(self, location):
        """The data objects under an s3:// location, by key; hidden ones (_x, .x) and folders' markers left out."""
        bucket, prefix = split(location)
        prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        found = []
        try:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    parts = entry["Key"][len(prefix) :].split("/")
                    if (
                        entry["Size"]
                        and entry.get("StorageClass") not in ("GLACIER", "DEEP_ARCHIVE")
                        and not any(part[:1] in ("_", ".") for part in parts)
                    ):
                        found.append(entry)
            self.permissions.read_objects([f"s3://{bucket}/{entry['Key']}" for entry in found])
            return [self._item(bucket, entry) for entry in found]
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                raise denied(f"{error.response['Error'].get('Message', '')} (location {location})") from error
            raise QueryError("HIVE_FILESYSTEM_ERROR", f"{error.response['Error'].get('Message', error)} (location {location})") from error

    def _item(self, bucket, entry):
        key, etag = entry["Key"], entry["ETag"].strip('"')
        path = self.root / bucket / key
        uri = f"s3://{bucket}/{key}"
        if self._is(path, key, etag, entry["Size"]):
            status = path.stat()
            return Item(uri, str(path), entry["Size"], f"{etag}-{status.st_mtime_ns}")
        handle, copy = tempfile.mkstemp(dir=self.scratch, suffix=Path(key).suffix or ".bin")
        self._copies.append(copy)
        with os.fdopen(handle, "wb") as file:
            for chunk in self.s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1 << 20):
                file.write(chunk)
        return Item(uri, copy, entry["Size"], f"{etag}-copy")

    def _is(self, path, key, etag, size):
        """Does this file hold that object? MiniStack stores awkward keys elsewhere and replaces files at a write."""
        try:
            if any(part in ("", ".", "..") for part in key.split("/")) or path.stat().st_size != size:
                return False
            described = json.loads(path.with_name(path.name + ".meta.json").read_bytes())
        except (OSError, ValueError):
            return False
        return described.get("key", key) == key and described.get("etag", "").strip('"') == etag


def split(location):
    """(bucket, key prefix) of an s3:// location."""
    parsed = urlparse(location.replace("s3a://", "s3://").replace("s3n://", "s3://"), allow_fragments=False)
    if parsed.scheme != "s3" or not parsed.netloc:
        raise QueryError("HIVE_INVALID_METADATA", f"the location {location!r} is no s3:// location")
    return parsed.netloc, location.split("://", 1)[1].partition("/")[2]
