"""Gateway responses: what API Gateway itself answers where no integration does."""

from localcloud.gateway import wire
from localcloud.gateway.control import patch, rules
from localcloud.gateway.control.here import bad, missing, page
from localcloud.gateway.control.patch import ENTRY, TEXT

OPERATIONS = (
    "put_gateway_response",
    "get_gateway_response",
    "get_gateway_responses",
    "update_gateway_response",
    "delete_gateway_response",
)
_FIELDS = {"/statusCode": TEXT, "/responseParameters/*": ENTRY, "/responseTemplates/*": ENTRY}

#: type → status, as AWS documents them; the two defaults have none of their own.
STATUS = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
_TEMPLATE = {"application/json": '{"message":$context.error.messageString}'}


def default(kind):
    """A response that nobody set, as AWS shows it."""
    status = {"statusCode": STATUS[kind]} if STATUS[kind] else {}
    return {"responseType": kind, **status, "responseParameters": {}, "responseTemplates": dict(_TEMPLATE), "defaultResponse": True}


def new(kind, given):
    """A response that is set; its status is the type's own unless it says another."""
    if kind not in STATUS or kind not in wire.model().shape_for("GatewayResponseType").enum:
        raise bad(f"Invalid response type specified: {kind}")
    made = {"responseType": kind, "defaultResponse": False}
    made |= {"responseParameters": given.get("responseParameters") or {}, "responseTemplates": given.get("responseTemplates") or {}}
    status = given.get("statusCode") or STATUS[kind]
    made |= {"statusCode": str(status)} if status else {}
    if found := rules.of_gateway_response(made):
        raise bad(", ".join(found))
    return made


def put_gateway_response(here, given):
    record = here.record(given["restApiId"])
    record["responses"][given["responseType"]] = new(given["responseType"], given)
    return record["responses"][given["responseType"]]


def get_gateway_response(here, given):
    record, kind = here.record(given["restApiId"]), given["responseType"]
    if kind not in STATUS:
        raise bad(f"Invalid response type specified: {kind}")
    return record["responses"].get(kind) or default(kind)


def get_gateway_responses(here, given):
    record = here.record(given["restApiId"])
    found = [record["responses"].get(kind) or default(kind) for kind in sorted(STATUS)]
    return page(given | {"limit": given.get("limit") or 500}, found, key="responseType")


def update_gateway_response(here, given):
    record, kind = here.record(given["restApiId"]), given["responseType"]
    changed = patch.apply(get_gateway_response(here, given), given.get("patchOperations"), _FIELDS)
    record["responses"][kind] = new(kind, changed)
    return record["responses"][kind]


def delete_gateway_response(here, given):
    responses = here.record(given["restApiId"])["responses"]
    if given["responseType"] not in responses:
        raise missing("Gateway response type not defined on api")
    del responses[given["responseType"]]
