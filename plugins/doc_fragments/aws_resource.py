"""What the documentation of our AWS modules shares; module_utils/aws_resource.py has the options themselves."""


class ModuleDocFragment:
    """Options that every module with `aws_module` has."""

    DOCUMENTATION = r"""
options:
  state:
    description: Whether it exists.
    type: str
    choices: [present, absent]
    default: present
  wait_timeout:
    description: Seconds to wait until AWS shows the change.
    type: int
    default: 60
"""
