"""API Gateway's own protocol, read off botocore's model: which operation a request is, its input, and the answer's form."""

import json
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, unquote

import botocore.session
from botocore.validate import ParamValidator

#: Errors of the model → HTTP status.
STATUS = {
    "BadRequestException": 400,
    "UnauthorizedException": 401,
    "NotFoundException": 404,
    "ConflictException": 409,
    "LimitExceededException": 429,
    "TooManyRequestsException": 429,
}


class Unreadable(Exception):
    """The request's body is not what the model says."""


@dataclass(frozen=True)
class Route:
    """Where an operation lies. `members`: the path's parameters by their wire names; `mode`: of the query, or None."""

    operation: str
    method: str
    path: re.Pattern
    members: tuple
    mode: str | None


@cache
def model():
    return botocore.session.get_session().get_service_model("apigateway")


@cache
def routes():
    """All routes; those with a literal query first, since they share their path with others."""
    made = []
    for name in model().operation_names:
        http = model().operation_model(name).http
        uri, _, query = http["requestUri"].partition("?")
        pattern = "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]+})", uri))
        members = tuple(re.findall(r"{([^}]+)}", uri))
        mode = parse_qs(query).get("mode", [None])[0]
        made.append(Route(name, http["method"], re.compile(pattern + "/?"), members, mode))
    return sorted(made, key=lambda route: route.mode is None)


def read(method, raw_path, headers, query, body):
    """(operation, input by the model's names) of a request, or (None, {}) where the model has no such route.

    `raw_path`: still percent-encoded, since an ARN in it has slashes. `query`: {name: [values]}. Raises Unreadable.
    """
    for route in routes():
        found = route.path.fullmatch(raw_path) if route.method == method else None
        if found and (route.mode is None or query.get("mode") == [route.mode]):
            inside = dict(zip(route.members, map(unquote, found.groups()), strict=True))
            return route.operation, _input(model().operation_model(route.operation).input_shape, inside, headers, query, body)
    return None, {}


def _input(shape, inside, headers, query, body):
    if shape is None:
        return {}
    given, named = {}, set()
    payload = shape.serialization.get("payload")
    content = {} if payload else _json(body)
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if name == payload:
            given[name] = body
        elif location == "uri":
            given[name] = inside[wire]
        elif location == "header":
            value = headers.get(wire.lower())
            given |= {name: value} if value is not None else {}
        elif location == "querystring" and member.type_name != "map":
            named.add(wire)
            given |= {name: _from_query(member, query[wire])} if wire in query else {}
        elif location is None and content.get(wire) is not None:
            given[name] = content[wire]
    maps = [
        name
        for name, member in shape.members.items()
        if member.type_name == "map" and member.serialization.get("location") == "querystring"
    ]
    for name in maps:  # all of the query that nothing else names
        given[name] = {key: values[-1] for key, values in query.items() if key not in named | {"mode"}}
    return given


def _json(body):
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise Unreadable(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Unreadable(f"the body is {found!r:.40}, not a JSON object")
    return found


def _from_query(shape, values):
    if shape.type_name == "list":
        return values
    if shape.type_name == "integer":
        try:
            return int(values[-1])
        except ValueError as error:
            raise Unreadable(f"{values[-1]!r} is no whole number") from error
    return values[-1].lower() == "true" if shape.type_name == "boolean" else values[-1]


def problems(shape, value):
    """What a value is otherwise than its shape of the model says, in one text; empty if nothing."""
    found = ParamValidator().validate(value, shape)
    return found.generate_report() if found.has_errors() else ""


def written(operation, output):
    """(status, headers, body) of an answer; `output` by the model's names, moments in epoch seconds."""
    known = model().operation_model(operation)
    status, shape = known.http.get("responseCode", 200), known.output_shape
    if shape is None:
        return status, {"content-type": "application/json"}, b"" if status in (202, 204) else b"{}"
    headers, payload = {"content-type": "application/json"}, shape.serialization.get("payload")
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header" and output.get(name) is not None:
            headers[member.serialization["name"].lower()] = output[name]
    if payload:
        return status, headers, output[payload]
    return status, headers, json.dumps(shown(shape, output)).encode()


def shown(shape, value):
    """A value by its wire names, with the members that the model has and nothing else."""
    if shape.type_name == "structure":
        return {
            member.serialization.get("name", name): shown(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None and not member.serialization.get("location")
        }
    if shape.type_name == "list":
        return [shown(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {key: shown(shape.value, each) for key, each in value.items()}
    return value


def refused(code, message):
    """(status, headers, body) of an error of the model."""
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return STATUS.get(code, 400), headers, json.dumps({"message": message}).encode()
