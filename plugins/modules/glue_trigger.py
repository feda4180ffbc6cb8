#!/usr/bin/python
"""Manage the schedule of an AWS Glue job."""

DOCUMENTATION = r"""
module: glue_trigger
short_description: Manage the schedule of an AWS Glue job
description:
  - Create, update, activate or delete a trigger that starts one job by a schedule, with a diff.
  - A trigger of the same name and of another type (on demand, by events) is replaced.
options:
  name:
    description: Name of the trigger.
    type: str
    required: true
  description:
    description: What it is for.
    type: str
    default: ""
  job:
    description: Name of the job that it starts. Needed for C(state=present).
    type: str
    default: ""
  schedule:
    description: When, such as C(cron(10 * * * ? *)), in UTC. Without one there is no trigger.
    type: str
    default: ""
  tags:
    description: All tags of the trigger; others are removed.
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
- name: The job runs hourly, ten minutes past
  glue_trigger:
    name: transform-order-history
    job: transform-order-history
    schedule: cron(10 * * * ? *)
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The trigger as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: transform-order-history, type: SCHEDULED, active: true, schedule: cron(10 * * * ? *)}
"""

from ansible.module_utils.aws_resource import ClientError, arn_of, aws_module, converge, is_missing, tag_changes


def describe(glue, arn, name):
    """The trigger in the options' own shape, or None."""
    try:
        found = glue.get_trigger(Name=name)["Trigger"]
        tags = glue.get_tags(ResourceArn=arn).get("Tags", {})
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise
    return {
        "name": name,
        "description": found.get("Description", ""),
        "type": found["Type"],
        "schedule": found.get("Schedule", ""),
        "actions": [plain_action(action) for action in found.get("Actions", [])],
        "active": found.get("State") == "ACTIVATED",
        "tags": tags,
    }


def plain_action(action):
    """The job that an action starts; with all its settings where it has some that the options cannot say."""
    more = {key: value for key, value in action.items() if key != "JobName" and value}
    return {"job": action.get("JobName", ""), **more} if more else action.get("JobName", "")


def apply(glue, arn, before, after):
    """Make AWS match `after`."""
    if before is not None and (after is None or before["type"] != after["type"]):
        glue.delete_trigger(Name=before["name"])
        before = None
    if after is None:
        return
    update = {"Description": after["description"], "Schedule": after["schedule"], "Actions": [{"JobName": job} for job in after["actions"]]}
    if before is None:
        glue.create_trigger(Name=after["name"], Type=after["type"], StartOnCreation=True, Tags=after["tags"], **update)
        return
    if any(before[key] != after[key] for key in ("description", "schedule", "actions")):
        glue.update_trigger(Name=after["name"], TriggerUpdate=update)
    if not before["active"]:
        glue.start_trigger(Name=after["name"])
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        glue.tag_resource(ResourceArn=arn, TagsToAdd=to_set)
    if to_remove:
        glue.untag_resource(ResourceArn=arn, TagsToRemove=to_remove)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "job": {"default": ""},
            "schedule": {"default": ""},
            "tags": {"type": "dict", "default": {}},
        }
    )
    params = module.params
    if not params["schedule"]:
        params["state"] = "absent"
    wanted = {
        "name": params["name"],
        "description": params["description"],
        "type": "SCHEDULED",
        "schedule": params["schedule"],
        "actions": [params["job"]],
        "active": True,
        "tags": params["tags"],
    }
    glue = module.client("glue")
    arn = arn_of(module, "glue", f"trigger/{wanted['name']}")
    converge(
        module,
        f"Glue trigger {wanted['name']!r}",
        lambda: describe(glue, arn, wanted["name"]),
        lambda before, after: apply(glue, arn, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
