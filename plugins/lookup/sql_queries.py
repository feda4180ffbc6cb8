"""The SQL files of folders below sql/, for Athena's named queries."""

DOCUMENTATION = r"""
name: sql_queries
author: Headwater
short_description: Read SQL files with their headers
description:
  - For each entry with a folder C(sql), every file of sql/<folder> with its title, description and text, as the dashboard reads them.
options:
  _terms:
    description: Dictionaries with the key C(sql).
    required: true
"""

RETURN = r"""
_list:
  description: Pairs of the entry and one query (name, description, query).
  type: list
"""

import importlib.util
import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

ROOT = Path(__file__).resolve().parents[2]
PARSER = ROOT / "files" / "dashboard" / "dashboard" / "sql_files" / "__init__.py"


def load_parser():
    """The dashboard's own parser of SQL headers, which stands alone."""
    name = "headwater_sql_files"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, PARSER)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class LookupModule(LookupBase):
    """Reads the files on this side."""

    def run(self, terms, variables=None, **kwargs):
        parser = load_parser()
        found = []
        entries = [entry for term in terms for entry in (term if isinstance(term, list) else [term])]
        for entry in entries:
            folder = ROOT / "sql" / entry["sql"]
            try:
                queries = parser.load_folder(folder)
            except (OSError, ValueError) as error:
                raise AnsibleError(str(error)) from error
            for query in queries:
                found.append((entry, {"name": query.title(), "description": query.description, "query": query.sql}))
        return found
