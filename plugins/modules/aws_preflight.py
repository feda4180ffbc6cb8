#!/usr/bin/python
"""Check the settings and credentials of a deployment before anything is done."""

DOCUMENTATION = r"""
module: aws_preflight
short_description: Check the settings and credentials of a deployment before anything is done
description:
  - Names every missing or wrong setting at once, and changes nothing.
options:
  account_id:
    description: The account that is meant.
    type: str
    default: ""
  region:
    description: The region to deploy to.
    type: str
    default: ""
  allowed_cidrs:
    description: Who may reach the servers, as CIDR blocks.
    type: list
    elements: str
  settings_file:
    description: Where the user sets these, for the error.
    type: str
    default: inventory/group_vars/aws.yml
  unknown_variables:
    description: Problems found in the inventory's variables, told along with the others.
    type: list
    elements: str
    default: []
author: Headwater
"""

EXAMPLES = r"""
- name: Settings are complete
  aws_preflight:
    account_id: "123456789012"
    region: eu-central-1
    allowed_cidrs: [203.0.113.7/32]
"""

RETURN = r"""
problems:
  description: What is missing or wrong, one sentence each.
  type: list
  elements: str
  returned: always
"""

import ipaddress
import os
import re
import time

from ansible.module_utils.basic import AnsibleModule

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.loaders import create_loader
except ImportError:
    boto3 = None


def account_problems(account_id):
    if not account_id:
        return ["aws_account_id is not set: the 12 digits of the account to deploy into (aws sts get-caller-identity shows yours)"]
    if not re.fullmatch(r"[0-9]{12}", account_id):
        return [f"aws_account_id is {account_id!r}: an account has 12 digits, in quotes"]
    return []


def region_problems(region):
    if not region:
        return ["aws_region is not set, e.g. eu-central-1"]
    # From botocore's data, since a session fails where aws_profile is wrong, and that is a problem for itself.
    partitions = create_loader().load_data("endpoints")["partitions"]
    known = {name for partition in partitions for name in partition["services"].get("athena", {}).get("endpoints", {})}
    # Among the endpoints are some that are no region, such as fips-us-east-1.
    known &= {name for partition in partitions for name in partition["regions"]}
    return [] if region in known else [f"aws_region is {region!r}, which botocore does not know as a region with Athena"]


def cidr_problems(cidrs):
    if cidrs is None:
        return []
    if not cidrs:
        return ['allowed_cidrs is empty: nobody could reach the server; e.g. ["203.0.113.7/32"] for one address']
    problems = []
    for cidr in cidrs:
        try:
            network = ipaddress.ip_network(cidr)
        except ValueError as error:
            problems.append(f"allowed_cidrs has {cidr!r}: {error}")
            continue
        if network.prefixlen == 0:
            problems.append(f"allowed_cidrs has {cidr!r}, the whole internet: name the addresses that may reach the server")
    return problems


def patiently(call, tries=8):
    """Call again while AWS throttles or stumbles; an endpoint that does not answer at all is reported at once."""
    for number in range(tries):
        try:
            return call()
        except ClientError as error:
            busy = error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500 or "Throttl" in error.response["Error"]["Code"]
            if not busy or number == tries - 1:
                raise
        time.sleep(min(0.2 * 2**number, 5))
    return None


def caller_problems(account_id, region):
    """Do the credentials work, and do they belong to the account that is meant?"""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    try:
        config = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 1})
        caller = patiently(boto3.session.Session().client("sts", region_name=region or "us-east-1", config=config).get_caller_identity)
    except (BotoCoreError, ClientError, ValueError) as error:
        if endpoint:
            return [f"the local cloud at {endpoint} does not answer ({error}); start it: ansible-playbook site.yml --limit localcloud"]
        reason = str(error).rstrip(".")
        return [f"credentials do not work: {reason}. Set aws_profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws sso login"]
    if account_id and caller["Account"] != account_id:
        return [f"aws_account_id is {account_id!r}, but the credentials ({caller['Arn']}) belong to {caller['Account']}"]
    return []


def main():
    """Collect every problem, then fail with all of them."""
    module = AnsibleModule(
        {
            "account_id": {"default": ""},
            "region": {"default": ""},
            "allowed_cidrs": {"type": "list", "elements": "str"},
            "settings_file": {"default": "inventory/group_vars/aws.yml"},
            "unknown_variables": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    if boto3 is None:
        module.fail_json(msg="boto3 is missing: run make up, or pip install -r requirements/run.txt")
    params = module.params
    problems = [
        *params["unknown_variables"],
        *account_problems(params["account_id"]),
        *region_problems(params["region"]),
        *cidr_problems(params["allowed_cidrs"]),
        *caller_problems(params["account_id"], params["region"]),
    ]
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        module.fail_json(msg=f"{len(problems)} setting(s) to mend (see {params['settings_file']}):\n{listed}", problems=problems)
    module.exit_json(changed=False, problems=[])


if __name__ == "__main__":
    main()
