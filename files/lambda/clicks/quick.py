"""Clicks that need no more than a look: one regular expression, made of the contract, knows them.

It knows the clicks that most programs write: members in the contract's order, no escapes in texts, a canonical date. What it
matches, rules.judge keeps as it stands; a test holds them against each other. What it does not match may well be a click.
"""

import re
from collections.abc import Sequence

from clicks.contract import MOMENTS, MOST_BYTES, Contract, Text, Whole
from clicks.dates import SURE

#: Characters of texts by the schema's pattern for them; a member with another pattern is left to the exact rules.
_CHARACTERS = {None: r'[^"\\\x00-\x1f]', r"^(?![\s\S]*\s)": r"[!#-\[\]-~]"}
_NOTHING = r"(?!)"


class Quick:
    """Tells the clicks that are kept as they stand from the records of which it does not know. Keeps nothing of them."""

    def __init__(self, contract: Contract) -> None:
        pattern = _pattern(contract).encode()
        self._one = re.compile(pattern).fullmatch
        # Run over many at once: calling it for each would take nearly twice as long.
        self._many = re.compile(rb"(?:%b\n)*+" % pattern).match

    def others(self, records: Sequence[bytes]) -> list[int]:
        """Places of the records that it does not know, ascending."""
        lines = b"\n".join(records) + b"\n"
        if lines.count(b"\n") == len(records):
            found = self._between(records, lines)
        else:  # where a record has line ends of its own, lines do not tell them apart
            found = [place for place, data in enumerate(records) if not self._one(data)]
        if is_utf8(lines):
            return found
        return sorted({*found, *(place for place, data in enumerate(records) if not is_utf8(data))})

    def _between(self, records: Sequence[bytes], lines: bytes) -> list[int]:
        found = []
        place = begin = 0
        while True:
            end = self._many(lines, begin).end()
            place += lines.count(b"\n", begin, end)
            if place >= len(records):
                return found
            found.append(place)
            begin = end + len(records[place]) + 1
            place += 1


def is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _pattern(contract: Contract) -> str:
    """The regular expression; it matches nothing for a contract of which it cannot be sure."""
    parts, most = [], 4
    for name, member in contract.members.items():
        if name == MOMENTS[1]:
            continue
        value = _value(name, member)
        needed = name in contract.required or name == MOMENTS[0]
        if value is None and not needed:
            continue
        if value is None or not (needed or parts):
            return _NOTHING
        part = f'{" ?+, ?+" if parts else ""}"{name}" ?+: ?+{value}'
        parts.append(part if needed else f"(?:{part})?+")
        most += len(name) + 10 + (member.most if isinstance(member, Text) else len(str(member.most)))
    return rf"\{{ ?+{''.join(parts)} ?+\}}" if most <= MOST_BYTES else _NOTHING


def _value(name: str, member: Text | Whole) -> str | None:
    """What stands after the colon; None where an expression cannot be sure of it."""
    if isinstance(member, Whole):
        digits = len(str(member.most)) - 1  # one less than the bound's: whatever they are, they are below it
        return rf"(?:0|[1-9][0-9]{{0,{digits - 1}}}+)" if member.least <= 0 and digits else None
    if name == MOMENTS[0]:
        fits = member.least <= 20 and member.most >= 30 and member.pattern is None
        return f'"{SURE}"' if fits else None
    # Bytes are counted: there are no fewer of them than characters, and where one byte is asked for there is a character.
    characters = _CHARACTERS.get(member.pattern and member.pattern.pattern)
    return None if characters is None or member.least > 1 else f'"{characters}{{{member.least},{member.most}}}+"'
