"""Usage plans: which keys may call which stages, how fast and how often; and what was used."""

import copy
import re
from datetime import date, timedelta

from localcloud.gateway.control import patch
from localcloud.gateway.control.here import bad, conflict, identity, missing, page
from localcloud.gateway.control.patch import INTEGER, NUMBER, TEXT, Field
from localcloud.gateway.control.tags import checked_tags
from localcloud.gateway.store import period_start

OPERATIONS = (
    "create_usage_plan",
    "get_usage_plan",
    "get_usage_plans",
    "update_usage_plan",
    "delete_usage_plan",
    "create_usage_plan_key",
    "get_usage_plan_key",
    "get_usage_plan_keys",
    "delete_usage_plan_key",
    "get_usage",
)
_OPS = ("add", "remove", "replace")
_FIELDS = {
    "/name": TEXT,
    "/description": TEXT,
    "/productCode": Field(ops=_OPS),
    "/throttle": Field(ops=("remove",)),
    "/throttle/rateLimit": Field("number", ops=_OPS),
    "/throttle/burstLimit": Field("integer", ops=_OPS),
    "/quota": Field(ops=("remove",)),
    "/quota/limit": Field("integer", ops=_OPS),
    "/quota/offset": Field("integer", ops=_OPS),
    "/quota/period": Field(ops=_OPS, choices=("DAY", "WEEK", "MONTH")),
}
_STAGE_THROTTLE = re.compile(r"/apiStages/(?P<stage>[^/]+)/throttle(?:/(?P<method>.+?))?(?:/(?P<limit>rateLimit|burstLimit))?")
_DAYS = {"DAY": 1, "WEEK": 7, "MONTH": 31}


def create_usage_plan(here, given):
    plan = {"id": identity(6), "name": given["name"], "apiStages": copy.deepcopy(given.get("apiStages") or [])}
    plan |= {name: given[name] for name in ("description", "throttle", "quota") if given.get(name)}
    plan["tags"] = checked_tags(given.get("tags") or {})
    _check(here, plan, [])
    here.tables["plans"][plan["id"]] = {"plan": plan, "keys": []}
    return plan


def _check(here, plan, keys):
    """Refuse limits that are none, stages that are not there, and a key in two plans of one stage."""
    if not plan["name"].strip():
        raise bad("Usage Plan name cannot be blank")
    _check_throttle(plan.get("throttle") or {})
    quota = plan.get("quota")
    if quota:
        if (quota.get("limit") or 0) < 1:
            raise bad(f"Usage Plan quota limit must be greater than 0, it is {quota.get('limit')}")
        if quota.get("period") not in _DAYS:
            raise bad(f"Usage Plan quota period is {quota.get('period')}: one of {', '.join(_DAYS)}")
        most = {"DAY": 0, "WEEK": 6, "MONTH": 27}[quota["period"]]
        if not 0 <= (quota.get("offset") or 0) <= most:
            raise bad(f"Usage Plan quota offset must be from 0 to {most} for the period {quota['period']}, it is {quota['offset']}")
    places = [(each["apiId"], each["stage"]) for each in plan["apiStages"]]
    for api, stage in places:
        if stage not in here.tables["apis"].get(api, {"stages": {}})["stages"]:
            raise missing(f"API Stage not found: {api}:{stage}")
        for other in here.tables["plans"].values():
            if other["plan"]["id"] == plan["id"] or not set(keys) & set(other["keys"]):
                continue
            if any((each["apiId"], each["stage"]) == (api, stage) for each in other["plan"]["apiStages"]):
                raise conflict(f"An API key of this Usage Plan is already in Usage Plan {other['plan']['id']} for the stage {api}:{stage}")
    if len(set(places)) < len(places):
        raise conflict("An API stage is named twice in this Usage Plan")
    for each in plan["apiStages"]:
        for throttle in (each.get("throttle") or {}).values():
            _check_throttle(throttle)


def _check_throttle(throttle):
    rate, burst = throttle.get("rateLimit"), throttle.get("burstLimit")
    if (rate is not None and rate < 0) or (burst is not None and burst < 0):
        raise bad(f"Usage Plan throttle limits must not be negative: rate {rate}, burst {burst}")


def _record(here, identifier):
    if identifier not in here.tables["plans"]:
        raise missing("Invalid Usage Plan ID specified")
    return here.tables["plans"][identifier]


def get_usage_plan(here, given):
    return _record(here, given["usagePlanId"])["plan"]


def get_usage_plans(here, given):
    key = given.get("keyId")
    return page(given, [each["plan"] for each in here.tables["plans"].values() if key is None or key in each["keys"]])


def update_usage_plan(here, given):
    record = _record(here, given["usagePlanId"])
    plan = record["plan"]
    for operation in given.get("patchOperations") or []:
        plan = _changed(plan, operation)
    for name in ("throttle", "quota"):
        if not plan.get(name):
            plan = {member: value for member, value in plan.items() if member != name}
    _check(here, plan, record["keys"])
    record["plan"] = plan
    return plan


def _changed(plan, operation):
    path = operation.get("path") or ""
    if path == "/apiStages" and operation.get("op") in ("add", "remove"):
        return _with_stage(plan, operation["op"], operation.get("value") or "")
    found = _STAGE_THROTTLE.fullmatch(path)
    return _with_method_throttle(plan, operation, found) if found else patch.apply(plan, [operation], _FIELDS)


