"""Request validators: whether a method's body and parameters are looked at."""

from localcloud.gateway.control import patch
from localcloud.gateway.control.here import conflict, identity, missing, page
from localcloud.gateway.control.patch import BOOLEAN, TEXT

OPERATIONS = (
    "create_request_validator",
    "get_request_validator",
    "get_request_validators",
    "update_request_validator",
    "delete_request_validator",
)
_FIELDS = {"/name": TEXT, "/validateRequestBody": BOOLEAN, "/validateRequestParameters": BOOLEAN}


def new(name, given):
    """A validator by what it looks at."""
    flags = {flag: bool(given.get(flag)) for flag in ("validateRequestBody", "validateRequestParameters")}
    return {"id": identity(6), "name": name, **flags}


def create_request_validator(here, given):
    made = new(given.get("name") or "", given)
    here.record(given["restApiId"])["validators"][made["id"]] = made
    return made


def get_request_validator(here, given):
    known = here.record(given["restApiId"])["validators"]
    if given["requestValidatorId"] not in known:
        raise missing("Invalid Request Validator identifier specified")
    return known[given["requestValidatorId"]]


def get_request_validators(here, given):
    return page(given, list(here.record(given["restApiId"])["validators"].values()))


def update_request_validator(here, given):
    changed = patch.apply(get_request_validator(here, given), given.get("patchOperations"), _FIELDS)
    here.record(given["restApiId"])["validators"][changed["id"]] = changed
    return changed


def delete_request_validator(here, given):
    known, record = get_request_validator(here, given), here.record(given["restApiId"])
    for resource in record["resources"].values():
        for method in resource.get("resourceMethods", {}).values():
            if method.get("requestValidatorId") == known["id"]:
                at = f"{resource['path']}/{method['httpMethod']}"
                raise conflict(f"Cannot delete Request Validator '{known['id']}', it is referenced in the method {at}")
    del record["validators"][known["id"]]
