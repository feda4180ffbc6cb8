"""The days of a partitioned table whose files come one by one and are merged later: see README.md for why it holds.

    days = Days(s3, glue, bucket, "processed/", "ecommerce_db", "transactions")
    days.put("2026-11-21", name, etag, parquet)

It needs boto3 alone.
"""

from .catalog import Catalog, ForeignDayError
from .manifest import NOTHING, Manifest
from .names import FIRST, MANIFEST, checked_day, checked_name, folder, place
from .objects import Objects, ReplacedError

__all__ = ["Days", "DroppedDayError", "ForeignDayError", "LostManifestError", "MovingDayError", "ReplacedError"]

_ATTEMPTS = 20  # each is a compaction that began or ended while one file was being written


class MovingDayError(RuntimeError):
    """A day was switched each time that a file was written to it."""


class DroppedDayError(RuntimeError):
    """A day has files of several versions, but is not registered any more."""


class LostManifestError(RuntimeError):
    """A version that compaction made has no manifest any more, so nobody knows whose rows are in it."""


class Days:
    """The writers' side; `catalog`, `objects` and `manifest` are for compaction too.

    Args:
        s3, glue: clients.
        bucket: name of the bucket.
        prefix: where the table's days lie in it, such as `processed/`.
        database, table: the table; partitioned by one string, the day.
        changed_prefix: where files wait that replace rows which are merged already.
    """

    def __init__(self, s3, glue, bucket, prefix, database, table, changed_prefix="changed/"):
        self.prefix, self.changed_prefix = prefix, changed_prefix
        self.objects = Objects(s3, bucket)
        self.catalog = Catalog(glue, bucket, prefix, database, table)
        self._manifests = {}

    def put(self, day, name, etag, body):
        """Make `body` the rows that the input `name` has in `day`, instead of those that it had.

        Args:
            day: UTC date as YYYY-MM-DD; it is registered if it is new.
            name: the input's, derived from its key alone; the file will be `<name>.parquet`.
            etag: what the rows were made from: equal for a replay, another where the input was replaced.
            body: a Parquet file's bytes or its path. One without rows takes the input's rows out of the day.

        Returns:
            "written": the rows can be queried; "same": they could before; "changed": the input's former rows are merged, and
            stay until the next compaction of the day puts these in their place.

        Raises:
            MovingDayError, DroppedDayError, ForeignDayError, LostManifestError; botocore's ClientError. Repeating does no harm.
        """
        checked_day(day), checked_name(name)
        for _ in range(_ATTEMPTS):
            before = self.catalog.day(day)
            if before is None:
                self._register(day)
                continue
            outcome = self._put(day, before, name, etag, body)
            after = self.catalog.day(day)
            # A version that was announced or switched to meanwhile may lack the file.
            if after and after.versions == before.versions:
                return outcome
        raise MovingDayError(f"the day {day} was switched {_ATTEMPTS} times while {name} was being written; the input's next event retries")

    def remove(self, day, name, etag, empty):
        """Take the rows of the input `name` out of `day`: as `put` with `empty`, a Parquet file without rows.

        A file is put instead of one deleted, so that nobody can take the input for one that was overlooked. A day that is not
        registered stays so.
        """
        if self.catalog.day(checked_day(day)) is None:
            return "same"
        return self.put(day, name, etag, empty)

    def manifest(self, day, version):
        """The Manifest of a version that the catalog names; the first one has NOTHING."""
        if version == FIRST:
            return NOTHING
        key = folder(self.prefix, day, version) + MANIFEST
        if key not in self._manifests:
            data = self.objects.read(key)
            if data is None:
                raise LostManifestError(f"s3://{self.objects.bucket}/{key} is gone; bring it back from the bucket's earlier versions")
            self._manifests[key] = Manifest.load(data)
        return self._manifests[key]

    def file_key(self, day, version, name):
        return f"{folder(self.prefix, day, version)}{name}.parquet"

    def changed_key(self, day, name):
        return f"{folder(self.changed_prefix, day)}{name}.parquet"

    def _put(self, day, state, name, etag, body):
        merged = [self.manifest(day, version).inputs.get(name) for version in state.versions]
        waiting = self.objects.source(self.changed_key(day, name))
        if waiting is None and not any(merged):
            keys = [self.file_key(day, version, name) for version in state.versions]
            written = [self.objects.put(key, etag, body) for key in keys if self.objects.source(key) != etag]
            return "written" if written else "same"
        shown = merged[0].etag if merged[0] else self.objects.source(self.file_key(day, state.current, name))
        # What the next compaction would take, and what the one under way has taken.
        if (shown if waiting is None else waiting) != etag or any(each and each.etag != etag for each in merged[1:]):
            self.objects.put(self.changed_key(day, name), etag, body)
            return "changed"
        return "same" if shown == etag else "changed"

    def _register(self, day):
        """Register a new day, unless it is an old one whose partition is lost."""
        places = [place(each.key, self.prefix) for each in self.objects.listing(folder(self.prefix, day))]
        later = sorted({found[1] for found in places if found} - {FIRST})
        if later:
            raise DroppedDayError(
                f"the day {day} is not registered, but has the versions {', '.join(later)}: its partition was dropped. Add it again with "
                "the location of the version that it had, usually the newest: ALTER TABLE … ADD PARTITION … LOCATION …"
            )
        self.catalog.register(day)
