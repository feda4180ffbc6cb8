"""What was granted and what was used: policies on one side, the journal of the local cloud on the other."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource pattern, as a policy's statement allows it."""

    action: str
    resource: str


def grants(document):
    """Every Grant of a policy document (a dict); conditions are left out."""
    as_list = lambda value: value if isinstance(value, list) else [value]  # noqa: E731 - one line
    return {
        Grant(action, resource)
        for statement in as_list(document["Statement"])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if statement["Effect"] == "Allow"
    }


def read(file):
    """A policy document of a file."""
    return json.loads(file.read_text())


def calls(journal, principal):
    """Lines of the journal (path of calls.jsonl) whose caller's ARN matches `principal`, a regular expression for the whole.

    What engines look up as root is nobody's use.
    """
    for line in journal.read_text().splitlines():
        call = json.loads(line)
        by_an_engine = call.get("via") and (call.get("principal") or "").endswith(":root")
        if re.fullmatch(principal, call.get("principal") or "") and not by_an_engine:
            yield call


def checks(journal, principal):
    """{(action, resource): decisions} of everything that IAM was asked for these callers."""
    found = defaultdict(set)
    for call in calls(journal, principal):
        for action, resource, decision, *_ in call.get("checks", []):
            found[action, resource].add(decision)
    return dict(found)


def used(journal, principal):
    """{(action, resource)} that were asked for and allowed."""
    return {key for key, decisions in checks(journal, principal).items() if "allow" in decisions}


def denied(journal, principal):
    """{(action, resource)} that were refused, each time."""
    return {key for key, decisions in checks(journal, principal).items() if decisions == {"deny"}}


@cache
def pattern(text, flags=0):
    """An IAM pattern (* and ?) as a regular expression."""
    return re.compile("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text), flags)


def covers(grant, action, resource):
    """Does a grant allow this action on this resource?"""
    return pattern(grant.action, re.IGNORECASE).fullmatch(action) and pattern(grant.resource).fullmatch(resource)


def unused(granted, asked):
    """Grants of which nothing was asked; `asked`: {(action, resource)}."""
    return sorted(grant for grant in granted if not any(covers(grant, *one) for one in asked))


def ungranted(granted, asked):
    """What was asked without a grant."""
    return sorted(one for one in asked if not any(covers(grant, *one) for grant in granted))
