"""A table of one day in the memory cloud: its writers, its compactor, and a reader who finds fault."""

import io
from collections import Counter
from datetime import timedelta
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
from compacting.day import Compaction, Limits
from day_versions import Days

from tests.unit.compactor import memory_cloud
from tests.unit.compactor.memory_cloud import BUCKET, DATABASE, PREFIX, TABLE

DAY = "2026-11-21"
ROWS = 3  # of each version of each input
GONE = "gone"  # the etag of an input that was replaced by one without rows of the day
GRACE = timedelta(hours=1)


class Killed(BaseException):
    """The caller is no more."""


@cache
def parquet(name, etag):
    """The file of an input: rows named by its version, none for GONE."""
    ids = [] if etag == GONE else [f"{name} {etag} {row}" for row in range(ROWS)]
    file = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array(ids, pa.string())}), file)
    return file.getvalue()


@cache
def ids(body):
    return pq.read_table(io.BytesIO(body))["id"].to_pylist()


@cache
def _versions(bodies):
    """{name: {etag: rows}} of some files; a row that is there twice is a fault."""
    found = {}
    for row, count in Counter(row for body in bodies for row in ids(body)).items():
        name, etag, _ = row.split()
        assert count == 1, f"{row} is there {count} times"
        found.setdefault(name, Counter())[etag] += 1
    return found


class Table:
    """`allowed`: {name: etags of which exactly one is what a reader may find; None stands for no rows}."""

    def __init__(self, *names, file_bytes=1 << 20):
        self.cloud, self.allowed, self.seen = memory_cloud.Cloud(), {}, {}
        self.limits = Limits(file_bytes, GRACE, settle=0)
        for name in names:
            self.put(name, "1")
        self.cloud.watch = self.look

    def days(self, gate=None):
        return Days(*self.cloud.clients(*([gate] if gate else [])), BUCKET, PREFIX, DATABASE, TABLE)

    def put(self, name, etag, gate=None):
        """What the transformer does with a version of an input. Until it is acknowledged, a reader may find it or what was before."""
        before = self.allowed.get(name, {None})
        self.allowed[name] = before | {_found(etag)}
        outcome = self.days(gate).put(DAY, name, etag, parquet(name, etag))
        self.allowed[name] = before | {_found(etag)} if outcome == "changed" else {_found(etag)}
        return outcome

    def compact(self, gate=None):
        return Compaction(self.days(gate), self.limits, lambda: self.cloud.now).run(DAY)

    def visible(self):
        """Listed objects of the partition's location that a query reads."""
        if DAY not in self.cloud.partitions:
            return {}
        start = self.cloud.partitions[DAY]["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/")
        return {
            key: each for key, each in self.cloud.objects.items() if key.startswith(start) and not key.rpartition("/")[2].startswith("_")
        }

    def rows(self):
        return Counter(row for each in self.visible().values() for row in ids(each["Body"]))

    def look(self):
        """A query at this moment, and one that listed its files earlier and reads them now."""
        visible = self.visible()
        found = {name: dict(etags) for name, etags in _versions(tuple(each["Body"] for each in visible.values())).items()}
        for name, allowed in self.allowed.items():
            etags = found.pop(name, {})
            assert len(etags) <= 1, f"{name} is there in the versions {sorted(etags)}"
            etag = next(iter(etags), None)
            assert etag in allowed, f"{name} is there as {etag}, and should be one of {allowed}"
            assert etag is None or etags[etag] == ROWS, f"of {name} {etag} there are only {etags[etag]} rows"
        assert not found, f"nobody wrote {found}"
        for key, since in list(self.seen.items()):
            if self.cloud.now - since < GRACE:
                assert key in self.cloud.objects, f"{key} was deleted while a query may still read it"
        self.seen |= dict.fromkeys(visible, self.cloud.now)

    def settle(self):
        """Compact until nothing is left to do, the time for old versions included; then readers must see what was put last."""
        self.compact()
        self.cloud.wait(hours=2)
        report = self.compact()
        assert report.version is None, "the day was still being merged"
        return report


def _found(etag):
    return None if etag == GONE else etag
