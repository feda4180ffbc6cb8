"""Models: JSON schemas that requests are held against."""

import re

from localcloud.gateway.control import patch, schema
from localcloud.gateway.control.here import absent, bad, conflict, identity, missing, page
from localcloud.gateway.control.patch import TEXT

OPERATIONS = ("create_model", "get_model", "get_models", "update_model", "delete_model")
_FIELDS = {"/schema": TEXT, "/description": TEXT}
_EMPTY = "{}"


def check(record, model):
    """The problems of a model in its API, as AWS says them."""
    if not re.fullmatch(r"[A-Za-z0-9]+", model["name"]):
        return [f"Model name must be alphanumeric: {model['name']}"]
    found = schema.problems(schema.parsed(model["schema"]), record["api"]["id"], {*record["models"], model["name"]})
    return [f"Invalid model specified: Validation Result: warnings : [], errors : [{', '.join(found)}]"] if found else []


def create_model(here, given):
    record = here.record(given["restApiId"])
    model = {"id": identity(6), "name": given["name"], "contentType": given["contentType"], "schema": given.get("schema") or _EMPTY}
    model |= {"description": given["description"]} if given.get("description") else {}
    if found := check(record, model):
        raise bad(found[0])
    if given["name"] in record["models"]:
        raise conflict("Model name already exists for this REST API")
    record["models"][given["name"]] = model
    return model


def get_model(here, given):
    models = here.record(given["restApiId"])["models"]
    if given["modelName"] not in models:
        raise missing(f"Invalid model name specified: {given['modelName']}")
    if given.get("flatten"):
        raise absent("flatten of GetModel")
    return models[given["modelName"]]


def get_models(here, given):
    return page(given, list(here.record(given["restApiId"])["models"].values()))


def update_model(here, given):
    record, model = here.record(given["restApiId"]), get_model(here, given)
    changed = patch.apply(model, given.get("patchOperations"), _FIELDS)
    if found := check(record, changed):
        raise bad(found[0])
    record["models"][given["modelName"]] = changed
    return changed


def delete_model(here, given):
    record, name = here.record(given["restApiId"]), get_model(here, given)["name"]
    for other in record["models"].values():
        if other["name"] != name and name in schema.models_in(schema.parsed(other["schema"])):
            raise conflict(f"Cannot delete model '{name}', is referenced in another model: {other['name']}")
    for resource in record["resources"].values():
        for method in resource.get("resourceMethods", {}).values():
            if name in (method.get("requestModels") or {}).values():
                raise conflict(f"Cannot delete model '{name}', is referenced in method request: {resource['path']}/{method['httpMethod']}")
            for response in (method.get("methodResponses") or {}).values():
                if name in (response.get("responseModels") or {}).values():
                    at = f"{resource['path']}/{method['httpMethod']}"
                    raise conflict(f"Cannot delete model '{name}', is referenced in method response: {at}")
    del record["models"][name]
