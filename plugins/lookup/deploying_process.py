"""The process of the running ansible-playbook."""

DOCUMENTATION = r"""
name: deploying_process
author: Headwater
short_description: The process of the running ansible-playbook
description:
  - Who runs it, where, its number and when it began, for M(deploy_lock).
options: {}
"""

EXAMPLES = r"""
process: "{{ lookup('deploying_process') }}"
"""

RETURN = r"""
_raw:
  description: A dictionary with owner (user@host), host, pid and started (seconds since 1970).
  type: list
  elements: dict
"""

import getpass
import multiprocessing
import os
import platform

import psutil
from ansible.plugins.lookup import LookupBase


def who():
    """The user's name; containers may have a number without one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


class LookupModule(LookupBase):
    """Runs in a worker, or in the playbook's own process."""

    def run(self, terms, variables=None, **kwargs):
        parent = multiprocessing.parent_process()
        pid = parent.pid if parent else os.getpid()
        host = platform.node()
        return [{"owner": f"{who()}@{host}", "host": host, "pid": pid, "started": round(psutil.Process(pid).create_time(), 2)}]
