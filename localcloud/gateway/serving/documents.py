"""JSON as templates and models see it: read strictly, written without losing a character. Pure."""

import json
import re

from localcloud.gateway.serving.velocity import PassThrough

_SURROGATE = re.compile("[\ud800-\udfff]")


class NoJson(PassThrough):
    """A body that is no JSON; the text says why."""


def text_of(body):
    """A body as API Gateway takes it: UTF-8, with U+FFFD for what is none."""
    return body.decode("utf-8", "replace")


def read(text):
    """The document; NoJson. Neither NaN nor numbers beyond a double are JSON that could be passed on."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_float)
    except (ValueError, RecursionError) as error:
        raise NoJson(f"Could not parse request body into json: {error}") from error


def write(value):
    """Compact JSON with every character as itself; a lone half of a pair, which UTF-8 has not, as its escape."""
    try:
        found = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        found = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", found)


def _plain(value):
    """Ranges and other values of templates as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _plain(its) for key, its in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def encoded(text):
    """A text as UTF-8; Java writes `?` for a lone half of a pair."""
    return text.encode("utf-8", "replace")


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def _float(digits):
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits} is beyond the numbers that JSON's readers have")
    return value
