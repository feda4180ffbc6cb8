"""`make bench`: every benchmark, one after the other; exits with 1 when one misses its bound.

Each is also a program of its own, with smaller sizes for a quick look: `python -m tests.bench.bench_site 2`.
"""

import subprocess
import sys

BENCHMARKS = (
    "bench_site",
    "bench_function",
    "bench_athena",
    "bench_glue",
    "bench_compaction",
    "bench_transformer",
    "bench_click_transform",
)


def main():
    """Run them; returns the exit code."""
    missed = []
    for name in BENCHMARKS:
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode:
            missed.append(name)
    print(f"\nbounds missed by: {', '.join(missed)}" if missed else "\nall bounds kept")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
