"""Runs that are killed with SIGKILL at random moments, one after the other, and what the run after them finds."""

import contextlib
import itertools
import os
import random
import signal
import time

import psutil

#: The page as a process of this machine: machines have tests of their own, and twenty of them take long.
QUICK = {"environment": {"MACHINES": "no"}}
#: Deployments, and as many teardowns, that are killed. HEADWATER_KILLS=20 takes about ten minutes.
KILLS = int(os.environ.get("HEADWATER_KILLS", "3"))
#: So many at most before a run may go to its end.
IN_A_ROW = 3
#: Seconds within which a task has begun, or ended, after the line that announces it. Lines, since how long a run takes is the machine's.
PAUSE = 0.3


def moments(seed, lines):
    """Random moments, one in each of as many equal parts of a run, in random order: (line of its output, seconds after it)."""
    chosen = random.Random(seed)
    parts = [(int((part + chosen.random()) / KILLS * lines) + 1, chosen.random() * PAUSE) for part in range(KILLS)]
    chosen.shuffle(parts)
    return parts


def killed(site, playbook, line, pause, **how):
    """Start a playbook and kill its process group so many seconds after a line; False if it had ended by then. `how`: QUICK, or otherwise.

    Its workers are in sessions of their own, as Ansible has it, so that they end what they are just doing.
    """
    with site.start(playbook, **(how or QUICK)) as process:
        for _ in itertools.islice(process.stdout, line):
            pass
        time.sleep(pause)
        at_work = process.poll() is None
        if at_work:
            os.killpg(process.pid, signal.SIGKILL)
    return at_work


def length(site, playbook):
    """Lines that a playbook says; in check mode it says about as many."""
    return len(site.play(playbook, "--check", **QUICK).succeeded().text.splitlines())


def one_round(site, deploying, tearing_down):
    """On an empty cloud: kill deployments, end one, again; kill its teardowns, end one. Returns how many were really cut off.

    Each run, killed or not, goes on from where the one before was killed.
    """
    cut_off = sum([killed(site, "site.yml", *moment) for moment in deploying])
    site.play("site.yml", **QUICK).succeeded()
    again = site.play("site.yml", **QUICK).succeeded()
    assert again.changes == [], f"after kills at (line, seconds after it) {deploying}:\n{again.text[-6000:]}"
    cut_off += sum([killed(site, "teardown.yml", *moment) for moment in tearing_down])
    site.play("teardown.yml", **QUICK).succeeded()  # its last play proves that nothing is left
    return cut_off


def go_through(site, seed):
    """All kills, some in a row; returns how many runs were cut off."""
    # What is made once for ever is made: the local cloud runs, the layer is in the cache.
    site.play("site.yml", "--limit", "localclouds,shared", **QUICK).succeeded()
    deploying, tearing_down = moments(seed, length(site, "site.yml")), moments(seed + 1, length(site, "teardown.yml"))
    rows = zip(itertools.batched(deploying, IN_A_ROW), itertools.batched(tearing_down, IN_A_ROW), strict=True)
    return sum(one_round(site, *row) for row in rows)


def workers_left(site):
    """Processes of Ansible that work for this deployment."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(process.info["cmdline"] or [])
            if "ansible-playbook" in words and str(site.folder) in words:
                found.append(process)
    return found
