"""Which task writes which rows: few files of a good size, whatever the number of rows and partitions.

A shuffle by (country, day) alone would put a country that makes 90 % of a day into one file of gigabytes, and one that is
not a shuffle would have each task write a file to each partition. So the rows of each partition are counted first; then
partitions that are too large are cut into parts of equal size, small ones are put together, and each task gets its share.
"""

import heapq
import math
from dataclasses import dataclass

from pyspark.sql import functions as F

from order_history.judging import VALUES
from order_history.places import ARRIVED, COUNTRY, DATE, VERSION
from order_history.table import COLUMNS

#: Measured: zstd, the columns of the table, sorted as here; tests/bench/bench_glue.py shows it.
BYTES_PER_ROW = 48
FILE_BYTES = 128 << 20
ROWS_PER_FILE = FILE_BYTES // BYTES_PER_ROW
#: A file never has more, even if two parts of a partition meet in one task.
MAX_ROWS_PER_FILE = ROWS_PER_FILE * 3 // 2
#: A task's rows are worth its start; and a file costs as much time as so many rows.
ROWS_PER_TASK = 20_000
ROWS_WORTH_A_FILE = 2_000

PARTITION_COLUMNS = (COUNTRY, DATE, VERSION, ARRIVED)


@dataclass(frozen=True)
class Plan:
    """`tasks`: how many; `parts`: {key: numbers of the tasks that share its rows}."""

    tasks: int
    parts: dict


def plan(counts, parallelism, rows_per_file=ROWS_PER_FILE):
    """A Plan for {key: rows}. `parallelism`: how many tasks can run at once; more are made only where there is work for them."""
    parts = {key: max(1, math.ceil(rows / rows_per_file)) for key, rows in counts.items()}
    total = sum(counts.values())
    wanted = max(math.ceil(total / rows_per_file), min(2 * parallelism, math.ceil(total / ROWS_PER_TASK)))
    tasks = max(1, *parts.values(), min(wanted, sum(parts.values()))) if parts else 0
    loads = [(0, number) for number in range(tasks)]
    placed = {}
    for key, number in sorted(parts.items(), key=lambda item: (-counts[item[0]] / item[1], item[0])):
        cost = counts[key] / number + ROWS_WORTH_A_FILE
        taken = [heapq.heappop(loads) for _ in range(number)]
        placed[key] = [task for _, task in taken]
        for load, task in taken:
            heapq.heappush(loads, (load + cost, task))
    return Plan(tasks, placed)


def laid_out(spark, kept, placed, version):
    """`kept` (judging.VALUES) in the tasks and the order of a Plan, with PARTITION_COLUMNS: ready to become the table's columns.

    The Plan's keys are (arrived, country, ISO date).
    """
    targets = _numbers_for(spark, placed.tasks)
    rows = [(arrived, country, day, version, [targets[task] for task in tasks]) for (arrived, country, day), tasks in placed.parts.items()]
    where = spark.createDataFrame(rows, f"arrived string, {COUNTRY} string, {DATE} string, {VERSION} string, parts array<bigint>")
    keyed = kept.withColumns({COUNTRY: F.col("country"), DATE: F.col("invoicedateonly").cast("string")})
    part = F.pmod(F.xxhash64("invoiceno", "stockcode"), F.size("parts")).cast("int")
    joined = keyed.join(F.broadcast(where), ["arrived", COUNTRY, DATE]).withColumn("part", F.get("parts", part))
    return (
        joined.repartition(placed.tasks, "part")
        .sortWithinPartitions(*PARTITION_COLUMNS, "invoicehour", "invoiceno", "stockcode")
        .select(*VALUES, *PARTITION_COLUMNS)
    )


def write(frame, url):
    """Add `frame` (`laid_out`, with table.COLUMNS) to the table's folder. What is there stays, and nobody reads the new files yet."""
    (
        frame.select(*COLUMNS, *PARTITION_COLUMNS)
        .write.mode("append")
        .partitionBy(*PARTITION_COLUMNS)
        .option("compression", "zstd")
        .option("maxRecordsPerFile", MAX_ROWS_PER_FILE)
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        # Straight to where they belong, without a second move: nobody looks before the switch.
        .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
        .parquet(url)
    )


def _numbers_for(spark, tasks):
    """For each task a number that Spark's shuffle sends to it, since a shuffle goes by hash and would let tasks collide."""
    found, start = {}, 0
    while len(found) < tasks:
        step = 20 * tasks + 100
        numbers = spark.range(start, start + step, numPartitions=1)
        rows = numbers.select(F.pmod(F.hash("id"), F.lit(tasks)).alias("task"), "id").groupBy("task").agg(F.min("id").alias("id"))
        found = {row["task"]: row["id"] for row in rows.collect()} | found
        start += step
    return found
