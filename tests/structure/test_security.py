"""What roles may do, as the inventory declares it: no more than what is used."""

import re

import pytest

from tests.local_cloud import ROOT
from tests.structure.house import ROLES, declared, files, read

STATEMENTS = [(role["name"], number, statement) for _, role in declared("iam_roles") for number, statement in enumerate(role["statements"])]

# Actions that AWS does not let narrow to a resource; a statement of only these may name "*".
# Service Authorization Reference, "actions … resource types" of each service.
NOT_NARROWER = {"logs:DescribeLogGroups", "ec2:DescribeInstances", "cloudwatch:PutMetricData", "xray:PutTraceSegments"}

# What may be of many names: log streams, and the log groups of a service that has one role in an account.
WHOLE_FAMILIES = ("/crawlers*", ":*", ":log-group:/aws/apigateway/*", ":log-group:API-Gateway-Execution-Logs_*")

# A service and a pattern of the filter each_as: arn.glue + ':database/{database}'.
EACH_AS = re.compile(r"arn\.(\w+) \+ '([^']+)'")


def test_there_is_something_to_check():
    assert len(STATEMENTS) >= 10


@pytest.mark.parametrize(("role", "number", "statement"), STATEMENTS)
def test_a_statement_names_its_actions_and_resources(role, number, statement):
    for action in statement["actions"]:
        assert re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+", action), f"{action} is not one action"
    if set(statement["actions"]) <= NOT_NARROWER:
        return
    resources = statement["resources"]
    if isinstance(resources, str):  # one of the filter each_as: its patterns, in which {keys} stand for names
        resources = [re.sub(r"\{\w+\}", "{{ NAME }}", f"arn:aws:{found[1]}{found[2]}") for found in EACH_AS.finditer(resources)]
        assert resources, statement["resources"]
    for resource in resources:
        # Templates stand for exact names; what follows them must say more than "everything of the service".
        plain = re.sub(r"\{\{ *arn\.\w+ *\}\}", "arn:aws:service:region:account", resource)
        plain = re.sub(r"\{\{.*?\}\}", "NAME", plain)
        assert not re.fullmatch(r"\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:\W*", plain), f"{resource} is everything"
        assert "*" not in plain.partition("NAME")[0] or plain.endswith(WHOLE_FAMILIES), resource


def test_roles_are_assumed_by_one_service_each():
    for _, role in declared("iam_roles"):
        assert re.fullmatch(r"[a-z0-9-]+\.amazonaws\.com", role["service"])


def test_no_role_gets_a_managed_policy():
    found = []
    for name in files():
        if name.startswith(("roles/", "inventory/", "playbooks/")) and name.endswith((".yml", ".j2")):
            text = (ROOT / name).read_text()
            found += [name for word in ("managed_polic", ":aws:policy/", "FullAccess") if word in text]
    assert found == []


def shell_tasks(tasks):
    """Tasks that run a shell, or ignore errors, or hide their log."""
    for task in tasks:
        keys = {key.rpartition(".")[2] for key in task}
        if keys & {"shell", "raw", "ignore_errors", "no_log"} or "aws" in str(task.get("ansible.builtin.command", {}).get("argv", ""))[:6]:
            yield task["name"]
        for block in ("block", "rescue", "always"):
            yield from shell_tasks(task.get(block, []))


def test_no_task_calls_a_shell_or_hides_an_error():
    tasks = [task for role in ROLES for name in files() if name.startswith(f"roles/{role}/tasks/") for task in read(name)]
    tasks += [task for name in files() if re.match(r"playbooks/[^/]*\.yml$", name) for play in read(name) for task in play.get("tasks", [])]
    assert len(tasks) > 20
    assert list(shell_tasks(tasks)) == []


def test_functions_tell_somebody_of_events_that_they_give_up_on():
    queues = {item["name"] for _, item in declared("sqs_queues")}
    # Firehose waits for its transforms, and keeps what they could not do.
    waited_for = {
        item["transform"]["function_arn"].partition(":function:")[2] for _, item in declared("firehose_streams") if "transform" in item
    }
    for host, function in declared("lambda_functions"):
        if f"{function['name']}:$LATEST" in waited_for:
            assert function["on_failure"] == ""
            continue
        queue = function["on_failure"].partition("}}:")[2]
        assert queue.replace("{{ pipeline_slug }}", host.replace("_", "-")) in queues


def test_every_function_has_a_log_group_of_the_house():
    groups = {item["name"] for _, item in declared("logs_groups")}
    assert {f"/aws/lambda/{item['name']}" for _, item in declared("lambda_functions")} <= groups