def _with_stage(plan, op, value):
    api, _, stage = value.partition(":")
    if not api or not stage:
        raise bad(f"Invalid API stage '{value}': <api id>:<stage>")
    known = any((each["apiId"], each["stage"]) == (api, stage) for each in plan["apiStages"])
    if op == "add":
        return plan if known else plan | {"apiStages": [*plan["apiStages"], {"apiId": api, "stage": stage}]}
    if not known:
        raise missing(f"API Stage not found: {value}")
    return plan | {"apiStages": [each for each in plan["apiStages"] if (each["apiId"], each["stage"]) != (api, stage)]}


def _with_method_throttle(plan, operation, found):
    """`/apiStages/<api>:<stage>/throttle/<path>/<METHOD>/rateLimit`; removing takes one method's, or all."""
    plan, op = copy.deepcopy(plan), operation.get("op")
    at = next((each for each in plan["apiStages"] if f"{each['apiId']}:{each['stage']}" == found["stage"]), None)
    if at is None:
        raise missing(f"API Stage not found: {found['stage']}")
    name = "/" + (found["method"] or "").replace("~1", "/").replace("~0", "~").lstrip("/")
    if op == "remove":
        at["throttle"] = {each: limits for each, limits in (at.get("throttle") or {}).items() if found["method"] and each != name}
    elif found["limit"] and op in ("add", "replace"):
        field = NUMBER if found["limit"] == "rateLimit" else INTEGER
        at.setdefault("throttle", {}).setdefault(name, {})[found["limit"]] = patch.value(field, operation, operation["path"])
    else:
        raise bad(f"Invalid patch path '{operation['path']}' specified for op '{op}'")
    return plan


def delete_usage_plan(here, given):
    record = _record(here, given["usagePlanId"])
    if record["plan"]["apiStages"]:
        named = ", ".join(f"{each['apiId']}:{each['stage']}" for each in record["plan"]["apiStages"])
        raise bad(f"Cannot delete Usage Plan {given['usagePlanId']} because there are API Stages associated with it, including {named}")
    del here.tables["plans"][given["usagePlanId"]]
    here.usage.drop(given["usagePlanId"])


def forget_stage(here, api_id, stage_name):
    """A stage is gone, and with it its place in the plans."""
    for record in here.tables["plans"].values():
        kept = [each for each in record["plan"]["apiStages"] if (each["apiId"], each["stage"]) != (api_id, stage_name)]
        record["plan"]["apiStages"] = kept


def _plan_key(here, identifier):
    key = here.tables["keys"][identifier]
    return {"id": key["id"], "type": "API_KEY", "value": key["value"], "name": key["name"]}


def create_usage_plan_key(here, given):
    record, identifier = _record(here, given["usagePlanId"]), given["keyId"]
    if given["keyType"] != "API_KEY":
        raise bad(f"Invalid key type specified: {given['keyType']}; it is API_KEY")
    if identifier not in here.tables["keys"]:
        raise missing("Invalid API Key identifier specified")
    if identifier in record["keys"]:
        raise conflict(f"API Key {identifier} is already in Usage Plan {given['usagePlanId']}")
    _check(here, record["plan"], [identifier])
    record["keys"] = [*record["keys"], identifier]
    return _plan_key(here, identifier)


def get_usage_plan_key(here, given):
    if given["keyId"] not in _record(here, given["usagePlanId"])["keys"]:
        raise missing("Invalid API Key identifier specified")
    return _plan_key(here, given["keyId"])


def get_usage_plan_keys(here, given):
    found = [_plan_key(here, each) for each in _record(here, given["usagePlanId"])["keys"]]
    return page(given, [each for each in found if each["name"].startswith(given.get("nameQuery") or "")])


def delete_usage_plan_key(here, given):
    get_usage_plan_key(here, given)
    record = _record(here, given["usagePlanId"])
    record["keys"] = [each for each in record["keys"] if each != given["keyId"]]


def get_usage(here, given):
    record = _record(here, given["usagePlanId"])
    try:
        first, last = date.fromisoformat(given["startDate"]), date.fromisoformat(given["endDate"])
    except ValueError as error:
        raise bad(f"Usage dates are YYYY-MM-DD, not {given['startDate']} and {given['endDate']}") from error
    if not 0 <= (last - first).days < 90:
        raise bad(f"Usage is told for up to 90 days, not from {first} to {last}")
    keys = sorted({*record["keys"], *here.usage.keys(given["usagePlanId"])})
    wanted = [each for each in keys if given.get("keyId") in (None, each)]
    answer = page(given, [{"id": each} for each in wanted])
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    items = {each["id"]: [_used(here, record["plan"], each["id"], day) for day in days] for each in answer["items"]}
    return {"usagePlanId": given["usagePlanId"], "startDate": str(first), "endDate": str(last), **answer, "items": items}


def _used(here, plan, key_id, day):
    """[used on the day, what then remained of the quota's period; 0 where the plan has no quota]."""
    used, quota = here.usage.spent(plan["id"], key_id, str(day), str(day)), plan.get("quota")
    if not quota:
        return [used, 0]
    spent = here.usage.spent(plan["id"], key_id, str(period_start(quota["period"], quota.get("offset") or 0, day)), str(day))
    return [used, max(quota["limit"] - spent, 0)]
