"""What lies under a crawler's target, and the few bytes of it that tell its schema."""

from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from localcloud.crawler import classify, globs, parquet
from localcloud.crawler.layout import File

#: objects looked at in one folder, and under one target; folders beyond are taken to be like the others
PER_FOLDER, PER_TARGET = 100, 1000
_READERS = 8
_TAIL_BYTES = 64 << 10


@dataclass(frozen=True)
class Object:
    """A listed object: `size` in bytes, `modified` in seconds since 1970."""

    key: str
    size: int
    etag: str
    modified: float

    @property
    def folder(self):
        return self.key.rpartition("/")[0]


class Target:
    """An S3 target: `bucket`, and `root`, the key prefix with its slash, or the key of a single object."""

    def __init__(self, path, exclusions=(), sample_size=None):
        if not path.startswith("s3://") or not path[5:].partition("/")[0]:
            raise ValueError(f"the target's path must be s3://bucket/folder/, this is {path!r}")
        self.bucket, _, self.root = path[5:].partition("/")
        self.path, self.exclusions, self.sample_size = path, tuple(exclusions), sample_size
        self._excluded = [globs.to_regex(pattern) for pattern in exclusions]

    def list(self, s3):
        """The objects under the target, by key; sets `root` to a folder's prefix unless an object has that very key."""
        found = []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.root):
            found += [
                Object(item["Key"], item["Size"], item["ETag"], item["LastModified"].timestamp()) for item in page.get("Contents", [])
            ]
        if self.root and not self.root.endswith("/") and any(item.key == self.root for item in found):
            return [item for item in found if item.key == self.root]
        self.root = self.root.rstrip("/") + "/" if self.root else ""
        return sorted((item for item in found if self._counts(item)), key=lambda item: item.key)

    def _counts(self, item):
        if not item.key.startswith(self.root) or item.size == 0:
            return False
        path = item.key[len(self.root) :]
        if any(part.startswith(("_", ".")) and "=" not in part for part in path.split("/")) or path.endswith("_$folder$"):
            return False
        return not any(pattern.fullmatch(path) for pattern in self._excluded)


def choose(objects, sample_size=None):
    """The objects to look at: all of a small folder; of a large one half the newest, half spread over the rest.

    A change of schema shows in the newest files, so these must be among them. `sample_size`: the
    target's SampleSize, files in each folder.
    """
    folders = defaultdict(list)
    for item in objects:
        folders[item.folder].append(item)
    newest_first = sorted(folders.values(), key=lambda items: max(item.modified for item in items), reverse=True)
    limit = sample_size or max(1, min(PER_FOLDER, PER_TARGET // max(1, len(folders))))
    return [item for items in newest_first[:PER_TARGET] for item in _spread(items, limit)]


def _spread(items, limit):
    if len(items) <= limit:
        return items
    by_age = sorted(items, key=lambda item: item.modified, reverse=True)
    newest, rest = by_age[: (limit + 1) // 2], sorted(by_age[(limit + 1) // 2 :], key=lambda item: item.key)
    step = len(rest) / max(1, limit - len(newest))
    return newest + [rest[int(at * step)] for at in range(limit - len(newest))]


class SchemaCache:
    """Schemas of objects by bucket, key, ETag and the classifiers used; the least recently used go first."""

    def __init__(self, most=20_000):
        self._entries, self._most, self._lock = OrderedDict(), most, Lock()

    def get(self, key):
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key, schema):
        with self._lock:
            self._entries[key] = schema
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


def look(s3, target, objects, chosen, classifiers, cache, check):
    """`objects` as layout's Files, with schemas for the `chosen`. `check` is called between reads and may raise."""
    version = repr(classifiers)

    def schema_of(item):
        check()
        key = (target.bucket, item.key, item.etag, version)
        schema = cache.get(key)
        if schema is None:
            schema = _classify(s3, target.bucket, item, classifiers)
            cache.put(key, schema)
        return schema

    with ThreadPoolExecutor(_READERS, thread_name_prefix="crawl-read") as readers:
        schemas = dict(zip((item.key for item in chosen), readers.map(schema_of, chosen), strict=True))
    return [File(item.key, item.size, schemas.get(item.key)) for item in objects]


def _classify(s3, bucket, item, classifiers):
    def read(first, last):
        return s3.get_object(Bucket=bucket, Key=item.key, Range=f"bytes={first}-{last}")["Body"].read()

    tail = None
    if item.size > classify.HEAD_BYTES and item.key.lower().endswith(".parquet"):
        tail = read(item.size - _TAIL_BYTES, item.size - 1)
    if tail is None or not tail.endswith(parquet.MAGIC):
        head = read(0, min(item.size, classify.HEAD_BYTES) - 1)
        if not head.startswith(parquet.MAGIC) or item.size < 12:
            return classify.classify_text(head, item.size, classifiers)
        tail = head if len(head) == item.size else read(item.size - _TAIL_BYTES, item.size - 1)
    needed = min(parquet.footer_length(tail), item.size)
    if needed > len(tail):
        tail = read(item.size - needed, item.size - 1)
    return classify.classify_parquet(tail, item.size)
