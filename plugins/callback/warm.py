"""Load boto3 and the AWS modules once, before the workers fork."""

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader

DOCUMENTATION = r"""
name: warm
type: aggregate
author: Headwater
short_description: Load boto3 and the AWS modules once, before the workers fork
description:
  - Loads the action plugin C(normal) of this project in the parent process, so that every worker inherits what it has loaded.
  - HEADWATER_WARM=0 in the environment turns it off.
"""


class CallbackModule(CallbackBase):
    """Acts once, when the playbook starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "warm"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        action_loader.get("ansible.legacy.normal", class_only=True)
