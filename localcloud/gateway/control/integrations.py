"""Integrations of methods, and what becomes of their answers."""

from localcloud.gateway.control import patch, rules
from localcloud.gateway.control.here import bad, missing
from localcloud.gateway.control.patch import ENTRY, INTEGER, REMOVABLE, TEXT, Field

OPERATIONS = (
    "put_integration",
    "get_integration",
    "update_integration",
    "delete_integration",
    "put_integration_response",
    "get_integration_response",
    "update_integration_response",
    "delete_integration_response",
)
_FIELDS = {
    "/uri": TEXT,
    "/httpMethod": TEXT,
    "/credentials": REMOVABLE,
    "/requestParameters/*": ENTRY,
    "/requestTemplates/*": ENTRY,
    "/passthroughBehavior": TEXT,
    "/contentHandling": TEXT,
    "/timeoutInMillis": INTEGER,
    "/connectionType": TEXT,
    "/cacheNamespace": TEXT,
    "/cacheKeyParameters/*": Field("items", ops=("add", "remove", "replace")),
}
_RESPONSE_FIELDS = {
    "/selectionPattern": REMOVABLE,
    "/responseParameters/*": ENTRY,
    "/responseTemplates/*": ENTRY,
    "/contentHandling": REMOVABLE,
}
_OPTIONAL = ("uri", "connectionType", "connectionId", "credentials", "requestParameters", "requestTemplates", "contentHandling")


def put_integration(here, given):
    method = here.method(given)
    integration = {"type": given["type"]} | {name: given[name] for name in _OPTIONAL if given.get(name)}
    if given.get("integrationHttpMethod"):
        integration["httpMethod"] = given["integrationHttpMethod"]
    for name in ("responseTransferMode", "tlsConfig"):
        if given.get(name):
            integration[name] = given[name]
    integration = completed(integration | {name: given.get(name) for name in _COMPLETED}, given["resourceId"])
    _check(here, given, integration)
    kept = (method.get("methodIntegration") or {}).get("integrationResponses")  # a second put leaves the responses
    method["methodIntegration"] = integration | ({"integrationResponses": kept} if kept else {})
    return method["methodIntegration"]


_COMPLETED = ("passthroughBehavior", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters")


def completed(integration, resource_id):
    """With what AWS shows of an integration that does not say it."""
    defaults = {"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29_000, "cacheNamespace": resource_id, "cacheKeyParameters": []}
    return {name: value for name, value in integration.items() if value is not None} | {
        name: default for name, default in defaults.items() if integration.get(name) is None
    }


def _check(here, given, integration):
    found = rules.of_integration(integration, here.method(given), here.resource(given)["path"])
    if found:
        raise bad(", ".join(found))


def get_integration(here, given):
    return here.integration(given)


def update_integration(here, given):
    changed = patch.apply(here.integration(given), given.get("patchOperations"), _FIELDS)
    _check(here, given, changed)
    here.method(given)["methodIntegration"] = changed
    return changed


def delete_integration(here, given):
    here.integration(given)
    del here.method(given)["methodIntegration"]


def put_integration_response(here, given):
    integration, status = here.integration(given), given["statusCode"]
    members = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
    response = {"statusCode": status} | {name: given[name] for name in members if given.get(name) is not None}
    _check_response(here, given, response)
    integration.setdefault("integrationResponses", {})[status] = response
    return response


def _check_response(here, given, response):
    found = rules.of_integration_response(response, here.method(given))
    if found == ["Invalid Response status code specified"]:
        raise missing(found[0])
    if found:
        raise bad(", ".join(found))


def get_integration_response(here, given):
    responses = here.integration(given).get("integrationResponses", {})
    if given["statusCode"] not in responses:
        raise missing("Invalid Response status code specified")
    return responses[given["statusCode"]]


def update_integration_response(here, given):
    changed = patch.apply(get_integration_response(here, given), given.get("patchOperations"), _RESPONSE_FIELDS)
    _check_response(here, given, changed)
    here.integration(given)["integrationResponses"][given["statusCode"]] = changed
    return changed


def delete_integration_response(here, given):
    get_integration_response(here, given)
    del here.integration(given)["integrationResponses"][given["statusCode"]]
