"""Every task and template of log_generator and kinesis_agent renders for each family, though only Debian's machines run here."""

import copy
import json

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.local_cloud import ROOT

FAMILIES = ("Debian", "RedHat")
SYSTEM_PYTHON = {"Debian": {"major": 3, "minor": 11}, "RedHat": {"major": 3, "minor": 9}}
#: What earlier tasks register.
REGISTERED = {
    "__log_generator_release": {"path": "/c/release.tar", "release": "0123456789ab"},
    "__kinesis_agent_release": {"path": "/c/release.tar", "release": "0123456789ab"},
    "__kinesis_agent_wheels": {"path": "/c/wheels.tar", "digest": "0123456789ab-cp311-x86_64"},
    "__kinesis_agent_query": {"rc": 1},
    "__kinesis_agent_user": {"changed": True},
    "__kinesis_agent_file": {"changed": False},
    "__kinesis_agent_active": {"rc": 3},
    "__kinesis_agent_words": {"stdout": "its last words"},
}
FLOW = {"filePattern": "/var/log/orders/*.log", "deliveryStream": "tbsm-red-fire", "maxBufferAgeMillis": 5000}


def load(path):
    """A YAML file as Ansible loads a role's."""
    return DataLoader().load_from_file(str(path), trusted_as_template=True) or []


def variables(role, family):
    """What the role's tasks see on a server of that family."""
    found = {}
    for name in ("inventory/group_vars/all.yml", "inventory/group_vars/local.yml", f"roles/{role}/defaults/main.yml"):
        found.update(load(ROOT / name))
    folder = ROOT / "roles" / role / "vars"
    found.update(load(folder / "main.yml"), **load(folder / f"{family}.yml"))
    known = {
        "ansible_facts": {"os_family": family, "architecture": "x86_64", "python": {"version": SYSTEM_PYTHON[family]}},
        "ansible_check_mode": False,
        "ansible_playbook_python": "/venv/bin/python",
        "inventory_dir": str(ROOT / "inventory"),
        "inventory_hostname": "order_source",
        f"{role}_server": "systemd",
        "kinesis_agent_flows": [FLOW],
        "log_generator_replay_lines": "/state/replay/orders.json",
        "log_generator_replay_name": "20261121T120000",
        "log_generator_replay_speed": 100,
    }
    return {**found, **known, **copy.deepcopy(REGISTERED)}


def render(role, family, value, extra=None):
    """A value with its templates filled in; an undefined variable is an error."""
    loader = DataLoader()
    loader.set_basedir(str(ROOT / "roles" / role))
    return Templar(loader=loader, variables={**variables(role, family), **(extra or {})}).template(value)


def each_task(tasks):
    for task in tasks:
        if "block" in task:
            yield from each_task([*task["block"], *task.get("rescue", [])])
        else:
            yield task


def parts(role, family, name):
    """Every rendered task of a file, as {name: what it says}."""
    found = {}
    for task in each_task(load(ROOT / "roles" / role / "tasks" / name)):
        extra = {**task.get("vars", {}), "ansible_search_path": [str(ROOT / "roles" / role)]}
        shown = {key: value for key, value in task.items() if key not in ("when", "register", "notify", "vars", "until")}
        rendered = render(role, family, shown, extra)
        found[rendered["name"]] = rendered
    return found


def each(kind):
    return [(role, path.name) for role in ("log_generator", "kinesis_agent") for path in sorted((ROOT / "roles" / role / kind).iterdir())]


@pytest.mark.parametrize("role", ["log_generator", "kinesis_agent"])
def test_both_families_have_the_same_names(role):
    debian, redhat = (load(ROOT / "roles" / role / "vars" / f"{family}.yml") for family in FAMILIES)
    assert list(debian) == list(redhat)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("role", "name"), each("tasks"))
def test_every_task_renders(family, role, name):
    found = parts(role, family, name)
    assert found
    assert "{{" not in str(found)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("role", "name"), each("templates"))
def test_every_template_renders(family, role, name):
    text = render(role, family, trust_as_template((ROOT / "roles" / role / "templates" / name).read_text()))
    assert "Written by Ansible" in text
    assert "{{" not in text
    assert "{%" not in text


def test_amazon_linux_gets_awss_agent_with_checkpoints_that_outlive_a_reboot_and_metrics():
    found = parts("kinesis_agent", "RedHat", "package.yml")
    config = json.loads(found["AWS's agent has its agent.json"]["ansible.builtin.copy"]["content"])
    assert config == {
        "firehose.endpoint": "https://firehose.us-east-1.amazonaws.com",
        "firehose.region": "us-east-1",
        "cloudwatch.emitMetrics": True,
        "cloudwatch.endpoint": "https://monitoring.us-east-1.amazonaws.com",
        "checkpointFile": "/var/lib/aws-kinesis-agent/checkpoints",
        "flows": [{"initialPosition": "START_OF_FILE", **FLOW}],
    }
    assert found["AWS's agent may read the files"]["ansible.builtin.user"] == {
        "name": "aws-kinesis-agent-user", "groups": ["headwater-log-generator"], "append": True
    }  # fmt: skip
    assert found["AWS's agent runs"]["ansible.builtin.systemd_service"] == {
        "name": "aws-kinesis-agent", "state": "restarted", "enabled": True
    }  # fmt: skip
    query = parts("kinesis_agent", "RedHat", "packages.yml")["It is known whether the agent's packages are there"]
    assert query["ansible.builtin.command"]["argv"] == ["rpm", "--query", "aws-kinesis-agent"]


def test_debian_gets_the_shipper_with_the_same_flows():
    found = parts("kinesis_agent", "Debian", "release.yml")
    config = json.loads(found["The shipper's release is packed"]["release_archive"]["texts"]["agent.json"])
    assert config["flows"] == [{"initialPosition": "START_OF_FILE", **FLOW}]
    assert config["checkpointFile"] == "/var/lib/headwater-kinesis-agent/checkpoints"
    assert parts("kinesis_agent", "Debian", "server.yml")["The agent is in order"]["ansible.builtin.include_tasks"] == "shipper.yml"
    assert parts("kinesis_agent", "RedHat", "server.yml")["The agent is in order"]["ansible.builtin.include_tasks"] == "package.yml"


def test_a_flow_may_begin_at_the_end():
    extra = {"kinesis_agent_flows": [{**FLOW, "initialPosition": "END_OF_FILE"}]}
    assert render("kinesis_agent", "Debian", trust_as_template("{{ __kinesis_agent_config.flows }}"), extra) == extra["kinesis_agent_flows"]


def test_an_undefined_variable_would_be_found():
    with pytest.raises(Exception, match="no_such_variable"):
        render("kinesis_agent", "Debian", trust_as_template("{{ no_such_variable }}"))
