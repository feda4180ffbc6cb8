"""The tables of docs/security.md: what each role may do and why, and what became of each control."""

import re
from dataclasses import dataclass

from tests.local_cloud import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
#: How a row begins its reason where AWS needs the grant and the local cloud never asks for it.
UNUSED_HERE = "Not asked for here: "


@dataclass(frozen=True)
class Row:
    """One statement of a role's policy; names without prefix, account and region as ACCOUNT and REGION."""

    role: str
    actions: frozenset
    resources: frozenset
    why: str = ""

    @property
    def is_unused_here(self):
        return self.why.startswith(UNUSED_HERE)

    @property
    def without_reason(self):
        return Row(self.role, self.actions, self.resources)


def rows():
    """The Rows of the document's table of roles."""
    found = []
    for line in section("## What each role may do"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            names = [frozenset(re.findall(r"`([^`]+)`", cell)) for cell in cells[:3]]
            (role,) = names[0]
            found.append(Row(role, names[1], names[2], cells[3]))
    return found


def controls():
    """{control's id: text} of the document's table of controls."""
    cells = (line.strip("|").split("|") for line in section("## Controls") if line.startswith("| "))
    return {first.strip(): text.strip() for first, text in (pair for pair in cells if len(pair) == 2) if "." in first}


def section(heading):
    """The lines of a section of the document."""
    return DOCUMENT.read_text().partition(f"{heading}\n")[2].partition("\n## ")[0].splitlines()


def plain(name, prefix, account="000000000000", region="us-east-1"):
    """A deployed name as the document writes it."""
    name = name.replace(prefix, "").replace(prefix.replace("-", "_"), "")
    return re.sub(r"key/[0-9a-f-]{36}", "key/ID", name.replace(account, "ACCOUNT").replace(region, "REGION"))


def as_rows(role, statements, prefix):
    """A deployed policy's statements as Rows without reasons."""
    return [
        Row(
            plain(role, prefix),
            frozenset(statement["Action"]),
            frozenset(plain(resource, prefix) for resource in statement["Resource"]),
        )
        for statement in statements
    ]


def text(row):
    """A Row as a line of the table."""
    cells = [f"`{row.role}`", *("<br>".join(f"`{name}`" for name in sorted(names)) for names in (row.actions, row.resources)), row.why]
    return f"| {' | '.join(cells)} |"
