"""Run AWS modules in a fork of the worker instead of in a fresh Python.

Stock Ansible starts a new interpreter for each task, which imports boto3 and parses botocore's service
models anew: most of a run that changes nothing. This overrides the action that every module without an
action plugin of its own goes through. A module of ours, of amazon.aws or of community.aws on a local
connection runs in a fork of the worker, which has inherited all that from the parent; anything else
takes the stock path. Each task of each host has a process of its own for its modules, so that their environment,
globals and exit touch no other task; the items of a loop share it, as boto3's clients, which are dear to make.

HEADWATER_WARM=0 turns it off. The results are the same either way; tests/e2e holds them together.
"""

import gc
import importlib
import importlib.util
import inspect
import json
import multiprocessing
import os
import re
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path

import ansible.module_utils
from ansible.module_utils import basic
from ansible.module_utils._internal import _traceback
from ansible.module_utils._internal._ansiballz import _loader as ansiballz
from ansible.module_utils.common import warnings as module_warnings
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins import action as stock_actions

ROOT = Path(__file__).resolve().parents[2]
OUR_MODULES = ROOT / "plugins" / "modules"
STOCK = {"ansible.builtin.wait_for": "ansible.modules.wait_for", "ansible.builtin.file": "ansible.modules.file"}
CLIENT = re.compile(r"""client\(\s*["']([a-z0-9-]+)["']""")
PROFILE = "legacy"  # how Ansible serialises what goes to and comes from Python modules

# This file takes the stock plugin's name, so the stock one is loaded from its path.
_spec = importlib.util.spec_from_file_location("ansible_stock_normal", Path(stock_actions.__file__).with_name("normal.py"))
_stock = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_stock)


def enabled():
    """Does the user want it?"""
    return os.environ.get("HEADWATER_WARM", "1") != "0"


def is_warm(name):
    """Is this one of the modules that profit? `name` as Ansible resolved it."""
    short = name.rpartition(".")[2]
    return name in STOCK or name.startswith(("amazon.aws.", "community.aws.")) or (OUR_MODULES / f"{short}.py").exists()


@cache
def load(name):
    """The module's Python module, imported once."""
    if name in STOCK:
        return importlib.import_module(STOCK[name])
    if name.startswith(("amazon.aws.", "community.aws.")):
        namespace, collection, short = name.split(".")
        return importlib.import_module(f"ansible_collections.{namespace}.{collection}.plugins.modules.{short}")
    short = name.rpartition(".")[2]
    spec = importlib.util.spec_from_file_location(f"ansible.modules.{short}", OUR_MODULES / f"{short}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare():
    """In the parent, before the first fork."""
    our_utils = str(ROOT / "plugins" / "module_utils")
    if our_utils not in ansible.module_utils.__path__:
        ansible.module_utils.__path__.append(our_utils)
    _share_what_botocore_knows()
    _walk_stack_lightly()


@cache
def warm(name):
    """In the parent, before the forks of a task: import its module and parse the models of its services, once."""
    if enabled() and is_warm(name):
        for service in sorted(set(CLIENT.findall(Path(load(name).__file__).read_text()))):
            _warm_client(service)
        gc.freeze()  # so that forks do not copy pages only because the collector looked at them


def _share_what_botocore_knows():
    """One loader of botocore's files for all sessions of a process and its forks: it remembers what it has parsed."""
    import botocore.hooks
    import botocore.session

    botocore.session.create_loader = cache(botocore.session.create_loader)
    # Each session asks it of the same hundred handlers, and it inspects their signatures.
    botocore.hooks.accepts_kwargs = cache(botocore.hooks.accepts_kwargs)
    # Nor do the names of the events that they are for differ between sessions.
    names, make = {}, botocore.hooks.EventAliaser.__init__

    def make_with_known_names(aliaser, event_emitter, event_aliases=None):
        make(aliaser, event_emitter, event_aliases)
        if aliaser._event_aliases == botocore.hooks.EVENT_ALIASES:
            aliaser._alias_name_cache = names

    botocore.hooks.EventAliaser.__init__ = make_with_known_names


def _walk_stack_lightly():
    """Ansible walks the stack for each skipped loop, and reads the source of every frame, which it then leaves unused."""
    from ansible.module_utils._internal import _stack

    def iter_stack():
        _skip_stackwalk = True  # what Ansible marks its own frames with
        return (frame for frame in inspect.stack(context=0) if "_skip_stackwalk" not in frame.frame.f_locals)

    _stack.iter_stack = iter_stack


@cache
def _warm_client(service):
    """Make a client, which loads the service's model; nothing is sent, and the user's own settings are not looked at."""
    import boto3

    theirs = {key: os.environ.pop(key) for key in list(os.environ) if key.startswith("AWS_")}
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    try:
        client = boto3.session.Session("none", "none", region_name="us-east-1").client(service)
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))  # reads how any of the service's answers come in pages
    finally:
        del os.environ["AWS_CONFIG_FILE"], os.environ["AWS_SHARED_CREDENTIALS_FILE"]
        os.environ.update(theirs)


