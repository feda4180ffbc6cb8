#!/usr/bin/python
"""Manage a usage plan of Amazon API Gateway with its stages and keys."""

DOCUMENTATION = r"""
module: usage_plan_config
short_description: Manage a usage plan of Amazon API Gateway with its stages and keys
description:
  - Create, update or delete a plan that says what each of its keys may ask of stages of REST APIs.
  - APIs and keys are named; they must exist before the plan is made.
options:
  name:
    description: Name of the plan; AWS allows many of one name, this module one.
    type: str
    required: true
  description:
    description: Whom the plan is for.
    type: str
    default: ""
  stages:
    description: All stages of the plan; others are taken out.
    type: list
    elements: dict
    default: []
    suboptions:
      api:
        description: Name of the REST API.
        type: str
        required: true
      stage:
        description: Its stage.
        type: str
        required: true
  keys:
    description: Names of all keys of the plan; others are taken out.
    type: list
    elements: str
    default: []
  rate:
    description: Requests a second that a key may send over time; 0 for any number.
    type: float
    default: 0
  burst:
    description: Requests that it may send at once; set with O(rate).
    type: int
    default: 0
  quota:
    description: Requests that it may send in a period; any number without.
    type: dict
    suboptions:
      limit:
        description: How many.
        type: int
        required: true
      period:
        description: In which time.
        type: str
        choices: [DAY, WEEK, MONTH]
        default: DAY
  tags:
    description: All tags of the plan; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: Browsers may send clicks
  usage_plan_config:
    name: clickstream
    stages: [{api: clickstream-ingest-poc, stage: v1}]
    keys: [clickstream-browser]
    rate: 100
    burst: 200
    quota: {limit: 1000000, period: DAY}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The plan as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: clickstream, stages: [clickstream-ingest-poc/v1], keys: [clickstream-browser], rate: 100.0, burst: 200}
id:
  description: Id of the plan; empty when there is none.
  type: str
  returned: success
"""

from ansible.module_utils import api_gateway
from ansible.module_utils.aws_resource import aws_module, converge, tag_changes


