"""How fast the clicks' transform is: `python -m tests.bench.bench_click_transform`.

In turns and on one CPU, over the same requests: the function's core, a version with json.loads and json.dumps, and base64 alone:
decode, add the line end, encode. Reading the requests and starting Python are taken off. Ends with status 1 if a bound is missed,
or if the first two disagree. Files go to `--cache`.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate_clicks
from interleave import measure

RUNNER = Path(__file__).with_name("run_click_transform.py")
MIN_SPEEDUP = 3.0  # in CPU, over json.loads and json.dumps
MIN_OF_FLOOR = 0.4  # of the records a second of base64 alone
TIMES = 15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000, help=f"of the file, which is done {TIMES} times; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="folder for the file; default: %(default)s")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    cpu = max(os.sched_getaffinity(0))
    source = options.cache / f"clicks-{options.records}.jsonl"
    generate_clicks.write(options.records, source)  # anew: it takes no second, and an older one may have other clicks

    ways = ("core", "loads", "base64", "binascii", "nothing")
    figures = measure({way: command(way, source, TIMES) for way in ways}, options.rounds, cpu)
    done = options.records * TIMES
    print(f"\n{done:,} records, {options.rounds} rounds in turns on CPU {cpu}; microseconds of CPU a record, and records a second")
    each = {way: (figures[way].median_cpu - figures["nothing"].median_cpu) / done for way in ways[:-1]}
    for way, seconds in each.items():
        print(f"  {way:9} {seconds * 1e6:6.2f} µs {1 / seconds:10,.0f}/s   peak {figures[way].max_peak_mb:.0f} MB")
    speedup, share = each["loads"] / each["core"], each["base64"] / each["core"]
    low = each["binascii"] / each["core"]
    print(f"{speedup:.1f} x as fast as loads and dumps; {share:.2f} of base64 alone; {low:.2f} of it without the module base64")

    missed = differences(source)
    if speedup < MIN_SPEEDUP:
        missed.append(f"{speedup:.1f} x as fast as loads and dumps; the bound is {MIN_SPEEDUP}")
    if share < MIN_OF_FLOOR:
        missed.append(f"{share:.2f} of base64 alone; the bound is {MIN_OF_FLOOR}")
    for line in missed:
        print(f"MISSED: {line}")
    if not missed:
        print("All bounds are held.")
    return 1 if missed else 0


def command(way: str, source: Path, times: int) -> list[str]:
    return [sys.executable, str(RUNNER), way, str(source), str(times)]


def differences(source: Path) -> list[str]:
    """Where the core and loads-and-dumps come to different clicks or rejects."""
    told = {way: json.loads(subprocess.run(command(way, source, 0), capture_output=True, check=True).stdout) for way in ("core", "loads")}
    clicks = sum(one != other for one, other in zip(told["core"][0], told["loads"][0], strict=True))
    found = [f"{clicks} records come to other clicks"] if clicks else []
    if told["core"][1] != told["loads"][1]:
        found.append(f"the rejects' reasons are {told['core'][1]} and {told['loads'][1]}")
    return found


if __name__ == "__main__":
    sys.exit(main())
