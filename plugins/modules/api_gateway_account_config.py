#!/usr/bin/python
"""Give an account the role with which API Gateway writes logs."""

DOCUMENTATION = r"""
module: api_gateway_account_config
short_description: Give an account the role with which API Gateway writes logs
description:
  - API Gateway writes the logs of all REST APIs of an account and region with one role. Without it a stage cannot have an access log.
  - The setting is shared by everybody in the account. A role of somebody else that exists stays; it does as well. One that no longer
    exists is replaced.
  - Absent takes the role away only where it is this one.
options:
  role_arn:
    description: ARN of the role. API Gateway must be trusted by it, and it may create groups and streams and put events.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: API Gateway may write logs
  api_gateway_account_config:
    role_arn: arn:aws:iam::123456789012:role/APIGateway-Logs
"""

RETURN = r"""
resource:
  description: The role that is declared; empty when absent.
  type: dict
  returned: always
  sample: {role_arn: "arn:aws:iam::123456789012:role/APIGateway-Logs"}
in_use:
  description: ARN of the role that the account has, which may be somebody else's; empty for none.
  type: str
  returned: success
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing, once_possible

#: A role that was just made cannot be assumed everywhere at once.
NOT_YET = ("does not have required permissions", "cannot be assumed", "is not valid")


class Account:
    """API Gateway's settings of this account and region."""

    def __init__(self, module):
        self.client, self.iam = module.client("apigateway"), module.client("iam")
        self.declared = module.params["role_arn"]
        self.in_use = ""

    def describe(self):
        """{"role_arn": the declared one} while a role does the work, else None; `in_use` is the account's."""
        self.in_use = self.client.get_account().get("cloudwatchRoleArn") or ""
        return {"role_arn": self.declared} if self.in_use == self.declared else None

    def is_anothers(self):
        """Has somebody else given the account a role that is still there?"""
        if self.in_use in ("", self.declared):
            return False
        try:
            self.iam.get_role(RoleName=self.in_use.rpartition("/")[2])
        except ClientError as error:
            return not is_missing(error, "NoSuchEntity")  # one that may not be looked at counts as there
        return True

    def apply(self, _before, after):
        """Set it, or take it away."""
        value = after["role_arn"] if after else ""
        patch = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": value}]
        once_possible(lambda: self.client.update_account(patchOperations=patch), NOT_YET)


def main():
    """Compare, then act only on a difference."""
    module = aws_module({"role_arn": {"required": True}})
    account = Account(module)

    def describe():
        """Somebody else's role does as well."""
        found = account.describe()
        if found is None and module.params["state"] == "present" and account.is_anothers():
            return {"role_arn": account.declared}
        return found

    wanted = {"role_arn": account.declared}
    converge(module, "API Gateway's role for logs", describe, account.apply, wanted, lambda: {"in_use": account.in_use})


if __name__ == "__main__":
    main()
