"""One control group for each machine, made by hand: there may be no systemd outside whom to ask for a scope."""

import contextlib
import time
from functools import cache
from pathlib import Path


@cache
def top():
    """The folder where cgroup2 is mounted, alone or beside version 1; None where it is not."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, folder, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(folder)
    return None


def create(name):
    """Make the group; returns its folder."""
    folder = top() / name
    folder.mkdir(exist_ok=True)
    return folder


def populated(name):
    """Is any process in the group or below?"""
    try:
        return "populated 1" in (top() / name / "cgroup.events").read_text()
    except OSError:
        return False


def processes(name):
    """Process ids in the group and below."""
    found = []
    for file in (top() / name).rglob("cgroup.procs"):
        with contextlib.suppress(OSError):
            found += [int(line) for line in file.read_text().split()]
    return found


def kill(name, seconds=10):
    """Kill every process of the group and wait until all are gone; returns whether they are."""
    with contextlib.suppress(OSError):
        (top() / name / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + seconds
    while populated(name) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not populated(name)


def remove(name):
    """Remove the group, in every hierarchy where systemd-nspawn made one of that name."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mounted, kind = line.split()[:3]
        if not kind.startswith("cgroup"):
            continue
        folder = Path(mounted) / name
        # Control files cannot be unlinked and need not be: an empty group's folder goes with them.
        for inner in sorted(folder.rglob("*/"), reverse=True) if folder.is_dir() else []:
            with contextlib.suppress(OSError):
                inner.rmdir()
        with contextlib.suppress(OSError):
            folder.rmdir()
