"""Variables of host_vars that nothing reads: misspelt ones, most of all."""

DOCUMENTATION = r"""
name: unknown_variables
author: Headwater
short_description: Name the variables of host_vars files that nothing reads
description:
  - A host's file may set options of the roles (their argument specs name them), the few variables that make up every pipeline's interface,
    and variables that begin with the host's own name.
  - Anything else is told, with the nearest known name.
options:
  _terms:
    description: Names of hosts.
    required: true
"""

RETURN = r"""
_list:
  description: One sentence for each unknown variable.
  type: list
"""

import difflib
from pathlib import Path

import yaml
from ansible.plugins.lookup import LookupBase

ROOT = Path(__file__).resolve().parents[2]
#: The one written in C, where there is one: thirty files are read in each run.
YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What is no role's option but part of every pipeline's or server's interface.
INTERFACE = {"pipeline_title", "pipeline_description", "dashboard_pipeline", "server_role_name"}


def read(file):
    """What a YAML file says, or an empty dictionary."""
    return yaml.load(file.read_text(), YamlLoader) or {}  # noqa: S506 - both loaders are safe ones


def known_options(roles):
    """Every option that a role's argument spec names."""
    known = set()
    for spec in roles.glob("*/meta/argument_specs.yml"):
        known |= set(read(spec)["argument_specs"]["main"].get("options", {}))
    return known


def defaults_of_groups(folder):
    """Every variable that a file of group_vars gives, which a host may say otherwise."""
    return {name for file in folder.glob("*.yml") for name in read(file)}


def problems(host, variables, known):
    """One sentence for each of `variables` (names) that host `host` must not set."""
    found = []
    for name in sorted(variables):
        if name in known | INTERFACE or name.startswith((f"{host}_", "ansible_")):
            continue
        near = difflib.get_close_matches(name, known | INTERFACE, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; a variable of its own begins with {host}_"
        found.append(f"inventory/host_vars/{host}.yml sets {name!r}, which nothing reads{hint}")
    return found


class LookupModule(LookupBase):
    """Reads the files on this side."""

    def run(self, terms, variables=None, **kwargs):
        known = known_options(ROOT / "roles") | defaults_of_groups(ROOT / "inventory" / "group_vars")
        found = []
        for host in terms:
            file = ROOT / "inventory" / "host_vars" / f"{host}.yml"
            if file.exists():
                found += problems(host, read(file), known)
        return found
