"""Every row of the tables under `## Athena` in docs/local-cloud.md holds."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "local-cloud.md"
SAMPLE = "(VALUES ('a', 1, 1.50), ('a', 2, 2.25), ('b', NULL, 0.10), (NULL, 4, 3.00)) AS t (k, n, d)"


@dataclass(frozen=True)
class Example:
    """`sql`: the cell as written; `types` and `answer` as in the table's cells."""

    section: str
    what: str
    sql: str
    types: str
    answer: str

    @property
    def statement(self):
        """What to run. In "Queries", t is a CTE; elsewhere the cell is one expression."""
        if self.section != "Queries":
            return f"SELECT {self.sql}"
        if not re.search(r"\bt\b", self.sql, re.I):
            return self.sql
        sample = f"t AS (SELECT * FROM {SAMPLE})"
        return f"WITH {sample}, {self.sql[5:]}" if self.sql.startswith("WITH ") else f"WITH {sample} {self.sql}"


def examples():
    """Every row of every table with the columns what, SQL, type, answer."""
    section, found, inside = "", [], False
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            inside = line == "## Athena"
        elif line.startswith("### "):
            section, table = line[4:], False
        elif inside and line.startswith("| what | SQL |"):
            table = True
        elif inside and line.startswith("| ") and table:
            what, sql, types, answer = (cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            found.append(Example(section, what, sql.strip("`"), types.strip("`"), answer.strip("`")))
    return found


EXAMPLES = examples()


@pytest.fixture(scope="module")
def asking(asker, s3):
    s3.create_bucket(Bucket="athena-reference")
    return asker("default", "s3://athena-reference/results/")


def test_the_page_has_its_examples():
    assert len(EXAMPLES) > 200, f"{PAGE} has only {len(EXAMPLES)} rows that can be read"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.section}: {example.what}")
def test_reference(asking, example):
    outcome = asking(example.statement)
    if example.answer.startswith("!"):
        assert outcome.state == "FAILED", outcome.rows
        # where a CTE was put in front, places have moved
        shifted = example.statement.index(example.sql) if example.section == "Queries" else 0
        assert _moved(outcome.reason, shifted).startswith(example.answer[1:])
        return
    assert outcome.state == "SUCCEEDED", outcome.reason
    assert " , ".join(outcome.types) == example.types
    shown = " / ".join(" , ".join("NULL" if value is None else value for value in row) for row in outcome.rows)
    assert shown == example.answer


def _moved(reason, shift):
    return re.sub(r"line 1:(\d+)", lambda match: f"line 1:{int(match[1]) - shift}", reason)
