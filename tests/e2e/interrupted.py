"""Runs that are killed with SIGKILL at random moments, and what the runs after them find."""

import contextlib
import itertools
import os
import random
import signal
import time

import psutil

#: The page as a process of this machine: machines have tests of their own, and twenty of them take long.
QUICK = {"environment": {"MACHINES": "no"}}
#: Deployments, and as many teardowns, that are killed. A round takes about half a minute; HEADWATER_KILLS=20 takes ten.
ROUNDS = int(os.environ.get("HEADWATER_KILLS", "3"))
#: Seconds within which a task has begun, or ended, after the line that announces it. Lines, since how long a run takes is the machine's.
PAUSE = 0.3


def moments(seed, lines):
    """Random moments, one in each of as many equal parts of a run, in random order: (line of its output, seconds after it)."""
    chosen = random.Random(seed)
    parts = [(int((part + chosen.random()) / ROUNDS * lines) + 1, chosen.random() * PAUSE) for part in range(ROUNDS)]
    chosen.shuffle(parts)
    return parts


def killed(site, playbook, line, pause):
    """Start a playbook and kill its process group so many seconds after a line; False if it had ended by then.

    Its workers are in sessions of their own, as Ansible has it, so that they end what they are just doing.
    """
    with site.start(playbook, **QUICK) as process:
        for _ in itertools.islice(process.stdout, line):
            pass
        time.sleep(pause)
        at_work = process.poll() is None
        if at_work:
            os.killpg(process.pid, signal.SIGKILL)
    return at_work


def one_round(site, deploying, tearing_down):
    """On an empty cloud: kill a deployment, end it, again; kill its teardown, end it. Returns what was really cut off."""
    cut_off = [killed(site, "site.yml", *deploying)]
    site.play("site.yml", **QUICK).succeeded()
    again = site.play("site.yml", **QUICK).succeeded()
    assert again.changes == [], f"after a kill {deploying[1]:.2f} s after line {deploying[0]}:\n{again.text[-6000:]}"
    cut_off.append(killed(site, "teardown.yml", *tearing_down))
    site.play("teardown.yml", **QUICK).succeeded()  # its last play proves that nothing is left
    return cut_off


def lengths(site):
    """Lines that a deployment to an empty cloud and a teardown say."""
    # What is made once for ever is made: the local cloud runs, the layer is in the cache.
    site.play("site.yml", "--limit", "localclouds,shared", **QUICK).succeeded()
    return [len(site.play(playbook, **QUICK).succeeded().text.splitlines()) for playbook in ("site.yml", "teardown.yml")]


def go_through(site, seed):
    """All rounds; returns how many runs were cut off."""
    deploy, teardown = lengths(site)
    return sum(sum(one_round(site, *pair)) for pair in zip(moments(seed, deploy), moments(seed + 1, teardown), strict=True))


def workers_left(site):
    """Processes of Ansible that work for this deployment."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(process.info["cmdline"] or [])
            if "ansible-playbook" in words and str(site.folder) in words:
                found.append(process)
    return found
