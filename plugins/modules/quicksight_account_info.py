#!/usr/bin/python
"""Find out whether an account can take what QuickSight is to show, before anything is made."""

DOCUMENTATION = r"""
module: quicksight_account_info
short_description: Find out whether an account can take what QuickSight is to show
description:
  - Says whether the account has a subscription to QuickSight, of which edition, and which region holds its users and groups; and whether
    the principals that are meant exist. All that is wrong is told at once, with what to do about it. Nothing is changed.
  - The account is never subscribed, since a subscription costs by the month for each user.
options:
  principals:
    description: ARNs of users, groups and namespaces that things are to be shared with.
    type: list
    elements: str
    default: []
  identity_region:
    description: The region that is thought to hold the users and groups; empty for the one that is deployed to.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The account is subscribed to QuickSight, and the analysts are known there
  quicksight_account_info:
    principals: [arn:aws:quicksight:us-east-1:000000000000:group/default/analysts]
"""

RETURN = r"""
subscribed:
  description: Whether the account has a subscription.
  type: bool
  returned: always
edition:
  description: STANDARD, ENTERPRISE or ENTERPRISE_AND_Q; empty where that may not be read.
  type: str
  returned: always
identity_region:
  description: The region that holds the users and groups.
  type: str
  returned: always
problems:
  description: What is wrong, one sentence each.
  type: list
  elements: str
  returned: failure
"""

import re

from ansible.module_utils import quicksight
from ansible.module_utils.aws_resource import BotoCoreError, ClientError, error_code, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

ELSEWHERE = re.compile(r"identity region is ([a-z]{2}(?:-[a-z]+)+-\d)")
NOT_SUBSCRIBED = ("ResourceNotFoundException", "UnsupportedUserEditionException")
PRINCIPAL = re.compile(r"arn:[\w-]+:quicksight:([\w-]+):(\d{12}):(user|group|namespace)/([^/]+)(?:/(.+))?")
HOW_TO_SUBSCRIBE = (
    "the account {account} is not subscribed to QuickSight. Subscribe it in the console (https://quicksight.aws.amazon.com), or with "
    "`aws quicksight create-account-subscription --aws-account-id {account} --edition ENTERPRISE --authentication-method "
    "IAM_AND_QUICKSIGHT --account-name NAME --notification-email ADDRESS --region {region}`. That costs by the month for each author and "
    "reader, whoever deploys this; or leave QuickSight out with quicksight_enabled: false"
)


def home(error):
    """The identity region that an error of another region's endpoint names, or None."""
    found = ELSEWHERE.search(str(error))
    return found[1] if found else None


def subscription(module, account, region):
    """(subscribed, edition, identity region) of the account; asked in `region`, and once more in the one that AWS names."""
    for _ in range(2):
        try:
            told = module.client("quicksight", region=region).describe_account_subscription(AwsAccountId=account)["AccountInfo"]
        except ClientError as error:
            elsewhere = home(error)
            if elsewhere and elsewhere != region:
                region = elsewhere
                continue
            if is_missing(error, *NOT_SUBSCRIBED):
                return False, "", region
            raise
        status = told.get("AccountSubscriptionStatus", "")
        return not status.startswith("UNSUBSCRIBE"), told.get("Edition", ""), region
    raise AssertionError("AWS names an identity region that names another")


def unknown(client, account, principal, region):
    """A sentence about a principal that there is not, or None."""
    found = PRINCIPAL.fullmatch(principal)
    if not found:
        return (
            f"{principal!r} is no ARN of a user, group or namespace, such as arn:aws:quicksight:{region}:{account}:group/default/analysts"
        )
    where, owner, kind, namespace, name = found.groups()
    if owner != account or where != region:
        return f"{principal} lies in {where} of the account {owner}; QuickSight's users and groups are in {region} of {account}"
    calls = {"user": (client.describe_user, "UserName"), "group": (client.describe_group, "GroupName")}
    call, member = calls.get(kind, (client.describe_namespace, None))
    try:
        call(AwsAccountId=account, Namespace=namespace, **({member: name} if member else {}))
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return f"QuickSight has no {kind} {name or namespace} in the namespace {namespace}; add it there, or correct the setting"
        raise
    return None


def main():
    """Look, and tell all that is wrong."""
    module = AnsibleAWSModule(
        argument_spec={
            "principals": {"type": "list", "elements": "str", "default": []},
            "identity_region": {"default": ""},
        },
        supports_check_mode=True,
    )
    thought = module.params["identity_region"] or module.region
    problems = []
    try:
        _, account = quicksight.account_of(module)
        subscribed, edition, region = subscription(module, account, thought)
        if not subscribed:
            problems.append(HOW_TO_SUBSCRIBE.format(account=account, region=region))
        elif region != thought:
            problems.append(f"QuickSight's users and groups are in {region}, not in {thought}; set quicksight_identity_region: {region}")
        elif edition == "STANDARD":
            problems.append("the subscription is of the Standard edition, whose API shares nothing; change it to Enterprise in its console")
        else:
            client = module.client("quicksight", region=region)
            found = (unknown(client, account, principal, region) for principal in module.params["principals"])
            problems += [sentence for sentence in found if sentence]
    except ClientError as error:
        advice = "; who deploys needs quicksight:Describe… (docs/security.md)" if "AccessDenied" in error_code(error) else ""
        module.fail_json_aws(error, msg=f"Whether the account is subscribed to QuickSight could not be found out{advice}")
    except BotoCoreError as error:
        module.fail_json_aws(error, msg="QuickSight could not be asked")
    told = {"subscribed": subscribed, "edition": edition, "identity_region": region}
    if problems:
        module.fail_json(msg="QuickSight: " + "\n".join(problems), problems=problems, **told)
    module.exit_json(changed=False, **told)


if __name__ == "__main__":
    main()
