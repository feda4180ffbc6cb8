#!/usr/bin/python
"""Manage a rule of Amazon EventBridge's default bus with its targets."""

DOCUMENTATION = r"""
module: events_rule_config
short_description: Manage a rule of Amazon EventBridge's default bus with its targets
description:
  - Create, update or delete a rule that fires by schedule or by pattern, and all its targets.
  - Unlike M(amazon.aws.cloudwatchevent_rule) it works in check mode, has tags, in the call that creates the rule, and knows retries,
    dead-letter queues and transformed input of targets.
  - At removal the targets go first, since AWS keeps a rule that has some.
options:
  name:
    description: Name of the rule.
    type: str
    required: true
  description:
    description: What it is for.
    type: str
    default: ""
  schedule:
    description: When it fires, such as C(rate(5 minutes)) or C(cron(30 1 * * ? *)) in UTC; empty for none.
    type: str
    default: ""
  pattern:
    description: Which events it fires for; empty for none.
    type: dict
    default: {}
  enabled:
    description: Whether it fires.
    type: bool
    default: true
  targets:
    description: All targets; others are removed.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Name of the target within the rule.
        type: str
        required: true
      arn:
        description: What is invoked or told.
        type: str
        required: true
      input:
        description: What it is given instead of the event; empty for the event.
        type: dict
        default: {}
      input_paths:
        description: Names and JSON paths of values of the event, for O(targets[].input_template).
        type: dict
        default: {}
      input_template:
        description: What it is given, with C(<name>) for values of the event; text in double quotes, or JSON. Empty for none.
        type: str
        default: ""
      role_arn:
        description: Role for targets that have no policy of their own; empty for none.
        type: str
        default: ""
      dead_letter_arn:
        description: Queue for events that could not be delivered; empty for none.
        type: str
        default: ""
      maximum_event_age:
        description: Seconds for which delivery is tried again, 60 to 86400.
        type: int
        default: 86400
      maximum_retries:
        description: How often delivery is tried again, 0 to 185.
        type: int
        default: 185
  tags:
    description: All tags of the rule; others are removed.
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
- name: The generator runs every five minutes
  events_rule_config:
    name: data-generator-schedule
    schedule: rate(5 minutes)
    targets:
      - {id: data-generator, arn: "arn:aws:lambda:eu-central-1:123456789012:function:data-generator"}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The rule as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: data-generator-schedule, schedule: rate(5 minutes), pattern: {}, enabled: true, targets: [], tags: {}}
"""

import json

from ansible.module_utils.aws_resource import (
    ClientError,
    arn_of,
    aws_module,
    aws_tags,
    converge,
    is_missing,
    once_possible,
    plain_tags,
    tag_changes,
)

#: AWS's retries where a target names none.
AGE, RETRIES = 86_400, 185
RULE = ("description", "schedule", "pattern", "enabled")
TARGET = ("Id", "Arn", "Input", "InputTransformer", "RoleArn", "DeadLetterConfig", "RetryPolicy")


def describe(events, name):
    """The rule in the options' own shape, or None."""
    try:
        found = events.describe_rule(Name=name)
        pages = events.get_paginator("list_targets_by_rule").paginate(Rule=name)
        targets = [target for page in pages for target in page["Targets"]]
        tags = events.list_tags_for_resource(ResourceARN=found["Arn"]).get("Tags")
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    return {
        "name": name,
        "description": found.get("Description") or "",
        "schedule": found.get("ScheduleExpression") or "",
        "pattern": json.loads(found.get("EventPattern") or "{}"),
        "enabled": found.get("State", "ENABLED") != "DISABLED",
        "targets": sorted((plain_target(target) for target in targets), key=lambda target: target["id"]),
        "tags": plain_tags(tags),
    }


def plain_target(target):
    """A target of the API in the options' own shape; what the options cannot say stays visible under `other`."""
    transformer, retries = target.get("InputTransformer") or {}, target.get("RetryPolicy") or {}
    shown = {
        "id": target["Id"],
        "arn": target["Arn"],
        "input": json.loads(target.get("Input") or "{}"),
        "input_paths": transformer.get("InputPathsMap") or {},
        "input_template": transformer.get("InputTemplate") or "",
        "role_arn": target.get("RoleArn") or "",
        "dead_letter_arn": (target.get("DeadLetterConfig") or {}).get("Arn") or "",
        "maximum_event_age": retries.get("MaximumEventAgeInSeconds", AGE),
        "maximum_retries": retries.get("MaximumRetryAttempts", RETRIES),
    }
    other = {key: value for key, value in target.items() if key not in TARGET and value}
    return {**shown, "other": other} if other else shown


