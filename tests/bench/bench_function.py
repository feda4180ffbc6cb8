"""How fast and how lean the orders function is: `python tests/bench/bench_function.py`.

In turns and on one CPU: sha256sum of the file (how fast its bytes can be looked at here), the function's core, and
the csv-module version of the same rules. Then files of hostile shapes, for their memory. Prints tables and ends with
status 1 if a bound is missed. Files go to `--cache` and stay there.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate_orders
from interleave import Measured, measure

HERE = Path(__file__).parent
EVENT_DATE = "2025-04-22"
MAX_PEAK_MB = 300.0
MAX_GROWTH = 1.01  # of peak memory from the smallest file to the largest: none but noise, which is 0.3 % between equal runs
MIN_SPEEDUP = 4.0  # over the csv-module version
MAX_SHA256SUMS = {1_000_000: 7.0, 10_000_000: 4.5}  # CPU seconds, in those of sha256sum; small files pay for the start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes of the files; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="folder for the files; default: %(default)s")
    parser.add_argument("--no-hostile", action="store_true", help="leave the hostile files out")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    cpu = max(os.sched_getaffinity(0))
    missed: list[str] = []

    peaks: dict[int, float] = {}
    outputs: dict[int, dict[str, tuple[Path, Path]]] = {}
    for rows in sorted(options.rows):
        source = made(options.cache / f"orders-{rows}.csv", lambda path, rows=rows: generate_orders.write(rows, path))
        outputs[rows] = {
            kind: (options.cache / f"{kind}-{rows}.parquet", options.cache / f"{kind}-{rows}.jsonl") for kind in ("core", "csv")
        }
        commands = {
            "sha256sum": ["sha256sum", str(source)],
            "core": python("run_orders_core.py", source, *outputs[rows]["core"]),
            "csv module": python("csv_module_baseline.py", source, *outputs[rows]["csv"]),
        }
        figures = measure(commands, options.rounds, cpu)
        print(f"\n{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds in turns on CPU {cpu}")
        show(figures)
        peaks[rows] = figures["core"].max_peak_mb
        missed += shortfalls(rows, figures)
    small, large = min(peaks), max(peaks)
    if peaks[large] > peaks[small] * MAX_GROWTH:
        missed.append(f"memory grows: {peaks[small]:.0f} MB at {small:,} rows, {peaks[large]:.0f} MB at {large:,}")

    if not options.no_hostile:
        missed += hostile(options.cache, cpu)
    print()
    for rows, both in outputs.items():  # last, since it takes memory that would count for what is measured
        missed += differences(rows, both["core"], both["csv"])
    for line in missed:
        print(f"MISSED: {line}")
    if not missed:
        print("All bounds are held.")
    return 1 if missed else 0


def made(path: Path, make: Callable[[Path], object]) -> Path:
    if not path.exists():
        print(f"Writing {path} …", flush=True)
        make(path)
    return path


def python(script: str, source: Path, parquet: Path, rejects: Path) -> list[str]:
    return [sys.executable, str(HERE / script), str(source), EVENT_DATE, str(parquet), str(rejects)]


def show(figures: dict[str, Measured]) -> None:
    yardstick = figures["sha256sum"].median_cpu
    print(f"{'':12}{'wall s':>9}{'CPU s':>9}{'x sha256sum':>13}{'peak MB':>9}")
    for name, measured in figures.items():
        times = measured.median_cpu / yardstick
        print(f"{name:12}{measured.median_wall:9.2f}{measured.median_cpu:9.2f}{times:13.2f}{measured.max_peak_mb:9.0f}", flush=True)


def shortfalls(rows: int, figures: dict[str, Measured]) -> list[str]:
    """The bounds that one size's figures miss."""
    core, slow = figures["core"], figures["csv module"]
    times = core.median_cpu / figures["sha256sum"].median_cpu
    found = []
    if times > MAX_SHA256SUMS.get(rows, float("inf")):
        found.append(f"{rows:,} rows took {times:.2f} x the CPU of sha256sum; the bound is {MAX_SHA256SUMS[rows]}")
    if core.max_peak_mb > MAX_PEAK_MB:
        found.append(f"{rows:,} rows took {core.max_peak_mb:.0f} MB; the bound is {MAX_PEAK_MB:.0f}")
    speedup = slow.median_wall / core.median_wall
    print(f"{speedup:.1f} x as fast as the csv module")
    if rows >= max(MAX_SHA256SUMS) and speedup < MIN_SPEEDUP:
        found.append(f"{rows:,} rows are done {speedup:.1f} x as fast as by the csv module; the bound is {MIN_SPEEDUP}")
    return found


