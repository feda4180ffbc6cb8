#!/usr/bin/python
"""Manage an Amazon CloudWatch dashboard."""

DOCUMENTATION = r"""
module: cloudwatch_dashboard
short_description: Manage an Amazon CloudWatch dashboard
description:
  - Create, replace or delete a dashboard, with its tags in the call that creates it. No module of the collections does.
  - What CloudWatch finds wrong with the body is an error, or a warning where it takes the body all the same.
options:
  name:
    description: Name of the dashboard; letters, digits, C(-) and C(_).
    type: str
    required: true
  body:
    description: The dashboard, in CloudWatch's own structure.
    type: dict
  tags:
    description: All tags of the dashboard; others are removed.
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
- name: There is a dashboard with a note
  cloudwatch_dashboard:
    name: Orders-Pipeline-Monitoring
    body:
      widgets:
        - {type: text, x: 0, y: 0, width: 24, height: 2, properties: {markdown: "# Orders"}}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The dashboard as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: Orders-Pipeline-Monitoring, body: {widgets: []}, tags: {project: headwater}}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, is_missing, plain_tags, tag_changes


def describe(cloudwatch, name):
    """The dashboard in the options' own shape, or None."""
    try:
        found = cloudwatch.get_dashboard(DashboardName=name)
        tags = cloudwatch.list_tags_for_resource(ResourceARN=found["DashboardArn"]).get("Tags")
    except ClientError as error:
        if is_missing(error, "ResourceNotFound", "ResourceNotFoundException", "DashboardNotFoundError"):
            return None
        raise
    return {"name": name, "body": json.loads(found["DashboardBody"]), "tags": plain_tags(tags)}


def apply(module, cloudwatch, before, after):
    """Make AWS match `after`."""
    if after is None:
        cloudwatch.delete_dashboards(DashboardNames=[before["name"]])
        return
    if before is None or before["body"] != after["body"]:
        put(module, cloudwatch, after, {"Tags": aws_tags(after["tags"])} if before is None and after["tags"] else {})
    to_set, to_remove = tag_changes(before["tags"] if before else after["tags"], after["tags"])
    if to_set or to_remove:
        arn = cloudwatch.get_dashboard(DashboardName=after["name"])["DashboardArn"]
        if to_set:
            cloudwatch.tag_resource(ResourceARN=arn, Tags=aws_tags(to_set))
        if to_remove:
            cloudwatch.untag_resource(ResourceARN=arn, TagKeys=to_remove)


def put(module, cloudwatch, after, tags):
    """Send the body, and say what CloudWatch has against it."""
    body = json.dumps(after["body"], ensure_ascii=False)
    try:
        told = cloudwatch.put_dashboard(DashboardName=after["name"], DashboardBody=body, **tags)
    except ClientError as error:
        if wrong := sentences(error.response):
            module.fail_json_aws(error, msg=f"CloudWatch dashboard {after['name']!r}: {wrong}")
        raise
    if wrong := sentences(told):
        module.warn(f"CloudWatch dashboard {after['name']!r} may not show everything: {wrong}")


def sentences(answer):
    """What CloudWatch says of a body, with the place of each remark."""
    return "; ".join(f"{each.get('DataPath', '')}: {each.get('Message', '')}" for each in answer.get("DashboardValidationMessages") or [])


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {"name": {"required": True}, "body": {"type": "dict"}, "tags": {"type": "dict", "default": {}}},
        required_if=[("state", "present", ["body"])],
    )
    cloudwatch = module.client("cloudwatch")
    wanted = {key: module.params[key] for key in ("name", "body", "tags")}
    converge(
        module,
        f"CloudWatch dashboard {wanted['name']!r}",
        lambda: describe(cloudwatch, wanted["name"]),
        lambda before, after: apply(module, cloudwatch, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
