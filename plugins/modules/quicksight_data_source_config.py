#!/usr/bin/python
"""Manage a data source of Amazon QuickSight on Athena."""

DOCUMENTATION = r"""
module: quicksight_data_source_config
short_description: Manage a data source of Amazon QuickSight on Athena
description:
  - Create, update or delete a data source that queries a workgroup of Athena with a role.
  - Waits until QuickSight has tried the connection, and fails with its reason.
options:
  workgroup:
    description: The workgroup of Athena.
    type: str
    default: primary
  role_arn:
    description: ARN of the role that QuickSight queries with; empty for the account's own QuickSight role.
    type: str
    default: ""
  viewers:
    description: ARNs of users and groups who may use it.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
  - quicksight
author: Headwater
"""

EXAMPLES = r"""
- name: QuickSight queries the workgroup of the orders
  quicksight_data_source_config:
    name: orders
    workgroup: orders
    role_arn: arn:aws:iam::000000000000:role/QuickSight-Orders-Role
"""

RETURN = r"""
resource:
  description: The data source as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders, title: orders, workgroup: orders, role_arn: "", permissions: {}, tags: {project: headwater}}
"""

import time

from ansible.module_utils import quicksight
from ansible.module_utils.aws_resource import aws_module

#: A role that was just made is not known everywhere yet, for so many seconds at most.
NOT_YET, ROLE_SECONDS = ("assume role", "cannot be assumed"), 20


def describe(client, named):
    """The data source in the options' own shape, or None."""
    answer = quicksight.answered(client.describe_data_source, **named)
    if answer is None:
        return None
    found = answer["DataSource"]
    parameters = found.get("DataSourceParameters", {}).get("AthenaParameters", {})
    granted = client.describe_data_source_permissions(**named).get("Permissions")
    return {
        "name": found["DataSourceId"],
        "title": found["Name"],
        "workgroup": parameters.get("WorkGroup", ""),
        "role_arn": parameters.get("RoleArn", ""),
        "works": not found.get("Status", "").endswith("_FAILED"),
        "permissions": quicksight.shown_permissions(granted),
        "tags": quicksight.tags_of(client, found["Arn"]),
    }


def apply(module, client, named, arn, before, after):
    """Make AWS match `after`."""
    if after is None:
        client.delete_data_source(**named)
        return
    athena = {"WorkGroup": after["workgroup"], **({"RoleArn": after["role_arn"]} if after["role_arn"] else {})}
    told = {"Name": after["title"], "DataSourceParameters": {"AthenaParameters": athena}}
    if before is None:
        shared = {**quicksight.api_permissions(after["permissions"]), **quicksight.api_tags(after["tags"])}
        client.create_data_source(**named, Type="ATHENA", **told, **shared)
    else:
        if any(before[key] != after[key] for key in ("title", "workgroup", "role_arn", "works")):
            client.update_data_source(**named, **told)
        changes = quicksight.permission_changes(before["permissions"], after["permissions"])
        if changes:
            client.update_data_source_permissions(**named, **changes)
        quicksight.retag(client, arn, before["tags"], after["tags"])
    connect(module, client, named, told)


def connect(module, client, named, told):
    """Wait until the connection works, and try anew while the role may not be known everywhere yet."""
    started = time.monotonic()

    def state():
        found = client.describe_data_source(**named)["DataSource"]
        status, problem = found.get("Status", ""), found.get("ErrorInfo") or {}
        errors = [f"{problem.get('Type', '')}: {problem.get('Message', '')}"] if problem else []
        is_early = time.monotonic() - started < min(ROLE_SECONDS, module.params["wait_timeout"] / 2)
        if status.endswith("_FAILED") and is_early and any(word in str(errors) for word in NOT_YET):
            client.update_data_source(**named, **told)
            return "UPDATE_IN_PROGRESS", []
        return status, errors

    quicksight.settled(module, f"QuickSight data source {named['DataSourceId']!r}", state)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            **quicksight.OPTIONS,
            **quicksight.VIEWERS,
            "workgroup": {"default": "primary"},
            "role_arn": {"default": ""},
        }
    )
    subject = f"QuickSight data source {module.params['name']!r}"
    wanted = {key: module.params[key] for key in ("workgroup", "role_arn")}
    quicksight.manage(module, subject, "datasource", "DataSourceId", describe, apply, **wanted, works=True)


if __name__ == "__main__":
    main()
