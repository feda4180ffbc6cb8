#!/usr/bin/python
"""Manage one statement of an AWS Lambda function's policy: who else may invoke it."""

DOCUMENTATION = r"""
module: lambda_permission
short_description: Manage one statement of an AWS Lambda function's policy
description:
  - Add, replace or remove the statement that lets a service invoke the function for one resource of one account.
  - Unlike M(amazon.aws.lambda_policy) it shows a diff, and works in check mode before the function exists.
options:
  function_name:
    description: Name of the function.
    type: str
    required: true
  statement_id:
    description: Name of the statement.
    type: str
    required: true
  principal:
    description: The service that may invoke, such as C(s3.amazonaws.com).
    type: str
    required: true
  source_arn:
    description: The resource that it may do so for.
    type: str
    required: true
  source_account:
    description:
      - The account that owns that resource, since a bucket's ARN names none.
      - Empty for none. EventBridge sends none, so a rule with one would invoke in vain; a rule's ARN names its account.
    type: str
    default: ""
  action:
    description: What it may do.
    type: str
    default: lambda:InvokeFunction
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The bucket may invoke the function
  lambda_permission:
    function_name: FilterAndProcessOrders
    statement_id: s3-raw-csv
    principal: s3.amazonaws.com
    source_arn: arn:aws:s3:::orders-000000000000-us-east-1
    source_account: "000000000000"
"""

RETURN = r"""
resource:
  description: The statement as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {action: "lambda:InvokeFunction", principal: s3.amazonaws.com, source_arn: "arn:aws:s3:::orders", source_account: "000000000000"}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, document, is_missing

FIELDS = ("action", "principal", "source_arn", "source_account")


def describe(client, function_name, statement_id):
    """The statement in the options' own shape, or None."""
    try:
        policy = document(client.get_policy(FunctionName=function_name)["Policy"])
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    for statement in policy["Statement"]:
        if statement.get("Sid") == statement_id:
            return plain(statement)
    return None


def plain(statement):
    """A statement in the options' own shape; what the options cannot say stays visible under `other`."""
    principal, conditions = statement.get("Principal", ""), statement.get("Condition", {})
    given = {key.lower(): value for test in conditions.values() for key, value in test.items()}
    shown = {
        "action": statement.get("Action", ""),
        "principal": principal.get("Service", str(principal)) if isinstance(principal, dict) else principal,
        "source_arn": given.pop("aws:sourcearn", ""),
        "source_account": given.pop("aws:sourceaccount", ""),
    }
    return {**shown, "other": given} if given else shown


def apply(client, function_name, statement_id, before, after):
    """Make AWS match `after`: a statement cannot be changed, only removed and added."""
    if before is not None:
        client.remove_permission(FunctionName=function_name, StatementId=statement_id)
    if after is not None:
        client.add_permission(
            FunctionName=function_name,
            StatementId=statement_id,
            Action=after["action"],
            Principal=after["principal"],
            SourceArn=after["source_arn"],
            **({"SourceAccount": after["source_account"]} if after["source_account"] else {}),
        )


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "function_name": {"required": True},
            "statement_id": {"required": True},
            "principal": {"required": True},
            "source_arn": {"required": True},
            "source_account": {"default": ""},
            "action": {"default": "lambda:InvokeFunction"},
        }
    )
    function, statement = module.params["function_name"], module.params["statement_id"]
    client = module.client("lambda")
    converge(
        module,
        f"Permission {statement!r} of function {function!r}",
        lambda: describe(client, function, statement),
        lambda before, after: apply(client, function, statement, before, after),
        {key: module.params[key] for key in FIELDS},
    )


if __name__ == "__main__":
    main()
