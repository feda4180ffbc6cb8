"""The repository as data, for the tests that hold it together."""

import functools
import re
import subprocess

import yaml

from tests.local_cloud import ROOT

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
#: Keys of plays and blocks that hold tasks.
HOLDERS = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")
HOST_VARS = sorted((ROOT / "inventory" / "host_vars").glob("*.yml"))


@functools.cache
def read(path):
    """A YAML file's content; `path` from the root."""
    return yaml.safe_load((ROOT / path).read_text())


@functools.cache
def role_options(role):
    """Options of a role's argument spec."""
    return read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@functools.cache
def host_variables():
    """{host: its variables}, with what a pipeline takes from its group in its place."""
    return {path.stem: taken(yaml.safe_load(path.read_text()) or {}) for path in HOST_VARS}


def taken(value):
    """A value with each `"{{ name }}"` in it that is nothing else replaced by what inventory/group_vars/pipelines.yml says.

    So is one that a setting switches on: `"{{ setting | ternary(name, omit) }}"`.
    """
    if isinstance(value, dict):
        return {name: taken(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [taken(inner) for inner in value]
    named = re.fullmatch(r"\{\{ (?:\w+ \| ternary\()?(\w+)(?:, omit\))? \}\}", value) if isinstance(value, str) else None
    return read("inventory/group_vars/pipelines.yml").get(named[1], value) if named else value


def declared(option):
    """Every (host, item) of the lists that hosts declare under `option`, e.g. iam_roles."""
    return [(host, item) for host, variables in host_variables().items() for item in variables.get(option, [])]


@functools.cache
def inventory(name):
    """{group: [hosts]} of inventory/<name>.yml; groups in groups are told too, before the one that holds them."""

    def flat(groups):
        for group, body in groups.items():
            inner = dict(flat(body.get("children", {})))
            yield from inner.items()
            yield group, [*(body.get("hosts") or {}), *(host for hosts in inner.values() for host in hosts)]

    return dict(flat(read(f"inventory/{name}.yml")[name]["children"]))


@functools.cache
def files():
    """Every file that is, or would be, in the repository; paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


def tasks(name):
    """Every task of a playbook or a file of tasks, those in blocks included."""

    def flat(items):
        for item in items:
            inner = [task for key in HOLDERS for task in item.get(key, [])]
            if "hosts" not in item and "block" not in item:
                yield item
            yield from flat(inner)

    return list(flat(read(name) or []))


def task_files():
    """Files that hold tasks: roles', playbooks and what they include."""
    holders = r"roles/[^/]+/tasks/.*\.yml|playbooks/(?!vars/).*\.yml|(?!requirements)[^/.]+\.yml"
    return [name for name in files() if re.fullmatch(holders, name)]
