"""A stand-in for dashboard.aws.Aws, in memory: what it answers is given, what it was asked is kept."""

import itertools
import threading
from datetime import UTC, datetime

from dashboard.aws import AwsError, Execution, StoredObject, Table


def table(columns, types, rows, cut=False):
    return Table(tuple(columns), tuple(types), tuple(map(tuple, rows)), cut)


class FakeAws:
    """`answers`: {SQL: Table, or an exception to raise, or a failure reason (str), or a function of the literals giving these}.

    `stored`: {key: bytes} of the one bucket. `states`: {(method, argument): answer} of the other services.
    `gate`: queries stay RUNNING until it is set.
    """

    def __init__(self, answers=None, stored=None):
        self.answers = dict(answers or {})
        self.stored = {key: (body, datetime.now(UTC)) for key, body in (stored or {}).items()}
        self.started, self.stopped, self.opened, self.closed = [], [], [], []
        self.gate = threading.Event()
        self.gate.set()
        self.workgroup = "ENABLED"
        self.scanned = 1_234_567
        self.down = None
        self.states = {}
        self.reads = 0
        self._running = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def put(self, key, body, modified=None):
        self.stored[key] = (body, modified or datetime.now(UTC))

    def start_query(self, sql, literals, workgroup, database):
        self._check()
        answer = self.answers[sql]
        answer = answer(literals) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        with self._lock:
            execution_id = f"00000000-0000-4000-8000-{next(self._ids):012}"
            self.started.append((sql, list(literals), workgroup, database))
            self._running[execution_id] = answer
        return execution_id

    def execution(self, execution_id):
        self._check()
        answer = self._running[execution_id]
        if not self.gate.is_set():
            return Execution("RUNNING", "")
        if isinstance(answer, str):
            return Execution("FAILED", answer)
        return Execution("SUCCEEDED", "", self.scanned, engine_ms=80)

    def stop_query(self, execution_id):
        self.stopped.append(execution_id)

    def results(self, execution_id, limit):
        found = self._running[execution_id]
        return table(found.columns, found.types, found.rows[:limit], len(found.rows) > limit)

    def workgroup_state(self, workgroup):
        self._check()
        return self.workgroup

    def objects(self, bucket, prefix, limit, after=""):
        self._check()
        stored = sorted(item for item in self.stored.items() if item[0].startswith(prefix) and item[0] > after)
        found = [StoredObject(key, when, len(body)) for key, (body, when) in stored]
        return found[:limit], len(found) > limit

    def folders(self, bucket, prefix):
        self._check()
        below = [key.removeprefix(prefix) for key in self.stored if key.startswith(prefix)]
        return sorted({f"{prefix}{key.split('/')[0]}/" for key in below if "/" in key})

    def messages(self, queue):
        return self._state("messages", queue)

    def alarms(self, prefix):
        return self._state("alarms", prefix) or []

    def last_crawl(self, crawler):
        return self._state("last_crawl", crawler)

    def last_job_run(self, job):
        return self._state("last_job_run", job)

    def _state(self, *name):
        """What `states` has for (method, argument): a value, an exception to raise, or None."""
        self._check()
        found = self.states.get(name)
        if isinstance(found, Exception):
            raise found
        return found

    def read(self, bucket, key, limit):
        self.reads += 1
        return self._body(key)[:limit]

    def open(self, bucket, key):
        body = self._body(key)
        self.opened.append(key)
        chunks = (body[at : at + 4] for at in range(0, len(body), 4))
        return len(body), chunks, lambda: self.closed.append(key)

    def _body(self, key):
        self._check()
        if key not in self.stored:
            raise AwsError("NoSuchKey", "The specified key does not exist.")
        return self.stored[key][0]

    def _check(self):
        if self.down:
            raise self.down
