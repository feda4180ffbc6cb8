#!/usr/bin/python
"""Manage a log group of Amazon CloudWatch Logs with its retention, key and tags."""

DOCUMENTATION = r"""
module: cloudwatchlogs_group_config
short_description: Manage a log group of Amazon CloudWatch Logs with its retention, key and tags
description:
  - Create, update or delete a log group in one step; unlike M(amazon.aws.cloudwatchlogs_log_group) with a diff, in check mode too,
    and with a key that can be set and taken away on a group that exists.
options:
  name:
    description: Name of the log group.
    type: str
    required: true
  retention_days:
    description: Days for which events are kept, one of the numbers that AWS allows (1, 3, 5, 7, 14, 30, 60, 90 …).
    type: int
    required: true
  kms_key_arn:
    description: ARN of the customer key that encrypts it (CloudWatch Logs takes no alias); empty for a key that AWS manages.
    type: str
    default: ""
  tags:
    description: All tags of the group; others are removed.
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
- name: The function's log is kept for thirty days
  cloudwatchlogs_group_config:
    name: /aws/lambda/FilterAndProcessOrders
    retention_days: 30
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The group as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: /aws/lambda/FilterAndProcessOrders, retention_days: 30, kms_key_arn: "", tags: {project: headwater}}
"""

from ansible.module_utils.aws_resource import aws_module, converge, tag_changes


def find(logs, name):
    """The group as the API shows it, or None."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
        for group in page["logGroups"]:
            if group["logGroupName"] == name:
                return group
    return None


def group_arn(group):
    """The ARN that tags hang on."""
    return group["arn"].removesuffix(":*")


def describe(logs, name):
    """The group in the options' own shape, or None."""
    group = find(logs, name)
    if group is None:
        return None
    return {
        "name": name,
        "retention_days": group.get("retentionInDays", 0),  # 0: for ever
        "kms_key_arn": group.get("kmsKeyId", ""),
        "tags": logs.list_tags_for_resource(resourceArn=group_arn(group)).get("tags", {}),
    }


def apply(logs, before, after):
    """Make AWS match `after`."""
    if after is None:
        logs.delete_log_group(logGroupName=before["name"])
        return
    if before is None:
        options = {"tags": after["tags"], "kmsKeyId": after["kms_key_arn"]}
        logs.create_log_group(logGroupName=after["name"], **{key: value for key, value in options.items() if value})
        before = {"retention_days": 0, "tags": after["tags"], "kms_key_arn": after["kms_key_arn"]}
    if before["retention_days"] != after["retention_days"]:
        logs.put_retention_policy(logGroupName=after["name"], retentionInDays=after["retention_days"])
    if before["kms_key_arn"] != after["kms_key_arn"]:
        put_key(logs, after)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set or to_remove:
        arn = group_arn(find(logs, after["name"]))
    if to_set:
        logs.tag_resource(resourceArn=arn, tags=to_set)
    if to_remove:
        logs.untag_resource(resourceArn=arn, tagKeys=to_remove)


def put_key(logs, after):
    """Another key takes the place of the old one; none is a call of its own."""
    if after["kms_key_arn"]:
        logs.associate_kms_key(logGroupName=after["name"], kmsKeyId=after["kms_key_arn"])
    else:
        logs.disassociate_kms_key(logGroupName=after["name"])


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "retention_days": {"type": "int", "required": True},
            "kms_key_arn": {"default": "", "no_log": False},
            "tags": {"type": "dict", "default": {}},
        }
    )
    wanted = {key: module.params[key] for key in ("name", "retention_days", "kms_key_arn", "tags")}
    logs = module.client("logs")
    converge(
        module,
        f"Log group {wanted['name']!r}",
        lambda: describe(logs, wanted["name"]),
        lambda before, after: apply(logs, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
