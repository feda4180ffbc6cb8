"""REST APIs: create, show, change, delete."""

import json

from localcloud.gateway.control import patch, plans
from localcloud.gateway.control.here import absent, bad, identity, now, page
from localcloud.gateway.control.patch import BOOLEAN, INTEGER, TEXT, Field
from localcloud.gateway.control.tags import checked_tags

OPERATIONS = ("create_rest_api", "get_rest_api", "get_rest_apis", "update_rest_api", "delete_rest_api")

_FIELDS = {
    "/name": TEXT,
    "/description": TEXT,
    "/apiKeySource": Field(choices=("HEADER", "AUTHORIZER")),
    "/binaryMediaTypes/*": Field("items", ops=("add", "remove", "replace")),
    "/minimumCompressionSize": INTEGER,
    "/policy": TEXT,
    "/disableExecuteApiEndpoint": BOOLEAN,
    "/endpointConfiguration/types/*": TEXT,
}
_DEFAULTS = {
    "Error": (
        "This is a default error schema model",
        {"$schema": "http://json-schema.org/draft-04/schema#", "title": "Error Schema", "type": "object"}
        | {"properties": {"message": {"type": "string"}}},
    ),
    "Empty": (
        "This is a default empty schema model",
        {"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"},
    ),
}


def create_rest_api(here, given):
    if given.get("cloneFrom"):
        raise absent("cloneFrom of CreateRestApi")
    shown = {name: given[name] for name in ("name", "description", "version", "binaryMediaTypes", "policy") if given.get(name)}
    shown |= {"minimumCompressionSize": given["minimumCompressionSize"]} if given.get("minimumCompressionSize") is not None else {}
    shown |= {"apiKeySource": given.get("apiKeySource") or "HEADER", "tags": checked_tags(given.get("tags") or {})}
    shown["disableExecuteApiEndpoint"] = bool(given.get("disableExecuteApiEndpoint"))
    shown["endpointConfiguration"] = {"types": ["EDGE"], "ipAddressType": "ipv4"} | (given.get("endpointConfiguration") or {})
    record = new(shown)
    for name, (description, schema) in _DEFAULTS.items():
        text = json.dumps(schema, indent=2)
        record["models"][name] = {
            "id": identity(6),
            "name": name,
            "description": description,
            "contentType": "application/json",
            "schema": text,
        }
    here.tables["apis"][record["api"]["id"]] = record
    return record["api"]


def new(shown):
    """The record of an API that is not yet kept; its root is its only resource."""
    check(shown)
    root = identity()
    shown = {"id": identity(), **shown, "createdDate": now(), "rootResourceId": root}
    empty = {name: {} for name in ("models", "validators", "responses", "deployments", "stages")}
    return {"api": shown, "resources": {root: {"id": root, "path": "/"}}, **empty}


def check(shown):
    """Refuse what an API may not be."""
    if not (shown.get("name") or "").strip():
        raise bad("API name cannot be blank")
    if len(shown["name"]) > 1024:
        raise bad("API name cannot be longer than 1024 characters")
    size = shown.get("minimumCompressionSize")
    if size is not None and not 0 <= size <= 10_485_760:
        raise bad("Invalid minimum compression size, must be between 0 and 10485760")
    types = (shown.get("endpointConfiguration") or {}).get("types") or []
    if len(types) != 1 or types[0] not in ("EDGE", "REGIONAL", "PRIVATE"):
        raise bad(f"Invalid endpoint configuration types {types}: one of EDGE, REGIONAL, PRIVATE")
    if types == ["PRIVATE"]:
        raise absent("the endpoint type PRIVATE")
    if shown.get("policy"):
        try:
            json.loads(shown["policy"])
        except ValueError as error:
            raise bad("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.") from error


def get_rest_api(here, given):
    return here.record(given["restApiId"])["api"]


def get_rest_apis(here, given):
    return page(given, [record["api"] for record in here.tables["apis"].values()])


def update_rest_api(here, given):
    record = here.record(given["restApiId"])
    for operation in given.get("patchOperations") or []:
        if (operation.get("path") or "").startswith("/endpointConfiguration/vpcEndpointIds"):
            raise absent("a VPC endpoint")
    types = [each for each in given.get("patchOperations") or [] if (each.get("path") or "").startswith("/endpointConfiguration/types/")]
    others = [each for each in given.get("patchOperations") or [] if each not in types]
    changed = patch.apply(record["api"], others, _FIELDS)
    for each in types:
        if each.get("op") != "replace":
            raise bad(f"Invalid patch path '{each.get('path')}' specified for op '{each.get('op')}'. Must be one of: []")
        changed["endpointConfiguration"]["types"] = [each.get("value")]
    check(changed)
    record["api"] = changed
    return changed


def delete_rest_api(here, given):
    record = here.record(given["restApiId"])
    for stage in record["stages"]:
        plans.forget_stage(here, given["restApiId"], stage)
    del here.tables["apis"][given["restApiId"]]
