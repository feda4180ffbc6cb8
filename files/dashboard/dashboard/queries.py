"""Runs one query in Athena, from start to rows."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from dashboard import cost
from dashboard.aws import AwsError

FIRST_WAIT, LONGEST_WAIT = 0.02, 0.5  # seconds between two looks at a running query
_NO_TABLE = re.compile(r"(?:TABLE|SCHEMA)_NOT_FOUND|(?:Table|Schema|Database) \S+ (?:does not exist|not found)", re.IGNORECASE)


class QueryFailed(Exception):
    """A query that gave no answer; the message is Athena's reason. `no_table`: the data is not there yet."""

    def __init__(self, reason, execution_id=None, no_table=False):
        super().__init__(reason)
        self.execution_id = execution_id
        self.no_table = no_table


@dataclass(frozen=True)
class Answer:
    """A query's result and what it took. `run_seconds` from the start to the last row; `cost` in dollars."""

    columns: tuple
    types: tuple
    rows: tuple
    cut: bool
    execution_id: str
    finished_at: datetime
    run_seconds: float
    engine_ms: int
    scanned: int
    reused: bool
    cost: Decimal


def run(aws, pipeline, query, literals, config, clock=time.monotonic, sleep=time.sleep):
    """The Answer of `query`, run in the pipeline's workgroup and database.

    QueryFailed with Athena's reason if it fails, is cancelled, or runs longer than
    `config.query_timeout_seconds`; then it is cancelled, so that it costs no more.
    """
    started, execution_id = clock(), None
    try:
        execution_id = aws.start_query(query.sql, literals, pipeline.workgroup, pipeline.database)
        execution = _finished(aws, execution_id, started, config.query_timeout_seconds, clock, sleep)
        table = aws.results(execution_id, config.row_limit)
    except AwsError as error:
        raise QueryFailed(str(error), execution_id, no_table=bool(_NO_TABLE.search(str(error)))) from error
    free = execution.reused or execution.ddl
    return Answer(
        columns=table.columns,
        types=table.types,
        rows=table.rows,
        cut=table.cut,
        execution_id=execution_id,
        finished_at=datetime.now(UTC),
        run_seconds=clock() - started,
        engine_ms=execution.engine_ms,
        scanned=execution.scanned,
        reused=execution.reused,
        cost=cost.list_price(execution.scanned, config.price_per_tb_usd, config.minimum_billed_bytes, free),
    )


def _finished(aws, execution_id, started, timeout, clock, sleep):
    """The Execution once it has succeeded."""
    wait = FIRST_WAIT
    while True:
        execution = aws.execution(execution_id)
        if execution.state == "SUCCEEDED":
            return execution
        if execution.state in ("FAILED", "CANCELLED"):
            reason = execution.reason or f"Athena says {execution.state} and gives no reason"
            raise QueryFailed(reason, execution_id, no_table=bool(_NO_TABLE.search(reason)))
        left = started + timeout - clock()
        if left <= 0:
            raise QueryFailed(f"The query ran longer than {timeout:g} seconds and {_cancelled(aws, execution_id)}", execution_id)
        sleep(min(wait, left))
        wait = min(wait * 1.5, LONGEST_WAIT)


def _cancelled(aws, execution_id):
    """Cancel the query; what came of it in words."""
    try:
        aws.stop_query(execution_id)
    except AwsError as error:
        return f"could not be cancelled ({error})"
    return "was cancelled"
