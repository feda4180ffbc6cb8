#!/usr/bin/python
"""Manage an analysis of Amazon QuickSight."""

DOCUMENTATION = r"""
module: quicksight_analysis_config
short_description: Manage an analysis of Amazon QuickSight
description:
  - Create, update or delete an analysis by its definition. An analysis is what authors change; what others see is a dashboard.
  - QuickSight answers a definition with defaults of its own added, so it is known by a checksum in a tag, which O(tags) leaves out.
    What authors change in the analysis itself stays until the definition changes. Nobody sees an analysis without owners.
  - Deleting leaves nothing to be restored. One that was deleted by hand, and waits to be restored, is replaced or removed for good.
options:
  definition:
    description: The definition as the API has it, C(DataSetIdentifierDeclarations) and C(Sheets); needed unless it is absent.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
  - quicksight
author: Headwater
"""

EXAMPLES = r"""
- name: Authors go on from the dashboard of the orders
  quicksight_analysis_config:
    name: orders
    title: Orders
    definition: "{{ orders_dashboard | quicksight_definition }}"
    owners: [arn:aws:quicksight:us-east-1:000000000000:group/default/authors]
"""

RETURN = r"""
resource:
  description: The analysis as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders, title: Orders, definition: 1f0c9d2a7b6e4c55, deleted: false, permissions: {}, tags: {}}
"""

from ansible.module_utils import quicksight
from ansible.module_utils.aws_resource import aws_module

MARK = "headwater:definition"


def describe(client, named):
    """The analysis in the options' own shape, with the definition's checksum in its place; or None."""
    answer = quicksight.answered(client.describe_analysis, **named)
    if answer is None:
        return None
    found = answer["Analysis"]
    tags = quicksight.tags_of(client, found["Arn"])
    mark = tags.pop(MARK, "")
    return {
        "name": found["AnalysisId"],
        "title": found["Name"],
        "definition": "" if found.get("Status", "").endswith("_FAILED") else mark,
        "deleted": found.get("Status") == "DELETED",
        "permissions": quicksight.shown_permissions(client.describe_analysis_permissions(**named).get("Permissions")),
        "tags": tags,
    }


def apply(module, client, named, arn, before, after):
    """Make AWS match `after`."""
    if after is None or (before and before["deleted"]):
        client.delete_analysis(**named, ForceDeleteWithoutRecovery=True)
        before = None
    if after is None:
        return
    told = {"Name": after["title"], "Definition": module.params["definition"]}
    tags = {**after["tags"], MARK: after["definition"]}
    subject = f"QuickSight analysis {after['name']!r}"
    if before is None:
        client.create_analysis(**named, **told, **quicksight.api_permissions(after["permissions"]), **quicksight.api_tags(tags))
        quicksight.settled(module, subject, lambda: state(client, named))
        return
    if any(before[key] != after[key] for key in ("title", "definition")):
        client.update_analysis(**named, **told)
        quicksight.settled(module, subject, lambda: state(client, named))
    changes = quicksight.permission_changes(before["permissions"], after["permissions"])
    if changes:
        client.update_analysis_permissions(**named, **changes)
    quicksight.retag(client, arn, {**before["tags"], MARK: before["definition"]}, tags)


def state(client, named):
    """(status, errors) of the analysis."""
    found = client.describe_analysis(**named)["Analysis"]
    return found["Status"], quicksight.errors_of(found)


def main():
    """Compare, then act only on a difference."""
    module = aws_module({**quicksight.OPTIONS, "definition": {"type": "dict", "default": {}}})
    params = module.params
    subject = f"QuickSight analysis {params['name']!r}"
    if params["state"] == "present" and not params["definition"]:
        module.fail_json(msg=f"{subject}: definition is missing")
    known_by = quicksight.fingerprint(params["definition"])
    quicksight.manage(module, subject, "analysis", "AnalysisId", describe, apply, definition=known_by, deleted=False)


if __name__ == "__main__":
    main()
