"""Names of all resources that an inventory declares."""

DOCUMENTATION = r"""
name: declared_names
author: Headwater
short_description: Names of all resources that an inventory declares
description:
  - Every C(name) in the lists that the hosts' variables declare, and of the alarms and rules that follow from them, sorted and without
    doubles.
positional: _input, hosts
options:
  _input:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  hosts:
    description: Names of the hosts that count.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
names: "{{ hostvars | declared_names(groups['pipelines']) }}"
"""

RETURN = r"""
_value:
  description: The names.
  type: list
  elements: str
"""

import importlib
import sys
from pathlib import Path

# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
RESOURCES = importlib.import_module("declared_resources")


def declared_names(hostvars, hosts):
    """Every `name` in the lists that the hosts' variables declare, e.g. s3_buckets[0].name, or that follows from them; sorted.

    `hostvars`: Ansible's hostvars. Log groups and paths count as a whole.
    """
    names = set()
    for host in hosts:
        for key in list(hostvars[host]):
            if key.startswith(("ansible_", "group", "hostvars", "vars")):
                continue
            value = hostvars[host][key]
            if isinstance(value, list):
                names |= {item["name"] for item in value if isinstance(item, dict) and isinstance(item.get("name"), str)}
        names |= {item["name"] for derived in RESOURCES.DERIVED for item in derived(hostvars[host])}
    return sorted(names)


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"declared_names": declared_names}
