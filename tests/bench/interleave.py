"""Run commands in turns and measure them: what slows one round slows all of them alike."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Measured:
    """Figures of one command, one per round: seconds of wall time and of CPU (user and system), peak memory in MB."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)

    @property
    def median_wall(self) -> float:
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)

    @property
    def max_peak_mb(self) -> float:
        return max(self.peak_mb)


class CommandFailedError(RuntimeError):
    """A measured command did not end well, so its figures mean nothing."""


def measure(commands: Mapping[str, Sequence[str]], rounds: int, cpu: int | None = None) -> dict[str, Measured]:
    """Run each command once per round, one after the other, and return the figures by name.

    Args:
        commands: by name, as argument lists; their standard output is thrown away.
        cpu: number of the only CPU they may use; None for all.

    Peak memory counts this process's own before the command starts, so keep it small (import little).

    Raises:
        CommandFailedError: a command ended with another status than 0.
    """
    figures = {name: Measured() for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            before = time.perf_counter()
            pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=pin)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise CommandFailedError(f"{name} ended with status {process.returncode}: {' '.join(command)}")
            figures[name].wall.append(time.perf_counter() - before)
            figures[name].cpu.append(usage.ru_utime + usage.ru_stime)
            figures[name].peak_mb.append(usage.ru_maxrss / 1024)
    return figures
