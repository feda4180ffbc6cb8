#!/usr/bin/python
"""Manage when an AWS Glue crawler runs by itself."""

DOCUMENTATION = r"""
module: glue_crawler_schedule
short_description: Manage when an AWS Glue crawler runs by itself
description:
  - Set or remove the schedule of a crawler, which M(community.aws.glue_crawler) cannot.
  - A crawler that does not exist (check mode before the first deployment) counts as one without a schedule.
options:
  name:
    description: Name of the crawler.
    type: str
    required: true
  schedule:
    description: An AWS cron expression in UTC, such as C(cron(0 3 * * ? *)); empty for no schedule.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The crawler runs at three every night
  glue_crawler_schedule:
    name: orders_processed_crawler
    schedule: cron(0 3 * * ? *)
"""

RETURN = r"""
resource:
  description: The schedule as it is, or in check mode would be; empty when there is none.
  type: dict
  returned: always
  sample: {schedule: cron(0 3 * * ? *), state: SCHEDULED}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing


def describe(glue, name):
    """The schedule in force, or None."""
    try:
        found = glue.get_crawler(Name=name)["Crawler"].get("Schedule", {})
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise
    if not found.get("ScheduleExpression"):
        return None
    return {"schedule": found["ScheduleExpression"], "state": found.get("State", "SCHEDULED")}


def apply(glue, name, before, after):
    """Set, resume or remove the schedule."""
    if after is None:
        glue.update_crawler_schedule(CrawlerName=name, Schedule="")
    elif before is None or before["schedule"] != after["schedule"]:
        glue.update_crawler_schedule(CrawlerName=name, Schedule=after["schedule"])
    elif before["state"] != "SCHEDULED":
        glue.start_crawler_schedule(CrawlerName=name)


def main():
    """Compare, then act only on a difference."""
    module = aws_module({"name": {"required": True}, "schedule": {"default": ""}})
    name, schedule = module.params["name"], module.params["schedule"]
    if not schedule:
        module.params["state"] = "absent"
    glue = module.client("glue")
    converge(
        module,
        f"Schedule of Glue crawler {name!r}",
        lambda: describe(glue, name),
        lambda before, after: apply(glue, name, before, after),
        {"schedule": schedule, "state": "SCHEDULED"},
    )


if __name__ == "__main__":
    main()
