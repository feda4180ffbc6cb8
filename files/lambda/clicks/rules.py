"""A record's bytes judged exactly, and what is kept of them."""

import json
import re
from typing import NamedTuple

from clicks.contract import MOMENTS, MOST_BYTES, Contract, Text, Whole
from clicks.dates import canonical
from clicks.problem import Problem, shown
from clicks.strict_json import BLANK, object_of, text_of

_MEMBER = re.compile(r'[{,][ \t]*+("(?:[^"\\]|\\.)*+")[ \t]*+:[ \t]*+("(?:[^"\\]|\\.)*+"|[^", \t}]++)')


class Click(NamedTuple):
    """A good record, as it is kept: its line is `before`, the arrival's member, `after`, a closing brace and a line end.

    `normalised`: whether its date had to be brought into canonical form.
    """

    before: bytes
    after: bytes = b""
    normalised: bool = False


def judge(data: bytes, contract: Contract) -> Click:
    """The click that a record's bytes are.

    Its bytes stay as they were sent, but for a date that is not in canonical form, blanks around it, and line ends between its
    members, which become spaces: the table reads a line as a row.

    Raises:
        Problem: the first thing that is wrong: its size, its text, its JSON, its names, then the members in the contract's order.
    """
    if len(data) > MOST_BYTES:
        raise Problem("record_too_long", f"the record has {len(data):,} bytes; a click has {MOST_BYTES:,} at most")
    text = text_of(data)
    values = object_of(text)
    _names(values, contract)
    for name, member in contract.members.items():
        if name in values:
            (_text if isinstance(member, Text) else _whole)(name, values[name], member)
    name = next(name for name in MOMENTS if name in values)
    moment = canonical(name, values[name])
    line = text.strip(BLANK).replace("\n", " ").replace("\r", " ")  # within texts there can be none: JSON has them escaped
    return _kept(line, name, moment, moment != values[name])


def _names(values: dict, contract: Contract) -> None:
    """Problem where a member is missing, or one too many."""
    for name in values:
        if name not in contract.members:
            raise Problem("member_unknown", f"a click has no member {shown(name)}; it has {', '.join(contract.members)}")
    for name in contract.required:
        if name not in values:
            raise Problem(f"{name}_missing", f"{name} is not there")
    given = [name for name in MOMENTS if name in values]
    if not given:
        raise Problem("created_at_missing", f"neither {' nor '.join(MOMENTS)} is there")
    if len(given) > 1:
        raise Problem("created_at_repeated", f"{' and '.join(given)} are both there; send one")


def _text(name: str, value: object, member: Text) -> None:
    if not isinstance(value, str):
        raise Problem(f"{name}_wrong_type", f"{name} is {shown(value)}; it must be a text")
    if len(value) < member.least:
        raise Problem(f"{name}_too_short", f"{name} has {len(value)} characters; it must have {member.least} at least")
    if len(value) > member.most:
        raise Problem(f"{name}_too_long", f"{name} has {len(value)} characters; it may have {member.most}")
    if member.pattern is not None and not member.pattern.search(value):
        raise Problem(f"{name}_invalid", f"{name} is {shown(value)}; it must match {member.pattern.pattern}")


def _whole(name: str, value: object, member: Whole) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Problem(f"{name}_wrong_type", f"{name} is {shown(value)}; it must be a whole number, without a point, not in quotes")
    if value < member.least:
        raise Problem(f"{name}_too_small", f"{name} is {shown(value)}; it must be {member.least} or more")
    if value > member.most:
        raise Problem(f"{name}_too_large", f"{name} is {shown(value)}; it may be {member.most}")


def _kept(line: str, name: str, moment: str, changed: bool) -> Click:
    """The Click of an object's text whose members are texts and numbers; `moment` is to be its created_at."""
    after = ""
    if name != MOMENTS[0]:
        after = f',"{MOMENTS[0]}":"{moment}"'
    if changed:
        begin, end = next(found.span(2) for found in _MEMBER.finditer(line) if _is(found[1], name))
        after += f',"created_at_sent":{line[begin:end]}'
        if name == MOMENTS[0]:
            line = f'{line[:begin]}"{moment}"{line[end:]}'
    return Click(line[:-1].encode(), after.encode(), changed)


def _is(written: str, name: str) -> bool:
    """Whether a JSON string, with its quotes, is `name`."""
    return written[1:-1] == name or ("\\" in written and json.loads(written) == name)
