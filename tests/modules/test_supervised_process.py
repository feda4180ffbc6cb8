"""Processes of this machine: started, watched, restarted and stopped without a trace."""

import os
import signal
import socket
import stat
import sys
import tempfile
import time
import urllib.request

import psutil
import pytest

from tests.local_cloud import free_port, wait_for
from tests.modules.runner import done, refused, run

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ.get("ANSWER", "").encode())
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Process:
    """A small server under supervision; `options` are the module's."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.script = folder / "server.py"
        self.script.write_text(SERVER)
        self.config = folder / "etc" / "served.json"
        self.url = f"http://127.0.0.1:{self.port}/"
        self.options = {
            "name": "served",
            "command": [sys.executable, str(self.script), str(self.port)],
            "environment": {"ANSWER": "100 %"},
            "watch": [str(self.script)],
            "files": {str(self.config): '{"secret": 1}'},
            "folder": str(folder / "supervisor"),
            "log": str(folder / "logs" / "served.log"),
            "port": self.port,
            "port_setting": "served_port",
            "ready_url": self.url,
            "ready_timeout": 20,
        }

    def start(self, check=False, **others):
        return done("supervised_process", check, **{**self.options, **others})

    def stop(self, check=False):
        return done("supervised_process", check, **{**self.options, "state": "stopped"})

    def answer(self):
        with urllib.request.urlopen(self.url, timeout=5) as answer:
            return answer.read().decode()

    def family(self):
        """Processes that have to do with this folder, the test's own aside."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline"]):
            if str(self.folder) in " ".join(process.info["cmdline"] or []) and process.pid != os.getpid():
                found.append(process.info["cmdline"])
        return found

    def files(self):
        """What lies in the supervisor's folder."""
        folder = self.folder / "supervisor"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def process(tmp_path):
    made = Process(tmp_path)
    yield made
    run("supervised_process", **{**made.options, "state": "stopped"})
    assert made.family() == []


def test_life_of_a_process(process):
    assert process.start(check=True).changed
    assert process.family() == []
    assert process.files() == []

    started = process.start()
    assert started.changed
    assert process.answer() == "100 %"
    assert psutil.Process(started.result["pid"]).cmdline() == process.options["command"]
    assert (process.folder / "supervisor").stat().st_mode & 0o777 == 0o700
    assert process.config.read_text() == '{"secret": 1}'
    assert process.config.stat().st_mode & 0o777 == 0o600

    for check in (True, False):
        again = process.start(check)
        assert not again.changed
        assert again.result["pid"] == started.result["pid"]

    assert process.stop(check=True).changed
    assert process.answer() == "100 %"
    stopped = process.stop()
    assert stopped.changed
    assert stopped.result["pid"] == 0
    assert process.family() == []
    assert process.files() == []
    assert not process.config.exists()
    assert (process.folder / "logs" / "served.log").read_text().startswith("serving\n")
    for check in (True, False):
        assert not process.stop(check).changed


def test_nothing_of_its_supervisor_stays_in_the_temporary_folder(process, monkeypatch):
    with tempfile.TemporaryDirectory() as folder:  # whose path is short, as a socket's must be
        monkeypatch.setattr(tempfile, "tempdir", folder)
        process.start()
        (name,) = os.listdir(folder)
        assert stat.S_ISSOCK(mode := os.stat(f"{folder}/{name}").st_mode)
        assert mode & 0o077 == 0
        process.stop()
        assert os.listdir(folder) == []


def change_code(process):
    process.script.write_text(SERVER + "# changed\n")
    return {}


