"""JSON as its standard has it: what Python's parser lets pass beyond that is refused."""

import json
import re

from clicks.problem import Problem, shown

BLANK = " \t\r\n"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def text_of(data: bytes) -> str:
    """The bytes as text. Problem `undecodable` where they are not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Problem("undecodable", f"byte {error.start + 1} of the record, 0x{data[error.start]:02x}, is not UTF-8") from None


def object_of(text: str) -> dict:
    """The one object that the text holds, blanks around it aside.

    Raises:
        Problem: empty, json_invalid, json_too_deep, member_repeated, several_clicks, not_an_object.
    """
    begin = len(text) - len(text.lstrip(BLANK))
    if begin == len(text):
        raise Problem("empty", "the record holds nothing but blanks" if text else "the record is empty")
    try:
        value, end = _decoder.raw_decode(text, begin)
    except RecursionError:
        raise Problem("json_too_deep", "the record is nested too deep; a click's members are texts and numbers") from None
    except json.JSONDecodeError as error:
        raise Problem("json_invalid", f"at character {error.pos + 1}: {error.msg}") from None
    rest = text[end:].strip(BLANK)
    if rest.startswith(("{", "[")):
        raise Problem("several_clicks", f"after the first value follows {shown(rest)}; send each click as a record of its own")
    if rest:
        raise Problem("json_invalid", f"at character {text.index(rest, end) + 1}: {shown(rest)} follows the value")
    if not isinstance(value, dict):
        raise Problem("not_an_object", f"the record is {shown(value)}; a click is an object, one a record")
    if "\\u" in text:  # half a surrogate pair, which no UTF-8 can hold, can be written as an escape only
        for part in (*value, *value.values()):
            if isinstance(part, str) and _HALF_PAIR.search(part):
                raise Problem("json_invalid", f"{shown(part)} holds half of a surrogate pair")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem("member_repeated", f"the member {shown(twice)} is there {names.count(twice)} times")
    return made


def _no_constant(name: str) -> None:
    raise Problem("json_invalid", f"{name} is no JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
