"""A stand-in for dashboard.aws.Aws, in memory: what it answers is given, what it was asked is kept."""

import itertools
import threading
from datetime import UTC, datetime

from dashboard.aws import AwsError, Execution, StoredObject, Table


def table(columns, types, rows, cut=False):
    return Table(tuple(columns), tuple(types), tuple(map(tuple, rows)), cut)


class FakeAws:
    """`answers`: {SQL: Table, or an exception to raise, or a failure reason (str), or a function of the literals giving these}.

    `stored`: {key: bytes} of the one bucket. `gate`: queries stay RUNNING until it is set.
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

    def objects(self, bucket, prefix, limit):
        self._check()
        found = [StoredObject(key, when, len(body)) for key, (body, when) in sorted(self.stored.items()) if key.startswith(prefix)]
        return found[:limit], len(found) > limit

    def read(self, bucket, key, limit):
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
