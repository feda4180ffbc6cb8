"""ARNs of QuickSight's users and groups by their short names."""

DOCUMENTATION = r"""
name: quicksight_principals
author: Headwater
short_description: ARNs of QuickSight's users and groups by their short names
description:
  - C(group/analysts) and C(user/jane) are taken for those of the namespace default, C(namespace/default) for the namespace itself. What is
    an ARN stays as it is.
positional: _input, partition, region, account
options:
  _input:
    description: Short names or ARNs.
    type: list
    elements: str
    required: true
  partition:
    description: The ARNs' partition.
    type: str
    required: true
  region:
    description: The region that holds the users and groups.
    type: str
    required: true
  account:
    description: The account's number.
    type: str
    required: true
"""

EXAMPLES = r"""
viewers: "{{ ['group/analysts'] | quicksight_principals('aws', 'us-east-1', '000000000000') }}"
"""

RETURN = r"""
_value:
  description: The ARNs, in the order of the names.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError

NAMESPACE = "default"


def quicksight_principals(names, partition, region, account):
    """["group/analysts"] as ["arn:aws:quicksight:…:group/default/analysts"]; a name of another form is an error."""
    return [name if name.startswith("arn:") else f"arn:{partition}:quicksight:{region}:{account}:{_resource(name)}" for name in names]


def _resource(name):
    kind, _, rest = name.partition("/")
    if kind not in ("user", "group", "namespace") or not rest or (kind == "namespace" and "/" in rest):
        raise AnsibleFilterError(f"{name!r} names nobody of QuickSight's; write group/NAME, user/NAME or namespace/default, or an ARN")
    return name if kind == "namespace" else f"{kind}/{NAMESPACE}/{rest}"


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"quicksight_principals": quicksight_principals}
