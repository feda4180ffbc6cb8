"""Methods of resources, and what they may answer."""

from localcloud.gateway.control import patch, rules
from localcloud.gateway.control.here import bad, conflict, missing
from localcloud.gateway.control.patch import BOOLEAN, ENTRY, FLAG, TEXT

OPERATIONS = (
    "put_method",
    "get_method",
    "update_method",
    "delete_method",
    "put_method_response",
    "get_method_response",
    "update_method_response",
    "delete_method_response",
)
_FIELDS = {
    "/authorizationType": TEXT,
    "/apiKeyRequired": BOOLEAN,
    "/operationName": TEXT,
    "/requestParameters/*": FLAG,
    "/requestModels/*": ENTRY,
    "/requestValidatorId": TEXT,
}
_RESPONSE_FIELDS = {"/responseParameters/*": FLAG, "/responseModels/*": ENTRY}


def put_method(here, given):
    resource, name = here.resource(given), given["httpMethod"].upper()
    methods = resource.setdefault("resourceMethods", {})
    if name in methods:
        raise conflict("Method already exists for this resource")
    method = {"httpMethod": name, "authorizationType": given["authorizationType"], "apiKeyRequired": bool(given.get("apiKeyRequired"))}
    for member in ("requestValidatorId", "operationName", "requestParameters", "requestModels"):
        if given.get(member):
            method[member] = given[member]
    if given.get("authorizerId"):
        raise bad("authorizers are not in the local cloud; see docs/local-cloud.md")
    check(here.record(given["restApiId"]), method)
    methods[name] = method
    return method


def check(record, method):
    """Refuse what a method of an API may not be."""
    found = rules.of_method(method)
    if method.get("requestValidatorId") and method["requestValidatorId"] not in record["validators"]:
        found.append("Invalid Request Validator identifier specified")
    found += _unknown_models(record, method.get("requestModels"))
    if found:
        raise bad(", ".join(found))


def _unknown_models(record, models):
    return [f"Invalid model identifier specified: {name}" for name in (models or {}).values() if name not in record["models"]]


def get_method(here, given):
    return here.method(given)


def update_method(here, given):
    method = here.method(given)
    changed = patch.apply(method, given.get("patchOperations"), _FIELDS)
    if not changed.get("requestValidatorId"):
        changed.pop("requestValidatorId", None)
    check(here.record(given["restApiId"]), changed)
    here.resource(given)["resourceMethods"][changed["httpMethod"]] = changed
    return changed


def delete_method(here, given):
    here.method(given)
    del here.resource(given)["resourceMethods"][given["httpMethod"].upper()]


def put_method_response(here, given):
    method, status = here.method(given), given["statusCode"]
    if status in method.get("methodResponses", {}):
        raise conflict("Response already exists for this resource")
    response = {"statusCode": status} | {name: given[name] for name in ("responseParameters", "responseModels") if given.get(name)}
    _check_response(here.record(given["restApiId"]), response)
    method.setdefault("methodResponses", {})[status] = response
    return response


def _check_response(record, response):
    found = rules.of_method_response(response) + _unknown_models(record, response.get("responseModels"))
    if found:
        raise bad(", ".join(found))


def get_method_response(here, given):
    responses = here.method(given).get("methodResponses", {})
    if given["statusCode"] not in responses:
        raise missing("Invalid Response status code specified")
    return responses[given["statusCode"]]


def update_method_response(here, given):
    changed = patch.apply(get_method_response(here, given), given.get("patchOperations"), _RESPONSE_FIELDS)
    _check_response(here.record(given["restApiId"]), changed)
    here.method(given)["methodResponses"][given["statusCode"]] = changed
    return changed


def delete_method_response(here, given):
    get_method_response(here, given)
    del here.method(given)["methodResponses"][given["statusCode"]]