CHANGES = {
    "command": (lambda process: {"command": [*process.options["command"], "--more"]}, {"command"}),
    "environment": (lambda process: {"environment": {"ANSWER": "new"}}, {"environment"}),
    "watched code": (change_code, {"watched"}),
    "configuration": (lambda process: {"files": {str(process.config): "{}"}}, {"files"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_process_is_restarted_and_the_diff_says_why(process, change):
    pid = process.start().result["pid"]
    make, fields = CHANGES[change]
    others = make(process)
    planned = process.start(check=True, **others)
    assert planned.differing == fields
    assert planned.result["pid"] == pid
    restarted = process.start(**others)
    assert restarted.differing == fields
    assert restarted.result["pid"] not in (0, pid)
    assert not psutil.pid_exists(pid)
    assert not process.start(**others).changed


def test_a_configuration_that_somebody_edited_is_put_right(process):
    process.start()
    process.config.write_text("{}")
    assert process.start(check=True).differing == {"files"}
    assert process.config.read_text() == "{}"
    process.start()
    assert process.config.read_text() == '{"secret": 1}'


def test_a_compiled_file_beside_the_code_asks_for_no_restart(process):
    watched = {"watch": [str(process.folder / "code")]}
    (process.folder / "code" / "__pycache__").mkdir(parents=True)
    process.start(**watched)
    (process.folder / "code" / "__pycache__" / "a.pyc").write_bytes(b"\0")
    assert not process.start(check=True, **watched).changed
    (process.folder / "code" / "a.py").write_text("")
    assert process.start(check=True, **watched).differing == {"watched"}


def test_a_killed_process_comes_back_by_itself(process):
    pid = process.start().result["pid"]
    # A process that ends within its first second counts as one that did not start, and is tried again anyhow.
    wait_for(lambda: time.time() - psutil.Process(pid).create_time() > 2.5, "its first seconds")
    os.kill(pid, signal.SIGKILL)

    def back():
        found = run("supervised_process", check=True, **process.options).result
        return found.get("pid", 0) not in (0, pid) and not found["changed"]

    wait_for(back, "the restart")
    wait_for(lambda: not psutil.pid_exists(pid), "the end of the killed process")
    process.start()
    assert process.answer() == "100 %"


def test_a_port_in_use_names_its_user_and_the_setting(process):
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", process.port))
        holder.listen()
        refused(
            "supervised_process",
            f"served needs port {process.port}, which ",
            f"(process {os.getpid()}: ",
            f"-e served_port={process.port + 1}",
            **process.options,
        )
    assert process.files() == []


def test_a_crash_at_start_tells_the_last_lines_of_its_log_and_is_not_tried_for_ever(process):
    process.script.write_text("print('one line')\nraise RuntimeError('no database')\n")
    refused("supervised_process", "served crashed: ", "one line", "RuntimeError: no database", process.options["log"], **process.options)
    assert process.family() == []
    process.script.write_text(SERVER)
    assert process.start().changed


def test_a_command_that_does_not_exist_is_named(process):
    refused("supervised_process", "/nonexistent/program", **{**process.options, "command": ["/nonexistent/program"]})


def test_a_process_that_never_answers_is_an_error_with_its_log(process):
    process.script.write_text("import time\nprint('still thinking', flush=True)\ntime.sleep(600)\n")
    refused("supervised_process", "served does not answer after 2 s", "still thinking", **{**process.options, "ready_timeout": 2})


def test_arguments_reach_the_program_as_they_are(process):
    process.script.write_text("import sys\nprint(sys.argv[1:], flush=True)\nimport time; time.sleep(600)\n")
    odd = ["a b", "100%", "%(here)s", "quo'te", 'dou"ble', "back\\slash", "semi ; colon", " #", ";", "ä", ""]
    process.start(command=[sys.executable, str(process.script), *odd], ready_url="", port=0)
    wait_for(lambda: (process.folder / "logs" / "served.log").read_text() == f"{odd}\n", "the arguments in the log", 5)


def test_its_environment_is_the_callers_certificates_and_what_was_said(process, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the caller's own")
    monkeypatch.setenv("SSL_CERT_FILE", "/certificates.pem")
    process.script.write_text("import os\nprint(sorted(os.environ.items()), flush=True)\nimport time; time.sleep(600)\n")
    process.start(ready_url="", port=0)
    text = wait_for((process.folder / "logs" / "served.log").read_text, "its log", 5)
    assert "('ANSWER', '100 %')" in text
    assert "('SSL_CERT_FILE', '/certificates.pem')" in text
    assert "AWS_SECRET" not in text


def test_a_command_is_needed_to_start(process):
    refused("supervised_process", "state is started but all of the following are missing: command", name="n", folder="/f", log="/l")
