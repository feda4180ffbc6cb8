"""AWS's REST-JSON protocol by botocore's service models: which operation a request is, its parameters, and answers.

For engines that set `own_protocol`: `read` what `respond` is given, and answer with `written` or `refused`.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import parse_qs, quote, unquote

import botocore.session


class Unreadable(ValueError):
    """A request that is none of the service's; the message says what is wrong."""


@dataclass(frozen=True)
class Route:
    """Where an operation lies: method, pattern of the percent-encoded path and the URI's names in it, and the query that marks it."""

    operation: str
    method: str
    path: re.Pattern
    names: tuple
    query: tuple
    literal: int


@cache
def model(service):
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


@cache
def routes(service):
    """The routes of a service, the most special first."""
    found = [_route(model(service).operation_model(name)) for name in model(service).operation_names]
    return sorted(found, key=lambda route: (-len(route.query), -route.literal))


def _route(operation):
    uri, _, query = operation.http["requestUri"].partition("?")
    pattern, names = "", []
    for part in re.split(r"({[^}]+})", uri.rstrip("/")):
        if part.startswith("{"):
            names.append(part.strip("{}").rstrip("+"))
            pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
        else:
            pattern += re.escape(part)
    marks = tuple((name, values[0]) for name, values in parse_qs(query, keep_blank_values=True).items())
    literal = len(uri) - sum(len(name) + 2 for name in names)
    return Route(operation.name, operation.http["method"], re.compile(pattern + "/?"), tuple(names), marks, literal)


def raw_path(scope):
    """The path of an ASGI scope as it was sent: what stands for a slash within a name is still encoded."""
    return (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1").partition("?")[0]


def resolve(service, method, path, query):
    """(operation's name, {URI's name: text}) of a request; ("", {}) where the model has no such route.

    `path`: percent-encoded. `query`: {name: [texts]}.
    """
    for route in routes(service):
        found = route.path.fullmatch(path) if route.method == method else None
        if found and all(name in query and (not value or query[name] == [value]) for name, value in route.query):
            return route.operation, dict(zip(route.names, map(unquote, found.groups()), strict=True))
    return "", {}


def read(service, method, path, query, headers, body):
    """(operation's name, parameters by the model's names). Unreadable where there is no such route, or the body is not JSON."""
    operation, in_path = resolve(service, method, path, query)
    if not operation:
        raise Unreadable(f"{service} has no operation {method} {path}")
    shape = model(service).operation_model(operation).input_shape
    if shape is None:
        return operation, {}
    payload = shape.serialization.get("payload")
    try:
        sent = json.loads(body) if body and not (payload and shape.members[payload].type_name == "blob") else {}
    except ValueError as error:
        raise Unreadable(f"the body is not JSON: {error}") from error
    found = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if location == "uri":
            value = _typed(in_path.get(wire), member)
        elif location == "querystring":
            value = _of_query(query.get(wire), member)
        elif location == "header":
            value = _typed(headers.get(wire.lower()), member)
        elif location or not (payload or isinstance(sent, dict)):
            value = None
        elif payload:
            value = None if name != payload else (body if member.type_name == "blob" else sent or None)
        else:
            value = sent.get(wire)
        if value is not None:
            found[name] = value
    return operation, found


def _of_query(values, member):
    if values is None:
        return None
    if member.type_name == "list":
        return [_typed(value, member.member) for value in values]
    return _typed(values[0], member)


def _typed(text, member):
    """A path's, query's or header's text as the model's type."""
    if text is None:
        return None
    if member.type_name == "boolean":
        return text.lower() == "true"
    try:
        return int(text) if member.type_name in ("integer", "long") else text
    except ValueError as error:
        raise Unreadable(f"{member.serialization.get('name', member.name)} must be a whole number; it is {text!r}") from error


def written(service, operation, output, status=200):
    """(status, headers, body) of an answer. `output`: by the model's names; moments are datetimes or epoch seconds."""
    shape, headers = model(service).operation_model(operation).output_shape, {"content-type": "application/json"}
    body = {}
    for name, member in shape.members.items() if shape else ():
        value, location = output.get(name), member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if location == "statusCode":
            status = value or status
        elif value is not None and location == "header":
            headers[wire] = str(value)
        elif value is not None and not location:
            body[wire] = _shown(value, member)
    payload = shape.serialization.get("payload") if shape else None
    if payload:
        value, member = output.get(payload), shape.members[payload]
        if member.type_name == "blob":
            return status, headers, value or b""
        body = _shown(value, member) if value is not None else {}
    return status, headers, json.dumps(body).encode()


def _shown(value, shape):
    """A value as JSON has it: the wire's names, moments in the model's format."""
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {known[name].serialization.get("name", name): _shown(inner, known[name]) for name, inner in value.items() if name in known}
    if shape.type_name == "list" and isinstance(value, list | tuple):
        return [_shown(inner, shape.member) for inner in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _shown(inner, shape.value) for key, inner in value.items()}
    if shape.type_name == "timestamp":
        moment = value.timestamp() if isinstance(value, datetime) else value
        if shape.serialization.get("timestampFormat") == "iso8601":
            return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return moment
    return value


def refused(code, message, status=400, members=None):
    """(status, headers, body) of an error."""
    body = json.dumps({"__type": code, "message": message, "Message": message, **(members or {})}).encode()
    return status, {"content-type": "application/json", "x-amzn-errortype": code}, body
