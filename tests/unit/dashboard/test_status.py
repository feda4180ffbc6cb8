"""A pipeline's status: what each question asks, what is made of the answers, and what is told when there is none."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from dashboard import config, create_app
from dashboard.aws import Alarm, AwsError, Run
from dashboard.status import model, questions, report

from tests.unit.dashboard.fake_aws import FakeAws
from tests.unit.dashboard.sample import CONFIG, audit_record, fake_aws

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MORE = {"jobs": ["transform"], "run_again": {"transform": "ansible-playbook playbooks/run-etl.yml"}}
PIPELINE = config.check(CONFIG | {"pipelines": [CONFIG["pipelines"][0] | MORE]}).pipelines[0]
DENIED = AwsError("AccessDenied", "not authorized to perform")


def check(name, severity, findings, error=None):
    """A check of a record of the checks' function."""
    texts = {"title": name, "description": "", "remedy": "", "sql": "SELECT 1", "status": "found" if findings else "passed"}
    if error:
        texts["status"] = "failed"
    nothing = {key: [] for key in ("columns", "types", "examples", "execution_parameters")}
    numbers = {"more": False, "bytes_scanned": 0, "ms": 1}
    return {"name": name, "severity": severity, "findings": findings, "error": error, **texts, **nothing, **numbers}


CHECKS = {
    "state": "checked",
    "ended_at": "2026-11-21T05:00:09.000Z",
    "checks": [check("duplicates", "error", 3), check("gaps", "warning", 2), check("totals", "error", 0)],
}


def aws_with(records=1, **changes):
    """A bucket with audit records of this day, an hour apart, and one of long ago."""
    aws = FakeAws()
    for number in range(records):
        aws.put(f"audit/{number}.json", audit_record(**changes), NOW - timedelta(hours=number % 24))
    aws.put("audit/old.json", audit_record(rows={"in": 1000, "kept": 1000, "dropped": 0, "rejected": 0}), NOW - timedelta(days=40))
    aws.put("raw/a.csv", b"", NOW - timedelta(hours=1))
    aws.put("raw/b.csv", b"", NOW - timedelta(hours=3))
    aws.states["messages", "orders-failed-events"] = 0
    return aws


def ask(aws, pipeline=PIPELINE, asked=None):
    """The Status of all questions, asked one after the other."""
    found = {}
    for name, question in (asked or questions.Questions(aws, lambda: NOW)).about(pipeline).items():
        try:
            found[name] = question(), None
        except (AwsError, ValueError) as error:
            found[name] = None, str(error)
    return model.build(pipeline, found, NOW)


def line(status, part):
    return next(each for each in status.lines if each.label == model.LABELS[part])


def test_a_pipeline_that_is_well():
    aws = aws_with(2)
    aws.put("checks/latest.json", json.dumps(CHECKS | {"checks": CHECKS["checks"][2:]}).encode())
    status = ask(aws)
    assert (status.state, status.freshness, status.problems) == ("good", "good", {})
    data = report.data(status, NOW)
    assert data["last_input"] == {"key": "raw/a.csv", "at": "2026-11-21T11:00:00+00:00"}
    assert data["last_output"] == {"key": "audit/0.json", "at": "2026-11-21T12:00:00+00:00"}
    assert data["rows_24_hours"] == {"files": 2, "in": 400, "kept": 280, "dropped": 114, "rejected": 6, "unread_files": 0}
    assert data["rows_total"]["in"] == 1400
    assert (data["failed_events"], data["alarms"], data["failed_runs"]) == ({"orders-failed-events": 0}, [], [])
    assert data["checks"]["errors"] == 0
    assert report.row(status, NOW) == ["orders", "fresh", "1 hour ago", "just now", "400", "280", "114", "6", "1,400", "0", "0", "0"]
    assert report.notes(status) == []
    assert json.dumps(data)


