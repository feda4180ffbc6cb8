"""Keeps one machine running: starts systemd-nspawn, again when the machine reboots, and cleans up behind it.

Runs as a process of its own, `python boot_loop.py MACHINE_FOLDER`, so that machines outlive the local cloud.
Reads boot.json: {"command": [...], "cgroup": folder, "environment": {...}}. Writes console.log, nspawn.pid and,
at the end, exit: systemd-nspawn's exit code.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

#: systemd-nspawn --keep-unit ends with this when the machine wants to be booted again.
REBOOT = 133


def main(folder):
    lock = open(folder / "lock", "w")  # noqa: SIM115 - held as long as this process lives
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # one loop for a machine
    boot = json.loads((folder / "boot.json").read_text())
    cgroup = Path(boot["cgroup"])
    (cgroup / "cgroup.procs").write_text(str(os.getpid()))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    console = open(folder / "console.log", "ab", buffering=0)  # noqa: SIM115 - lives as long as this process
    while True:
        nspawn = subprocess.Popen(  # noqa: S603 - machine.py wrote the command
            boot["command"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env=boot["environment"],
            preexec_fn=_default_signals,
        )
        (folder / "nspawn.pid").write_text(str(nspawn.pid))
        code = nspawn.wait()
        if code != REBOOT or (folder / "halt").exists():
            break
        console.write(b"\nlocal cloud: the machine reboots\n")
    (folder / "exit").write_text(str(code))
    if code:
        # systemd-nspawn was killed or failed; what it started does not end by itself, nor may this process stay.
        console.write(f"\nlocal cloud: systemd-nspawn ended with {code}\n".encode())
        (cgroup / "cgroup.kill").write_text("1")


def _default_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
