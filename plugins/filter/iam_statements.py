"""IAM statements as the roles' data spells them, turned into a policy's."""


def iam_statements(statements):
    """[{actions, resources, condition?}] as Allow statements of a policy document."""
    return [
        {
            "Effect": "Allow",
            "Action": list(statement["actions"]),
            "Resource": list(statement["resources"]),
            **({"Condition": statement["condition"]} if statement.get("condition") else {}),
        }
        for statement in statements
    ]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"iam_statements": iam_statements}