def test_everything_that_is_wrong_is_told_with_what_to_do():
    aws = aws_with(0)
    aws.states["messages", "orders-failed-events"] = 2
    aws.states["alarms", "orders-"] = [Alarm("orders-errors-F", "1 > 0", NOW)]
    aws.states["last_job_run", "transform"] = Run("TIMEOUT", "", NOW)
    aws.states["last_crawl", "orders_processed_crawler"] = Run("FAILED", "Insufficient permissions", NOW)
    aws.put("checks/latest.json", json.dumps(CHECKS).encode())
    status = ask(aws)
    assert (status.state, status.freshness) == ("bad", "bad")
    assert report.notes(status) == [
        "orders: Failed events: 2 wait — After a mend: ansible-playbook playbooks/replay-failures.yml",
        "orders: Alarms: 1 in ALARM — orders-errors-F: 1 > 0",
        "orders: Jobs, crawlers: 2 failed — crawler orders_processed_crawler failed: Insufficient permissions",
        "orders: Jobs, crawlers: 2 failed — job transform timeout: no reason given — ansible-playbook playbooks/run-etl.yml",
        "orders: Data checks: Findings: 3 — Found by duplicates",
        "orders: Data checks: Findings: 3 — Found by gaps",
    ]
    assert report.row(status, NOW)[1:] == ["old", "1 hour ago", "40 days ago", "0", "0", "0", "0", "1,000", "2", "1", "3 (2 warnings)"]
    assert line(status, "audit").text == "No file"


def test_nothing_there_yet_is_no_fault():
    aws = FakeAws()
    aws.states["messages", "orders-failed-events"] = 0
    status = ask(aws)
    assert (status.state, status.freshness) == ("wait", "wait")
    assert report.notes(status) == []
    assert report.row(status, NOW) == ["orders", "no data", "never", "never", "0", "0", "0", "0", "0", "0", "0", "not checked"]


@pytest.mark.parametrize("part", ["messages", "alarms", "last_crawl"])
def test_each_part_fails_alone_with_its_reason(part):
    aws = aws_with()
    argument = {"messages": "orders-failed-events", "alarms": "orders-", "last_crawl": "orders_processed_crawler"}[part]
    aws.states[part, argument] = DENIED
    status = ask(aws)
    assert list(status.problems.values()) == [str(DENIED)]
    assert sum(each.state == "bad" for each in status.lines) == 1
    assert "AccessDenied: not authorized" in report.notes(status)[0]
    assert report.data(status, NOW)["problems"] == status.problems


def test_what_is_not_configured_is_not_asked_and_shows_as_a_dash():
    few = {name: value for name, value in CONFIG["pipelines"][0].items() if name in config._PIPELINE_CHECKS}
    for name in ("raw_prefix", "checks_prefix", "failure_queues", "alarm_prefix", "crawlers"):
        few.pop(name)
    status = ask(aws_with(), config.check(CONFIG | {"pipelines": [few]}).pipelines[0])
    assert [each.label for each in status.lines] == ["Rows, 24 hours"]
    assert report.row(status, NOW)[2] == "-"
    assert report.row(status, NOW)[-3:] == ["-", "-", "-"]
    assert report.data(status, NOW)["alarms"] is None


def test_a_queue_that_is_missing_is_no_empty_queue():
    aws = aws_with()
    aws.states["messages", "orders-failed-events"] = None
    status = ask(aws)
    assert report.notes(status) == ["orders: Failed events: Unknown — There is no queue orders-failed-events"]
    assert report.row(status, NOW)[9] == "?"


def test_rows_that_are_lost_and_records_that_cannot_be_read_are_told():
    aws = aws_with(rows={"in": 10, "kept": 4, "dropped": 0, "rejected": 1})
    aws.put("audit/broken.json", b"{", NOW)
    found = line(ask(aws), "audit")
    assert found.state == "bad"
    assert found.more[1:] == ("Audit records that cannot be read: 1", "Rows that are unaccounted for: 5")


