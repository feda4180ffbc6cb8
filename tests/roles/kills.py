"""Deployments with a server that are killed, and what the runs after them find."""

import contextlib
import os
import random
import signal
import subprocess

#: Rounds, each on a server that was made away with; a round takes about a minute. HEADWATER_KILLS says otherwise.
ROUNDS = int(os.environ.get("HEADWATER_KILLS", "2"))
SEED = 20260


def moments(seconds):
    """A random part of each of as many equal parts of a run's duration, in random order."""
    chosen = random.Random(SEED)
    parts = [(part + chosen.random()) / ROUNDS * seconds for part in range(ROUNDS)]
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


def one_round(server, after):
    """Without a server: a run that is killed, one that ends it, one that finds nothing to do. Was the first cut off?"""
    with contextlib.suppress(FileNotFoundError):  # it is gone already
        server.terminate()
    cut_off = killed(server, after)
    server.play().succeeded()
    again = server.play().succeeded()
    assert again.changed == 0, f"after a kill at {after:.2f} s:\n{again.text[-6000:]}"
    return cut_off


def go_through(server, seconds):
    """All rounds; returns how many runs were cut off. `seconds`: what a run takes that makes a server anew."""
    return sum(one_round(server, after) for after in moments(seconds))
