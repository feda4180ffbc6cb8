"""What compaction gains and costs: `python -m tests.bench.bench_compaction [ROUNDS] [LARGE_FILES]`.

1. A day of 288 files, and the same day merged, each in a table of its own on a local cloud: the same query in turns, its time,
   the objects that it reads and the bytes that it scans. The local Athena reads files from disk; S3 answers each request
   in some ten milliseconds, so the number of objects says more about AWS than the time here.
2. Large files, merged by the compactor's code in a process of its own: time, CPU and peak memory.

Exits 1 if the merged day is not one object, if its query is not faster, or if merging takes more than 512 MB.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.interleave import measure
from tests.local_cloud import Cloud

LAMBDA = Path(__file__).resolve().parents[2] / "files" / "lambda"
sys.path[:0] = [str(LAMBDA), str(LAMBDA / "data_compactor")]

from compacting.day import Compaction, Limits  # noqa: E402 - after the path is set

from tests.localcloud.compaction.shop import Shop, full_day  # noqa: E402 - as above

DAY, FILES, MOST_MB = "2026-11-19", 288, 512
LARGE_ROWS = 500_000  # of each large file


def query(shop):
    """(seconds, objects read, bytes scanned, rows) of the pipeline's first query."""
    journal = shop.cloud.folder / "state" / "calls.jsonl"
    before = journal.stat().st_size
    started = time.perf_counter()
    rows = shop.query("sales_by_category.sql")
    seconds = time.perf_counter() - started
    with journal.open() as lines:
        lines.seek(before)
        read = {
            resource
            for line in map(json.loads, lines)
            if line.get("via") == "athena.amazonaws.com" and line.get("operation") == "GetObject"
            for action, resource, _ in line["checks"]
            if action == "s3:GetObject" and "/processed/" in resource
        }
    newest = shop.athena.list_query_executions(MaxResults=1)["QueryExecutionIds"][0]
    scanned = shop.athena.get_query_execution(QueryExecutionId=newest)["QueryExecution"]["Statistics"]["DataScannedInBytes"]
    return seconds, len(read), scanned, rows


def compare(rounds):
    """Print the queries' figures; returns whether the bounds hold."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder, Cloud(Path(folder)) as cloud:
        shops = {"288 files": Shop(cloud), "merged": Shop(cloud)}
        for shop in shops.values():
            shop.fill(DAY, full_day(DAY, FILES, rows=20))
        started = time.perf_counter()
        report = Compaction(shops["merged"].days, Limits(256 << 20, timedelta(hours=1), settle=0), lambda: datetime.now(UTC)).run(DAY)
        print(f"compaction of {report.files_before} files: {time.perf_counter() - started:.2f} s; {report}")
        figures = {name: [] for name in shops}
        for _ in range(rounds + 1):
            for name, shop in shops.items():
                figures[name].append(query(shop))
        medians = {}
        for name, found in figures.items():
            medians[name] = statistics.median(each[0] for each in found[1:])  # the first one warms up
            _, objects, scanned, _ = found[-1]
            print(f"{name:>10}: {medians[name] * 1000:6.1f} ms, {objects} objects read, {scanned:,} bytes scanned")
        same = len({str(each[3]) for found in figures.values() for each in found}) == 1
        return same and figures["merged"][-1][1] == 1 and medians["merged"] < medians["288 files"]


def large(files):
    """Print what merging large files takes; returns whether the bound holds."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        # In a process of its own: a measured one's peak begins with that of who starts it.
        generator = [sys.executable, str(Path(__file__).with_name("generate_parquet.py")), folder, str(files), str(LARGE_ROWS)]
        subprocess.run(generator, check=True)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        command = [sys.executable, str(Path(__file__).with_name("run_compaction.py")), folder]
        found = measure({"merge": command}, 1)["merge"]
        print(
            f"merging {files} files, {files * LARGE_ROWS:,} rows, {size / 1e6:.0f} MB: {found.median_wall:.1f} s, "
            f"{found.median_cpu:.1f} s of CPU, {found.max_peak_mb:.0f} MB at its peak (at most {MOST_MB})"
        )
        return found.max_peak_mb <= MOST_MB


def main(rounds=15, files=16):
    kept = [large(files), compare(rounds)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
