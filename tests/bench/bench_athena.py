"""Athena against plain DuckDB on the same Parquet files: a grouped sum, interleaved.

`python -m tests.bench.bench_athena [ROWS] [ROUNDS]` starts a local cloud of its own, puts ROWS rows
(10 million by default) as one object, and takes turns: DuckDB on the file; StartQueryExecution to the
result's first page by boto3, polled every 10 ms. Exits 1 if Athena's median is over 2 × DuckDB's + 0.1 s.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.local_cloud import Cloud

QUERY = "SELECT customer, sum(amount) AS total, count(*) AS orders FROM {} GROUP BY customer ORDER BY total DESC"


def write(path, rows):
    """`rows` rows of orders in row groups of 122,880, about 15 bytes a row."""
    schema = pa.schema([("order_id", pa.int64()), ("customer", pa.string()), ("amount", pa.decimal128(12, 2))])
    names = pa.array([f"customer {i:03}" for i in range(500)])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 122_880):
            ids = pa.array(range(start, min(rows, start + 122_880)), pa.int64())
            mixed = pc.bit_wise_and(pc.multiply(ids, 2654435761), 0xFFFFF)
            customer = pc.take(names, pc.cast(pc.subtract(mixed, pc.multiply(pc.divide(mixed, 500), 500)), pa.int32()))
            amount = pc.cast(pc.divide(pc.cast(mixed, pa.float64()), 100.0), pa.decimal128(12, 2))
            writer.write_table(pa.table([ids, customer, amount], schema=schema))


def by_athena(athena):
    """(seconds, rows without the header, bytes scanned)"""
    begun = time.perf_counter()
    started = athena.start_query_execution(
        QueryString=QUERY.format("orders"),
        QueryExecutionContext={"Database": "bench"},
        ResultConfiguration={"OutputLocation": "s3://bench-data/out/"},
    )
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.01)
    if execution["Status"]["State"] != "SUCCEEDED":
        raise RuntimeError(execution["Status"])
    page = athena.get_query_results(QueryExecutionId=started["QueryExecutionId"])
    seconds = time.perf_counter() - begun
    rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"][1:]]
    return seconds, rows, execution["Statistics"]["DataScannedInBytes"]


def by_duckdb(path):
    begun = time.perf_counter()
    with duckdb.connect() as connection:
        rows = connection.execute(QUERY.format(f"read_parquet('{path}')")).fetchall()
    return time.perf_counter() - begun, [tuple(str(cell) for cell in row) for row in rows]


def main(rows=10_000_000, rounds=7):
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder, Cloud(Path(folder)) as cloud:
        path = Path(folder) / "orders.parquet"
        write(path, rows)
        s3, athena, glue = cloud.client("s3"), cloud.client("athena"), cloud.client("glue")
        s3.create_bucket(Bucket="bench-data")
        with open(path, "rb") as body:
            s3.put_object(Bucket="bench-data", Key="orders/orders.parquet", Body=body)
        glue.create_database(DatabaseInput={"Name": "bench"})
        columns = [
            {"Name": "order_id", "Type": "bigint"},
            {"Name": "customer", "Type": "string"},
            {"Name": "amount", "Type": "decimal(12,2)"},
        ]
        serde = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
        glue.create_table(
            DatabaseName="bench",
            TableInput={
                "Name": "orders",
                "StorageDescriptor": {"Columns": columns, "Location": "s3://bench-data/orders/", "SerdeInfo": serde},
            },
        )
        times = {"DuckDB": [], "Athena": []}
        for _ in range(rounds):
            seconds, expected = by_duckdb(path)
            times["DuckDB"].append(seconds)
            seconds, found, scanned = by_athena(athena)
            times["Athena"].append(seconds)
            if sorted(found) != sorted(expected):
                raise RuntimeError(f"the answers differ: {found[:3]} … and {expected[:3]} …")
    medians = {name: statistics.median(values) for name, values in times.items()}
    limit = 2 * medians["DuckDB"] + 0.1
    print(f"grouped sum over {rows:,} rows, {rounds} rounds in turns, {scanned:,} bytes scanned")
    print(f"{'':10}{'median s':>10}{'min':>8}{'max':>8}")
    for name, values in times.items():
        print(f"{name:10}{medians[name]:10.3f}{min(values):8.3f}{max(values):8.3f}")
    kept = medians["Athena"] <= limit
    print(f"limit 2 × DuckDB + 0.1 = {limit:.3f} s: {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
