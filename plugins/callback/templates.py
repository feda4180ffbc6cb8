"""Compile the templates of a play once, before its workers fork."""

import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

try:
    from ansible._internal._templating import _jinja_bits
    from ansible._internal._templating._engine import TemplateEngine, TemplateOptions

    _compile = _jinja_bits.AnsibleEnvironment.compile
    _SETTINGS = _jinja_bits._TEMPLATE_OVERRIDE_FIELD_NAMES
except (ImportError, AttributeError):  # another Ansible than the locked one, which is only slower
    _compile = None

DOCUMENTATION = r"""
name: templates
type: aggregate
author: Headwater
short_description: Compile the templates of a play once, before its workers fork
description:
  - Ansible compiles each template anew in the worker of each task and host, which was half of what workers did in a run that changes
    nothing. This compiles the templates of a play's hosts and roles in the parent process, so that every worker inherits them.
  - It remembers what a text compiles to, not what it comes to. HEADWATER_WARM=0 in the environment turns it off.
"""

#: What of a role holds templates.
PARTS = ("defaults", "vars", "tasks", "handlers")

#: {(text, settings): code}.
compiled = {}


def compile_once(environment, source, name=None, filename=None, raw=False, defer_init=False):
    """AnsibleEnvironment.compile, but for a text that was compiled before with the same settings."""
    if not isinstance(source, str) or name or filename or raw or defer_init:
        return _compile(environment, source, name, filename, raw, defer_init)
    context = _jinja_bits._TemplateCompileContext.current(optional=True)
    settings = tuple(getattr(environment, setting) for setting in _SETTINGS)
    key = str(source), context and context.escape_backslashes, settings
    if key not in compiled:
        compiled[key] = _compile(environment, source)
    return compiled[key]


def templates(value):
    """The texts in a value that look like templates."""
    if isinstance(value, str):
        if _jinja_bits.is_possibly_template(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from templates(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from templates(item)


class CallbackModule(CallbackBase):
    """Acts in the parent process, before each play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "templates"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.seen = set()

    def v2_playbook_on_start(self, playbook):
        if enabled():
            _jinja_bits.AnsibleEnvironment.compile = compile_once

    def v2_playbook_on_play_start(self, play):
        if enabled():
            engine = TemplateEngine()
            for text in dict.fromkeys(map(str, self._texts(play))):
                engine._compile_template(text, TemplateOptions.DEFAULT)

    def _texts(self, play):
        """Every template of the play's hosts and roles, but for hosts and roles of an earlier play."""
        manager, loader = play.get_variable_manager(), play.get_loader()
        for host in manager._inventory.get_hosts(play.hosts):
            if host.name not in self.seen:
                self.seen.add(host.name)
                yield from templates(manager.get_vars(play=play, host=host, include_hostvars=False))
        for role in play.get_roles():
            if role.get_name() not in self.seen:
                self.seen.add(role.get_name())
                for part in PARTS:
                    for file in sorted(Path(role._role_path, part).glob("*.yml")):
                        yield from templates(loader.load_from_file(str(file), trusted_as_template=True))
        yield from templates([play.get_vars(), play.environment])


def enabled():
    """Does the user want it, and can it be had with this Ansible?"""
    return _compile is not None and os.environ.get("HEADWATER_WARM", "1") != "0"
