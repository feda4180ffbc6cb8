"""IAM statements as the roles' data spells them, turned into a policy's."""

DOCUMENTATION = r"""
name: iam_statements
author: Headwater
short_description: IAM statements as the roles' data spells them, turned into a policy's
description:
  - Every statement allows; there is no other effect.
options:
  _input:
    description: Dictionaries with actions, resources and perhaps a condition.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
policy: {Version: "2012-10-17", Statement: "{{ item.statements | iam_statements }}"}
"""

RETURN = r"""
_value:
  description: Allow statements of a policy document.
  type: list
  elements: dict
"""


def iam_statements(statements):
    """[{actions, resources, condition?}] as Allow statements of a policy document; one about nothing (no resources) is left out."""
    return [
        {
            "Effect": "Allow",
            "Action": list(statement["actions"]),
            "Resource": list(statement["resources"]),
            **({"Condition": statement["condition"]} if statement.get("condition") else {}),
        }
        for statement in statements
        if statement["resources"]
    ]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"iam_statements": iam_statements}
