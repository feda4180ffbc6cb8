"""What a pipeline's status is made of, one question each, so that each can fail alone. Work is bounded, whatever lies in the bucket."""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard import audit, checks
from dashboard.aws import AwsError
from dashboard.listing import newest, newest_first

WINDOW = timedelta(hours=24)
LISTED = 10_000  # objects of a listing, at most: ten requests
READ = 2_000  # audit records that are added up, at most
CHEAP = 500  # as many records of all time are read for a total
REMEMBERED = 20_000  # records whose counts are kept, so that each is read once
ENDED_WELL = ("SUCCEEDED", "RUNNING", "STARTING", "STOPPING", "WAITING", "STOPPED", "CANCELLED", "")


@dataclass(frozen=True)
class Input:
    """The newest object below raw/ (None: there is none); `cut` where there are too many to know."""

    newest: object
    cut: bool


@dataclass(frozen=True)
class Rows:
    """Sums over audit records. `counts` has the keys of audit.COUNTS; `unread` records could not be read or are malformed."""

    records: int
    counts: dict
    unread: int = 0


@dataclass(frozen=True)
class Audited:
    """What audit records say: the newest (None: there is none), the sums of a day and of all time.

    `total`: None where that would be too much work. `cut`: there were more records in the day than are added up.
    """

    newest: object
    day: Rows
    total: Rows | None
    cut: bool


@dataclass(frozen=True)
class FailedRun:
    """A Glue job or crawler whose last run failed; `again` is what runs it again, or empty."""

    kind: str
    name: str
    state: str
    reason: str
    at: datetime | None
    again: str


@dataclass(frozen=True)
class Findings:
    """What the last checks of the data found; `broken` names those that could not be run."""

    at: datetime | None
    errors: int
    warnings: int
    names: tuple
    broken: tuple


class Questions:
    """Asks `aws` (an aws.Aws or what has its methods). Safe to share between threads."""

    def __init__(self, aws, now=lambda: datetime.now(UTC)):
        self._aws, self._now = aws, now
        # Of their own: who reads hundreds of records must not keep those waiting who read one.
        self._readers = ThreadPoolExecutor(8, thread_name_prefix="reader")
        self._known, self._lock = OrderedDict(), threading.Lock()

    def about(self, pipeline):
        """{part: function without arguments that gives its answer, or raises AwsError}; only what the configuration names."""
        parts = {"audit": self.audited}
        if pipeline.raw_prefix:
            parts["input"] = self.newest_input
        if pipeline.failure_queues:
            parts["failures"] = self.failures
        if pipeline.alarm_prefix:
            parts["alarms"] = self.alarms
        if pipeline.crawlers or pipeline.jobs:
            parts["runs"] = self.failed_runs
        if pipeline.checks_prefix:
            parts["checks"] = self.findings
        return {name: (lambda ask=ask: ask(pipeline)) for name, ask in parts.items()}

    def newest_input(self, pipeline):
        """The Input of a pipeline."""
        return Input(*newest(self._aws, pipeline.bucket, pipeline.raw_prefix, LISTED, self._now()))

    def audited(self, pipeline):
        """The Audited of a pipeline."""
        since = self._now() - WINDOW
        objects, more = newest_first(self._aws, pipeline.bucket, pipeline.audit_prefix, LISTED, self._now(), since=since)
        recent = [stored for stored in objects if stored.modified >= since]
        total = self._sum(pipeline, objects) if not more and len(objects) <= CHEAP else None
        day = self._sum(pipeline, recent[:READ])
        cut = len(recent) > READ or len(objects) >= LISTED
        return Audited(objects[0] if objects else None, day, total, cut)

    def failures(self, pipeline):
        """{queue: messages that wait, None where there is no such queue}."""
        return {queue: self._aws.messages(queue) for queue in pipeline.failure_queues}

    def alarms(self, pipeline):
        """The pipeline's aws.Alarms that are in ALARM."""
        return self._aws.alarms(pipeline.alarm_prefix)

    def failed_runs(self, pipeline):
        """[FailedRun] of the crawlers and jobs whose last run failed."""
        asked = [("crawler", name, self._aws.last_crawl) for name in pipeline.crawlers]
        asked += [("job", name, self._aws.last_job_run) for name in pipeline.jobs]
        found = [(kind, name, ask(name)) for kind, name, ask in asked]
        return [
            FailedRun(kind, name, run.state, run.reason, run.at, (pipeline.run_again or {}).get(name, ""))
            for kind, name, run in found
            if run and run.state not in ENDED_WELL
        ]

    def findings(self, pipeline):
        """The Findings of the last checks; None where none were run yet."""
        try:
            body = self._aws.read(pipeline.bucket, f"{pipeline.checks_prefix}latest.json", checks.MAX_BYTES + 1)
        except AwsError as error:
            if error.code in ("NoSuchKey", "404"):
                return None
            raise
        return findings(body)

    def _sum(self, pipeline, objects):
        read = self._readers.map(lambda stored: self._counts(pipeline, stored), objects)
        found = [counts for counts in read if counts is not None]
        return Rows(
            len(objects),
            {name: sum(counts[place] for counts in found) for place, name in enumerate(audit.COUNTS)},
            len(objects) - len(found),
        )

    def _counts(self, pipeline, stored):
        """The counts of one record, in the order of audit.COUNTS; None where it has none. Read once, unless it is written anew."""
        name = (pipeline.bucket, stored.key, stored.modified, stored.size)
        with self._lock:
            if name in self._known:
                self._known.move_to_end(name)
                return self._known[name]
        try:
            body = self._aws.read(pipeline.bucket, stored.key, audit.MAX_BYTES + 1)
        except AwsError:
            return None  # and asked again the next time
        record = audit.parse(body, stored.key, stored.modified, pipeline.rejected_prefix)
        counts = tuple(record.rows[each] for each in audit.COUNTS) if record.rows else None
        with self._lock:
            self._known[name] = counts
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return counts


def findings(body):
    """The Findings of the bytes of a checks' record; None if there was nothing to check. ValueError if it is none."""
    report = checks.parse(body)
    if report.nothing:
        return None
    return Findings(
        report.ended_at,
        report.found("error"),
        report.found("warning"),
        tuple(check.name for check in report.checks if check.findings),
        tuple(check.name for check in report.checks if check.status == checks.FAILED),
    )
