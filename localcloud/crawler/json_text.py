"""JSON: lines, objects one after another, or one array."""

import json
import re

from localcloud.crawler.hive_types import merge, merge_fields
from localcloud.crawler.schema import Schema

_SPACE = re.compile(r"[\s]*")
_PATH_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|(\[\*\])|\[(\d+)\]")
_INT, _BIGINT = range(-(2**31), 2**31), range(-(2**63), 2**63)


def classify(text, complete, path=None):
    """The Schema of JSON text, or None if it is not JSON.

    `complete`: False when the text is only the file's beginning, so that its last value may be cut.
    `path`: a custom classifier's JsonPath, such as `$[*]` or `$.records[*]`.
    A file that is one array becomes one column `array`, as Glue's own classifier has it.
    """
    head = text.lstrip()[:1]
    if head not in ("{", "["):
        return None
    try:
        values = list(_array_items(text, complete)) if head == "[" else list(_values(text, complete))
    except ValueError:
        return None
    if path is not None:
        documents = [values] if head == "[" else values
        records = [record for document in documents for record in _select(document, parse_path(path)) if isinstance(record, dict)]
    elif head == "[":
        records = [{"array": values}]
    else:
        records = [value for value in values if isinstance(value, dict)]
    if not records:
        return None
    fields = ()
    for record in records:
        fields = merge_fields(fields, tuple((name.lower(), infer(value)) for name, value in record.items()))
    return Schema("json", fields, rows=len(records)) if fields else None


def infer(value):
    """The type of one parsed value; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if value in _INT else "bigint" if value in _BIGINT else "double"
    if isinstance(value, float):
        return "double"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        item = None
        for each in value:
            item = merge(item, infer(each))
        return ("array", item)
    return ("struct", tuple((name, infer(inner)) for name, inner in value.items()))


def _values(text, complete):
    """Values one after another, on lines of their own or not."""
    decoder, at = json.JSONDecoder(), _SPACE.match(text).end()
    found = False
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            if complete or not found:
                raise
            return
        found = True
        yield value
        at = _SPACE.match(text, at).end()


def _array_items(text, complete):
    """Items of the array that the text begins with; of a cut text, those that are whole."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        at = _SPACE.match(text, at).end()
        if text[at : at + 1] in ("]", ""):
            if not complete or text[at:].strip() == "]":
                return
            raise ValueError("the array does not end the file")
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            if complete:
                raise
            return
        yield value
        at = _SPACE.match(text, at).end()
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] not in ("]", ""):
            raise ValueError(f"expected , or ] at {at}")


def parse_path(path):
    """Steps of a JsonPath: a name, `*`, or an index. ValueError for what is not supported."""
    if not path.startswith("$"):
        raise ValueError(f"a JsonPath starts with $, this is {path!r}")
    steps, at = [], 1
    while at < len(path):
        found = _PATH_STEP.match(path, at)
        if not found:
            raise ValueError(f"the JsonPath {path!r} has {path[at:]!r}; supported are .name, ['name'], [*] and [0]")
        name, quoted, every, index = found.groups()
        steps.append("*" if every else int(index) if index is not None else name or quoted)
        at = found.end()
    return steps


def _select(value, steps):
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step == "*":
        for item in value if isinstance(value, list) else ():
            yield from _select(item, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _select(value[step], rest)
    elif isinstance(value, dict) and step in value:
        yield from _select(value[step], rest)
