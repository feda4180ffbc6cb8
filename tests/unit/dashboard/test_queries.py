from decimal import Decimal

import pytest
from dashboard import config, queries
from dashboard.aws import AwsError, Execution
from dashboard.queries import QueryFailed

from tests.unit.dashboard.fake_aws import FakeAws, table
from tests.unit.dashboard.sample import CONFIG, NO_TABLE, SQL

NAME = "total_sales_by_customer"


def run(aws, literals=(), **settings):
    found = config.check({**CONFIG, **settings})
    pipeline = found.pipelines[0]
    time = [0.0]

    def sleep(seconds):
        time[0] += seconds

    return queries.run(aws, pipeline, pipeline.query(NAME), list(literals), found, clock=lambda: time[0], sleep=sleep)


def fake(answer):
    return FakeAws({SQL[NAME]: answer})


def test_an_answer_says_what_it_took():
    aws = fake(table(("customer", "total_sales"), ("varchar", "decimal(38,2)"), [("Ada", "1.50")]))
    answer = run(aws, ["'x'"])
    assert answer.rows == (("Ada", "1.50"),)
    assert (answer.scanned, answer.engine_ms, answer.cost, answer.reused) == (1_234_567, 80, Decimal("0.00005"), False)
    assert aws.started == [(SQL[NAME], ["'x'"], "orders", "orders_db")]


def test_rows_beyond_the_limit_are_cut():
    answer = run(fake(table(("a",), ("bigint",), [(n,) for n in range(5)])), row_limit=3)
    assert (len(answer.rows), answer.cut) == (3, True)


def test_athenas_reason_is_the_error():
    with pytest.raises(QueryFailed, match="SYNTAX_ERROR: line 1:8") as caught:
        run(fake("SYNTAX_ERROR: line 1:8: mismatched input"))
    assert caught.value.no_table is False
    assert caught.value.execution_id


@pytest.mark.parametrize(
    "reason", [NO_TABLE, "SCHEMA_NOT_FOUND: line 1:15: Schema 'orders_db' does not exist", "Table orders_db.x does not exist"]
)
def test_a_missing_table_is_told_from_other_failures(reason):
    with pytest.raises(QueryFailed) as caught:
        run(fake(reason))
    assert caught.value.no_table is True


def test_a_refused_start_is_a_failure_too():
    with pytest.raises(QueryFailed, match=r"InvalidRequestException: WorkGroup orders is not found\."):
        run(fake(AwsError("InvalidRequestException", "WorkGroup orders is not found.")))


def test_a_query_that_somebody_cancelled_has_failed():
    aws = fake(table(("a",), ("bigint",), []))
    aws.execution = lambda _: Execution("CANCELLED", "")
    with pytest.raises(QueryFailed, match="Athena says CANCELLED and gives no reason"):
        run(aws)


def test_a_query_that_runs_too_long_is_cancelled_in_time():
    aws = fake(table(("a",), ("bigint",), []))
    aws.gate.clear()
    time = [0.0]

    def sleep(seconds):
        time[0] += seconds

    found = config.check({**CONFIG, "query_timeout_seconds": 2})
    with pytest.raises(QueryFailed, match="longer than 2 seconds and was cancelled"):
        queries.run(aws, found.pipelines[0], found.pipelines[0].query(NAME), [], found, clock=lambda: time[0], sleep=sleep)
    assert len(aws.stopped) == 1
    assert time[0] == pytest.approx(2)


def test_a_query_that_cannot_be_cancelled_says_both():
    aws = fake(table(("a",), ("bigint",), []))
    aws.gate.clear()

    def refuse(_):
        raise AwsError("AccessDeniedException", "no")

    aws.stop_query = refuse
    with pytest.raises(QueryFailed, match=r"longer than 2 seconds and could not be cancelled \(AccessDeniedException: no\)"):
        run(aws, query_timeout_seconds=2)


def test_waits_grow_and_stay_within_the_timeout():
    aws = fake(table(("a",), ("bigint",), []))
    aws.gate.clear()
    waits = []
    time = [0.0]

    def sleep(seconds):
        waits.append(seconds)
        time[0] += seconds
        if time[0] > 3:
            aws.gate.set()

    found = config.check(CONFIG)
    queries.run(aws, found.pipelines[0], found.pipelines[0].query(NAME), [], found, clock=lambda: time[0], sleep=sleep)
    assert waits[0] == queries.FIRST_WAIT
    assert waits == sorted(waits)
    assert max(waits) == queries.LONGEST_WAIT
