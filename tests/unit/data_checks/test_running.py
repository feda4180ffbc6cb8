"""Queries side by side: how many at once, how long, and what becomes of those that fail."""

import itertools

import pytest

from tests.data_checks import running


class Refused(Exception):
    pass


class Athena:
    """In memory. `looks`: how often a query is looked at until it ends; `rows`: {SQL: number of rows}; `ends`: {SQL: (state, reason)}."""

    def __init__(self, looks=2, rows=None, ends=None):
        self.looks, self.rows, self.ends = looks, rows or {}, ends or {}
        self.sql, self.left, self.stopped, self.most, self.pages = {}, {}, [], 0, 0
        self.numbers = itertools.count(1)

    def start_query_execution(self, QueryString, **_):
        if QueryString == "refused":
            raise Refused("ThrottlingException")
        name = f"id-{next(self.numbers)}"
        self.sql[name], self.left[name] = QueryString, self.looks
        self.most = max(self.most, sum(left > 0 for left in self.left.values()))
        return {"QueryExecutionId": name}

    def get_query_execution(self, QueryExecutionId):
        self.left[QueryExecutionId] -= 1
        if self.left[QueryExecutionId] > 0:
            return {"QueryExecution": {"Status": {"State": "RUNNING"}}}
        state, reason = self.ends.get(self.sql[QueryExecutionId], ("SUCCEEDED", ""))
        statistics = {"DataScannedInBytes": 11, "TotalExecutionTimeInMillis": 22}
        return {"QueryExecution": {"Status": {"State": state, "StateChangeReason": reason}, "Statistics": statistics}}

    def get_query_results(self, QueryExecutionId, MaxResults, NextToken="0"):
        self.pages += 1
        rows, first = [["a", "b"], *([str(n), None] for n in range(self.rows.get(self.sql[QueryExecutionId], 0)))], int(NextToken)
        page = [{"Data": [{"VarCharValue": cell} if cell is not None else {} for cell in row]} for row in rows[first : first + MaxResults]]
        described = {"ColumnInfo": [{"Name": "a", "Type": "varchar"}, {"Name": "b", "Type": "date"}]}
        more = {"NextToken": str(first + MaxResults)} if first + MaxResults < len(rows) else {}
        return {"ResultSet": {"Rows": page, "ResultSetMetadata": described}, **more}

    def stop_query_execution(self, QueryExecutionId):
        self.stopped.append(QueryExecutionId)


def ask(athena, *sql, seconds=60, at_once=2):
    """Answers by SQL; the clock goes on where it is slept."""
    left = [seconds]

    def sleep(time):
        left[0] -= time

    queries = running.Queries(athena, (Refused,), {"WorkGroup": "w"}, at_once, lambda: left[0], sleep)
    return queries.ask([(each, each, []) for each in sql])


def test_no_more_run_at_once_than_may():
    athena = Athena(looks=3)
    answers = ask(athena, *"abcdefg")
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys("abcdefg", "passed")
    assert athena.most == 2


@pytest.mark.parametrize(
    ("rows", "count", "more", "pages"), [(0, 0, False, 1), (3, 3, False, 1), (999, 999, False, 1), (1000, 1000, False, 2)]
)
def test_rows_are_counted_without_the_header(rows, count, more, pages):
    athena = Athena(rows={"q": rows})
    answer = ask(athena, "q")["q"]
    assert (answer.count, answer.more, athena.pages) == (count, more, pages)
    assert (answer.columns, answer.types, answer.scanned, answer.ms) == (("a", "b"), ("varchar", "date"), 11, 22)
    assert answer.rows == tuple((str(n), None) for n in range(min(rows, 20)))


def test_endless_findings_are_counted_to_a_bound():
    athena = Athena(rows={"q": 10 * running.MAX_COUNTED})
    answer = ask(athena, "q")["q"]
    assert (answer.count, answer.more) == (running.MAX_COUNTED, True)
    assert athena.pages == 11


def test_one_that_fails_leaves_the_others_alone():
    athena = Athena(ends={"bad": ("FAILED", "COLUMN_NOT_FOUND"), "gone": ("CANCELLED", "")})
    answers = ask(athena, "bad", "refused", "good", "gone")
    assert answers["bad"].error == "COLUMN_NOT_FOUND"
    assert answers["refused"].error == "ThrottlingException"
    assert answers["gone"].error == "Athena says CANCELLED and gives no reason"
    assert answers["good"].status == "passed"


def test_at_the_end_of_the_time_what_runs_is_cancelled_and_what_waits_is_not_started():
    athena = Athena(looks=10**9)
    answers = ask(athena, "a", "b", "c", seconds=30)
    assert sorted(athena.stopped) == ["id-1", "id-2"]
    assert [answers[name].error for name in "abc"] == ["did not end in time and was cancelled"] * 2 + ["there was no time left to start it"]
    assert len(athena.sql) == 2


def test_a_fault_of_ours_leaves_no_query_running():
    athena = Athena(looks=5)
    athena.get_query_execution = lambda QueryExecutionId: 1 / 0
    with pytest.raises(ZeroDivisionError):
        ask(athena, "a", "b")
    assert sorted(athena.stopped) == ["id-1", "id-2"]
