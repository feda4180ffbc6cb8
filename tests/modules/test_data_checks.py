"""Data checks on demand: what is invoked, and what is told of it. The function itself has tests in tests/localcloud/checks."""

import json

from tests.modules.clouds import on, unique, zipped
from tests.modules.runner import done, refused

CODE = """
import json, os
import boto3

def lambda_handler(event, context):
    record = json.loads(os.environ["RECORD"]) | {"run": event["run"], "given": event["parameters"]}
    for key in ("checks/1.json", "checks/latest.json"):
        boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps(record).encode())
    if record["totals"]["failed"]:
        raise RuntimeError("checks could not be run")
    return {"key": "checks/1.json"}
"""


def check(name, severity="error", status="passed", findings=0, **members):
    given = {
        "columns": ["order_id", "times"],
        "examples": [["A1", "2"]] if findings else [],
        "more": False,
        "error": None,
        "remedy": "Mend it.",
    }
    return {"name": name, "severity": severity, "status": status, "findings": findings, **given, **members}


def record(*checks, state="checked"):
    findings = {
        severity: sum(each["findings"] or 0 for each in checks if each["severity"] == severity) for severity in ("error", "warning")
    }
    totals = {"checks": len(checks), "findings": findings["error"], "warnings": findings["warning"]}
    totals |= {status: sum(each["status"] == status for each in checks) for status in ("passed", "failed")}
    return {"pipeline": "orders", "state": state, "totals": totals, "checks": list(checks)}


def function(aws, kept):
    """(name, bucket) of a function that keeps this record."""
    name, bucket = unique("checks"), aws.bucket()
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="handler.lambda_handler",
        Role=aws.role()["Arn"],
        Code={"ZipFile": zipped({"handler.py": CODE})},
        Environment={"Variables": {"RECORD": json.dumps(kept), "BUCKET": bucket}},
    )
    return name, bucket


@on("local")
def test_findings_are_told_as_a_table_with_what_to_do(aws):
    kept = record(check("doubles", status="found", findings=3, more=True), check("gaps", "warning", "found", 1), check("fresh"))
    name, bucket = function(aws, kept)
    ran = done("data_checks_run", function=name, bucket=bucket, parameters={"days": 400})
    assert not ran.changed
    assert (ran.result["errors"], ran.result["warnings_found"], ran.result["failed_checks"]) == (3, 1, [])
    assert ran.result["record"]["given"] == {"days": 400}
    first, header, _, *lines = ran.result["message"]
    assert first == "orders: 1 of 3 checks passed; 3 errors, 1 warnings, 0 could not be run"
    assert header.split("  ")[0] == "check"
    assert lines[0].split() == ["doubles", "error", "3", "or", "more", "order_id", "A1,", "times", "2"]
    assert lines[2].split() == ["fresh", "error", "0"]
    assert lines[3:] == ["doubles: Mend it.", "gaps: Mend it."]


@on("local")
def test_a_check_that_could_not_be_run_is_told_beside_what_the_others_found(aws):
    kept = record(check("doubles", status="found", findings=2), check("gaps", status="failed", findings=None, error="COLUMN_NOT_FOUND"))
    name, bucket = function(aws, kept)
    ran = done("data_checks_run", function=name, bucket=bucket)
    assert (ran.result["errors"], ran.result["failed_checks"]) == (2, ["gaps"])
    assert any(line.split() == ["gaps", "error", "not", "run", "COLUMN_NOT_FOUND"] for line in ran.result["message"])


@on("local")
def test_nothing_loaded_is_said(aws):
    name, bucket = function(aws, record(state="nothing"))
    ran = done("data_checks_run", function=name, bucket=bucket)
    assert ran.result["message"] == ["orders: nothing was loaded yet, so there is nothing to check"]
    assert ran.result["errors"] == 0


@on("local")
def test_an_error_of_the_function_itself_is_an_error_whatever_was_kept_before(aws):
    name, bucket = function(aws, record(check("fresh")))
    done("data_checks_run", function=name, bucket=bucket)
    aws.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": {"BUCKET": bucket}})
    refused("data_checks_run", f"Data checks by the function '{name}'", "RECORD", function=name, bucket=bucket)


@on("local")
def test_check_mode_invokes_nothing(aws):
    planned = done("data_checks_run", check=True, function="nobody", bucket="none")
    assert (planned.calls, planned.changed) == ([], False)


@on()
def test_a_function_that_is_not_there_is_an_error_that_says_what_to_do(aws):
    refused(
        "data_checks_run", "there is no such function; deploy it with ansible-playbook site.yml", function="nobody", bucket=aws.bucket()
    )
