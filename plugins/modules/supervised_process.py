#!/usr/bin/python
"""Keep a process running on this machine, restarted when it dies."""

DOCUMENTATION = r"""
module: supervised_process
short_description: Keep a process running on this machine, restarted when it dies
description:
  - Start a process in the background under a supervisor of its own (the C(supervisor) package), wait until it answers,
    and restart it when its command, environment or watched files changed; or stop it.
  - A port that another program holds, a crash at start and a process that never answers are errors that say so,
    the latter two with the last lines of its log.
options:
  name:
    description: Name of the process.
    type: str
    required: true
  command:
    description: Program and arguments. Needed for C(state=started).
    type: list
    elements: str
  environment:
    description: Its environment, besides C(PATH), C(HOME), C(LANG) and the certificate settings of the caller.
    type: dict
    default: {}
  inherit:
    description: Further variables that it takes over from the caller; their values are written down nowhere.
    type: list
    elements: str
    default: []
  directory:
    description: Where it runs.
    type: path
    default: /
  watch:
    description: Files and folders whose change asks for a restart; compiled Python does not count.
    type: list
    elements: path
    default: []
  files:
    description: Its configuration files, path and content; readable by the user alone, and a change asks for a restart.
    type: dict
    default: {}
  folder:
    description: Folder of the supervisor's own files.
    type: path
    required: true
  log:
    description: File that gets its output; rotated at 10 MB, three kept.
    type: path
    required: true
  port:
    description: Port that it listens on at 127.0.0.1, or 0; checked to be free before the start.
    type: int
    default: 0
  port_setting:
    description: Name of the setting that holds the port, for the error.
    type: str
    default: port
  ready_url:
    description: Address that answers 200 when the process is ready; empty to not wait.
    type: str
    default: ""
  ready_timeout:
    description: Seconds to wait for that.
    type: int
    default: 60
  state:
    description: Whether it runs.
    type: str
    choices: [started, stopped]
    default: started
author: Headwater
"""

EXAMPLES = r"""
- name: The page is served
  supervised_process:
    name: dashboard
    command: [/srv/dashboard/bin/gunicorn, "dashboard:create_app()"]
    folder: .state/supervisor
    log: .state/logs/dashboard.log
    port: 5000
    ready_url: http://127.0.0.1:5000/healthz
"""

RETURN = r"""
pid: {description: Process id, or 0., type: int, returned: always}
"""

import hashlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

try:
    import psutil
    from supervisor.xmlrpc import SupervisorTransport
except ImportError:
    psutil = None

CONFIG = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile={folder}/{name}-supervisor.log
logfile_maxbytes=1MB
logfile_backups=0
pidfile={folder}/{name}.pid
identifier=headwater-{name}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[program:{name}]
command={command}
directory={directory}
autorestart=true
startsecs=1
startretries=3
stopwaitsecs=20
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


class ProcessError(Exception):
    """What is wrong, in words for the user."""


class CrashError(ProcessError):
    """The process ended instead of becoming ready."""


