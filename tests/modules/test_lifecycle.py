"""Every module that makes a resource: check, apply, both again, change, remove, remove again."""

import importlib

import pytest
from botocore import xform_name

from tests.modules.cases import CASES
from tests.modules.clouds import BOTH, on
from tests.modules.runner import NAMES, done

# What is no resource of AWS with a state has tests of its own.
OTHERS = {
    "api_gateway_account_config",
    "aws_preflight",
    "clicks_arrived",
    "clicks_posted",
    "cloudwatchlogs_log_stream",
    "csv_json_lines",
    "dashboard_password",
    "data_checks_run",
    "deploy_lock",
    "ec2_key_pair",
    "ec2_server",
    "glue_crawler_run",
    "glue_job_run",
    "locked_venv",
    "owned_resources",
    "pipeline_status_info",
    "private_files",
    "project_leftovers_info",
    "python_archive",
    "quicksight_account_info",
    "release_archive",
    "s3_audited_upload",
    "s3_audits_arrived",
    "s3_lines_arrived",
    "service_account",
    "sqs_failures_redrive",
    "ssh_host_key",
    "ssh_keys",
    "supervised_process",
    "systemd_release",
    "tls_certificate",
    "wheel_archive",
}


def test_every_module_has_a_case_or_a_file_of_its_own():
    assert set(NAMES) == set(CASES) | OTHERS


@pytest.mark.parametrize(
    ("name", "aws"),
    [
        (name, kind)
        for name, case in CASES.items()
        for kind in (["local"] if (case.moto_lacks and not case.moto_creates) or case.moto_cannot else BOTH)
    ],
    indirect=["aws"],
)
def test_life_of_a_resource(name, aws, tmp_path):
    case = CASES[name]
    options = case.prepare(aws, tmp_path)
    is_there = lambda: bool(case.exists(aws, options))  # noqa: E731 - one line
    assert not is_there()

    steps(name, options, is_there)
    if aws.kind == "local" or not case.moto_lacks:
        options = change(name, case, options, tmp_path)
    if case.has_absent:
        removal(name, options, is_there)


def change(name, case, options, folder):
    """Change some options; returns the new ones."""
    changed = {**options, **case.change(options, folder)}
    planned = done(name, check=True, **changed)
    assert planned.changed
    if name != "s3_content":  # whose new content is a new object beside the old one
        assert planned.differing == case.changes
    made = steps(name, changed, lambda: True)
    assert made.after == planned.after
    return changed


def steps(name, options, is_there):
    """Check, apply, check again, apply again: the first two promise and do the same, the last two do nothing."""
    there_before = is_there()
    planned = done(name, check=True, **options)
    assert planned.changed
    assert planned.writes == []
    assert is_there() == there_before

    made = done(name, **options)
    assert made.changed
    assert made.writes != []
    assert (made.before, made.after, made.resource) == (planned.before, planned.after, planned.resource)
    assert made.resource == made.after != {}
    assert is_there()

    for check in (True, False):
        again = done(name, check=check, **options)
        assert not again.changed
        assert again.writes == []
        assert again.before == again.after == made.after
    return made


def removal(name, options, is_there):
    """Absent by check, then truly, then again."""
    gone = {**options, "state": "absent"}
    planned = done(name, check=True, **gone)
    assert planned.changed
    assert planned.writes == []
    assert planned.before != {}
    assert planned.after == planned.resource == {}
    assert is_there()

    removed = done(name, **gone)
    assert removed.changed
    assert removed.after == {}
    assert not is_there()

    again = done(name, **gone)
    assert not again.changed
    assert again.writes == []


LACKING = sorted({tuple(call.split(":")) for case in CASES.values() for call in case.moto_lacks if " " not in call})


@pytest.mark.parametrize(("service", "operation"), LACKING)
def test_moto_still_lacks_what_keeps_a_case_from_it(service, operation):
    """When this fails, moto has learnt the call: take it out of the case."""
    responses = importlib.import_module(f"moto.{service}.responses")
    (answers,) = (value for name, value in vars(responses).items() if name.lower() == f"{service}response")
    assert not hasattr(answers, xform_name(operation))


@on("moto")
def test_moto_still_keeps_the_first_event_invoke_configuration(aws):
    client, (name, _) = aws.client("lambda"), aws.function()
    for retries in (0, 1):
        client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=retries)
    assert client.get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"] == 0
