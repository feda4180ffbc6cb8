"""The schema of a click, out of the OpenAPI document of the API: it stands there once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCHEMA = "Click"  # of components.schemas
MOST_BYTES = 4096  # of a click; a schema cannot say it
MOMENTS = ("created_at", "createdAt")  # the table's column, and its other spelling
OURS = ("arrived_at", "created_at_sent")  # what the transform adds
_NOTES = {"title", "description", "example", "default"}
_KNOWN = {
    "object": {"type", "properties", "required", "oneOf", "additionalProperties"},
    "string": {"type", "minLength", "maxLength", "pattern"},
    "integer": {"type", "minimum", "maximum"},
}


class ContractError(ValueError):
    """The document says something of a click that this package does not know how to hold."""


@dataclass(frozen=True)
class Text:
    """A member that is a text of so many characters (code points), in which `pattern` is found; None for any."""

    least: int
    most: int
    pattern: re.Pattern | None


@dataclass(frozen=True)
class Whole:
    """A member that is a whole number, bounds included."""

    least: int
    most: int


@dataclass(frozen=True)
class Contract:
    """What a click is made of.

    Attributes:
        members: by name, in the schema's order; others are not allowed.
        required: names that must be there; MOMENTS are apart: exactly one of them must be.
    """

    members: Mapping[str, Text | Whole]
    required: tuple[str, ...]


def read(path: Path) -> Contract:
    """The contract of an OpenAPI document (JSON)."""
    return contract(json.loads(path.read_text(encoding="utf-8")))


def contract(document: Mapping) -> Contract:
    """The contract that `document`, parsed, has below components.schemas.Click.

    Raises:
        ContractError: all that is not known here. A keyword that was passed over would let in what the API refuses.
    """
    try:
        schema = document["components"]["schemas"][SCHEMA]
        properties = schema["properties"]
    except (KeyError, TypeError) as error:
        raise ContractError(f"the document has no components.schemas.{SCHEMA} with properties: {error!r}") from error
    wrong = _unknown(SCHEMA, schema, "object")
    if schema.get("additionalProperties") is not False:
        wrong.append(f"{SCHEMA}.additionalProperties is {schema.get('additionalProperties')!r}; it must be false")
    moments = [{"required": [name]} for name in MOMENTS]
    if sorted(schema.get("oneOf", []), key=str) != sorted(moments, key=str):
        wrong.append(f"{SCHEMA}.oneOf is {schema.get('oneOf')!r}; it must be {moments!r}")
    members = {}
    for name, member in properties.items():
        kind = member.get("type")
        if kind not in ("string", "integer"):
            wrong.append(f"{name}.type is {kind!r}; string and integer are known")
            continue
        wrong += _unknown(name, member, kind)
        low, high = ("minLength", "maxLength") if kind == "string" else ("minimum", "maximum")
        if not isinstance(member.get(high), int):
            wrong.append(f"{name} has no {high}: its size must be bounded")
            continue
        if kind == "string":
            pattern = member.get("pattern")
            members[name] = Text(member.get(low, 0), member[high], None if pattern is None else re.compile(pattern))
        elif not isinstance(member.get(low), int):
            wrong.append(f"{name} has no {low}: its size must be bounded")
        else:
            members[name] = Whole(member[low], member[high])
    required = tuple(schema.get("required", ()))
    wrong += [f"{name} is required, but no property" for name in required if name not in properties]
    wrong += [f"{name} must be a text" for name in MOMENTS if not isinstance(members.get(name), Text)]
    wrong += [f"{name} is what the transform adds; nobody may send it" for name in OURS if name in properties]
    wrong += [f"{name} is no name that can be compared as it stands" for name in properties if not re.fullmatch(r"\w+", name, re.ASCII)]
    if wrong:
        raise ContractError("; ".join(wrong))
    return Contract(members, required)


def _unknown(name: str, schema: Mapping, kind: str) -> list[str]:
    return [f"{name}.{keyword} is not known here" for keyword in schema if keyword not in _KNOWN[kind] | _NOTES]
