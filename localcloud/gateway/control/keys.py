"""API keys."""

import secrets
import string

from localcloud.gateway.control import patch
from localcloud.gateway.control.here import absent, bad, conflict, identity, missing, now, page
from localcloud.gateway.control.patch import BOOLEAN, TEXT
from localcloud.gateway.control.tags import checked_tags

OPERATIONS = ("create_api_key", "get_api_key", "get_api_keys", "update_api_key", "delete_api_key")
_FIELDS = {"/name": TEXT, "/description": TEXT, "/enabled": BOOLEAN, "/customerId": TEXT}


def create_api_key(here, given):
    if given.get("stageKeys"):
        raise absent("stageKeys of CreateApiKey (usage plans took their place)")
    value = given.get("value") or "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(40))
    if not 20 <= len(value) <= 128:
        raise bad("API Key value should be at least 20 characters and at most 128 characters")
    if any(key["value"] == value for key in here.tables["keys"].values()):
        raise conflict("API Key already exists")
    key = {"id": identity(), "value": value, "enabled": bool(given.get("enabled")), "createdDate": now(), "lastUpdatedDate": now()}
    key |= {"name": given.get("name") or "", "stageKeys": [], "tags": checked_tags(given.get("tags") or {})}
    key |= {name: given[name] for name in ("description", "customerId") if given.get(name)}
    here.tables["keys"][key["id"]] = key
    return key


def _key(here, identifier):
    if identifier not in here.tables["keys"]:
        raise missing("Invalid API Key identifier specified")
    return here.tables["keys"][identifier]


def _shown(key, with_value):
    return key if with_value else {name: value for name, value in key.items() if name != "value"}


def get_api_key(here, given):
    return _shown(_key(here, given["apiKey"]), given.get("includeValue"))


def get_api_keys(here, given):
    start, customer = given.get("nameQuery") or "", given.get("customerId")
    found = [key for key in here.tables["keys"].values() if key["name"].startswith(start) and customer in (None, key.get("customerId"))]
    answer = page(given, found)
    return answer | {"items": [_shown(key, given.get("includeValues")) for key in answer["items"]]}


def update_api_key(here, given):
    changed = patch.apply(_key(here, given["apiKey"]), given.get("patchOperations"), _FIELDS)
    here.tables["keys"][given["apiKey"]] = changed | {"lastUpdatedDate": now()}
    return _shown(here.tables["keys"][given["apiKey"]], False)


def delete_api_key(here, given):
    _key(here, given["apiKey"])
    for plan in here.tables["plans"].values():
        plan["keys"] = [each for each in plan["keys"] if each != given["apiKey"]]
    del here.tables["keys"][given["apiKey"]]
