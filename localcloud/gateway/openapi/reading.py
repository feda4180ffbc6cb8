"""What an OpenAPI document defines, with all that is wrong with it and all that is left out."""

import json
import re
from dataclasses import dataclass, field

from localcloud.gateway.openapi.document import VERBS, Document, Invalid
from localcloud.gateway.openapi.methods import Methods
from localcloud.gateway.openapi.schemas import Models, text

_PART = re.compile(r"[A-Za-z0-9._:,-]+|\{[A-Za-z0-9._:-]+\+?\}")


@dataclass
class Definition:
    """An API as a document has it, in the control plane's members.

    `api`: members of GetRestApi. `paths`: {path: {method: as GetMethod shows it, `_validator` for a validator's name}}.
    `models`: {name: {schema, contentType, description}}. `validators`: {name: flags}. `responses`: {type: PutGatewayResponse's members}.
    """

    api: dict = field(default_factory=dict)
    paths: dict = field(default_factory=dict)
    models: dict = field(default_factory=dict)
    validators: dict = field(default_factory=dict)
    responses: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


def read(body, api_id, base_path="ignore"):
    """The Definition of a document; `base_path`: ignore, prepend or split. Raises `document.Invalid`."""
    document = Document(body)
    models = Models(document, api_id)
    methods, found = Methods(document, models), Definition(api=_api(document))
    start = _start(document.base_path(), base_path)
    for path, item in document.root["paths"].items():
        whole = f"{start}{path}".rstrip("/") or "/"
        bad = [part for part in whole.split("/")[1:] if part and not _PART.fullmatch(part)]
        if not path.startswith("/") or bad:
            found.problems.append(
                f"Unable to create resource at path '{whole}': Resource's path part only allow a-zA-Z0-9._-: or a variable"
            )
            continue
        found.paths[whole] = _methods(methods, whole, document.resolved(item or {}), found.problems)
    for name, schema in models.models.items():
        described = document.schemas().get(name) or {}
        found.models[name] = {"schema": text(schema), "contentType": "application/json"}
        found.models[name] |= {"description": described["description"]} if isinstance(described.get("description"), str) else {}
    for name, given in (document.root.get("x-amazon-apigateway-request-validators") or {}).items():
        found.validators[name] = given or {}
    for kind, given in (document.root.get("x-amazon-apigateway-gateway-responses") or {}).items():
        found.responses[kind] = given or {}
    found.warnings = models.warnings + methods.warnings
    return found


def _methods(methods, path, item, problems):
    made = {}
    for verb in VERBS:
        operation = item.get(verb)
        if not isinstance(operation, dict):
            continue
        try:
            method, found = methods.method(path, verb, item, operation)
        except Invalid as error:
            problems.append(f"Unable to put method '{verb.upper()}' on resource at path '{path}': {error}")
            continue
        problems += [f"Unable to put method '{method['httpMethod']}' on resource at path '{path}': {each}" for each in found]
        made[method["httpMethod"]] = method
    return made


def _start(base, mode):
    if mode == "prepend":
        return base
    return f"/{base.strip('/').partition('/')[2]}".rstrip("/") if mode == "split" else ""


def _api(document):
    """What a document says of the API itself."""
    root, info = document.root, document.root["info"]
    api = {"name": str(info.get("title") or "")}
    api |= {name: str(info[name]) for name in ("description", "version") if info.get(name)}
    for member, extension in (
        ("binaryMediaTypes", "binary-media-types"),
        ("minimumCompressionSize", "minimum-compression-size"),
        ("apiKeySource", "api-key-source"),
    ):
        if root.get(f"x-amazon-apigateway-{extension}") is not None:
            api[member] = root[f"x-amazon-apigateway-{extension}"]
    if root.get("x-amazon-apigateway-policy"):
        api["policy"] = json.dumps(root["x-amazon-apigateway-policy"])
    endpoint = root.get("x-amazon-apigateway-endpoint-configuration") or {}
    for server in root.get("servers") or []:
        endpoint = endpoint or server.get("x-amazon-apigateway-endpoint-configuration") or {}
    if "disableExecuteApiEndpoint" in endpoint:
        api["disableExecuteApiEndpoint"] = bool(endpoint["disableExecuteApiEndpoint"])
    if endpoint.get("types"):
        api["endpointConfiguration"] = {"types": endpoint["types"], "ipAddressType": "ipv4"}
    return api
