"""How fast and how lean the transformer is: `python -m tests.bench.bench_transformer`.

In turns and on one CPU: the function's core, and the same rules written with pandas' read_json(lines=True), over one file
of lines. Then files of other forms, for their memory, and a cold start: the function's modules loaded in a fresh Python,
with nothing but boto3 and the packages of the layer. Ends with status 1 if a bound is missed. Files go to `--cache`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate_transactions
from interleave import Measured, measure

HERE = Path(__file__).parent
LAMBDA = HERE.parents[1] / "files/lambda"
MIN_SPEEDUP = 3.0  # in CPU, over pandas
MAX_PEAK_MB = 250.0  # at a million lines
MAX_GROWTH_MB = 32.0  # from a million lines to four
MAX_COLD_SECONDS = 1.5

# As Lambda loads it; the clients are made at the first event, and count.
COLD = """
import sys
sys.path[:0] = [{function!r}, {folder!r}]
sys.modules["numpy"] = None
import os
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
import handler
handler.s3(), handler.glue()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the file that is measured; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="folder for the files; default: %(default)s")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    cpu = max(os.sched_getaffinity(0))
    missed: list[str] = []

    source = made(options.cache / f"transactions-{options.lines}.json", lambda path: generate_transactions.write(options.lines, path))
    out = {kind: (options.cache / f"transactions-{kind}", options.cache / f"transactions-{kind}.jsonl") for kind in ("core", "pandas")}
    commands = {
        "core": python("run_transactions_core.py", source, *out["core"]),
        "pandas": [with_pandas(options.cache), *python("pandas_baseline.py", source, *out["pandas"])[1:]],
    }
    for folder, _ in out.values():
        for old in folder.glob("*"):
            old.unlink()
    figures = measure(commands, options.rounds, cpu)
    print(f"\n{options.lines:,} lines, {source.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds in turns on CPU {cpu}")
    show(figures)
    speedup = figures["pandas"].median_cpu / figures["core"].median_cpu
    print(f"{speedup:.1f} x as fast as pandas, in CPU")
    peak = figures["core"].max_peak_mb
    if options.lines >= 1_000_000 and speedup < MIN_SPEEDUP:
        missed.append(f"{speedup:.1f} x as fast as pandas; the bound is {MIN_SPEEDUP}")
    if peak > MAX_PEAK_MB:
        missed.append(f"{peak:.0f} MB; the bound is {MAX_PEAK_MB:.0f}")

    print("\nOther forms, in one round each")
    others = {}
    for name, parts in OTHERS.items():
        path = made(
            options.cache / f"transactions-{name.replace(' ', '-')}-{options.lines}.json",
            lambda path, parts=parts: write(path, parts(source)),
        )
        others[name] = measure({name: python("run_transactions_core.py", path, *out["core"][:1], options.cache / "other.jsonl")}, 1, cpu)[
            name
        ]
    show(others)
    for name, measured in others.items():
        bound = peak + MAX_GROWTH_MB if name != "an array" else MAX_PEAK_MB + MAX_GROWTH_MB
        if measured.max_peak_mb > bound:
            missed.append(f"{name}: {measured.max_peak_mb:.0f} MB; the bound is {bound:.0f}")

    program = COLD.format(function=str(LAMBDA / "data_transformer"), folder=str(LAMBDA))
    cold = measure({"cold start": [sys.executable, "-c", program], "Python alone": [sys.executable, "-c", "pass"]}, 5, cpu)
    print("\nA cold start, in 5 rounds")
    show(cold)
    if cold["cold start"].median_cpu > MAX_COLD_SECONDS:
        missed.append(f"a cold start takes {cold['cold start'].median_cpu:.2f} s of CPU; the bound is {MAX_COLD_SECONDS}")

    measure({"core": commands["core"]}, 1, cpu)  # the other forms wrote over it
    missed += differences(out["core"], out["pandas"])  # last, since it takes memory that would count for what is measured
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


def write(path: Path, parts: Iterator[bytes]) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as out:
        out.writelines(parts)
    partial.replace(path)


def four_times(source: Path) -> Iterator[bytes]:
    """The file's records four times, under ids of their own."""
    for number in range(4):
        with source.open("rb") as lines:
            for line in lines:
                yield line.replace(b'"T-', b'"T%d-' % number, 1)


def array(source: Path) -> Iterator[bytes]:
    """The file's records as an array in one line."""
    with source.open("rb") as lines:
        for number, line in enumerate(lines):
            yield (b", " if number else b"[") + line.rstrip(b"\n")
    yield b"]"


def repeated(source: Path) -> Iterator[bytes]:
    """The file, and its first record once more: it is read twice."""
    with source.open("rb") as lines:
        first = next(lines)
        yield first
        yield from lines
    yield first


OTHERS: dict[str, Callable[[Path], Iterator[bytes]]] = {"four times as many": four_times, "an array": array, "one id twice": repeated}


def with_pandas(cache: Path) -> str:
    """The Python of an environment of its own, made once: beside numpy the core's pyarrow would load it."""
    folder, uv = (cache / "baseline").resolve(), str(Path(sys.executable).with_name("uv"))
    if not (folder / "made").is_file():
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        locks = [word for name in ("baseline", "layer") for word in ("-r", str(HERE.parents[1] / "requirements" / f"{name}.txt"))]
        python_there = str(folder / "bin" / "python")
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python_there, "--require-hashes", *locks], check=True)
        (folder / "made").touch()
    return str(folder / "bin" / "python")


def python(script: str, source: Path, folder: Path, rejects: Path) -> list[str]:
    return [sys.executable, str(HERE / script), str(source), str(folder), str(rejects)]


def show(figures: dict[str, Measured]) -> None:
    print(f"{'':20}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    for name, measured in figures.items():
        print(f"{name:20}{measured.median_wall:9.2f}{measured.median_cpu:9.2f}{measured.max_peak_mb:9.0f}", flush=True)


def differences(ours: tuple[Path, Path], theirs: tuple[Path, Path]) -> list[str]:
    """Whether both kept and rejected the same records, in the same order."""
    import pyarrow.parquet as pq

    found, rows = [], 0
    days = [sorted(path.name for path in folder.glob("*.parquet")) for folder, _ in (ours, theirs)]
    if days[0] != days[1]:
        found.append(f"days {days[0]}, pandas {days[1]}")
    for day in set(days[0]) & set(days[1]):
        kept, expected = (pq.ParquetFile(folder / day).read() for folder, _ in (ours, theirs))
        rows += kept.num_rows
        if not kept.equals(expected.select(kept.column_names).cast(kept.schema)):
            found.append(f"{day}: kept {kept.num_rows:,}, pandas {expected.num_rows:,}, and they are not the same")
    bad, others = ([(each["row"], each["reason"], each["text"]) for each in records(path)] for _, path in (ours, theirs))
    if bad != others:
        found.append(f"rejected {len(bad):,}, pandas {len(others):,}, and they are not the same")
    if not found:
        print(f"The same {rows:,} kept and {len(bad):,} rejected, row for row")
    return found


def records(path: Path) -> Iterator[dict]:
    with path.open() as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