def differences(rows: int, ours: tuple[Path, Path], theirs: tuple[Path, Path]) -> list[str]:
    """Whether both versions kept and rejected the same rows, in the same order."""
    import pyarrow.parquet as pq

    found = []
    kept, expected = (pq.read_table(parquet) for parquet, _ in (ours, theirs))
    if not kept.equals(expected):
        found.append(f"{rows:,} rows: kept {kept.num_rows:,}, the csv module {expected.num_rows:,}, and they are not the same")
    bad, others = list(records(ours[1])), list(records(theirs[1]))
    if bad != others:
        found.append(f"{rows:,} rows: rejected {len(bad):,}, the csv module {len(others):,}, and they are not the same")
    if not found:
        print(f"{rows:,} rows: the same {kept.num_rows:,} kept and {len(bad):,} rejected, row for row")
    return found


def records(path: Path) -> Iterator[dict]:
    with path.open() as lines:
        for line in lines:
            record = json.loads(line)
            record.pop("message", None)
            yield record


# Each gives the parts of a file of 10 to 60 MB.
GOOD = b"1001,Ann Example,12.50,shipped,2025-04-01\n"
HEADER = b"OrderID,Customer,Amount,Status,OrderDate\n"
HOSTILE: dict[str, Callable[[], Iterator[bytes]]] = {
    "every row rejected": lambda: iter([HEADER, *[b"1001,Ann Example,N/A,shipped,2025-04-01\n" * 10_000] * 120]),
    "no header": lambda: iter([GOOD * 10_000] * 120),
    "a newline in every row": lambda: iter([HEADER, *[b'1001,"Ann\nExample",12.50,shipped,2025-04-01\n' * 10_000] * 120]),
    "a quote opened in row 1": lambda: iter([HEADER, b'1,"', *[GOOD * 10_000] * 120]),
    "tiny rows": lambda: iter([HEADER, *[b"x\n" * 100_000] * 50]),
    "tiny rows that end with CR": lambda: iter([HEADER, *[b"x\r" * 100_000] * 50]),
    "one line": lambda: iter([HEADER, *[b"x" * 1_000_000] * 50]),
    "blank lines": lambda: iter([HEADER, *[b"\n" * 1_000_000] * 10]),
    "all quotes": lambda: iter([HEADER, *[b'"' * 1_000_000] * 50]),
    "all commas": lambda: iter([HEADER, *[b"," * 1_000_000] * 50]),
    "bytes that are not UTF-8": lambda: iter([HEADER, *[b"1001,\xff,12.50,shipped,2025-04-01\n" * 10_000] * 140]),
    "no customer, date or status twice": lambda: iter(
        [HEADER, *("".join(f"{n},c{n},1.00,s{n},d{n}\n" for n in range(k, k + 50_000)).encode() for k in range(0, 1_500_000, 50_000))]
    ),
}


def hostile(cache: Path, cpu: int) -> list[str]:
    """Memory on files that are made to take much of it."""
    print(f"\nHostile files\n{'':36}{'CPU s':>8}{'peak MB':>9}")
    found = []
    for name, parts in HOSTILE.items():

        def write(path: Path, parts: Callable[[], Iterator[bytes]] = parts) -> None:
            with path.open("wb") as out:
                out.writelines(parts())

        source = made(cache / f"hostile-{name.replace(' ', '-').replace(',', '')}.csv", write)
        command = python("run_orders_core.py", source, cache / "hostile.parquet", cache / "hostile.jsonl")
        figures = measure({name: command}, 1, cpu)[name]
        print(f"{name:36}{figures.median_cpu:8.2f}{figures.max_peak_mb:9.0f}", flush=True)
        if figures.max_peak_mb > MAX_PEAK_MB:
            found.append(f"{name}: {figures.max_peak_mb:.0f} MB; the bound is {MAX_PEAK_MB:.0f}")
    return found


if __name__ == "__main__":
    sys.exit(main())
