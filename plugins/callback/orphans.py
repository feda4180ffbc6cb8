"""Workers whose playbook was killed end when they have done their task."""

import contextlib
import functools

from ansible.plugins.callback import CallbackBase
from ansible.utils.display import Display

DOCUMENTATION = r"""
name: orphans
type: aggregate
author: Headwater
short_description: Workers whose playbook was killed end when they have done their task
description:
  - Ansible's workers send their results through one pipe, of which each of them holds the reading end too. When the playbook is killed
    nobody reads it any more, it fills up, and who writes to it waits for ever.
  - This closes the reading end in each worker, so that the pipe is broken for those who outlive their playbook, and they end.
"""


def closing(set_queue):
    """Display.set_queue, which every worker calls first; it closes the end of the queue that only the parent reads."""

    @functools.wraps(set_queue)
    def wrapped(display, queue):
        set_queue(display, queue)
        with contextlib.suppress(AttributeError, OSError):  # without it everything else works as well
            queue._reader.close()

    return wrapped


class CallbackModule(CallbackBase):
    """Acts once, when the playbook starts."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "orphans"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        Display.set_queue = closing(Display.set_queue)