class Supervised:
    """One process and its supervisor, known by the files in `folder`."""

    def __init__(self, params):
        self.params = params
        self.name = params["name"]
        self.folder = Path(params["folder"]).resolve()
        self.log = Path(params["log"]).resolve()
        self.noted = self.folder / f"{self.name}.json"
        # A socket's path may have no more than about a hundred characters, which a deep clone exceeds.
        key = hashlib.sha256(f"{self.folder}/{self.name}".encode()).hexdigest()[:16]
        self.socket = Path(tempfile.gettempdir(), f"headwater-{os.getuid()}-{key}.sock")

    def wanted(self):
        keys = ("command", "environment", "directory")
        watched = {"watched": files_digest(self.params["watch"])}
        return {**{key: self.params[key] for key in keys}, **watched, "files": self.params["files"], "running": True}

    def describe(self):
        """What was started and whether it runs, or None when nothing does."""
        info = self.info()
        if info is None:
            return None
        noted = json.loads(self.noted.read_text()) if self.noted.exists() else {}
        files = {path: text for path in self.params["files"] if (text := read_text(path)) is not None}
        return {**noted, "files": files, "running": info["statename"] in ("RUNNING", "STARTING")}

    def rpc(self):
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self.socket}")).supervisor

    def info(self):
        """The supervisor's word on the process, or None when no supervisor runs."""
        try:
            return self.rpc().getProcessInfo(self.name)
        except (OSError, xmlrpc.client.Error):
            return None

    def start(self):
        self.check_port()
        for folder in (self.folder, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        escaped = {
            "command": quoted(self.params["command"]),
            "directory": self.params["directory"],
            "log": self.log,
            "folder": self.folder,
        }
        escaped = {key: str(value).replace("%", "%%") for key, value in escaped.items()}
        for path, text in self.params["files"].items():
            write_private(path, text)
        config = self.folder / f"{self.name}.conf"
        config.write_text(CONFIG.format(name=self.name, socket=self.socket, **escaped))
        write_private(self.noted, json.dumps({key: value for key, value in self.wanted().items() if key not in ("files", "running")}))
        environment = {key: os.environ[key] for key in (*INHERITED, *self.params["inherit"]) if key in os.environ}
        environment.update({key: str(value) for key, value in self.params["environment"].items()})
        program = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
        done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own supervisor
        if done.returncode:
            raise ProcessError(f"the supervisor of {self.name} did not start: {done.stderr.strip() or done.stdout.strip()}")
        try:
            self.wait_ready()
        except CrashError:
            self.stop()  # a program that cannot run is not tried for ever
            raise

    def check_port(self):
        """Refuse a port that somebody else holds, naming who."""
        port = self.params["port"]
        if not port:
            return
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return
            except OSError:
                pass
        raise ProcessError(
            f"{self.name} needs port {port}, which {port_user(port)} uses. Stop that, or set another port: "
            f"-e {self.params['port_setting']}={port + 1} (or in inventory/group_vars)"
        )

    def wait_ready(self):
        """Return when it answers; raise with the log's last lines when it crashes or stays silent."""
        deadline = time.monotonic() + self.params["ready_timeout"]
        while time.monotonic() < deadline:
            info = self.info()
            if info and info["statename"] in ("FATAL", "EXITED", "BACKOFF"):
                raise CrashError(f"{self.name} crashed: {info['spawnerr'] or info['description']}. {self.last_lines()}")
            if info and self.answers(info):
                return
            time.sleep(0.05)
        raise ProcessError(f"{self.name} does not answer after {self.params['ready_timeout']} s. {self.last_lines()}")

    def answers(self, info):
        if not self.params["ready_url"]:
            return info["statename"] == "RUNNING"
        try:
            with urllib.request.urlopen(self.params["ready_url"], timeout=5) as answer:  # noqa: S310 - our own address
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def last_lines(self, count=20):
        if not self.log.exists():
            return f"Its log {self.log} is empty."
        return f"Last lines of {self.log}:\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def stop(self):
        """Stop the process and its supervisor, and wait until both are gone."""
        try:
            supervisor_pid = self.rpc().getPID()
            self.rpc().shutdown()
        except (OSError, xmlrpc.client.Error):
            return
        if not gone(supervisor_pid, 30):
            os.kill(supervisor_pid, signal.SIGKILL)
        own = [self.folder / f"{self.name}{ending}" for ending in (".conf", ".pid", "-supervisor.log")]
        for file in (self.noted, self.socket, *own, *map(Path, self.params["files"])):
            file.unlink(missing_ok=True)


def quoted(command):
    """A command as supervisor's configuration takes it, where a blank before ; or # begins a comment, even within quotes."""
    line = shlex.join(command)
    for sign in ";#":
        line = line.replace(f" {sign}", f" ''{sign}")  # such a blank stands in single quotes: close and open them
    return line


def read_text(path):
    """A file's text, or None."""
    try:
        return Path(path).read_text()
    except OSError:
        return None


def write_private(path, text):
    """Write a file that only this user may read, in a folder that may be new."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def files_digest(paths):
    """One digest of all watched files' names and bytes."""
    files = []
    for path in map(Path, paths):
        files += [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file() and "__pycache__" not in item.parts]
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def gone(pid, seconds):
    """Did the process end within that time?"""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def port_user(port):
    """Who listens on the port, as far as this user may see."""
    try:
        holders = [item.pid for item in psutil.net_connections("tcp") if item.status == "LISTEN" and item.laddr.port == port and item.pid]
        process = psutil.Process(holders[0])
        return f"{process.name()!r} (process {process.pid}: {' '.join(process.cmdline())[:120]})"
    except (psutil.Error, IndexError):
        return "another program"


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "name": {"required": True},
            "command": {"type": "list", "elements": "str"},
            "environment": {"type": "dict", "default": {}},
            "inherit": {"type": "list", "elements": "str", "default": []},
            "directory": {"type": "path", "default": "/"},
            "watch": {"type": "list", "elements": "path", "default": []},
            "files": {"type": "dict", "default": {}},
            "folder": {"type": "path", "required": True},
            "log": {"type": "path", "required": True},
            "port": {"type": "int", "default": 0},
            "port_setting": {"default": "port"},
            "ready_url": {"default": ""},
            "ready_timeout": {"type": "int", "default": 60},
            "state": {"choices": ["started", "stopped"], "default": "started"},
        },
        required_if=[("state", "started", ["command"])],
        supports_check_mode=True,
    )
    if psutil is None:
        module.fail_json(msg=f"{sys.executable} lacks psutil or supervisor: pip install -r requirements/run.txt")
    process = Supervised(module.params)
    wanted = process.wanted() if module.params["state"] == "started" else None
    before = process.describe()
    changed = before != wanted
    try:
        if changed and not module.check_mode:
            process.stop()
            if wanted:
                process.start()
        elif wanted and not changed:
            process.wait_ready()
    except (ProcessError, OSError) as error:
        module.fail_json(msg=str(error))
    info = process.info() or {}
    module.exit_json(changed=changed, pid=info.get("pid", 0), diff={"before": before or {}, "after": wanted or {}})


if __name__ == "__main__":
    main()
