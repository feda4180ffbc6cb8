"""What becomes of checks, in plain values."""

from datetime import UTC, datetime, timedelta

import pytest
from dashboard import sql_files

from tests.data_checks import checks, core

AT = datetime(2026, 11, 21, 5, 0, 0, 123_456, UTC)
ERROR = sql_files.parse(
    "-- title: E of {days}\n-- severity: error\n-- remedy: R\n-- parameter: days type=integer default=7\nSELECT ?", "e.sql"
)
WARNING = sql_files.parse("-- title: W\n-- description: D\n-- severity: warning\n-- remedy: R\nSELECT 1", "w.sql")
BOTH = (ERROR, WARNING)


def record(error=None, warning=None, given=None):
    answers = {"e": error or core.Answer(), "w": warning or core.Answer()}
    return core.record("orders", "r", AT, AT + timedelta(seconds=2), BOTH, core.parameters(BOTH, given), answers)


def numbers(found):
    return {
        (each["MetricName"], *(dimension["Value"] for dimension in each["Dimensions"])): each["Value"]
        for each in core.metric_data(found, AT)
    }


def test_a_later_source_of_parameters_goes_over_an_earlier_one():
    assert core.parameters(BOTH) == {"e": {"days": "7"}, "w": {}}
    assert core.parameters(BOTH, {"days": 3}, None, {"days": "400"}) == {"e": {"days": "400"}, "w": {}}


def test_everything_that_is_wrong_with_parameters_is_told_at_once():
    with pytest.raises(core.UnknownParameterError) as caught:
        core.parameters(BOTH, {"dais": 1, "days": "x", "hours": 2})
    text = str(caught.value)
    assert "'dais' is a parameter of no check; known are days" in text
    assert "'hours' is a parameter of no check" in text
    assert "e: days must be a whole number" in text


def test_a_record_tells_each_check_and_their_totals():
    rows = tuple((str(n), None) for n in range(20))
    found = record(
        core.Answer(("a", "b"), ("varchar", "date"), rows, 25, scanned=5, ms=7, execution_id="x"), core.Answer(error="why", scanned=2)
    )
    assert found["totals"] == {"checks": 2, "passed": 0, "failed": 1, "findings": 25, "warnings": 0, "bytes_scanned": 7}
    assert (found["begun_at"], found["ended_at"]) == ("2026-11-21T05:00:00.123Z", "2026-11-21T05:00:02.123Z")
    error, warning = found["checks"]
    assert (error["title"], error["status"], error["findings"], len(error["examples"])) == ("E of 7", "found", 25, 20)
    assert error["execution_parameters"] == ["7"]
    assert (warning["status"], warning["findings"], warning["error"]) == ("failed", None, "why")
    assert core.failures(found) == "w (why)"
    assert core.failures(record()) == ""


def test_long_cells_are_cut():
    found = record(core.Answer(("a",), ("varchar",), (("x" * 500,), ("y" * 200,)), 2))
    assert [len(row[0]) for row in found["checks"][0]["examples"]] == [200, 200]
    assert found["checks"][0]["examples"][0][0].endswith("x…")


def test_metrics_count_errors_and_warnings_apart():
    found = record(core.Answer(("a",), ("varchar",), (("1",),), 3), core.Answer(("a",), ("varchar",), (("1",),), 2))
    assert numbers(found) == {
        ("Findings", "orders"): 3,
        ("Findings", "orders", "e"): 3,
        ("Warnings", "orders"): 2,
        ("Warnings", "orders", "w"): 2,
    }


def test_a_check_that_could_not_be_run_leaves_no_sum_that_says_all_is_well():
    assert numbers(record(core.Answer(error="why"))) == {("Warnings", "orders"): 0, ("Warnings", "orders", "w"): 0}
    assert numbers(record()) == {
        ("Findings", "orders"): 0,
        ("Findings", "orders", "e"): 0,
        ("Warnings", "orders"): 0,
        ("Warnings", "orders", "w"): 0,
    }


def test_nothing_to_check_is_no_finding():
    found = core.record("orders", "r", AT, AT, BOTH, {}, None)
    assert (found["state"], found["checks"]) == ("nothing", [])
    assert numbers(found) == {("Findings", "orders"): 0, ("Warnings", "orders"): 0}


def test_names_of_records_sort_by_time():
    names = [core.record_name(AT + timedelta(milliseconds=step)) for step in (0, 1, 900, 86_400_000)]
    assert names == sorted(set(names))
    assert names[0] == "20261121T050000.123Z.json"


@pytest.mark.parametrize("pipeline", ["orders", "order_history", "transactions"])
def test_the_metrics_of_a_pipelines_checks_fit_cloudwatch(pipeline):
    found = checks(pipeline)
    texts = core.parameters(found)
    told = core.record(pipeline, "r", AT, AT, found, texts, {check.name: core.Answer(count=1) for check in found})
    assert len(core.metric_data(told, AT)) == len(found) + 2 <= core.MAX_DATA
