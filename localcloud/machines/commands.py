"""Run a program of the host; its failure is an error that says what it said."""

import os
import subprocess


class MachineError(Exception):
    """A machine could not be made, started or removed; the message says why."""


def run(*command, stdin="", check=True, cwd=None, timeout=60):
    """Run `command`; returns its standard output. MachineError with its standard error when it fails."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # ip lives there, and not everybody's PATH has it
    found = subprocess.run(  # noqa: S603 - called with fixed programs
        [str(part) for part in command],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=timeout,
        env=os.environ | {"PATH": path, "LC_ALL": "C"},
    )
    if check and found.returncode:
        raise MachineError(
            f"`{' '.join(map(str, command))}` ended with {found.returncode}: {(found.stderr or found.stdout).strip()[-500:]}"
        )
    return found.stdout
