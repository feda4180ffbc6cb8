"""The recorded permissions of who deploys, as policies for one account."""

import json

DOCUMENTATION = r"""
name: deployer_policies
author: Headwater
short_description: The recorded permissions of who deploys, as policies for one account
description:
  - Fills partition, account, region and name prefix into recorded statements, and packs them into as few policy
    documents as IAM's limit for a managed policy allows (6,144 characters, white space not counted).
positional: _input
options:
  _input:
    description: Statements with the placeholders C({partition}), C({account}), C({region}), C({project}), C({prefix}) and C({prefix_}).
    type: list
    elements: dict
    required: true
  partition:
    description: Partition of the ARNs.
    type: str
    default: aws
  account:
    description: Number of the account.
    type: str
    required: true
  region:
    description: The region.
    type: str
    required: true
  project:
    description: Value of the tag project.
    type: str
    default: headwater
  prefix:
    description: What the names of resources begin with; C({prefix_}) is the same with underscores.
    type: str
    default: ""
"""

EXAMPLES = r"""
documents: "{{ lookup('file', 'files/deployer-policy.json') | from_json | deployer_policies(account=aws_account_id, region=aws_region) }}"
"""

RETURN = r"""
_value:
  description: Policy documents.
  type: list
  elements: dict
"""

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_CHARACTERS = 6144


def deployer_policies(statements, account, region, prefix="", partition="aws", project="headwater"):
    """`statements` with their placeholders filled, as a list of policy documents that each fit a managed policy."""
    values = {
        "{partition}": partition,
        "{account}": account,
        "{region}": region,
        "{project}": project,
        "{prefix}": prefix,
        "{prefix_}": prefix.replace("-", "_"),
    }
    filled = json.dumps(statements)
    for placeholder, value in values.items():
        filled = filled.replace(placeholder, value)
    documents = []
    for statement in json.loads(filled):
        if not documents or size({**documents[-1], "Statement": [*documents[-1]["Statement"], statement]}) > MANAGED_POLICY_CHARACTERS:
            documents.append({"Version": "2012-10-17", "Statement": []})
        documents[-1]["Statement"].append(statement)
    return documents


def size(document):
    """Characters that IAM counts: all but white space."""
    return len("".join(json.dumps(document).split()))


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"deployer_policies": deployer_policies}
