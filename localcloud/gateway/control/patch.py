"""Patch operations: which paths something has, what may be done at each, and the doing of it."""

import copy
import re
from dataclasses import dataclass

from localcloud.gateway.control.here import bad


@dataclass(frozen=True)
class Field:
    """A place that patches reach. `kind`: text, boolean, integer, number or items (of a list: the value, or the path's end).

    `ops`: those of AWS's table of patch operations.
    """

    kind: str = "text"
    ops: tuple = ("replace",)
    choices: tuple = ()


TEXT, BOOLEAN, INTEGER, NUMBER = Field(), Field("boolean"), Field("integer"), Field("number")
ENTRY = Field(ops=("add", "remove", "replace"))
FLAG = Field("boolean", ops=("add", "remove", "replace"))
REMOVABLE = Field(ops=("remove", "replace"))


def tokens(path):
    """`/requestModels/application~1json` → ["requestModels", "application/json"]."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def apply(record, operations, fields):
    """A copy of `record` with the operations done in turn. `fields`: {"/name": Field, "/variables/*": Field of a map's entry}.

    Raises BadRequestException for what no field allows, and for values of another kind.
    """
    changed = copy.deepcopy(record)
    for operation in operations or []:
        op, path = operation.get("op") or "", operation.get("path") or ""
        pattern = find(path, fields)
        if pattern is None or op not in fields[pattern].ops:
            allowed = ", ".join(name for name, field in fields.items() if op in field.ops)
            raise bad(f"Invalid patch path '{path}' specified for op '{op}'. Must be one of: [{allowed}]")
        _do(changed, op, tokens(path), fields[pattern], operation)
    return changed


def find(path, fields):
    """The pattern of `fields` that a path is, or None; `*` is one token."""
    for pattern in fields:
        if re.fullmatch("/".join("[^/]+" if part == "*" else re.escape(part) for part in pattern.split("/")), path):
            return pattern
    return None


def value(field, given, path):
    """The value of an operation as its field's kind."""
    text = given.get("value")
    if text is None:
        raise bad(f"Invalid patch operation at '{path}': it has no value")
    if field.choices and text not in field.choices:
        raise bad(f"Invalid value '{text}' at '{path}'. Must be one of: [{', '.join(field.choices)}]")
    if field.kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise bad(f"Invalid value '{text}' at '{path}': true or false")
        return text.lower() == "true"
    try:
        return int(text) if field.kind == "integer" else float(text) if field.kind == "number" else text
    except ValueError as error:
        raise bad(f"Invalid value '{text}' at '{path}': it must be a number") from error


def _do(record, op, parts, field, given):
    if field.kind == "items":
        return _items(record, op, parts, given)
    inside, last = record, parts[-1]
    for part in parts[:-1]:
        inside = inside.setdefault(part, {})
    if op == "remove":
        inside.pop(last, None)
    else:
        inside[last] = value(field, given, given["path"])
    return None


def _items(record, op, parts, given):
    """A list: its name alone with the item as value, or the item as the path's last token."""
    name, item = parts[0], parts[1] if len(parts) > 1 else given.get("value")
    items = record.setdefault(name, [])
    if op == "remove":
        record[name] = [each for each in items if each != item]
    elif op == "replace" and len(parts) > 1:
        record[name] = [given.get("value") if each == item else each for each in items]
    elif item not in items:
        items.append(item)
