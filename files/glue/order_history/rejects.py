"""Rejected lines and files as JSON lines."""

import zlib

from pyspark.sql import functions as F

from order_history.judging import REJECTED
from order_history.places import ARRIVED, RUN

DAMAGED = "file_damaged"
MAX_LINES_PER_FILE = 1_000_000
_PIECE = 1 << 20


def lines(spark, judged, damaged, run):
    """A frame (value, arrived, run) with a JSON object for each rejected line of `judged` and each of the files in `damaged`.

    `damaged`: {file: (arrival day, what is wrong)}; such a file stays where it is, so its bytes are not repeated here.
    """
    rejected = judged.where(F.col("outcome") == REJECTED)
    line = F.to_json(F.struct(F.col("source_file").alias("file"), "reasons", "text", "text_base64"))
    found = rejected.select(line.alias("value"), ARRIVED)
    if damaged:
        rows = [(day, file, [DAMAGED], message) for file, (day, message) in sorted(damaged.items())]
        whole = spark.createDataFrame(rows, f"{ARRIVED} string, file string, reasons array<string>, message string")
        found = found.union(whole.select(F.to_json(F.struct("file", "reasons", "message")), ARRIVED))
    return found.withColumn(RUN, F.lit(run))


def write(frame, url, days):
    """One file for each arrival day that has any, below the folder of its day and run."""
    (
        frame.repartition(max(1, days), ARRIVED)
        .write.mode("append")
        .partitionBy(ARRIVED, RUN)
        .option("maxRecordsPerFile", MAX_LINES_PER_FILE)
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .text(url)
    )


def gzip_problem(data):
    """What is wrong with a gzip file's bytes, or None. Memory does not grow with what is in it."""
    at, members = 0, 0
    view = memoryview(data)
    if not len(view):
        return None
    while at < len(view):
        member, members = zlib.decompressobj(wbits=31), members + 1
        try:
            while not member.eof:
                piece = view[at : at + _PIECE]
                if not piece:
                    return f"it ends within its member {members}"
                at += len(piece)
                waiting = piece
                while len(waiting) and not member.eof:
                    member.decompress(waiting, _PIECE)
                    waiting = member.unconsumed_tail
            at -= len(member.unused_data)
        except zlib.error as error:
            return f"its member {members} is damaged: {error}"
    return None
