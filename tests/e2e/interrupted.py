"""Runs that are killed with SIGKILL at random moments, and what the runs after them find."""

import contextlib
import os
import random
import signal
import subprocess
import time

import psutil

#: The page as a process of this machine: machines have tests of their own, and twenty of them take long.
QUICK = {"environment": {"MACHINES": "no"}}
#: Deployments, and as many teardowns, that are killed. A round takes about half a minute; HEADWATER_KILLS=20 takes ten.
ROUNDS = int(os.environ.get("HEADWATER_KILLS", "6"))


def moments(seed, seconds):
    """Random moments, one in each of as many equal parts of a run's duration, in random order."""
    chosen = random.Random(seed)
    parts = [(part + chosen.random()) / ROUNDS * seconds for part in range(ROUNDS)]
    chosen.shuffle(parts)
    return parts


def killed(site, playbook, after):
    """Start a playbook and kill its process group after so many seconds; False if it had ended by then.

    Its workers are in sessions of their own, as Ansible has it, so that they end what they are just doing.
    """
    process = site.start(playbook, **QUICK)
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        return True
    return False


def one_round(site, deploy_seconds, teardown_seconds):
    """On an empty cloud: kill a deployment, end it, again; kill its teardown, end it. Returns what was really cut off."""
    cut_off = [killed(site, "site.yml", deploy_seconds)]
    site.play("site.yml", **QUICK).succeeded()
    again = site.play("site.yml", **QUICK).succeeded()
    assert again.changed == 0, f"after a kill at {deploy_seconds:.2f} s:\n{again.text[-6000:]}"
    cut_off.append(killed(site, "teardown.yml", teardown_seconds))
    site.play("teardown.yml", **QUICK).succeeded()  # its last play proves that nothing is left
    return cut_off


def durations(site):
    """Seconds of a deployment to an empty cloud and of a teardown, measured here and now."""
    site.play("site.yml", **QUICK).succeeded()  # what is made once for ever is made
    site.play("teardown.yml", **QUICK).succeeded()
    found = []
    for playbook in ("site.yml", "teardown.yml"):
        started = time.monotonic()
        site.play(playbook, **QUICK).succeeded()
        found.append(time.monotonic() - started)
    return found


def go_through(site, seed):
    """All rounds; returns how many runs were cut off."""
    deploy, teardown = durations(site)
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
