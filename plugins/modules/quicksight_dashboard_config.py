#!/usr/bin/python
"""Manage a dashboard of Amazon QuickSight."""

DOCUMENTATION = r"""
module: quicksight_dashboard_config
short_description: Manage a dashboard of Amazon QuickSight
description:
  - Create, update or delete a dashboard by its definition. A change makes a new version, which is published once QuickSight has taken it;
    until then, and where QuickSight refuses it, people see the old one.
  - QuickSight answers a definition with defaults of its own added, so it is known by a checksum in the version's description. A version
    that somebody else publishes has none, and is a difference.
options:
  definition:
    description: The definition as the API has it, C(DataSetIdentifierDeclarations) and C(Sheets); needed unless it is absent.
    type: dict
    default: {}
  viewers:
    description: ARNs of users, groups and namespaces who may see it. Nobody sees one that is shared with nobody.
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
- name: The dashboard of the orders is shared with the analysts
  quicksight_dashboard_config:
    name: orders
    title: Orders
    definition: "{{ orders_dashboard | quicksight_definition }}"
    viewers: [arn:aws:quicksight:us-east-1:000000000000:group/default/analysts]
"""

RETURN = r"""
resource:
  description: The dashboard as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders, title: Orders, definition: 1f0c9d2a7b6e4c55, visuals: [TableVisual orders-table], permissions: {}, tags: {}}
"""

import re

from ansible.module_utils import quicksight
from ansible.module_utils.aws_resource import aws_module

MARK = re.compile(r"definition ([0-9a-f]{16})\b")


def describe(client, named):
    """The published version in the options' own shape, with the definition's checksum and visuals in its place; or None."""
    answer = quicksight.answered(client.describe_dashboard, **named)
    if answer is None:
        return None
    found = answer["Dashboard"]
    version = found.get("Version", {})
    mark = MARK.search(version.get("Description", ""))
    shown = client.describe_dashboard_definition(**named).get("Definition") or {}
    return {
        "name": found["DashboardId"],
        "title": found["Name"],
        "definition": mark[1] if mark and not version.get("Status", "").endswith("_FAILED") else "",
        "visuals": quicksight.visuals(shown),
        "permissions": quicksight.shown_permissions(client.describe_dashboard_permissions(**named).get("Permissions")),
        "tags": quicksight.tags_of(client, found["Arn"]),
    }


def apply(module, client, named, arn, before, after):
    """Make AWS match `after`; all versions of a deleted dashboard go with it."""
    if after is None:
        client.delete_dashboard(**named)
        return
    told = {"Name": after["title"], "Definition": module.params["definition"], "VersionDescription": f"definition {after['definition']}"}
    if before is None:
        shared = {**quicksight.api_permissions(after["permissions"]), **quicksight.api_tags(after["tags"])}
        version = client.create_dashboard(**named, **told, **shared)["VersionArn"]
        taken(module, client, named, version)
        return
    if any(before[key] != after[key] for key in ("title", "definition", "visuals")):
        version = client.update_dashboard(**named, **told)["VersionArn"]
        client.update_dashboard_published_version(**named, VersionNumber=taken(module, client, named, version))
    changes = quicksight.permission_changes(before["permissions"], after["permissions"])
    if changes:
        client.update_dashboard_permissions(**named, **changes)
    quicksight.retag(client, arn, before["tags"], after["tags"])


def taken(module, client, named, version_arn):
    """The number of a version that QuickSight has taken; the module fails with the reasons why it has not."""
    number = int(version_arn.rpartition("/")[2])

    def state():
        version = client.describe_dashboard(**named, VersionNumber=number)["Dashboard"]["Version"]
        return version["Status"], quicksight.errors_of(version)

    quicksight.settled(module, f"QuickSight dashboard {named['DashboardId']!r}, version {number}", state)
    return number


def main():
    """Compare, then act only on a difference."""
    module = aws_module({**quicksight.OPTIONS, **quicksight.VIEWERS, "definition": {"type": "dict", "default": {}}})
    params = module.params
    subject = f"QuickSight dashboard {params['name']!r}"
    if params["state"] == "present" and not params["definition"]:
        module.fail_json(msg=f"{subject}: definition is missing")
    wanted = {"definition": quicksight.fingerprint(params["definition"]), "visuals": quicksight.visuals(params["definition"])}
    quicksight.manage(module, subject, "dashboard", "DashboardId", describe, apply, **wanted)


if __name__ == "__main__":
    main()
