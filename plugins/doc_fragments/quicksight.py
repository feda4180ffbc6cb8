"""What the documentation of our QuickSight modules shares; module_utils/quicksight.py has the options themselves."""


class ModuleDocFragment:
    """Options that every module with `quicksight.manage` has."""

    DOCUMENTATION = r"""
options:
  name:
    description: Its id; letters, digits, C(_) and C(-).
    type: str
    required: true
  title:
    description: What people see; the id if empty.
    type: str
    default: ""
  owners:
    description: ARNs of users and groups who may change it.
    type: list
    elements: str
    default: []
  tags:
    description: All its tags; others are removed.
    type: dict
    default: {}
"""
