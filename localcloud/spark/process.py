"""The processes of a run: started as a session of their own, ended with all that they started."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from localcloud.spark.environment import MARK


def start(command, folder, environment, descriptors):
    """Start a run's driver; its output comes by pipes."""
    return subprocess.Popen(  # noqa: S603 - our own arguments
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=descriptors,
    )


def kill(run_id, leader=None):
    """End all processes of a run. `leader`: the driver's process id, if it is a child of ours that was not waited for."""
    if leader:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    # Workers of Python make a process group of their own.
    for _ in range(50):
        found = of_run(run_id)
        if not found:
            return
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.02)


def of_run(run_id):
    """Process ids of a run, by the mark in their environment; none where the kernel does not show it."""
    mark, out = f"{MARK}={run_id}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                out.append(int(path.parent.name))
    return out
