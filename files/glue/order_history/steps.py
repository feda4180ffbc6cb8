"""A run's work in Spark, from the raw files of some arrival days to the new files of the table; nothing of it is visible yet."""

from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as F

from order_history import audit, files, judging, lines, places, rejects, table

#: What Spark must be told for the session: Java does not compile methods longer than this, and a line's judgement as one
#: method runs half as fast uncompiled.
CONFIGURATION = {"spark.sql.codegen.hugeMethodLimit": "8000"}


def transform(spark, raw, days, run, outputs, *, usd_rate, high_value_usd, require_customer):
    """Write the new files of the table and of the rejects; returns ({day: audit.Day}, what list_raw gave).

    Args:
        raw: address of the folder of raw files; its days lie below it as places.day_folder says.
        days: arrival days, ISO.
        run: name of the run, and of its versions.
        outputs: addresses of the folders of the table and of the rejects.

    Raises:
        PySparkException, Py4JError: Spark failed, and not for a damaged gzip file.
    """
    for name, value in CONFIGURATION.items():
        spark.conf.set(name, value)
    curated, rejected = outputs
    listed = list_raw(spark, raw, days)
    judged, counts, damaged = judge(spark, listed, days, require_customer)
    try:
        rows = {(name, *partition): number for name, day in counts.items() for partition, number in day.partitions.items()}
        if rows:
            placed = files.plan(rows, spark.sparkContext.defaultParallelism)
            ordered = files.laid_out(spark, judged.where(F.col("outcome") == judging.KEPT), placed, run)
            files.write(table.with_columns(ordered, usd_rate, high_value_usd), curated)
        if damaged or any(day.rejected for day in counts.values()):
            rejects.write(rejects.lines(spark, judged, damaged, run), rejected, len(days))
    finally:
        judged.unpersist()
    return counts, listed


def list_raw(spark, raw, days):
    """[(address, bytes, arrival day)] of the days' files that hold anything."""
    found = []
    for day in days:
        try:
            frame = spark.read.format("binaryFile").load(raw + places.day_folder(day)).select("path", "length")
        except AnalysisException as error:
            if error.getErrorClass() != "PATH_NOT_FOUND":
                raise
            continue
        found += [(row["path"], row["length"], day) for row in frame.collect() if row["length"]]
    return found


def judge(spark, listed, days, require_customer):
    """(judged lines, stored for further use; {day: counts}; {damaged file: (day, what is wrong)})"""
    judged = read(spark, [address for address, _, _ in listed], require_customer)
    try:
        return judged, audit.count(judged, days), {}
    except (PySparkException, Py4JError):
        judged.unpersist()
        damaged = find_damaged(spark, listed)
        if not damaged:
            raise
    for address, (_, message) in damaged.items():
        print(f"rejected whole: {address}: {message}")
    judged = read(spark, [address for address, _, _ in listed if address not in damaged], require_customer)
    counts = audit.count(judged, days)
    for address, (day, message) in damaged.items():
        counts[day].damaged[address] = message
    return judged, counts, damaged


def read(spark, addresses, require_customer):
    """The judged lines of raw files. They are stored, so that all that follows sees the same."""
    text = spark.read.option("lineSep", "\n").text(addresses) if addresses else spark.createDataFrame([], "value string")
    source = F.input_file_name() if addresses else F.lit("")
    arrived = F.concat_ws("-", *[F.regexp_extract("source_file", places.RAW_DAY.pattern, group) for group in (1, 2, 3)])
    found = text.where(lines.not_blank(F.col("value"))).withColumn("source_file", source).withColumn("arrived", arrived)
    return judging.judge(found, require_customer).persist(StorageLevel.MEMORY_AND_DISK)


def find_damaged(spark, listed):
    """{file: (arrival day, what is wrong)} of the gzip files that cannot be read to their end."""
    days = {address: day for address, _, day in listed if address.endswith(".gz")}
    if not days:
        return {}
    found = spark.read.format("binaryFile").load(list(days)).select("path", "content").rdd
    checked = found.map(lambda row: (row["path"], rejects.gzip_problem(row["content"]))).collect()
    return {address: (days[address], problem) for address, problem in checked if problem}
