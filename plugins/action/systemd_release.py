"""Send a module's archive only when the module asks for it; `systemd_release` and `locked_venv` go through it.

An unchanged run then is one call over SSH, where a copy before it would cost two more.
"""

import hashlib
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module, sends what it lacks, and runs it again."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        if not args.get("source"):
            return self._execute_module(module_args=args, task_vars=task_vars)
        source = Path(args["source"])
        if not source.is_file():
            raise AnsibleActionFail(f"source is {str(source)!r}, which is no file on this side")
        args["sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
        result = self._execute_module(module_args=args, task_vars=task_vars)
        if result.pop("needs_archive", False):
            folder = self._make_tmp_path()
            try:
                sent = self._transfer_file(str(source), self._connection._shell.join_path(folder, "archive"))
                result = self._execute_module(module_args={**args, "sent": sent}, task_vars=task_vars)
            finally:
                self._remove_tmp_path(folder)
        return result
