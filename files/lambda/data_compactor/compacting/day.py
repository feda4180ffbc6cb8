"""The compaction of one day: see files/lambda/day_versions/README.md for the order of its steps and why it holds."""

import time
from dataclasses import asdict, dataclass, replace
from functools import partial

from botocore.exceptions import ClientError
from day_versions.manifest import Input, Manifest
from day_versions.names import MANIFEST, folder, merged_file, new_version, place
from day_versions.objects import ReplacedError, status

from compacting import planning
from compacting.merging import Merger, add_part, add_single
from compacting.ranged import opened
from compacting.upload import Upload

_TRIES = 3  # how often a day is merged anew because a file was replaced meanwhile
_DELETED_AT_ONCE = 1000


class RestlessDayError(RuntimeError):
    """Files of a day were replaced each time while it was being merged."""


class RowsLostError(RuntimeError):
    """Rows that went in did not come out: a bug, or a damaged file. Nothing was switched."""


@dataclass
class Report:
    """What was done to a day. Files and bytes are those that readers see; rows are those of the merged files."""

    day: str
    version: str | None = None
    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    rows: int = 0
    inputs: int = 0
    replaced: int = 0
    brought_over: int = 0
    deleted: int = 0

    def asdict(self):
        """As JSON takes it, with a sentence for people."""
        return asdict(self) | {"message": str(self)}

    def __str__(self):
        if self.version is None:
            return f"{self.day}: nothing to merge, {self.files_after} files, {self.deleted} old ones deleted"
        return (
            f"{self.day}: {self.files_before} files ({self.bytes_before:,} bytes) became {self.files_after} ({self.bytes_after:,} bytes), "
            f"{self.rows:,} rows of {self.inputs} inputs, {self.replaced} of them replaced; {self.deleted} old files deleted"
        )


@dataclass(frozen=True)
class Limits:
    """`file_bytes`: most of a merged file. `grace`: timedelta for which superseded versions stay. `settle`: seconds until a
    change of the catalog has reached all who write."""

    file_bytes: int
    grace: object
    settle: float = 1.0