class Plan:
    """A usage plan by its name. Stages are `API/stage`, keys their names; what has lost its name is shown by its id."""

    def __init__(self, module):
        self.module, self.params = module, module.params
        self.client = module.client("apigateway")
        self.id, self.key_ids, self.stage_ids, self.names = "", {}, {}, None

    def listed(self, operation, **arguments):
        """Every item of a list call."""
        return api_gateway.listed(self.client, operation, **arguments)

    def one(self, operation, kind, name, **arguments):
        """The item of that name, or None; the module fails where there are more."""
        return api_gateway.one(self.module, self.client, operation, kind, name, **arguments)

    def wanted(self):
        """What is declared, in the shape of `describe`."""
        quota = self.params["quota"]
        return {
            **{key: self.params[key] for key in ("name", "description", "rate", "burst", "tags")},
            "stages": sorted(f"{each['api']}/{each['stage']}" for each in self.params["stages"]),
            "keys": sorted(self.params["keys"]),
            "quota": {key: quota[key] for key in ("limit", "period")} if quota else {},
        }

    def describe(self):
        """The plan in the options' own shape, or None. Sets `id`, and the ids of its keys and stages."""
        self.id, self.key_ids, self.stage_ids = "", {}, {}
        plan = self.one("get_usage_plans", "usage plan", self.params["name"])
        if not plan:
            return None
        self.id = plan["id"]
        self.key_ids = {key.get("name") or key["id"]: key["id"] for key in self.listed("get_usage_plan_keys", usagePlanId=self.id)}
        for each in plan.get("apiStages") or []:
            self.stage_ids[f"{self.api_name(each['apiId'])}/{each['stage']}"] = f"{each['apiId']}:{each['stage']}"
        throttle, quota = plan.get("throttle") or {}, plan.get("quota") or {}
        return {
            "name": plan["name"],
            "description": plan.get("description", ""),
            "stages": sorted(self.stage_ids),
            "keys": sorted(self.key_ids),
            "rate": float(throttle.get("rateLimit", 0)),
            "burst": int(throttle.get("burstLimit", 0)),
            "quota": {key: quota[key] for key in ("limit", "period") if key in quota},
            "tags": plan.get("tags") or {},
        }

    def api_name(self, api_id):
        """An API's name by its id."""
        if self.names is None:
            self.names = {api["id"]: api["name"] for api in self.listed("get_rest_apis")}
        return self.names.get(api_id, api_id)

    def apply(self, before, after):
        """Make AWS match `after`."""
        if after is None:
            self.delete(before)
            return
        if before is None:
            self.create(after)
            before = self.describe()
        else:
            self.update(before, after)
        for name in sorted(set(after["keys"]) - set(before["keys"])):
            self.client.create_usage_plan_key(usagePlanId=self.id, keyId=self.key_id(name), keyType="API_KEY")
        for name in sorted(set(before["keys"]) - set(after["keys"])):
            self.client.delete_usage_plan_key(usagePlanId=self.id, keyId=self.key_ids[name])

    def create(self, after):
        """A plan with everything but its keys."""
        stages = [dict(zip(("apiId", "stage"), self.stage_id(name).split(":"), strict=True)) for name in after["stages"]]
        limits = {"throttle": {"rateLimit": after["rate"], "burstLimit": after["burst"]}} if after["rate"] else {}
        limits |= {"quota": after["quota"]} if after["quota"] else {}
        said = {"name": after["name"], "description": after["description"], "tags": after["tags"]}
        made = self.client.create_usage_plan(**said, apiStages=stages, **limits)
        for twin in api_gateway.twins(self.client, "get_usage_plans", made):
            patch = [{"op": "remove", "path": "/apiStages", "value": f"{each['apiId']}:{each['stage']}"} for each in twin["apiStages"]]
            self.client.update_usage_plan(usagePlanId=twin["id"], patchOperations=patch)
            self.client.delete_usage_plan(usagePlanId=twin["id"])

    def update(self, before, after):
        """All that differs in one call, of which AWS takes few a minute."""
        patch = [] if before["description"] == after["description"] else [replace("/description", after["description"])]
        patch += [{"op": "add", "path": "/apiStages", "value": self.stage_id(n)} for n in sorted({*after["stages"]} - {*before["stages"]})]
        gone = sorted(set(before["stages"]) - set(after["stages"]))
        patch += [{"op": "remove", "path": "/apiStages", "value": self.stage_ids[name]} for name in gone]
        if any(before[key] != after[key] for key in ("rate", "burst")):
            limits = [
                replace("/throttle/rateLimit", str(after["rate"]).removesuffix(".0")),
                replace("/throttle/burstLimit", str(after["burst"])),
            ]
            patch += limits if after["rate"] else [{"op": "remove", "path": "/throttle"}]
        if before["quota"] != after["quota"]:
            limits = [replace(f"/quota/{key}", str(value)) for key, value in after["quota"].items()]
            patch += limits or [{"op": "remove", "path": "/quota"}]
        if patch:
            self.client.update_usage_plan(usagePlanId=self.id, patchOperations=patch)
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        arn = f"arn:{self.client.meta.partition}:apigateway:{self.module.region}::/usageplans/{self.id}"
        if to_set:
            self.client.tag_resource(resourceArn=arn, tags=to_set)
        if to_remove:
            self.client.untag_resource(resourceArn=arn, tagKeys=to_remove)

    def delete(self, before):
        """AWS refuses to delete a plan that has stages."""
        patch = [{"op": "remove", "path": "/apiStages", "value": self.stage_ids[name]} for name in before["stages"]]
        if patch:
            self.client.update_usage_plan(usagePlanId=self.id, patchOperations=patch)
        self.client.delete_usage_plan(usagePlanId=self.id)

    def stage_id(self, name):
        """`API/stage` as AWS takes it: the API's id and the stage."""
        api, _, stage = name.rpartition("/")
        found = self.one("get_rest_apis", "REST API", api)
        if not found:
            self.module.fail_json(msg=f"usage plan {self.params['name']!r}: there is no REST API {api!r}: make it first")
        return f"{found['id']}:{stage}"

    def key_id(self, name):
        """A key's id by its name."""
        found = self.one("get_api_keys", "API key", name, nameQuery=name, includeValues=False)
        if not found:
            self.module.fail_json(msg=f"usage plan {self.params['name']!r}: there is no API key {name!r}: make it first")
        return found["id"]


def replace(path, value):
    """One operation of a patch."""
    return {"op": "replace", "path": path, "value": value}


def main():
    """Compare, then act only on a difference."""
    stage = {"api": {"required": True}, "stage": {"required": True}}
    quota = {"limit": {"type": "int", "required": True}, "period": {"choices": ["DAY", "WEEK", "MONTH"], "default": "DAY"}}
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "stages": {"type": "list", "elements": "dict", "default": [], "options": stage},
            "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "rate": {"type": "float", "default": 0},
            "burst": {"type": "int", "default": 0},
            "quota": {"type": "dict", "options": quota},
            "tags": {"type": "dict", "default": {}},
        },
    )
    plan = Plan(module)
    if bool(module.params["rate"]) != bool(module.params["burst"]):
        module.fail_json(msg=f"rate is {module.params['rate']:g} and burst {module.params['burst']}: set both, or neither")
    converge(module, f"usage plan {module.params['name']!r}", plan.describe, plan.apply, plan.wanted(), lambda: {"id": plan.id})


if __name__ == "__main__":
    main()
