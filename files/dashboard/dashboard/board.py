"""Ties it together: the panels' questions go through the cache to Athena, the audit records come from S3."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass

from dashboard import audit, checks, queries
from dashboard.aws import AwsError
from dashboard.cache import Cache
from dashboard.listing import newest_first
from dashboard.spending import Spending
from dashboard.status.questions import Questions
from dashboard.store import Store

log = logging.getLogger(__name__)

LISTING_SECONDS = 2  # a listing of audit records is used again within this
LISTED_AT_LEAST = 1000  # where there are too many to list all
READY_SECONDS = 5
STATUS_SECONDS = 30  # what makes up a pipeline's status is asked again after this


@dataclass(frozen=True)
class Listing:
    """The audit objects of a pipeline, newest first; `cut` where there are more than were looked at."""

    objects: tuple
    cut: bool


class Board:
    """What the pages ask. `aws` is an aws.Aws or what has its methods."""

    def __init__(self, config, aws, metrics, clock=time.monotonic):
        self.config = config
        self.aws = aws
        self.metrics = metrics
        metrics.describe("dashboard_queries_total", "Queries sent to Athena, by outcome.")
        metrics.describe("dashboard_query_seconds", "Seconds from the start of a query to its last row.")
        metrics.describe("dashboard_query_scanned_bytes_total", "Bytes that Athena scanned for queries that succeeded.")
        metrics.describe("dashboard_query_cost_dollars_total", "Dollars at Athena's list price for queries that succeeded.")
        metrics.describe("dashboard_spent_today_dollars", "Dollars of this UTC day, restarts included.")
        metrics.describe("dashboard_scanned_today_bytes", "Bytes that Athena scanned in this UTC day, restarts included.")
        metrics.describe("dashboard_answers_total", "Answers given, by where they came from.")
        self._executor = ThreadPoolExecutor(config.query_threads, thread_name_prefix="query")
        # S3 and readiness have threads of their own: slow queries must not keep them waiting.
        self._storage = ThreadPoolExecutor(8, thread_name_prefix="storage")
        self._answers = Cache(self._executor, self._lifetime, config.error_seconds, clock=clock)
        # Everybody who looks at a live panel shares its answer, so it costs at most one query in so many seconds.
        self._live = Cache(self._executor, lambda _: config.live_seconds, config.live_seconds, clock=clock)
        self._store = Store(config.cache_dir) if config.cache_dir else None
        self.spending = Spending(config.cache_dir)
        self._listings = Cache(self._storage, lambda _: LISTING_SECONDS, 0, clock=clock)
        self._questions = Questions(aws)
        self._inquiries = ThreadPoolExecutor(8, thread_name_prefix="status")
        self._status = Cache(self._inquiries, lambda _: STATUS_SECONDS, config.error_seconds, clock=clock)
        self._ready = Cache(self._storage, lambda _: READY_SECONDS, READY_SECONDS, clock=clock)

    def ask(self, pipeline, query, texts, refresh=False):
        """A Future of the cache.Snapshot of a query's queries.Answer. `texts`: the parameters as Query.texts gives them."""
        literals = query.literals(texts)
        recall = (lambda: self._store.load(self._question(pipeline, query, literals))) if self._store and not query.live else None
        future = (self._live if query.live else self._answers).fetch(
            (pipeline.name, query.name, *literals), lambda: self._run(pipeline, query, literals), refresh and not query.live, recall
        )
        future.add_done_callback(lambda done: self.metrics.count("dashboard_answers_total", source=done.result().source))
        return future

    def ask_all(self, pipeline, given=(), refresh=False):
        """[(query, texts, Future)] of a pipeline's panels but the live ones, all asked at once; see `gather`."""
        given = dict(given)
        return [(query, texts := query.texts(given), self.ask(pipeline, query, texts, refresh)) for query in pipeline.queries]

    def ask_live(self, pipeline):
        """The same of its live panels."""
        return [(query, {}, self.ask(pipeline, query, {})) for query in pipeline.live]

    @staticmethod
    def gather(asked, seconds=None):
        """[(query, texts, Snapshot)] of what `ask_all` gave; None for a Snapshot that is not there within `seconds`."""
        wait_for([future for *_, future in asked], timeout=seconds)
        return [(query, texts, future.result() if future.done() else None) for query, texts, future in asked]

    def ask_listing(self, pipeline):
        """A Future of the cache.Snapshot of the pipeline's Listing."""
        return self._listings.fetch(pipeline.name, lambda: self._list(pipeline))

    def ask_checks(self, pipeline):
        """A Future of the cache.Snapshot of the checks.Report of the last run; its value is None where there was none."""
        return self._listings.fetch(("checks", pipeline.name), lambda: self._checks(pipeline))

    def ask_status(self, pipeline):
        """{part: Future of the cache.Snapshot of its answer} of all that the pipeline's status is made of."""
        parts = self._questions.about(pipeline)
        return {name: self._status.fetch((pipeline.name, name), ask) for name, ask in parts.items()}

    def listing(self, pipeline):
        """The pipeline's Listing; AwsError if S3 does not give it."""
        snapshot = self.ask_listing(pipeline).result()
        if snapshot.error:
            raise snapshot.error
        return snapshot.value

    def records(self, pipeline, objects):
        """The audit.Record of each object, read side by side, newest first."""
        found = list(self._storage.map(lambda stored: self._record(pipeline, stored.key, stored.modified), objects))
        # S3 knows whole seconds only; files of the same second are ordered by their events.
        return sorted(found, key=lambda record: (record.modified, record.event_time or record.modified, record.key), reverse=True)

    def rejects(self, pipeline, record_key):
        """(key, size, chunks, close) of the rejects that an audit record names; None if there is no such record or it names none.

        AwsError if S3 does not give the object.
        """
        if not audit.is_below(record_key, pipeline.audit_prefix):
            return None
        try:
            record = audit.parse(
                self.aws.read(pipeline.bucket, record_key, audit.MAX_BYTES + 1), record_key, None, pipeline.rejected_prefix
            )
        except AwsError as error:
            if error.code in ("NoSuchKey", "404"):
                return None
            raise
        if not record.rejected_key:
            return None
        return record.rejected_key, *self.aws.open(pipeline.bucket, record.rejected_key)

    def problems(self):
        """{pipeline's name: why it cannot be used}: empty where every workgroup can be reached and is enabled."""
        asked = [(p.name, self._ready.fetch(p.name, lambda p=p: self.aws.workgroup_state(p.workgroup))) for p in self.config.pipelines]
        found = {name: future.result() for name, future in asked}
        return {
            name: str(snapshot.error) if snapshot.error else f"its workgroup is {snapshot.value}"
            for name, snapshot in found.items()
            if snapshot.error or snapshot.value != "ENABLED"
        }

    def _lifetime(self, answer):
        """Data may come any moment where there is none yet, so an empty answer is not believed for long."""
        return self.config.cache_seconds if answer.rows else min(self.config.error_seconds, self.config.cache_seconds)

    def _run(self, pipeline, query, literals):
        labels = {"pipeline": pipeline.name, "query": query.name}
        started, outcome = time.monotonic(), "failed"
        try:
            answer = queries.run(self.aws, pipeline, query, literals, self.config)
            outcome = "succeeded"
        except queries.QueryFailed as error:
            log.warning("query %s/%s failed (%s): %r", pipeline.name, query.name, error.execution_id, str(error))
            raise
        except Exception:
            log.exception("query %s/%s could not be run", pipeline.name, query.name)
            raise
        finally:
            self.metrics.count("dashboard_queries_total", **labels, outcome=outcome)
            self.metrics.observe("dashboard_query_seconds", time.monotonic() - started, **labels)
        self.metrics.count("dashboard_query_scanned_bytes_total", answer.scanned, **labels)
        self.metrics.count("dashboard_query_cost_dollars_total", float(answer.cost), **labels)
        self.spending.add(pipeline.name, answer)
        if self._store and not query.live:
            self._store.save(self._question(pipeline, query, literals), answer)
        return answer

    def _question(self, pipeline, query, literals):
        """All on which an answer depends."""
        config = self.config
        return [
            config.region,
            config.endpoint_url or "",
            pipeline.workgroup,
            pipeline.database,
            query.sql,
            str(config.row_limit),
            *literals,
        ]

    def _list(self, pipeline):
        objects, cut = newest_first(self.aws, pipeline.bucket, pipeline.audit_prefix, self.config.audit_list_limit, enough=LISTED_AT_LEAST)
        return Listing(tuple(objects), cut)

    def _checks(self, pipeline):
        try:
            return checks.parse(self.aws.read(pipeline.bucket, f"{pipeline.checks_prefix}latest.json", checks.MAX_BYTES + 1))
        except AwsError as error:
            if error.code in ("NoSuchKey", "404"):
                return None
            raise

    def _record(self, pipeline, key, modified):
        try:
            body = self.aws.read(pipeline.bucket, key, audit.MAX_BYTES + 1)
        except AwsError as error:
            return audit.Record(key, modified, f"the record cannot be read: {error}")
        return audit.parse(body, key, modified, pipeline.rejected_prefix)
