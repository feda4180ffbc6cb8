"""A table's name and columns as QuickSight is told them, from the statement that creates it."""

DOCUMENTATION = r"""
name: quicksight_table
author: Headwater
short_description: A table's name and columns as QuickSight is told them, from the statement that creates it
description:
  - Reads a file below sql/ with one CREATE EXTERNAL TABLE statement; columns of partitions come last.
options:
  _input:
    description: The file, such as C(order_history/create_table.sql).
    type: str
    required: true
"""

EXAMPLES = r"""
table: "{{ 'order_history/create_table.sql' | quicksight_table }}"
"""

RETURN = r"""
_value:
  description: C(table), and C(columns), each with C(name) and QuickSight's C(type).
  type: dict
"""

import importlib
import sys
from pathlib import Path

from ansible.errors import AnsibleFilterError

# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
SETS = importlib.import_module("derived_data_sets")


def quicksight_table(file):
    """{"table", "columns"} of a file below sql/."""
    try:
        table, columns = SETS.builder().table_columns(SETS.statement(file))
    except (OSError, ValueError) as error:
        raise AnsibleFilterError(f"sql/{file}: {error}") from error
    return {"table": table, "columns": columns}


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"quicksight_table": quicksight_table}
