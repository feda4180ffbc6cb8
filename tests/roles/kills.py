"""Deployments with a server that are killed, and what the runs after them find."""

import contextlib
import itertools
import os
import random
import signal
import subprocess

#: How many deployments are killed.
KILLS = int(os.environ.get("HEADWATER_KILLS", "3"))
#: So many at most, before a server is made away with, and the deployment begins anew.
IN_A_ROW = 3
SEED = 20260


def moments(seconds):
    """A random part of each of as many equal parts of a run's duration, in random order."""
    chosen = random.Random(SEED)
    parts = [(part + chosen.random()) / KILLS * seconds for part in range(KILLS)]
    chosen.shuffle(parts)
    return parts


def killed(server, after):
    """Start site.yml and kill its process group after so many seconds; False if it had ended by then."""
    process = server.site.start("site.yml", environment={"MACHINES": "auto"})
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=after)
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    return True


def one_round(server, moments):
    """Without a server: runs that are killed, each going on from the one before, one that ends them, one that finds nothing to do.

    Returns how many were really cut off.
    """
    with contextlib.suppress(FileNotFoundError):  # it is gone already
        server.terminate()
    cut_off = sum([killed(server, after) for after in moments])
    server.play().succeeded()
    again = server.play().succeeded()
    assert again.changed == 0, f"after kills at {moments} s:\n{again.text[-6000:]}"
    return cut_off


def go_through(server, seconds):
    """All kills; returns how many runs were cut off. `seconds`: what a run takes that makes a server anew."""
    return sum(one_round(server, some) for some in itertools.batched(moments(seconds), IN_A_ROW))