def test_a_record_is_read_once_and_again_when_it_was_written_anew():
    aws = aws_with(20)
    asked = questions.Questions(aws, lambda: NOW)
    ask(aws, asked=asked)
    first = aws.reads
    ask(aws, asked=asked)
    assert aws.reads - first == 1  # the checks' record
    aws.put("audit/3.json", audit_record(rows={"in": 1, "kept": 1, "dropped": 0, "rejected": 0}), NOW)
    assert ask(aws, asked=asked).answers["audit"].day.counts["in"] == 19 * 200 + 1


def test_thousands_of_records_cost_bounded_work_and_it_says_so(monkeypatch):
    monkeypatch.setattr(questions, "READ", 50)
    monkeypatch.setattr(questions, "CHEAP", 10)
    aws = aws_with(300)
    status = ask(aws)
    assert aws.reads <= 51
    assert status.answers["audit"].total is None
    assert line(status, "audit").more == ("Only the newest 50 files are counted",)
    assert report.row(status, NOW)[4] == "10,000+"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (CHECKS, (3, 2, ("duplicates", "gaps"), ())),
        (CHECKS | {"checks": [check("gaps", "error", None, "no column")]}, (0, 0, (), ("gaps",))),
        (CHECKS | {"state": "nothing", "checks": []}, None),
    ],
)
def test_the_record_of_checks_is_summed_up(body, found):
    read = questions.findings(json.dumps(body).encode())
    assert (read and (read.errors, read.warnings, read.names, read.broken)) == found


@pytest.mark.parametrize("body", [b"", b"[]", b'{"checks": 1}', b'{"checks": [{}]}', b"[" * 100_000])
def test_a_record_of_checks_that_is_none_is_a_problem_and_no_crash(body):
    with pytest.raises(ValueError, match="the checks' record cannot be read"):
        questions.findings(body)


def test_too_many_inputs_to_know_the_newest_is_said(monkeypatch):
    monkeypatch.setattr(questions, "LISTED", 1)
    status = ask(aws_with())
    assert line(status, "input").text == "There are too many to know"
    assert (report.row(status, NOW)[2], report.data(status, NOW)["last_input"]) == ("too many", None)


def test_what_is_being_published_counts():
    assert ask(aws_with(status="publishing")).answers["audit"].day.counts["in"] == 200


def test_what_still_runs_is_told_as_such():
    status = model.build(PIPELINE, {"audit": None, "alarms": ([], None)}, NOW)
    assert (status.state, line(status, "audit").text) == ("wait", "AWS has not answered yet")
    assert report.row(status, NOW)[1] == "?"
    assert report.data(status, NOW)["problems"] == {"audit": "AWS has not answered yet"}


def test_the_page_and_its_data_show_the_status():
    client = create_app(CONFIG, fake_aws()).test_client()
    text = client.get("/").get_data(as_text=True)
    for words in ("2 wait", "1 in ALARM", "Insufficient permissions", "Last input", "200 in, 140 kept, 57 dropped, 3 rejected"):
        assert words in text
    assert "<script>" not in text
    data = client.get("/status.json").get_json()
    assert data["pipelines"][0]["failed_events"] == {"orders-failed-events": 2}
    assert data["pipelines"][0]["last_input"]["key"] == "raw/orders.csv"


def test_the_page_answers_at_once_while_nothing_of_the_status_does():
    aws = fake_aws()
    aws.down = AwsError("Throttling", "Rate exceeded")
    response = create_app(CONFIG, aws).test_client().get("/")
    assert response.status_code == 200
    assert response.get_data(as_text=True).count("Rate exceeded") >= 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"failure_queues": "orders"}, "pipelines[0].failure_queues must be a list of names of SQS queues"),
        ({"raw_prefix": "raw"}, "pipelines[0].raw_prefix must be null, or a prefix that ends with /"),
        ({"run_again": {"a": 1}}, "pipelines[0].run_again must be null, or an object"),
    ],
)
def test_a_wrong_setting_is_named(change, words):
    with pytest.raises(config.ConfigError) as caught:
        config.check(CONFIG | {"pipelines": [CONFIG["pipelines"][0] | change]})
    assert words in str(caught.value)
