"""Deployments: snapshots of an API that stages serve."""

import copy

from localcloud.gateway.control import patch, stages
from localcloud.gateway.control.here import absent, bad, identity, missing, now, page
from localcloud.gateway.control.patch import TEXT

OPERATIONS = ("create_deployment", "get_deployment", "get_deployments", "update_deployment", "delete_deployment")
_FIELDS = {"/description": TEXT}


def create_deployment(here, given):
    record = here.record(given["restApiId"])
    _check_methods(record["resources"])
    if given.get("canarySettings"):
        raise absent("a canary deployment")
    shown = {"id": identity(6), "createdDate": now()} | ({"description": given["description"]} if given.get("description") else {})
    snapshot = {name: copy.deepcopy(record[name]) for name in ("api", "resources", "models", "validators", "responses")}
    made = {"shown": shown, "snapshot": snapshot}
    if given.get("stageName"):
        stages.deploy(here, record, given, shown["id"])
    record["deployments"][shown["id"]] = made
    return shown


def _check_methods(resources):
    methods = [method for each in resources.values() for method in each.get("resourceMethods", {}).values()]
    if not methods:
        raise bad("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for method in methods):
        raise bad("No integration defined for method")


def _deployment(here, given):
    known = here.record(given["restApiId"])["deployments"]
    if given["deploymentId"] not in known:
        raise missing("Invalid Deployment identifier specified")
    return known[given["deploymentId"]]


def get_deployment(here, given):
    found = _deployment(here, given)
    return found["shown"] | ({"apiSummary": _summary(found["snapshot"])} if "apisummary" in (given.get("embed") or []) else {})


def _summary(snapshot):
    """{path: {method: what of it is asked}} of a snapshot."""
    return {
        each["path"]: {
            name: {"authorizationType": method["authorizationType"], "apiKeyRequired": method["apiKeyRequired"]}
            for name, method in each["resourceMethods"].items()
        }
        for each in snapshot["resources"].values()
        if each.get("resourceMethods")
    }


def get_deployments(here, given):
    return page(given, [each["shown"] for each in here.record(given["restApiId"])["deployments"].values()])


def update_deployment(here, given):
    found = _deployment(here, given)
    found["shown"] = patch.apply(found["shown"], given.get("patchOperations"), _FIELDS)
    return found["shown"]


def delete_deployment(here, given):
    record = here.record(given["restApiId"])
    _deployment(here, given)
    if any(stage["deploymentId"] == given["deploymentId"] for stage in record["stages"].values()):
        raise bad("Active stages pointing to this deployment must be moved or deleted")
    del record["deployments"][given["deploymentId"]]
