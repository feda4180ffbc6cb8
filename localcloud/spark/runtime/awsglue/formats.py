"""Reading and writing the formats, by Spark's own readers and writers."""

from pyspark.sql import functions as F

from awsglue.missing import only, refuse

#: format → the options that mean something here
READ = {
    "csv": (
        "separator",
        "escaper",
        "quoteChar",
        "multiline",
        "multiLine",
        "withHeader",
        "attachFilename",
        "optimizePerformance",
    ),
    "json": ("multiline", "attachFilename", "optimizePerformance"),
    "parquet": ("attachFilename", "useGlueParquetWriter"),
}
WRITE = {
    "csv": ("separator", "escaper", "quoteChar", "writeHeader"),
    "json": (),
    "parquet": ("compression", "useGlueParquetWriter", "blockSize", "pageSize"),
}
SAME = {"glueparquet": "parquet"}


def read(spark, addresses, kind, options):
    """A DataFrame of files; without columns if there are none, as on AWS."""
    kind = SAME.get(kind, kind)
    if kind not in READ:
        refuse(f"format {kind!r}")
    only(options, READ[kind], f"format {kind}")
    if not addresses:
        return empty(spark)
    frame = {"csv": _csv, "json": _json, "parquet": _parquet}[kind](spark, addresses, options or {})
    name = (options or {}).get("attachFilename")
    return frame.withColumn(name, F.input_file_name()) if name else frame


def empty(spark):
    """A frame without rows and columns, that costs no work."""
    return spark.range(0).drop("id")


def _csv(spark, addresses, options):
    header = _true(options.get("withHeader"))
    # A header that differs from file to file is an error, instead of values in the wrong columns.
    reader = spark.read.option("header", header).option("enforceSchema", not header).option("mode", "PERMISSIVE")
    reader = reader.option("sep", options.get("separator", ",")).option("quote", _quote(options)).option("multiLine", _several(options))
    reader = reader.option("escape", options.get("escaper") or '"')
    frame = reader.csv(addresses)
    return frame if header else frame.toDF(*[f"col{at}" for at in range(len(frame.columns))])


def _json(spark, addresses, options):
    return spark.read.option("multiLine", _several(options)).json(addresses)


def _parquet(spark, addresses, _):
    return spark.read.option("mergeSchema", True).parquet(*addresses)


def write(frame, path, kind, options, partitions, compression):
    """Add files to a folder."""
    kind = SAME.get(kind, kind)
    if kind not in WRITE:
        refuse(f"writing format {kind!r}")
    only(options, WRITE[kind], f"writing format {kind}")
    options = options or {}
    writer = frame.write.mode("append")
    if partitions:
        writer = writer.partitionBy(*partitions)
    compression = compression or options.get("compression")
    if compression:
        writer = writer.option("compression", compression)
    if kind == "csv":
        writer = writer.option("header", _true(options.get("writeHeader", True))).option("sep", options.get("separator", ","))
        writer = writer.option("quote", _quote(options)).option("escape", options.get("escaper") or '"')
    # Glue's writers leave no marker.
    writer.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false").format(kind).save(path)


def _true(value):
    return str(value).lower() == "true"


def _several(options):
    return _true(options.get("multiline", options.get("multiLine", False)))


def _quote(options):
    """Spark's quote character; -1 is Glue's word for none."""
    quote = options.get("quoteChar", '"')
    return "" if quote in (-1, "-1") else quote
