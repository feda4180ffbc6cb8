"""Roles: complete, documented, checked before AWS is called, and short."""

import copy

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.local_cloud import ROOT
from tests.structure.house import HOST_VARS, ROLES, files, host_variables, read, role_options
from tests.unit.plugins.plugin_files import load

LONGEST_TASK_FILE = 50


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_all_its_files(role):
    folder = ROOT / "roles" / role
    for file in ("defaults/main.yml", "meta/argument_specs.yml", "tasks/main.yml", "README.md"):
        assert (folder / file).is_file(), file


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_argument_spec(role):
    specified = {name: option.get("default") for name, option in role_options(role).items() if not option.get("required")}
    assert read(f"roles/{role}/defaults/main.yml") == specified


@pytest.mark.parametrize("role", ROLES)
def test_each_default_has_a_comment_above(role):
    lines = (ROOT / "roles" / role / "defaults" / "main.yml").read_text().splitlines()
    for name in role_options(role):
        above = lines[[line.split(":")[0] for line in lines].index(name) - 1]
        assert above.startswith("# ") or above.split(":")[0] in role_options(role), f"{name} has no comment"


@pytest.mark.parametrize("role", ROLES)
def test_options_bear_the_roles_name_and_a_description(role):
    def described(options, path):
        for name, option in options.items():
            assert option.get("description"), f"{path}{name}"
            assert option.get("type"), f"{path}{name}"
            described(option.get("options", {}), f"{path}{name}.")

    described(role_options(role), "")
    assert all(name.startswith(f"{role}_") for name in role_options(role))


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_names_every_variable_and_no_other(role):
    text = (ROOT / "roles" / role / "README.md").read_text()
    named = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert named == list(role_options(role))
    assert "```yaml" in text


TASK_FILES = [name for name in files() if name.startswith(("roles/", "playbooks/tasks/")) and "tasks/" in name]


@pytest.mark.parametrize("name", TASK_FILES)
def test_a_task_file_is_short_and_its_tasks_are_named(name):
    assert len((ROOT / name).read_text().splitlines()) <= LONGEST_TASK_FILE
    assert all(task.get("name") for task in read(name))


# -- what hosts declare


def used_options(host):
    """{role: {option: value}} of what a host declares for each role."""
    variables = host_variables()[host]
    found = {role: {name: variables[name] for name in role_options(role) if name in variables} for role in ROLES}
    return {role: options for role, options in found.items() if options}


def problems(role, options):
    """What the role's argument spec has against these options; options of other kinds than lists hold templates here."""
    spec = {name: option for name, option in role_options(role).items() if option["type"] == "list"}
    given = {name: settled(value, spec[name]) for name, value in options.items() if name in spec and isinstance(value, list)}
    return ArgumentSpecValidator(spec).validate(copy.deepcopy(given)).error_messages


#: What a template stands for in items whose option is no text: its value is known in a run only.
STAND_INS = {"int": 0, "float": 0.0, "bool": False, "list": [], "dict": {}}


def settled(items, option):
    """Items with stand-ins for templates, in dictionaries within them too."""
    inner = option.get("options", {})

    def found(value, option):
        if isinstance(value, dict) and option.get("options"):
            return settled([value], option)[0]
        return STAND_INS.get(option.get("type"), value) if isinstance(value, str) and "{{" in value else value

    return [{name: found(value, inner.get(name, {})) for name, value in item.items()} if isinstance(item, dict) else item for item in items]


@pytest.mark.parametrize("host", [path.stem for path in HOST_VARS])
def test_what_a_host_declares_fits_the_roles_argument_specs(host):
    for role, options in used_options(host).items():
        assert problems(role, options) == []


def nested_keys():
    """Every key of every item that hosts declare: (host, role, option, index, key)."""
    for host in host_variables():
        for role, options in used_options(host).items():
            for option, items in options.items():
                for index, item in enumerate(items if isinstance(items, list) else []):
                    for key in item if isinstance(item, dict) and "options" in role_options(role)[option] else []:
                        yield host, role, option, index, key


@pytest.mark.parametrize(("host", "role", "option", "index", "key"), list(nested_keys()))
def test_a_misspelt_key_is_named(host, role, option, index, key):
    items = copy.deepcopy(used_options(host)[role][option])
    items[index] = {f"{name}x" if name == key else name: value for name, value in items[index].items()}
    said = " ".join(problems(role, {option: items}))
    assert f"{key}x" in said
    assert option in said


@pytest.mark.parametrize("host", [path.stem for path in HOST_VARS])
def test_every_variable_of_a_host_is_read_and_a_misspelt_one_is_named(host):
    lookup = load("lookup", "unknown_variables")
    known = lookup.known_options(ROOT / "roles") | lookup.defaults_of_groups(ROOT / "inventory" / "group_vars")
    names = set(host_variables()[host])
    assert lookup.problems(host, names, known) == []
    for name in names - {own for own in names if own.startswith(f"{host}_")}:
        (problem,) = lookup.problems(host, {f"{name[:-2]}{name[-1]}"}, known)
        assert f"sets '{name[:-2]}{name[-1]}', which nothing reads; did you mean {name}?" in problem


def test_the_interface_of_pipelines_and_servers_is_really_read():
    lookup = load("lookup", "unknown_variables")
    text = "".join((ROOT / name).read_text() for name in files() if name.endswith((".yml", ".j2", ".py")) and not name.startswith("tests/"))
    for name in lookup.INTERFACE:
        declared = sum(name in variables for variables in host_variables().values())
        assert text.count(name) > declared + 1, name  # the lookup names it too
