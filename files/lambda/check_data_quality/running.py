"""Runs queries in Athena, a few side by side, and reads what came of them."""

import time
from collections.abc import Callable, Iterable

from core import MAX_EXAMPLES, Answer

MAX_COUNTED = 10_000  # rows of an answer that are counted; what has more has `more`
PAGE = 1000  # what GetQueryResults gives at once, at most
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds between two looks at the running queries


class Queries:
    """Asks Athena.

    Args:
        athena: a client.
        errors: what its calls raise.
        place: WorkGroup and QueryExecutionContext of StartQueryExecution.
        at_once: queries that run side by side, at most.
        left: seconds until the queries must be at their end; those that are not are cancelled.
    """

    def __init__(
        self,
        athena: object,
        errors: tuple[type[Exception], ...],
        place: dict,
        at_once: int,
        left: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._athena, self._errors, self._place = athena, errors, place
        self._at_once, self._left, self._sleep = at_once, left, sleep

    def ask(self, questions: Iterable[tuple[str, str, list[str]]]) -> dict[str, Answer]:
        """{name: Answer} of each (name, SQL, execution parameters); what fails is an Answer with its error."""
        waiting, running, answers = list(questions), {}, {}
        wait = FIRST_WAIT
        try:
            while waiting or running:
                if self._left() <= 0:
                    answers |= {name: Answer(error="there was no time left to start it") for name, *_ in waiting}
                    answers |= {name: Answer(execution_id=each, error=self._cancelled(each)) for name, each in running.items()}
                    running = {}
                    break
                while waiting and len(running) < self._at_once:
                    name, sql, literals = waiting.pop(0)
                    try:
                        running[name] = self._start(sql, literals)
                    except self._errors as error:
                        answers[name] = Answer(error=str(error))
                done = self._look(running)
                answers |= done
                running = {name: each for name, each in running.items() if name not in done}
                if running:
                    wait = FIRST_WAIT if done else min(wait * 1.5, LONGEST_WAIT)
                    self._sleep(max(min(wait, self._left()), 0))
        finally:
            for each in running.values():  # an error of ours: they must not run on and cost
                self._cancelled(each)
        return answers

    def _start(self, sql: str, literals: list[str]) -> str:
        parameters = {"ExecutionParameters": literals} if literals else {}
        return self._athena.start_query_execution(QueryString=sql, **self._place, **parameters)["QueryExecutionId"]

    def _look(self, running: dict[str, str]) -> dict[str, Answer]:
        """{name: Answer} of those that are at their end."""
        done = {}
        for name, execution_id in running.items():
            try:
                found = self._athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
                state, statistics = found["Status"]["State"], found.get("Statistics", {})
                if state in ("FAILED", "CANCELLED"):
                    reason = found["Status"].get("StateChangeReason") or f"Athena says {state} and gives no reason"
                    done[name] = Answer(execution_id=execution_id, scanned=statistics.get("DataScannedInBytes", 0), error=reason)
                elif state == "SUCCEEDED":
                    done[name] = self._read(execution_id, statistics)
            except self._errors as error:
                done[name] = Answer(execution_id=execution_id, error=f"{error}; the query {self._cancelled(execution_id)}")
        return done

    def _read(self, execution_id: str, statistics: dict) -> Answer:
        columns, types, rows, count, token = (), (), [], -1, None  # the first row is the header
        while True:
            more = {"NextToken": token} if token else {}
            page = self._athena.get_query_results(QueryExecutionId=execution_id, MaxResults=PAGE, **more)
            found = page["ResultSet"]["Rows"]
            if token is None:
                described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
                columns, types = tuple(column["Name"] for column in described), tuple(column["Type"] for column in described)
                rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in found[1 : MAX_EXAMPLES + 1]]
            count += len(found)
            token = page.get("NextToken")
            if not token or count >= MAX_COUNTED:
                break
        return Answer(
            columns=columns,
            types=types,
            rows=tuple(rows),
            count=min(count, MAX_COUNTED),
            more=bool(token) or count > MAX_COUNTED,
            execution_id=execution_id,
            scanned=statistics.get("DataScannedInBytes", 0),
            ms=statistics.get("TotalExecutionTimeInMillis", 0),
        )

    def _cancelled(self, execution_id: str) -> str:
        """Cancel a query; what came of it in words."""
        try:
            self._athena.stop_query_execution(QueryExecutionId=execution_id)
        except self._errors as error:
            return f"did not end in time and could not be cancelled ({error})"
        return "did not end in time and was cancelled"
