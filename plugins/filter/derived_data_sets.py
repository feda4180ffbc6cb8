"""Data sets of QuickSight that follow from the panels that its dashboards and analyses show."""

DOCUMENTATION = r"""
name: derived_data_sets
author: Headwater
short_description: Data sets of QuickSight that follow from the panels that its dashboards and analyses show
description:
  - One for each panel of each folder of SQL files that C(quicksight_dashboards) and C(quicksight_analyses) name, with the panel's query
    and its columns. What two of them show is one data set.
positional: _input
options:
  _input:
    description: A host's variables, or those two of them.
    type: dict
    required: true
"""

EXAMPLES = r"""
data_sets: "{{ hostvars[inventory_hostname] | derived_data_sets }}"
"""

RETURN = r"""
_value:
  description: Items as C(quicksight_data_sets) has them, with C(query) and C(columns) in place of a table.
  type: list
  elements: dict
"""

import importlib.util
import sys
from pathlib import Path

from ansible.errors import AnsibleFilterError

ROOT = Path(__file__).resolve().parents[2]
SHOWN_BY = ("quicksight_dashboards", "quicksight_analyses")


def by_path(name, path):
    """A Python file that Ansible gives filters no way to import."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def builder():
    """What makes definitions of queries; it takes a while to load, and most inventories have no use for it."""
    return by_path("headwater_quicksight_definition", ROOT / "plugins" / "module_utils" / "quicksight_definition.py")


def parser():
    """The dashboard's own parser of SQL headers."""
    return by_path("headwater_sql_files", ROOT / "files" / "dashboard" / "dashboard" / "sql_files" / "__init__.py")


def queries_and_tables(folder):
    """(queries, {table: columns}) of a folder below sql/."""
    queries = parser().load_folder(ROOT / "sql" / folder)
    return queries, builder().tables([table.sql for table in parser().load_folder(ROOT / "sql" / folder, "table")])


def statement(file):
    """The statement of one file below sql/."""
    path = ROOT / "sql" / file
    return parser().parse(path.read_text(encoding="utf-8"), path).sql


def derived_data_sets(variables):
    """[{"name", "title", "data_source", "query", "columns"}] of a host's `variables`."""
    found = {}
    for option in SHOWN_BY:
        for item in variables.get(option) or []:
            if not isinstance(item, dict) or not {"sql", "data_source", "database"} <= item.keys():
                continue  # the role's argument spec says so
            try:
                queries, known = queries_and_tables(item["sql"])
                made = builder().data_sets(item["data_source"], queries, known, item["database"])
            except (OSError, ValueError) as error:
                raise AnsibleFilterError(f"{option}: {item.get('name')}: {error}") from error
            found.update({data_set["name"]: data_set for data_set in made})
    return list(found.values())


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"derived_data_sets": derived_data_sets}
