#!/usr/bin/python
"""Manage all that an IAM role allows: one inline policy, and nothing else."""

DOCUMENTATION = r"""
module: iam_role_permissions
short_description: Manage all that an IAM role allows
description:
  - Give a role one inline policy and take every other inline policy and every attached managed policy away.
  - Unlike M(amazon.aws.iam_policy) it works in check mode before the role exists, shows the policy in its diff, and
    notices what somebody added by hand.
  - Deleting the role deletes its policies, so there is no C(state=absent).
options:
  role:
    description: Name of the role.
    type: str
    required: true
  policy_name:
    description: Name of the inline policy.
    type: str
    required: true
  policy:
    description: The policy document.
    type: dict
    required: true
  state:
    description: Only present.
    type: str
    choices: [present]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The role may read raw files and nothing else
  iam_role_permissions:
    role: Lambda-S3-Processing-Role
    policy_name: Lambda-S3-Processing-Role
    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::orders/raw/*"]}
"""

RETURN = r"""
resource:
  description: The role's policies as they are, or in check mode would be.
  type: dict
  returned: always
  sample: {inline_policies: {reader: {Version: "2012-10-17", Statement: []}}, managed_policies: []}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, document, is_missing


def describe(iam, role):
    """The role's inline policies and the ARNs of its managed ones, or None where there is no role."""
    try:
        names = [name for page in iam.get_paginator("list_role_policies").paginate(RoleName=role) for name in page["PolicyNames"]]
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        managed = sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])
        inline = {name: document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]) for name in names}
    except ClientError as error:
        if is_missing(error, "NoSuchEntity"):
            return None
        raise
    return {"inline_policies": inline, "managed_policies": managed}


def apply(iam, role, before, after):
    """Take away what is too much, then put what differs."""
    before = before or {"inline_policies": {}, "managed_policies": []}
    for arn in before["managed_policies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for name in before["inline_policies"]:
        if name not in after["inline_policies"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
    for name, policy in after["inline_policies"].items():
        if before["inline_policies"].get(name) != policy:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "role": {"required": True},
            "policy_name": {"required": True},
            "policy": {"type": "dict", "required": True},
            "state": {"choices": ["present"], "default": "present"},
        }
    )
    role = module.params["role"]
    wanted = {"inline_policies": {module.params["policy_name"]: module.params["policy"]}, "managed_policies": []}
    iam = module.client("iam")
    converge(
        module,
        f"Permissions of role {role!r}",
        lambda: describe(iam, role),
        lambda before, after: apply(iam, role, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
