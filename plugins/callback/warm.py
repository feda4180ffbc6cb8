"""Load what a task's module needs once, before the task's workers fork."""

import sys

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader

DOCUMENTATION = r"""
name: warm
type: aggregate
author: Headwater
short_description: Load what a task's module needs once, before the task's workers fork
description:
  - Before each task, has the action plugin C(normal) of this project load the task's module and boto3 in the parent process, so that
    every worker inherits what is loaded.
  - HEADWATER_WARM=0 in the environment turns it off.
"""


class CallbackModule(CallbackBase):
    """Acts in the parent process."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "warm"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        self.plugin = sys.modules[action_loader.get("ansible.legacy.normal", class_only=True).__module__]

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.plugin.warm(task.resolved_action or task.action)

    def v2_playbook_on_handler_task_start(self, task):
        self.plugin.warm(task.resolved_action or task.action)
