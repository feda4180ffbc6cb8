"""Texts made from each item of a list."""

DOCUMENTATION = r"""
name: each_as
author: Headwater
short_description: Make texts of each item of a list
description:
  - Fills patterns such as C({bucket}/{audit_prefix}*) with the keys of each item, without doubles.
positional: _input, patterns
options:
  _input:
    description: Dictionaries.
    type: list
    elements: dict
    required: true
  patterns:
    description: Patterns, given one after the other.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
resources: "{{ dashboard_sources | each_as('arn:aws:s3:::{bucket}/{audit_prefix}*', 'arn:aws:s3:::{bucket}/{rejected_prefix}*') }}"
"""

RETURN = r"""
_value:
  description: The texts, by item and then by pattern.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError


def each_as(items, *patterns):
    """["orders-bucket/audit/*", …] of [{"bucket": "orders-bucket", …}] and "{bucket}/audit/*"."""
    try:
        return list(dict.fromkeys(pattern.format_map(item) for item in items for pattern in patterns))
    except KeyError as error:
        raise AnsibleFilterError(f"each_as: an item lacks {error.args[0]!r}, which {', '.join(patterns)} needs") from error


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"each_as": each_as}
