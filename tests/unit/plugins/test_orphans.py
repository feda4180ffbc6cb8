"""A playbook that is killed leaves no worker that waits for ever."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.local_cloud import ROOT, wait_for

# Results that together are more than a pipe holds.
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: {argv: ["%s", -c, "import time; time.sleep(2); print('x' * 60000)"]}
"""


def workers(play):
    """Processes of Ansible at work on this playbook."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if str(play) in (process.info["cmdline"] or []):
            found.append(process)
    return found


def test_workers_end_with_their_task(tmp_path):
    play = tmp_path / "play.yml"
    play.write_text(PLAY % sys.executable)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "a,b,c,d,e,", "-c", "local", "-f", "5", str(play)]
    command += ["-e", f"ansible_python_interpreter={sys.executable}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        wait_for(lambda: len(workers(play)) > 5, "the workers' start", 60)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not workers(play), "the end of the workers", 30)
