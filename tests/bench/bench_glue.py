"""How the order history's Spark core grows with its input: `python -m tests.bench.bench_glue [ROUNDS]`.

In turns, 1 and 10 million lines on two cores, from gzip'd JSON lines to sorted Parquet by country and day; starting Spark is
part of it. Then the files: those of a partition that has enough for two must have 64 to 256 MB, and the others be alone. Then the
answers: DuckDB works the table out of the same lines by SQL of its own, and counts and sums of hashes of all columns must be the
same for each partition. Ends with status 1 if a bound is missed.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import duckdb
import generate_history
from interleave import measure

HERE = Path(__file__).parent
CACHE = Path(".cache/bench/history")
SMALL, LARGE = 1_000_000, 10_000_000
MAX_GROWTH = 4.0
SMALLEST, LARGEST = 64 << 20, 256 << 20

# The rules once more, in another language: no code is shared with the job.
EXPECTED = """
WITH lines AS (
    SELECT line FROM read_csv('{raw}/**/*.gz', columns = {{line: 'VARCHAR'}}, delim = '\x01', quote = '', escape = '', header = false)
), fields AS (
    SELECT json_extract_string(line, ['$.InvoiceNo', '$.StockCode', '$.Description', '$.Quantity', '$.InvoiceDate', '$.UnitPrice',
        '$.CustomerID', '$.Country']) AS f
    FROM lines WHERE json_valid(line)
), typed AS (
    SELECT f[1] AS invoiceno, f[2] AS stockcode, f[3] AS description, TRY_CAST(f[4] AS INT) AS quantity,
        TRY_CAST(f[5][1:10] AS DATE) AS day, CAST(f[5][12:13] AS INT) AS hour,
        CASE WHEN length(split_part(f[6], '.', 2)) <= 6 THEN CAST(f[6] AS DECIMAL(16, 6)) END AS price,
        nullif(replace(f[7], '.0', ''), '') AS customerid, f[8] AS country
    FROM fields
), amounts AS (
    SELECT *, (quantity::DECIMAL(10, 0) * price * 0.012::DECIMAL(10, 6))::DECIMAL(38, 12) AS amount FROM typed
    WHERE day IS NOT NULL AND price IS NOT NULL AND country <> '' AND quantity > 0 AND price > 0
)
SELECT sha256(invoiceno || stockcode) AS orderid, invoiceno, stockcode, description, quantity, day AS invoicedateonly, hour AS invoicehour,
    price AS unitprice, customerid, country,
    CASE country WHEN 'Australia' THEN 'Asia Pacific' WHEN 'Atlantis' THEN 'Other' ELSE 'Europe' END AS region,
    amount AS totalamountusd, CASE WHEN amount > 10 THEN 'High' ELSE 'Low' END AS ordertag
FROM amounts
"""
DIGEST = """
SELECT country, invoicedateonly, count(*), sum(totalamountusd), sum(hash(rows)::HUGEINT) FROM ({}) AS rows GROUP BY 1, 2 ORDER BY 1, 2
"""


def main(rounds=3):
    raw = {rows: CACHE / f"raw-{rows}" for rows in (SMALL, LARGE)}
    out = {rows: CACHE / f"out-{rows}" for rows in raw}
    for rows, folder in raw.items():
        generate_history.write(rows, folder)
    commands = {rows: _core(raw[rows], out[rows]) for rows in raw}
    figures = {rows: [] for rows in raw}
    for _ in range(rounds):
        for rows in raw:
            shutil.rmtree(out[rows], ignore_errors=True)
            figures[rows].append(measure({"core": commands[rows]}, 1)["core"].wall[0])
    median = {rows: sorted(walls)[len(walls) // 2] for rows, walls in figures.items()}
    print(f"from gzip'd JSON lines to Parquet, {rounds} rounds in turns, {len(os.sched_getaffinity(0))} cores, 2 used")
    print(f"{'lines':>12}{'median s':>10}{'min':>8}{'max':>8}")
    for rows, walls in figures.items():
        print(f"{rows:12,}{median[rows]:10.1f}{min(walls):8.1f}{max(walls):8.1f}")
    growth = median[LARGE] / median[SMALL]
    print(f"{LARGE // SMALL} times the lines take {growth:.2f} times as long; the bound is {MAX_GROWTH}")
    missed = [f"{growth:.2f} times as long"] if growth > MAX_GROWTH else []
    for rows in raw:
        missed += sizes(rows, out[rows] / "curated")
        missed += differences(rows, raw[rows], out[rows] / "curated")
        shutil.rmtree(out[rows])
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


def _core(raw, out):
    return [sys.executable, str(HERE / "run_history_core.py"), str(raw), str(out)]


def sizes(rows, curated):
    """What is wrong with the sizes of the files."""
    partitions = {}
    for path in curated.rglob("*.parquet"):
        partitions.setdefault(path.parent, []).append(path.stat().st_size)
    total, number = sum(map(sum, partitions.values())), sum(map(len, partitions.values()))
    large = {folder: found for folder, found in partitions.items() if sum(found) >= 2 * SMALLEST}
    several = ", ".join(f"{size / 2**20:.0f}" for found in large.values() for size in sorted(found)) or "none"
    print(f"{rows:,} lines: {number} files in {len(partitions)} partitions, {total / 2**20:.0f} MB; of large partitions, MB: {several}")
    found = [f"{rows:,} lines: files of {sizes} bytes in {folder}" for folder, sizes in large.items() if min(sizes) < SMALLEST]
    found += [f"{rows:,} lines: files of {sizes} bytes in {folder}" for folder, sizes in large.items() if max(sizes) > LARGEST]
    small = {folder: sizes for folder, sizes in partitions.items() if folder not in large}
    return found + [f"{rows:,} lines: {len(sizes)} small files in {folder}" for folder, sizes in small.items() if len(sizes) > 1]


def differences(rows, raw, curated):
    """Whether DuckDB, from the same lines, comes to the same rows."""
    with duckdb.connect() as connection:
        written = f"SELECT * FROM read_parquet('{curated}/**/*.parquet', hive_partitioning = false)"
        found = connection.execute(DIGEST.format(written)).fetchall()
        expected = connection.execute(DIGEST.format(EXPECTED.format(raw=raw))).fetchall()
    if found != expected:
        other = next(pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]) if len(found) == len(expected) else ""
        return [f"{rows:,} lines: {len(found)} partitions, by DuckDB {len(expected)}, and they are not the same {other}"]
    print(f"{rows:,} lines: the same {sum(row[2] for row in found):,} rows in {len(found)} partitions as by DuckDB")
    return []


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
