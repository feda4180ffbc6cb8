"""Which API operation a request is, and its parameters, read off botocore's service models."""

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs

import botocore.session
from botocore.exceptions import UnknownServiceError

#: MiniStack's and the signature's names of services whose model has another name.
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions"}
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)$")


@dataclass(frozen=True)
class Call:
    """One API call. `params`: members of its input by the model's names; lists and structures of query protocols
    are flattened as they were sent (`Filter.1.Name`)."""

    service: str
    operation: str
    params: dict
    region: str
    account: str
    method: str = "POST"
    path: str = "/"
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    def arn(self, rest, service=None, region=None, account=None):
        """`arn:aws:<service>:<region>:<account>:<rest>`; this call's own service, region and account unless given."""
        region = self.region if region is None else region
        return f"arn:aws:{service or self.service}:{region}:{self.account if account is None else account}:{rest}"

    def several(self, name):
        """The values of a parameter: a JSON list, or `Name.1`, `Name.2` … and `Name.member.1` … of query protocols."""
        value = self.params.get(name)
        if value is not None:
            return value if isinstance(value, list) else [value]
        numbered = re.compile(rf"{re.escape(name)}\.(?:member\.)?\d+$")
        return [value for key, value in self.params.items() if numbered.match(key)]


def read(service, method, path, headers, body, query, region, account):
    """The Call of a request. `query`: {name: [values]}. `operation` is empty where the model knows no such route."""
    common = {"region": region, "account": account, "method": method, "path": path, "headers": headers, "body": body}
    if headers.get("content-encoding") == "gzip" and service != "s3":  # botocore does so with many metrics
        body = _unpacked(body)
    target = headers.get("x-amz-target", "")
    cbor = _CBOR_PATH.search(path)
    if target:
        return Call(service, target.rpartition(".")[2], _json(body), **common)
    if cbor:
        return Call(service, cbor[1], _cbor(body), **common)
    params = {name: values[0] if len(values) == 1 else values for name, values in query.items()}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        sent = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        params = {name: values[0] if len(values) == 1 else values for name, values in sent.items()} | params
    if params.get("Action"):
        return Call(service, params["Action"], params, **common)
    for route in _routes(service):
        found = route.path.fullmatch(path) if method == route.method else None
        if found and route.asks_for(query, headers):
            inside = _json(body) if service != "s3" else {}
            return Call(service, route.operation, inside | params | dict(zip(route.members, found.groups(), strict=True)), **common)
    return Call(service, "", _json(body) if body[:1] == b"{" else params, **common)


def _unpacked(body):
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body


def _json(body):
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _cbor(body):
    import cbor2

    try:
        value = cbor2.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class _Route:
    """Where an operation of a REST protocol lies. `query`: (name, value or None for any) that must be there."""

    operation: str
    method: str
    path: re.Pattern
    members: tuple
    query: tuple
    headers: tuple
    literal: int

    def asks_for(self, query, headers):
        return all(name in query and (value is None or query[name] == [value]) for name, value in self.query) and all(
            name in headers for name in self.headers
        )


@cache
def _routes(service):
    """The routes of a service, the most special first."""
    try:
        model = botocore.session.get_session().get_service_model(_MODELS.get(service, service))
    except UnknownServiceError:
        return []
    models = [model.operation_model(name) for name in model.operation_names]
    made = [_route(each) for each in models if not each.deprecated]
    return sorted(made, key=lambda route: (-len(route.query) - len(route.headers), -route.literal))


def _route(operation):
    uri, _, sent = operation.http["requestUri"].partition("?")
    pattern = ""
    for part in re.split(r"({[^}]+})", uri.rstrip("/")):
        pattern += ("(.+)" if part.endswith("+}") else "([^/]+)") if part.startswith("{") else re.escape(part)
    members = tuple(member.rstrip("+") for member in re.findall(r"{([^}]+)}", uri))
    shape = operation.input_shape
    needed = [shape.members[name].serialization for name in shape.required_members] if shape else []
    query = {name: values[0] or None for name, values in parse_qs(sent, keep_blank_values=True).items()}
    query |= {each["name"]: None for each in needed if each.get("location") == "querystring"}
    headers = tuple(each["name"].lower() for each in needed if each.get("location") == "header")
    literal = len(uri) - sum(map(len, members))
    return _Route(operation.name, operation.http["method"], re.compile(pattern + "/?"), members, tuple(query.items()), headers, literal)
