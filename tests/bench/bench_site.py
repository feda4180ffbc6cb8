"""A run of the whole site that changes nothing: warm modules against stock Ansible, interleaved in one run.

`python -m tests.bench.bench_site [ROUNDS]` deploys on ports and in a folder of its own, measures, removes it all,
and exits with 1 when warm modules are less than four times as fast.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.bench.interleave import measure
from tests.e2e.deployment import Deployment

LEAST_RATIO = 4.0
WAYS = (("stock", 0), ("warm", 1))


def main(rounds=5):
    """Print the table; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        site = Deployment(Path(folder), without=())
        try:
            site.play("playbooks/up.yml").succeeded()
            commands = {name: ["env", f"HEADWATER_WARM={warm}", "MACHINES=no", *site.command("site.yml")] for name, warm in WAYS}
            figures = measure(commands, rounds)
        finally:
            site.play("playbooks/stop-localcloud.yml")
    print(f"{'site.yml, nothing to change':30}{'wall s (median)':>16}{'min':>8}{'max':>8}{'CPU s':>8}")
    for name, measured in figures.items():
        wall = measured.wall
        print(f"{name:30}{measured.median_wall:16.2f}{min(wall):8.2f}{max(wall):8.2f}{measured.median_cpu:8.2f}")
    ratio = figures["stock"].median_wall / figures["warm"].median_wall
    kept = ratio >= LEAST_RATIO
    print(f"warm is {ratio:.1f} times as fast as stock; at least {LEAST_RATIO:.0f}: {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    sys.exit(main(*map(int, sys.argv[1:])))