class ActionModule(_stock.ActionModule):
    """The stock action, but for AWS modules on this machine."""

    def _execute_module(self, module_name=None, module_args=None, tmp=None, task_vars=None, wrap_async=False, **options):
        name = module_name or self._task.resolved_action or self._task.action
        if not self._can_fork(name, task_vars or {}, wrap_async):
            return super()._execute_module(module_name, module_args, tmp, task_vars, wrap_async=wrap_async, **options)
        args = dict(self._task.args if module_args is None else module_args)
        self._update_module_args(module_name or self._task.action, args, task_vars, **options)
        environment = {}
        self._compute_environment_string(environment)
        sent = json.dumps({"ANSIBLE_MODULE_ARGS": args}, cls=get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)).encode()
        result = self._parse_returned_data(run_forked(name, sent, environment), PROFILE)
        result.remove_internal_keys()
        return result.as_result_dict(for_round_trip=True)

    def _can_fork(self, name, task_vars, wrap_async):
        """Would stock Ansible run the module here, as this user, with this very Python?"""
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", ""))
        return (
            enabled()
            and is_warm(name)
            and self._connection.transport == "local"
            and interpreter == sys.executable
            and not (wrap_async or self._task.async_val or self._play_context.become)
        )


class ModuleProcess:
    """A fork of the worker in which modules run, those of a loop's items one after the other: clients that one has made serve the next.

    It ends with the worker, or when a module ends it.
    """

    def __init__(self):
        self.out, self.err = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - open as long as this is
        self.pipe, theirs = multiprocessing.Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.pipe.close()
            _serve(theirs, self.out.fileno(), self.err.fileno())
        theirs.close()

    def run(self, name, sent, environment):
        """Run a module; returns what Ansible gets from a module's process (rc, stdout, stderr)."""
        for file in (self.out, self.err):
            file.truncate(0)
        self.pipe.send((name, sent, environment))
        try:
            code = self.pipe.recv()
        except EOFError:
            code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.pid = None
        out, err = (os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace") for file in (self.out, self.err))
        return {"rc": code, "stdout": out, "stdout_lines": out.splitlines(), "stderr": err, "stderr_lines": err.splitlines()}


#: This worker's, when it has one.
_process = None


def run_forked(name, sent, environment):
    """Run a module in this worker's process for modules, as `ModuleProcess.run`."""
    global _process
    if _process is None or _process.pid is None:
        _process = ModuleProcess()
    return _process.run(name, sent, environment)


def _serve(pipe, out, err):
    """In the fork: run what is asked for until the worker is gone."""
    code = 1
    try:
        gc.freeze()  # what was there before is not to be looked at
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        ansible.module_utils._internal.is_controller = False
        _traceback._is_traceback_enabled = _traceback._is_module_traceback_enabled
        _keep_clients()
        before = dict(os.environ), list(sys.path), os.getcwd()
        while True:
            name, sent, environment = pipe.recv()
            for descriptor in (1, 2):
                os.lseek(descriptor, 0, os.SEEK_SET)
            done = _be_module(name, sent, environment)
            sys.stdout.flush()
            sys.stderr.flush()
            os.environ.clear()
            os.environ.update(before[0])
            sys.path[:] = before[1]
            os.chdir(before[2])
            pipe.send(done)
    except EOFError:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _keep_clients():
    """One client for all that ask for the same one, in the same environment: making one takes longer than most calls."""
    from ansible_collections.amazon.aws.plugins.module_utils import botocore as theirs

    make, made = theirs._boto3_conn, {}

    def kept(**asked):
        try:
            key = json.dumps([asked, {name: value for name, value in os.environ.items() if name.startswith("AWS_")}], sort_keys=True)
        except TypeError:  # something that is not plain data
            return make(**asked)
        if key not in made:
            made[key] = make(**asked)
        return made[key]

    theirs._boto3_conn = kept


def _be_module(name, sent, environment):
    """Become what Ansible's wrapper makes of a fresh interpreter and run the module; returns its exit code."""
    os.environ.update({key: str(value) for key, value in environment.items()})
    sys.path[:0] = [path for path in str(environment.get("PYTHONPATH", "")).split(os.pathsep) if path]
    sys.argv = [name]
    module_warnings._global_warnings.clear()
    module_warnings._global_deprecations.clear()
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sent, PROFILE
    try:
        try:
            load(name).main()
        except SystemExit:
            raise
        except Exception as error:
            ansiballz._handle_exception(error, PROFILE)
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if enabled():
    prepare()
