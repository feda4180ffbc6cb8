"""Tags of APIs, stages, keys and usage plans."""

import re

from localcloud.gateway.control.here import bad, missing

OPERATIONS = ("tag_resource", "untag_resource", "get_tags")
_ARN = re.compile(r"arn:aws:apigateway:([a-z0-9-]+)::/(restapis/([^/]+)(?:/stages/([^/]+))?|apikeys/([^/]+)|usageplans/([^/]+))")
_MOST = 50


def checked_tags(tags):
    """Tags that AWS takes, or BadRequestException."""
    if len(tags) > _MOST:
        raise bad(f"The maximum number of tags on a resource is {_MOST}, there are {len(tags)}")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(str(value)) > 256 or key.lower().startswith("aws:"):
            raise bad(f"Invalid tag {key!r}: a key has 1 to 128 characters and does not start with aws:, a value has up to 256")
    return dict(tags)


def _tagged(here, arn):
    """What an ARN stands for: a dict with `tags`."""
    found = _ARN.fullmatch(arn)
    if not found or found[1] != here.region:
        raise bad(f"Invalid ARN specified: {arn}; tags are on APIs, stages, API keys and usage plans of {here.region}")
    _, _, api, stage, key, plan = found.groups()
    if api:
        record = here.record(api)
        return here.stage({"restApiId": api, "stageName": stage}) if stage else record["api"]
    if key and key in here.tables["keys"]:
        return here.tables["keys"][key]
    if plan and plan in here.tables["plans"]:
        return here.tables["plans"][plan]["plan"]
    raise missing("Invalid API Key identifier specified" if key else "Invalid Usage Plan ID specified")


def tag_resource(here, given):
    known = _tagged(here, given["resourceArn"])
    known["tags"] = checked_tags({**(known.get("tags") or {}), **given["tags"]})


def untag_resource(here, given):
    known = _tagged(here, given["resourceArn"])
    known["tags"] = {key: value for key, value in (known.get("tags") or {}).items() if key not in given["tagKeys"]}


def get_tags(here, given):
    return {"tags": _tagged(here, given["resourceArn"]).get("tags") or {}}


_PLACE = re.compile(r"/(restapis|apikeys|usageplans)/([^/]+)(?:/stages/([^/]+))?(?:/.*)?")


def inherited(tables, path):
    """The tags by which access to a path is decided: those of the API, key or plan that it is in, and above them the stage's own."""
    found = _PLACE.fullmatch(path)
    if not found:
        return {}
    kind, identity, stage = found.groups()
    if kind == "restapis":
        record = tables["apis"].get(identity, {"api": {}, "stages": {}})
        return {**(record["api"].get("tags") or {}), **(record["stages"].get(stage, {}).get("tags") or {})}
    plan = tables["plans"].get(identity, {"plan": {}})["plan"]
    known = tables["keys"].get(identity, {}) if kind == "apikeys" else plan
    return known.get("tags") or {}
