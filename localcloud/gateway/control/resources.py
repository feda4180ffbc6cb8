"""Resources: the tree of an API's paths."""

import re

from localcloud.gateway.control import patch
from localcloud.gateway.control.here import bad, conflict, identity, limit, missing, page

OPERATIONS = ("create_resource", "get_resource", "get_resources", "update_resource", "delete_resource")

#: A path's segment: characters that stand for themselves, or one parameter, greedy or not.
_PART = re.compile(r"[A-Za-z0-9._:,$@~!'()*+;=-]+|\{[A-Za-z0-9._:-]+\+?\}")
_FIELDS = {"/pathPart": patch.TEXT, "/parentId": patch.TEXT}


def check_part(part):
    """Refuse what is no segment of a path."""
    if not _PART.fullmatch(part):
        raise bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end."
        )


def create_resource(here, given):
    record = here.record(given["restApiId"])
    return shown(_create(record["resources"], given["parentId"], given["pathPart"]))


def _create(resources, parent_id, part):
    if parent_id not in resources:
        raise missing("Invalid Resource identifier specified")
    check_part(part)
    limit("Resources for this API", len(resources), 300)
    made = {"id": identity(6), "parentId": parent_id, "pathPart": part}
    _check_place(resources, made)
    made["path"] = _path(resources, made)
    resources[made["id"]] = made
    return made


def _check_place(resources, wanted):
    """One name once below a parent, one parameter below a parent, and nothing below a greedy one."""
    parent = resources[wanted["parentId"]]
    if parent["path"].endswith("+}"):
        raise bad(f"Cannot create a child of a resource with a greedy path variable: {parent['path']}")
    for each in resources.values():
        if each.get("parentId") != wanted["parentId"] or each["id"] == wanted["id"]:
            continue
        if each["pathPart"] == wanted["pathPart"]:
            raise conflict(f"Another resource with the same parent already has this name: {wanted['pathPart']}")
        if each["pathPart"].startswith("{") and wanted["pathPart"].startswith("{"):
            raise bad(f"A sibling ({each['pathPart']}) of this resource already has a variable path part -- only one is allowed")


def _path(resources, resource):
    parent = resources[resource["parentId"]]["path"]
    return f"{parent.rstrip('/')}/{resource['pathPart']}"


def ensured(resources, path):
    """The resource of a path, made with those above it where they are missing."""
    at = next(each for each in resources.values() if each["path"] == "/")
    for part in [part for part in path.split("/") if part]:
        known = (each for each in resources.values() if each.get("parentId") == at["id"] and each["pathPart"] == part)
        at = next(known, None) or _create(resources, at["id"], part)
    return at


def get_resource(here, given):
    return shown(here.resource(given), "methods" in (given.get("embed") or []))


def get_resources(here, given):
    embed = "methods" in (given.get("embed") or [])
    found = sorted(here.record(given["restApiId"])["resources"].values(), key=lambda each: each["path"])
    answer = page(given, found)
    return answer | {"items": [shown(each, embed) for each in answer["items"]]}


def shown(resource, embed=False):
    """As AWS shows a resource: its methods by name, whole only where they are asked for."""
    methods = resource.get("resourceMethods")
    return resource if embed or not methods else resource | {"resourceMethods": {name: {} for name in methods}}


def update_resource(here, given):
    resource, resources = here.resource(given), here.record(given["restApiId"])["resources"]
    changed = patch.apply(resource, given.get("patchOperations"), _FIELDS)
    if "parentId" not in resource:
        raise bad("The root resource cannot be changed")
    if changed["parentId"] not in resources or changed["parentId"] in _below(resources, resource["id"]):
        raise bad("Invalid parent identifier specified")
    check_part(changed["pathPart"])
    _check_place(resources, changed)
    resources[resource["id"]] = changed
    for identifier in _below(resources, resource["id"]):  # parents come first
        resources[identifier]["path"] = _path(resources, resources[identifier])
    return shown(changed)


def _below(resources, identifier):
    """The id and the ids of all below it."""
    found = [identifier]
    for each in found:
        found += [child["id"] for child in resources.values() if child.get("parentId") == each]
    return found


def delete_resource(here, given):
    record, resource = here.record(given["restApiId"]), here.resource(given)
    if "parentId" not in resource:
        raise bad("The root resource cannot be deleted")
    for identifier in _below(record["resources"], resource["id"]):
        del record["resources"][identifier]
