"""The README's costs are the estimate's."""

import re

from tests import cost_tables
from tests.structure.house import inventory

#: In the order of the README's columns.
PIPELINES = ("orders", "order_history", "transactions", "clickstream")


def test_the_readme_says_what_the_estimate_says():
    told = cost_tables.tables(cost_tables.README.read_text())
    groups = inventory("aws")
    assert set(told) == {host for group in ("commons", "pipelines", "pages", "sources") for host in groups[group]}
    assert told == cost_tables.estimated(list(told)), "write them anew: python -m tests.cost_tables"


def test_tables_are_written_into_their_places():
    text = "a\n<!-- costs: orders -->\n\nold\n\n<!-- /costs -->\nb"
    assert cost_tables.written(text, {"orders": ["| x |"]}) == "a\n<!-- costs: orders -->\n\n| x |\n\n<!-- /costs -->\nb"
    assert cost_tables.tables(cost_tables.written(text, {"orders": ["| x |"]})) == {"orders": ["| x |"]}


def test_the_readme_counts_the_alarms_that_the_estimate_counts():
    text = cost_tables.README.read_text()
    said = re.search(r"^\| alarms \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE).groups()
    tables = cost_tables.tables(text)
    counted = (re.search(r"\| CloudWatch: alarms \| [^|]* \| (\d+) \|", "\n".join(tables[host]))[1] for host in PIPELINES)
    assert said == tuple(counted)
