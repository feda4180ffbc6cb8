"""Requests held against botocore's own model of Athena: required members, types, lengths, ranges, enums."""

import re
from functools import cache

import botocore.session

from localcloud.engine import ServiceError


@cache
def _model():
    return botocore.session.get_session().get_service_model("athena")


def invalid(message, code=None):
    """InvalidRequestException in Athena's form."""
    return ServiceError("InvalidRequestException", message, AthenaErrorCode=code or "INVALID_INPUT")


def check(action, body):
    """Raise InvalidRequestException that lists everything wrong with a request's body."""
    shape = _model().operation_model(action).input_shape
    problems = list(_problems(body, shape, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise invalid(count + "; ".join(problems))


_PYTHON = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
    "float": (int, float),
    "double": (int, float),
}


def _problems(value, shape, at):
    shown = at or "the request"
    wanted = _PYTHON.get(shape.type_name)
    if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and shape.type_name in ("integer", "long"))):
        yield f"Value at '{shown}' must be a {shape.type_name}, not {value!r}"
        return
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{at + '.' if at else ''}{name}' failed to satisfy constraint: Member must not be null"
        for name, member in value.items():
            if name in shape.members and member is not None:
                yield from _problems(member, shape.members[name], f"{at + '.' if at else ''}{name}")
    elif shape.type_name == "list":
        yield from _length(len(value), shape, shown)
        for number, member in enumerate(value, 1):
            yield from _problems(member, shape.member, f"{at}.{number}.member")
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from _problems(member, shape.value, f"{at}.{key}")
    elif shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            choices = ", ".join(shape.enum)
            yield f"Value '{value}' at '{shown}' failed to satisfy constraint: Member must satisfy enum value set: [{choices}]"
        yield from _length(len(value), shape, shown)
        yield from _pattern(value, shape, shown)
    elif shape.type_name in ("integer", "long"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield f"Value '{value}' at '{shown}' failed to satisfy constraint: Member must have value greater than or equal to {low}"
        if high is not None and value > high:
            yield f"Value '{value}' at '{shown}' failed to satisfy constraint: Member must have value less than or equal to {high}"


def _length(length, shape, shown):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield f"Value at '{shown}' failed to satisfy constraint: Member must have length greater than or equal to {low}"
    if high is not None and length > high:
        yield f"Value at '{shown}' failed to satisfy constraint: Member must have length less than or equal to {high}"


def _pattern(value, shape, shown):
    pattern = shape.metadata.get("pattern")
    if not pattern:
        return
    try:
        fits = re.fullmatch(pattern, value)
    except re.error:
        return  # a Java pattern that Python does not know
    if not fits:
        yield f"Value '{value}' at '{shown}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"


def paged(items, body, limit, key=lambda item: item):
    """(page, next token): tokens name the last item given, so that changes between pages do no harm."""
    size = body.get("MaxResults") or limit
    token = body.get("NextToken")
    start = 0
    if token:
        keys = [key(item) for item in items]
        if token not in keys:
            raise invalid(f"Invalid nextToken: {token}")
        start = keys.index(token) + 1
    chosen = items[start : start + size]
    return chosen, (key(chosen[-1]) if chosen and start + size < len(items) else None)
