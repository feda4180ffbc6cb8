"""Permissions of roles, beyond their life."""

import json

from tests.modules.cases import policy
from tests.modules.clouds import on, unique
from tests.modules.runner import done


@on()
def test_what_somebody_added_by_hand_is_taken_away(aws):
    iam, role = aws.client("iam"), aws.role()["RoleName"]
    options = {"role": role, "policy_name": "reader", "policy": policy("s3:GetObject")}
    done("iam_role_permissions", **options)
    managed = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=json.dumps(policy("s3:*")))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=managed)
    iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=json.dumps(policy("s3:DeleteObject")))

    planned = done("iam_role_permissions", check=True, **options)
    assert planned.differing == {"inline_policies", "managed_policies"}
    assert planned.before["managed_policies"] == [managed]
    assert done("iam_role_permissions", **options).writes == ["iam:DetachRolePolicy", "iam:DeleteRolePolicy"]
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["reader"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


@on()
def test_before_its_role_exists_permissions_can_be_checked(aws):
    planned = done("iam_role_permissions", check=True, role=unique("role"), policy_name="reader", policy=policy("s3:GetObject"))
    assert planned.changed
    assert planned.before == {}
    assert planned.after["inline_policies"] == {"reader": policy("s3:GetObject")}
