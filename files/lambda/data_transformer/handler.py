"""The transformer's AWS edge: S3 events in; files of the table's days, rejects and audit records out.

The rules about records are in core.py, those about the table's days in day_versions/, and which version of an object counts
in s3_inputs/. Here is under which names outputs lie, and in which order things are written so that replays and events out of
order end in the same state.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import core
from day_versions import Days
from s3_inputs.events import process_each, records_of
from s3_inputs.inputs import PUBLISHING, Inputs, SourceKeepsChangingError
from s3_inputs.outputs import remove, write_record
from s3_inputs.versions import Arrival, Version
from settings import Settings
from source import ReplacedError, Source

ATTEMPTS = 5  # how often an input that keeps changing while it is read is read anew


@cache
def s3():
    """The S3 client, one for all invocations of this process."""
    return boto3.client("s3")


@cache
def glue():
    """The Glue client, likewise."""
    return boto3.client("glue")


class Transformer:
    """Brings what comes of the inputs of one bucket up to date."""

    def __init__(self, bucket: str, settings: Settings, function: str) -> None:
        self.bucket, self.settings, self.function = bucket, settings, function
        self.inputs = Inputs(s3(), bucket)
        self.days = Days(s3(), glue(), bucket, settings.processed_prefix, settings.database, settings.table, settings.changed_prefix)

    def handle(self, arrival: Arrival) -> dict:
        """Bring the outputs of the arrived object up to its newest version; returns the audit record.

        The newest version counts, whichever the event is about, so that events in any order end alike. Nothing is
        skipped as "done already": an earlier run may have died between two writes.

        Raises:
            SourceGoneError: there is nothing left to read, and no audit record of it.
            SourceKeepsChangingError: after ATTEMPTS runs the object was still being replaced.
            botocore.exceptions.ClientError: AWS refused something.
        """
        if not arrival.key.startswith(self.settings.raw_prefix):
            raise ValueError(f"{arrival.key!r} is not under {self.settings.raw_prefix!r} (RAW_PREFIX). Correct the bucket's notification.")
        audit_key = f"{self.settings.audit_prefix}{core.output_name(arrival.key)}.json"
        for _ in range(ATTEMPTS):
            audit = self.inputs.record(audit_key)
            response = self.inputs.newest(arrival, audit)
            if response is None:
                return audit
            version = Version.read(response)
            audit = self._transform(arrival.key, audit_key, version, response, audit)
            if audit and self.inputs.current(arrival.key) in (version, None):
                return audit
        raise SourceKeepsChangingError(f"{arrival.key} was replaced {ATTEMPTS} times while it was being processed; the next event retries")

    def _transform(self, key: str, audit_key: str, version: Version, response: Mapping, before: Mapping | None) -> dict | None:
        """Process one version, publish its outputs and return its audit record; None if it was replaced meanwhile."""
        with TemporaryDirectory() as scratch:
            source = Source(self.inputs, key, version, response)
            rejects = Path(scratch, "rejects.jsonl")
            try:
                summary = self._summarise(source, Path(scratch, "days"), rejects)
            except ReplacedError:
                return None
            return self._publish(key, audit_key, version, summary, rejects, before)

    def _summarise(self, source: Source, folder: Path, rejects: Path) -> core.Summary:
        folder.mkdir()
        with ExitStack() as opened:

            def open_rejects() -> object:
                opened.close()  # what an earlier pass wrote goes
                return opened.enter_context(rejects.open("wb"))

            try:
                return core.process(source.open, folder, open_rejects)
            except core.UnreadableFileError as error:
                return core.reject_file(source.open(), open_rejects(), error)

    def _publish(self, key: str, audit_key: str, version: Version, summary: core.Summary, rejects: Path, before: Mapping | None) -> dict:
        """Make the outputs visible, and the audit record last: who reads it finds what it names."""
        name = core.output_name(key)
        earlier = set(before["days"]) if before else set()
        rejected_key = f"{self.settings.rejected_prefix}{name}.jsonl"
        rejected = rejects.stat().st_size > 0
        audit = self._audit(key, version, summary) | {"output": {"name": name, "rejected": rejected_key if rejected else None}}
        if not earlier.issuperset(summary.days):
            # Should this run die before its end, and a version without some of these days follow, that one clears them.
            days = dict.fromkeys(sorted(earlier), 0) | audit["days"]
            write_record(s3(), self.bucket, audit_key, audit | {"status": PUBLISHING, "days": days})
        for day, file in summary.days.items():
            self.days.put(day, name, version.etag, file.path)
        for day in sorted(earlier - set(summary.days)):
            self.days.remove(day, name, version.etag, core.no_rows())
        self._put_or_remove(rejected_key, rejects if rejected else None)
        write_record(s3(), self.bucket, audit_key, audit)
        return audit

    def _audit(self, key: str, version: Version, summary: core.Summary) -> dict:
        return {
            "pipeline": "transactions",
            "function": self.function,
            "source": version.source(self.bucket, key),
            "status": summary.status,
            "reason": summary.reason,
            "form": summary.form,
            "rows": {"in": summary.rows_in, "kept": summary.kept, "dropped": 0, "rejected": summary.rejected},
            "rejected_by_reason": dict(sorted(summary.rejected_by_reason.items())),
            "days": {day: file.rows for day, file in summary.days.items()},
        }

    def _put_or_remove(self, key: str, path: Path | None) -> None:
        if path is not None:
            with path.open("rb") as file:
                s3().put_object(Bucket=self.bucket, Key=key, Body=file, ContentType="application/x-ndjson")
            return
        remove(s3(), self.bucket, key)


def lambda_handler(event: Mapping, context: object) -> dict:
    """Process every input that the S3 event names; one that fails does not keep the others from their turn.

    Raises:
        ExceptionGroup: names the keys that failed; Lambda retries the event, which does no harm to the others.
    """
    records = records_of(event)
    if records is None:
        return {"inputs": []}
    settings = Settings.read(os.environ)

    def process(arrival: Arrival) -> dict:
        return Transformer(arrival.bucket, settings, context.function_name).handle(arrival)

    return {"inputs": process_each(records, process, "transactions", "inputs")}
