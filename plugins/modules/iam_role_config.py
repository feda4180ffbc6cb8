#!/usr/bin/python
"""Manage an IAM role with who may assume it, its description and its tags."""

DOCUMENTATION = r"""
module: iam_role_config
short_description: Manage an IAM role with who may assume it, its description and its tags
description:
  - Create, update or delete a role in one step; unlike M(amazon.aws.iam_role) with a diff, in check mode too.
  - What the role may do is the matter of M(iam_role_permissions). Deleting the role takes its policies along.
options:
  name:
    description: Name of the role.
    type: str
    required: true
  description:
    description: What the role lets do.
    type: str
    default: ""
  trust_policy:
    description: Who may assume the role. Needed for C(state=present).
    type: dict
    default: {}
  tags:
    description: All tags of the role; others are removed.
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
- name: Lambda may assume the role
  iam_role_config:
    name: Lambda-S3-Processing-Role
    trust_policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}
"""

RETURN = r"""
resource:
  description: The role as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: Lambda-S3-Processing-Role, description: "", trust_policy: {Version: "2012-10-17", Statement: []}, tags: {}}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, document, is_missing, plain_tags, tag_changes

FIELDS = ("name", "description", "trust_policy", "tags")


def describe(iam, name):
    """The role in the options' own shape, or None."""
    try:
        role = iam.get_role(RoleName=name)["Role"]
        tags = [tag for page in iam.get_paginator("list_role_tags").paginate(RoleName=name) for tag in page["Tags"]]
    except ClientError as error:
        if is_missing(error, "NoSuchEntity"):
            return None
        raise
    return {
        "name": name,
        "description": role.get("Description", ""),
        "trust_policy": document(role["AssumeRolePolicyDocument"]),
        "tags": plain_tags(tags),
    }


def apply(iam, before, after):
    """Make AWS match `after`."""
    if after is None:
        delete(iam, before["name"])
    elif before is None:
        iam.create_role(
            RoleName=after["name"],
            Description=after["description"],
            AssumeRolePolicyDocument=json.dumps(after["trust_policy"]),
            Tags=aws_tags(after["tags"]),
        )
        iam.get_waiter("role_exists").wait(RoleName=after["name"])
    else:
        update(iam, before, after)


def update(iam, before, after):
    """Change what differs, part by part."""
    name = after["name"]
    if before["trust_policy"] != after["trust_policy"]:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(after["trust_policy"]))
    if before["description"] != after["description"]:
        iam.update_role(RoleName=name, Description=after["description"])
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        iam.tag_role(RoleName=name, Tags=aws_tags(to_set))
    if to_remove:
        iam.untag_role(RoleName=name, TagKeys=to_remove)


def delete(iam, name):
    """Delete the role after all that AWS wants gone first."""
    for page in iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name):
        for profile in page["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for policy in page["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy in page["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "trust_policy": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
        }
    )
    wanted = {key: module.params[key] for key in FIELDS}
    iam = module.client("iam")
    converge(
        module,
        f"IAM role {wanted['name']!r}",
        lambda: describe(iam, wanted["name"]),
        lambda before, after: apply(iam, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
