"""What QuickSight is told of a dashboard or an analysis that shows the panels of a folder of SQL files."""

DOCUMENTATION = r"""
name: quicksight_definition
author: Headwater
short_description: What QuickSight is told of a dashboard or an analysis that shows the panels of a folder of SQL files
description:
  - A definition of one sheet, with a visual for each chart of each panel's header, and a table of the panel's answer.
positional: _input, arn_prefix
options:
  _input:
    description: An item of C(quicksight_dashboards) or C(quicksight_analyses).
    type: dict
    required: true
  arn_prefix:
    description: ARN of a data set up to its id.
    type: str
    required: true
"""

EXAMPLES = r"""
definition: "{{ item | quicksight_definition(arn.quicksight ~ ':dataset/') }}"
"""

RETURN = r"""
_value:
  description: The definition as CreateDashboard and CreateAnalysis have it.
  type: dict
"""

import importlib
import sys
from pathlib import Path

from ansible.errors import AnsibleFilterError

# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
SETS = importlib.import_module("derived_data_sets")


def quicksight_definition(item, arn_prefix):
    """The definition of an `item` with `sql`, `data_source` and perhaps `title`."""
    try:
        queries, known = SETS.queries_and_tables(item["sql"])
        return SETS.builder().definition(item.get("title") or item["name"], item["data_source"], queries, known, arn_prefix)
    except (OSError, ValueError) as error:
        raise AnsibleFilterError(f"{item['name']}: {error}") from error


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"quicksight_definition": quicksight_definition}
