"""Run a module of ours in this process as Ansible would, and see what it said and which calls it made."""

import contextlib
import functools
import importlib.util
import io
import json
from dataclasses import dataclass

import ansible.module_utils
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings

from tests.local_cloud import ROOT
from tests.modules import call_recorder

FOLDER = ROOT / "plugins" / "modules"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))

_UTILS = str(ROOT / "plugins" / "module_utils")
if _UTILS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_UTILS)


@dataclass
class Outcome:
    """What a module told Ansible (`result`), and its calls of AWS as "service:Operation"."""

    result: dict
    calls: list

    @property
    def failed(self):
        return bool(self.result.get("failed"))

    @property
    def changed(self):
        return self.result["changed"]

    @property
    def msg(self):
        return self.result.get("msg", "")

    @property
    def warnings(self):
        """The texts of its warnings."""
        told = self.result.get("warnings", [])  # text, or what Ansible's controller makes text of
        return [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in told]

    @property
    def resource(self):
        return self.result["resource"]

    @property
    def before(self):
        return self.result["diff"]["before"]

    @property
    def after(self):
        return self.result["diff"]["after"]

    @property
    def writes(self):
        return [call for call in self.calls if call_recorder.is_write(call)]

    @property
    def differing(self):
        """The fields that the diff names."""
        return {key for key in {*self.before, *self.after} if self.before.get(key) != self.after.get(key)}


@functools.cache
def load(name):
    """The module's Python module."""
    spec = importlib.util.spec_from_file_location(f"ansible.modules.{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, /, check=False, **options):
    """Run a module, which may fail; `options` are its own."""
    sent = {**options, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/nonexistent"}
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = json.dumps({"ANSIBLE_MODULE_ARGS": sent}).encode(), "legacy"
    call_recorder.CALLS.clear()
    module_warnings._global_warnings.clear()  # in a process of its own there would be none yet
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            load(name).main()
        except SystemExit:
            pass
        else:
            raise AssertionError(f"{name} returned without a word to Ansible")
    return Outcome(json.loads(said.getvalue()), list(call_recorder.CALLS))


def done(name, /, check=False, **options):
    """Run a module, which must not fail."""
    outcome = run(name, check, **options)
    assert not outcome.failed, outcome.result
    return outcome


def refused(name, /, *words, check=False, **options):
    """Run a module, which must fail with all of `words` in its message."""
    outcome = run(name, check, **options)
    assert outcome.failed, outcome.result
    for word in words:
        assert word in outcome.msg, outcome.msg
    return outcome
