"""What the page shows of data checks."""

import csv
import io
import json

import pytest
from dashboard import checks, create_app
from dashboard.aws import AwsError
from dashboard.config import ConfigError, check

from tests.unit.dashboard.checked import CHECKED, FINDINGS, checked_aws, record
from tests.unit.dashboard.sample import CONFIG


def get(path, aws=None, config=CHECKED):
    response = create_app(config, aws or checked_aws()).test_client().get(path)
    return response, response.get_data(as_text=True)


def changed(**members):
    data = json.loads(record())
    data["checks"][0] |= members
    return json.dumps(data).encode()


def test_the_function_and_the_page_agree_about_a_record():
    report = checks.parse(record())
    assert [(c.name, c.verdict, c.health) for c in report.checks] == [
        ("duplicate_orders", "1,234 findings", "bad"),
        ("impossible_values", "Passed", "good"),
        ("orders_without_customer", "1 finding", "wait"),
        ("dates_to_come", "Could not be run", "bad"),
        ("days_without_orders", "Passed", "good"),
        ("freshness", "Passed", "good"),
    ]
    assert report.sentence == "3 passed, 1,234 findings, 1 warning, 1 could not be run"
    assert report.checks[0].examples[0][:2] == ("1001", 3)
    assert report.checks[4].literals == ("30", "14")


@pytest.mark.parametrize(
    ("answers", "health", "sentence"),
    [
        ({}, "good", "6 passed"),
        ({"freshness": FINDINGS["orders_without_customer"]}, "wait", "5 passed, 1 warning"),
        ({"impossible_values": FINDINGS["orders_without_customer"]}, "bad", "5 passed, 1 finding"),
        ({"freshness": FINDINGS["dates_to_come"]}, "bad", "5 passed, 1 could not be run"),
    ],
)
def test_the_worst_check_is_the_pipelines_health(answers, health, sentence):
    report = checks.parse(record(answers))
    assert (report.health, report.sentence) == (health, sentence)


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"[]",
        b"null",
        b'{"ended_at": "yesterday", "state": "checked", "checks": []}',
        changed(status="odd"),
        changed(severity="grave"),
        changed(examples=[["too", "few"]]),
        changed(examples=[["x", "no number", "y"]]),
        changed(findings="many"),
        changed(columns=None),
        b" " * (checks.MAX_BYTES + 1),
        b"[" * 100_000,
    ],
)
def test_a_broken_record_is_said_to_be_one(body):
    with pytest.raises(checks.Malformed, match="the checks' record"):
        checks.parse(body)
    response, text = get("/orders/checks", checked_aws(body))
    assert response.status_code == 200
    assert "cannot be shown" in text
    assert get("/orders/checks.json", checked_aws(body))[0].status_code == 502
    assert get("/orders/checks.csv", checked_aws(body))[0].status_code == 502
    assert "Unknown" in get("/orders", checked_aws(body))[1]


def test_the_pipelines_page_has_the_checks_in_a_line_that_leads_to_them():
    _, text = get("/orders")
    assert '<a href="/orders/checks"><span class="badge bad">3 passed, 1,234 findings, 1 warning, 1 could not be run</span></a>' in text
    assert ">Data checks</a>" in text


def test_the_page_has_examples_what_to_do_the_sql_and_its_age():
    response, text = get("/orders/checks")
    assert response.status_code == 200
    assert "GROUP BY order_id" in text
    assert "delete all but one of them" in text
    assert "COLUMN_NOT_FOUND: line 5:5" in text
    assert "3 minutes ago" in text
    assert "The first 2 findings" in text
    assert "more than 14 days without any order, within the last 30 days" in text
    assert text.count('class="card check"') == 6


def test_hostile_cells_are_escaped():
    _, text = get("/orders/checks")
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "[U+202E]" in text


def test_the_same_as_json():
    response, _ = get("/orders/checks.json")
    assert response.json["totals"] == {"passed": 3, "found": 2, "failed": 1, "findings": 1234, "warnings": 1}
    assert (response.json["state"], response.json["health"]) == ("checked", "bad")
    first = response.json["checks"][0]
    assert (first["name"], first["findings"], first["examples"][1]) == ("duplicate_orders", 1234, ["1002", 2, None])
    assert first["sql"].startswith("SELECT")


def test_the_same_as_csv():
    response, text = get("/orders/checks.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["check"], row["status"], row["findings"]) for row in rows[:4]] == [
        ("duplicate_orders", "found", "1234"),
        ("impossible_values", "passed", "0"),
        ("orders_without_customer", "found", "1"),
        ("dates_to_come", "failed", ""),
    ]
    assert 'filename="orders-checks.csv"' in response.headers["Content-Disposition"]


def test_checks_that_never_ran_say_how_to_run_them():
    aws = checked_aws(b"")
    assert "playbooks/check-data.yml -e pipeline=orders" in get("/orders/checks", aws)[1]
    assert get("/orders/checks.json", aws)[0].json["state"] == "never"
    assert "Not run yet" in get("/orders", aws)[1]
    assert get("/orders/checks.csv", aws)[1].splitlines() == ["check,title,severity,status,findings,more,bytes_scanned,ms,error,ended_at"]


def test_nothing_to_check_is_said():
    aws = checked_aws(record(state=False))
    assert "There were no data to check" in get("/orders/checks", aws)[1]
    assert "no data to check yet" in get("/orders", aws)[1]
    assert get("/orders/checks.json", aws)[0].json["state"] == "nothing"


def test_a_failure_of_s3_costs_the_line_and_not_the_panels():
    aws = checked_aws()
    stock = aws.read

    def read(bucket, key, limit):
        if key.startswith("checks/"):
            raise AwsError("AccessDenied", "no s3:GetObject")
        return stock(bucket, key, limit)

    aws.read = read
    response, text = get("/orders", aws)
    assert response.status_code == 200
    assert "no s3:GetObject" in text
    assert text.count("<article") == 5
    assert get("/orders/checks", aws)[0].status_code in (502, 503)


def test_a_pipeline_without_checks_has_no_line_no_tab_and_no_page():
    plain = {**CHECKED, "pipelines": [{**CHECKED["pipelines"][0], "checks_prefix": None}]}
    _, text = get("/orders", config=plain)
    assert "checks" not in text.lower()
    assert get("/orders/checks", config=plain)[0].status_code == 404


def test_other_parameters_are_refused():
    assert get("/orders/checks?days=3")[0].status_code == 400


def test_no_query_may_have_the_address_of_the_checks(tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "checks.sql").write_text("-- title: T\nSELECT 1")
    with pytest.raises(ConfigError, match="`checks` is the address of a page of its own"):
        check({**CONFIG, "sql_dir": str(tmp_path)})