class Compaction:
    """Args: `days` (Days), `limits` (Limits), `clock` () → aware time. One at a time for a table: see lock.py."""

    def __init__(self, days, limits, clock):
        self._days, self._limits, self._clock = days, limits, clock
        self._objects, self._catalog = days.objects, days.catalog

    def run(self, day):
        """Merge the day if that gains anything, mend what an earlier run left, delete what nobody reads; returns its Report."""
        report = Report(day)
        for _ in range(_TRIES):
            state = self._catalog.day(day)
            if state is None:
                raise KeyError(f"the day {day} is not registered, so there is nothing to compact")
            report.brought_over += sum(self._bring_over(day, state.current, version) for version in sorted(state.superseded))
            if self._merge(day, state, report):
                break
        else:
            self._catalog.update(day, state.announcing(None))
            raise RestlessDayError(f"files of {day} were replaced {_TRIES} times while they were being merged; the next run tries again")
        report.deleted = self._clean(day)
        return report

    def _merge(self, day, state, report):
        """Make and switch to a new version; False if it came out stale, and has to be made anew."""
        found = self._contents(day, state.current)
        found = replace(found, changed=self._still_waiting(found))
        planned = planning.plan(found, self._limits.file_bytes // 2)
        report.files_before = report.files_after = len(found.data)
        report.bytes_before = report.bytes_after = sum(each.size for each in found.data)
        if planned is None:
            if state.next:
                self._catalog.update(day, state.announcing(None))
            return True
        everything = self._objects.listing(folder(self._days.prefix, day))
        versions = {at[1] for each in everything if (at := place(each.key, self._days.prefix))}
        version = new_version(self._clock(), versions | set(state.versions) | set(state.superseded))
        try:
            manifest = self._write(day, version, found.manifest, planned)
        except ReplacedError:
            return False
        # From here on who writes a file writes it into the new version too.
        state = state.announcing(version)
        self._catalog.update(day, state)
        self._settle()
        now = self._contents(day, state.current)
        if planning.is_stale(planned, now):
            return False
        for each in planning.newcomers(manifest, (), now.singles):
            self._copy_new(each, day, version)
        self._catalog.update(day, state.switched(self._clock(), self._limits.grace))
        self._settle()
        report.brought_over += self._bring_over(day, version, state.current)
        for each in planned.changed.values():
            self._delete_if_same(each)
        listed = planning.contents(day, version, manifest, self._listing(day, version), ()).data
        report.version, report.files_after, report.bytes_after = version, len(listed), sum(each.size for each in listed)
        report.rows, report.inputs, report.replaced = sum(manifest.files.values()), len(manifest.inputs), len(planned.replaced)
        return True

    def _write(self, day, version, before, planned):
        """Write the merged files of a version and then its Manifest, which is returned."""
        target = folder(self._days.prefix, day, version)
        files, inputs = {}, {name: [] for name in before.inputs if name not in planned.replaced}
        for number, each in enumerate(planned.copied, 1):
            old, new = each.key.rpartition("/")[2], merged_file(number)
            self._copy(each, target + new)
            files[new] = before.files[old]
            for rows, name in planned.kept[old]:
                inputs[name].append(rows._replace(file=new))
        merger = Merger(partial(self._create, target), self._limits.file_bytes, taken=len(planned.copied))
        etags = {name: before.inputs[name].etag for name in inputs}
        expected = 0
        try:
            for each in planned.rewritten:
                file, _ = opened(self._objects, each)
                kept = planned.kept[each.key.rpartition("/")[2]]
                rows, known = add_part(merger, kept, file, each.key), sum(stretch.count for stretch, _ in kept)
                if rows != known:
                    raise RowsLostError(f"{each.key} gave {rows} rows, and its manifest says {known}; nothing was switched")
                expected += rows
            for name, each in sorted((planned.singles | planned.changed).items()):
                file, etags[name] = opened(self._objects, each)
                expected += add_single(merger, name, file, each.key)
            merger.finish()
        except BaseException:
            merger.abort()
            raise
        written = sum(merger.files.values())
        if written != expected:
            raise RowsLostError(f"{written} rows were written of {expected} that were read; nothing was switched")
        rows = {name: tuple(inputs.get(name, [])) + tuple(merger.inputs.get(name, ())) for name in etags}
        manifest = Manifest({name: Input(etag, rows[name]) for name, etag in etags.items()}, files | merger.files)
        self._objects.s3.put_object(
            Bucket=self._objects.bucket, Key=target + MANIFEST, Body=manifest.dump(), ContentType="application/json"
        )
        return manifest

    def _settle(self):
        if self._limits.settle:
            time.sleep(self._limits.settle)

    def _contents(self, day, version):
        waiting = self._objects.listing(folder(self._days.changed_prefix, day))
        return planning.contents(day, version, self._days.manifest(day, version), self._listing(day, version), waiting)

    def _listing(self, day, version):
        return self._objects.listing(folder(self._days.prefix, day, version))

    def _still_waiting(self, found):
        """What has to replace rows, without what an earlier run merged and did not come to delete."""
        waiting = dict(found.changed)
        for name, each in found.changed.items():
            merged = found.manifest.inputs.get(name)
            if merged and self._objects.source(each.key) == merged.etag:
                self._delete_if_same(each)
                del waiting[name]
        return waiting

    def _bring_over(self, day, version, old):
        """Copy files from a superseded version that came too late for it; returns their number.

        Who wrote them died before looking at the catalog again, and will come again; until then their rows were missed.
        """
        late = planning.singles(self._listing(day, old))
        if not late:
            return 0
        present = planning.singles(self._listing(day, version))
        return sum(self._copy_new(each, day, version) for each in planning.newcomers(self._days.manifest(day, version), present, late))

    def _copy_new(self, listed, day, version):
        """Copy a file into a version unless it has one of that name; returns whether it did."""
        target = folder(self._days.prefix, day, version) + listed.key.rpartition("/")[2]
        try:
            self._copy(listed, target, IfNoneMatch="*")
        except ClientError as error:
            # Who replaces a file now, or has just put it there, writes it into the new version too.
            if status(error) in (404, 412):
                return False
            raise
        return True

    def _copy(self, listed, target, **conditions):
        source = {"Bucket": self._objects.bucket, "Key": listed.key}
        conditions["CopySourceIfMatch"] = listed.etag
        for left in reversed(range(_TRIES)):
            try:
                self._objects.s3.copy_object(Bucket=self._objects.bucket, Key=target, CopySource=source, **conditions)
            except ClientError as error:
                if status(error) != 409 or not left:  # 409: another write to the key is under way
                    raise
            else:
                return

    def _delete_if_same(self, listed):
        """Delete an object unless it was replaced since it was listed."""
        try:
            self._objects.s3.delete_object(Bucket=self._objects.bucket, Key=listed.key, IfMatch=listed.etag)
        except ClientError as error:
            if status(error) not in (404, 409, 412):
                raise

    def _clean(self, day):
        listed = self._objects.listing(folder(self._days.prefix, day))
        keys = planning.deletable(self._catalog.day(day), listed, self._days.prefix, self._clock(), self._limits.grace)
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = {"Objects": [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]], "Quiet": True}
            if failed := self._objects.s3.delete_objects(Bucket=self._objects.bucket, Delete=some).get("Errors"):
                raise RuntimeError(f"{len(failed)} old files could not be deleted; the first: {failed[0]}")
        return len(keys)

    def _create(self, target, file):
        return Upload(self._objects.s3, self._objects.bucket, target + file)