def api_target(target):
    """A target as the API takes it; what is left out is reset."""
    made = {"Id": target["id"], "Arn": target["arn"]}
    if target["input"]:
        made["Input"] = json.dumps(target["input"])
    if target["input_template"]:
        made["InputTransformer"] = {"InputPathsMap": target["input_paths"], "InputTemplate": target["input_template"]}
    if target["role_arn"]:
        made["RoleArn"] = target["role_arn"]
    if target["dead_letter_arn"]:
        made["DeadLetterConfig"] = {"Arn": target["dead_letter_arn"]}
    if (target["maximum_event_age"], target["maximum_retries"]) != (AGE, RETRIES):
        made["RetryPolicy"] = {"MaximumEventAgeInSeconds": target["maximum_event_age"], "MaximumRetryAttempts": target["maximum_retries"]}
    return made


def api_rule(after):
    """The rule as the API takes it; what is left out is reset."""
    made = {"Name": after["name"], "Description": after["description"], "State": "ENABLED" if after["enabled"] else "DISABLED"}
    if after["schedule"]:
        made["ScheduleExpression"] = after["schedule"]
    if after["pattern"]:
        made["EventPattern"] = json.dumps(after["pattern"])
    return made


def apply(events, arn, before, after):
    """Make AWS match `after`; `arn()`: the rule's."""
    if after is None:
        remove_targets(events, before["name"], [target["id"] for target in before["targets"]])
        once_possible(lambda: events.delete_rule(Name=before["name"]), ("has targets",))
        return
    if before is None:
        events.put_rule(**api_rule(after), **({"Tags": aws_tags(after["tags"])} if after["tags"] else {}))
    elif any(before[key] != after[key] for key in RULE):
        events.put_rule(**api_rule(after))
    old = {target["id"]: target for target in (before or {"targets": []})["targets"]}
    differing = [target for target in after["targets"] if old.get(target["id"]) != target]
    put_targets(events, after["name"], differing)
    remove_targets(events, after["name"], sorted(set(old) - {target["id"] for target in after["targets"]}))
    to_set, to_remove = tag_changes(before["tags"] if before else after["tags"], after["tags"])
    if to_set:
        events.tag_resource(ResourceARN=arn(), Tags=aws_tags(to_set))
    if to_remove:
        events.untag_resource(ResourceARN=arn(), TagKeys=to_remove)


def put_targets(events, rule, targets):
    """Set targets, ten at a time (the API's limit)."""
    for start in range(0, len(targets), 10):
        refuse_failures("PutTargets", events.put_targets(Rule=rule, Targets=[api_target(each) for each in targets[start : start + 10]]))


def remove_targets(events, rule, ids):
    """Remove targets, a hundred at a time (the API's limit)."""
    for start in range(0, len(ids), 100):
        refuse_failures("RemoveTargets", events.remove_targets(Rule=rule, Ids=ids[start : start + 100]))


def refuse_failures(operation, answer):
    """These calls succeed as a whole when single targets fail."""
    if answer.get("FailedEntryCount"):
        failed = answer["FailedEntries"]
        told = "; ".join(f"{each.get('TargetId')}: {each.get('ErrorMessage') or each.get('ErrorCode')}" for each in failed)
        raise ClientError({"Error": {"Code": failed[0].get("ErrorCode", "Failed"), "Message": told}}, operation)


def main():
    """Compare, then act only on a difference."""
    target = {
        "id": {"required": True},
        "arn": {"required": True},
        "input": {"type": "dict", "default": {}},
        "input_paths": {"type": "dict", "default": {}},
        "input_template": {"default": ""},
        "role_arn": {"default": ""},
        "dead_letter_arn": {"default": ""},
        "maximum_event_age": {"type": "int", "default": AGE},
        "maximum_retries": {"type": "int", "default": RETRIES},
    }
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "schedule": {"default": ""},
            "pattern": {"type": "dict", "default": {}},
            "enabled": {"type": "bool", "default": True},
            "targets": {"type": "list", "elements": "dict", "default": [], "options": target},
            "tags": {"type": "dict", "default": {}},
        }
    )
    params = module.params
    if params["state"] == "present" and not (params["schedule"] or params["pattern"]):
        module.fail_json(msg=f"EventBridge rule {params['name']!r} has neither schedule nor pattern, so it would never fire: give it one")
    wanted = {key: params[key] for key in ("name", *RULE, "tags")}
    wanted["targets"] = sorted(params["targets"], key=lambda each: each["id"])
    events = module.client("events")
    converge(
        module,
        f"EventBridge rule {params['name']!r}",
        lambda: describe(events, params["name"]),
        lambda before, after: apply(events, lambda: arn_of(module, "events", f"rule/{params['name']}"), before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
