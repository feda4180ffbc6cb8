"""Crawler targets as Glue's API spells them."""

DOCUMENTATION = r"""
name: glue_s3_targets
author: Headwater
short_description: Crawler targets as Glue's API spells them
description:
  - Turns addresses in S3 into what M(community.aws.glue_crawler) takes and Glue answers.
options:
  _input:
    description: Addresses, such as C(s3://bucket/prefix/).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
targets: {S3Targets: "{{ ['s3://bucket/prefix/'] | glue_s3_targets }}"}
"""

RETURN = r"""
_value:
  description: A dictionary with Path and Exclusions for each.
  type: list
  elements: dict
"""


def glue_s3_targets(paths):
    """["s3://bucket/prefix/"] as [{"Path": "s3://bucket/prefix/", "Exclusions": []}], which is what Glue answers too."""
    return [{"Path": path, "Exclusions": []} for path in paths]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"glue_s3_targets": glue_s3_targets}
