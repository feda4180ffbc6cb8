"""Objects of the buckets: listed through S3's API, read as the plain files that MiniStack keeps.

A file is used only if it is provably the object that was listed (same size and ETag); else the object
is fetched through the API into a temporary file.
"""

import itertools
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from localcloud.athena.errors import QueryError
from localcloud.athena.permissions import denied

#: Locations of one bucket above which their common folder is listed instead of each.
MANY = 8


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
        return self.items_of([location])[0]

    def items_of(self, locations):
        """As `items`, a list for each of the s3:// locations. Many of one bucket are listed by the folder that holds them all."""
        places = [_place(location) for location in locations]
        found, listed = {place: [] for place in places}, {}
        for bucket, prefix in found:
            listed.setdefault(bucket, []).append(prefix)
        for bucket, prefixes in listed.items():
            for prefix in [_folder(prefixes)] if len(prefixes) > MANY else prefixes:
                for key, entry in self._data(bucket, prefix, *(_ends(prefixes) if len(prefixes) > MANY else ())):
                    for place in [(bucket, prefix)] if len(prefixes) <= MANY else _holders(bucket, key, found):
                        if not _hidden(key[len(place[1]) :]):
                            found[place].append(entry)
            self._check(bucket, [entry for prefix in prefixes for entry in found[bucket, prefix]])
        return [[self._item(place[0], entry) for entry in found[place]] for place in places]

    def _data(self, bucket, prefix, first="", last=None):
        """(key, entry) of the objects below a prefix that hold anything and can be read; none outside `first` to `last`, in S3's order."""
        start = {"StartAfter": first} if first else {}
        try:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start):
                for entry in page.get("Contents", []):
                    if last is not None and entry["Key"] > last and not entry["Key"].startswith(last):
                        return
                    if entry["Size"] and entry.get("StorageClass") not in ("GLACIER", "DEEP_ARCHIVE"):
                        yield entry["Key"], entry
        except ClientError as error:
            raise _problem(error, f"s3://{bucket}/{prefix}") from error

    def _check(self, bucket, entries):
        try:
            self.permissions.read_objects([f"s3://{bucket}/{entry['Key']}" for entry in entries])
        except ClientError as error:
            raise _problem(error, f"s3://{bucket}/") from error

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


def _problem(error, location):
    text = error.response["Error"].get("Message", "")
    if error.response["Error"]["Code"] == "AccessDenied":
        return denied(f"{text} (location {location})")
    return QueryError("HIVE_FILESYSTEM_ERROR", f"{text or error} (location {location})")


def _place(location):
    """(bucket, prefix that ends with /) of a location."""
    bucket, prefix = split(location)
    return bucket, prefix if not prefix or prefix.endswith("/") else prefix + "/"


def _folder(prefixes):
    """The deepest folder that holds all of these."""
    shared = "".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(min(prefixes), max(prefixes), strict=False)))
    return shared[: shared.rfind("/") + 1]


def _ends(prefixes):
    """(what a listing may start after, the prefix of its last keys): partitions by time are one stretch of their folder's keys."""
    last = max(prefixes)
    return min(prefixes)[:-1], min((prefix for prefix in prefixes if last.startswith(prefix)), key=len)


def _holders(bucket, key, places):
    """Each of `places` that holds the key."""
    folders = [key[: at + 1] for at, letter in enumerate(key) if letter == "/"]
    return [(bucket, folder) for folder in ("", *folders) if (bucket, folder) in places]


def _hidden(rest):
    return any(part[:1] in ("_", ".") for part in rest.split("/"))


def split(location):
    """(bucket, key prefix) of an s3:// location."""
    parsed = urlparse(location.replace("s3a://", "s3://").replace("s3n://", "s3://"), allow_fragments=False)
    if parsed.scheme != "s3" or not parsed.netloc:
        raise QueryError("HIVE_INVALID_METADATA", f"the location {location!r} is no s3:// location")
    return parsed.netloc, location.split("://", 1)[1].partition("/")[2]
