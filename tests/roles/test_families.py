"""Every task and template of the role dashboard renders for each family of distributions, though only Debian's machines run here."""

import copy

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.local_cloud import ROOT

ROLE = ROOT / "roles" / "dashboard"
FAMILIES = sorted(path.stem for path in (ROLE / "vars").glob("*.yml") if path.stem != "main")
TASK_FILES = sorted(path.name for path in (ROLE / "tasks").glob("*.yml"))
TEMPLATES = sorted(path.name for path in (ROLE / "templates").glob("*.j2"))
#: The Python that modules run with on each; Amazon Linux's own is older than the application's.
SYSTEM_PYTHON = {"Debian": {"major": 3, "minor": 11}, "RedHat": {"major": 3, "minor": 9}}
#: What earlier tasks register.
REGISTERED = {
    "__dashboard_query": {"rc": 1},
    "__dashboard_wheels": {"path": "/c/wheels.tar", "digest": "0123456789ab-cp312-aarch64"},
    "__dashboard_tls": {"fingerprint": "AB:CD", "certificate": "PEM", "self_signed": True},
    "__dashboard_sign_in": {"generated": "x" * 20},
    "__dashboard_release": {"path": "/c/release.tar", "release": "0123456789ab"},
}


def load(path):
    """A YAML file as Ansible loads a role's."""
    return DataLoader().load_from_file(str(path), trusted_as_template=True) or []


def variables(family):
    """What the role's tasks see on a server of that family."""
    found = {}
    for name in ("inventory/group_vars/all.yml", "inventory/group_vars/local.yml", "roles/dashboard/defaults/main.yml"):
        found.update(load(ROOT / name))
    found.update(load(ROLE / "vars" / "main.yml"), **load(ROLE / "vars" / f"{family}.yml"))
    facts = {"os_family": family, "architecture": "x86_64", "python": {"version": SYSTEM_PYTHON[family]}}
    known = {
        "ansible_facts": facts,
        "ansible_check_mode": False,
        "ansible_playbook_python": "/venv/bin/python",
        "inventory_dir": str(ROOT / "inventory"),
        "inventory_hostname": "dashboard",
        "dashboard_server": "systemd",
        "dashboard_pipelines": [{"name": "orders"}],
        "dashboard_names": ["203.0.113.7"],
        "item": {"path": "/opt/x", "mode": "0755"},
        "__dashboard_part": "user",
    }
    return {**found, **known, **copy.deepcopy(REGISTERED)}


def render(family, value, extra=None):
    """A value with its templates filled in; an undefined variable is an error."""
    return Templar(loader=loader(), variables={**variables(family), **(extra or {})}).template(value)


def loader():
    """Finds the role's templates."""
    made = DataLoader()
    made.set_basedir(str(ROLE))
    return made


def parts(family, name):
    """Every rendered task of a file, as (name, what it says)."""
    for task in load(ROLE / "tasks" / name):
        extra = dict(task.get("vars", {}))
        searched = {**extra, "ansible_search_path": [str(ROLE)]}
        shown = {key: value for key, value in task.items() if key not in ("when", "register", "notify", "vars")}
        yield task["name"], render(family, shown, searched)


def test_there_are_two_families_with_the_same_names():
    assert FAMILIES == ["Debian", "RedHat"]
    debian, redhat = (load(ROLE / "vars" / f"{family}.yml") for family in FAMILIES)
    assert list(debian) == list(redhat)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", TASK_FILES)
def test_every_task_renders(family, name):
    tasks = [rendered for _, rendered in parts(family, name)]
    assert tasks
    assert "{{" not in str(tasks)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_renders(family, name):
    text = render(family, trust_as_template((ROLE / "templates" / name).read_text()))
    assert "headwater" in text or "Journal" in text
    assert "{{" not in text
    assert "{%" not in text


def test_an_undefined_variable_would_be_found():
    with pytest.raises(Exception, match="no_such_variable"):
        render("Debian", trust_as_template("{{ no_such_variable }}"))


def test_the_applications_python_is_the_distributions_newest():
    assert render("Debian", trust_as_template("{{ __dashboard_python_version }} {{ __dashboard_python }}")) == "3.11 /usr/bin/python3"
    assert render("RedHat", trust_as_template("{{ __dashboard_python_version }} {{ __dashboard_python }}")) == "3.12 /usr/bin/python3.12"


@pytest.mark.parametrize("family", FAMILIES)
def test_packages_are_asked_for_as_the_family_does(family):
    argv = dict(parts(family, "packages.yml"))["It is known whether the distribution's packages are there"]["ansible.builtin.command"][
        "argv"
    ]
    assert argv[0] == {"Debian": "dpkg", "RedHat": "rpm"}[family]
    assert "openssl" in argv


def test_a_low_port_gets_its_one_capability():
    unit = trust_as_template((ROLE / "templates" / "dashboard.service.j2").read_text())
    assert "CapabilityBoundingSet=\n" in render("RedHat", unit)
    assert "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n" in render("RedHat", unit, {"dashboard_port": 443})
