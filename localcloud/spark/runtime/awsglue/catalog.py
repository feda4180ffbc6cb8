"""Tables of the Data Catalog as frames."""

import re
from functools import cache

import boto3
from pyspark.sql import functions as F

from awsglue import bookmarks, files, formats
from awsglue.missing import refuse

_PLAIN = re.compile(r"[\w\-.~/:=+,@!$&'();*]*", re.ASCII)
_SERDES = {
    "parquet": "parquet",
    "jsonserde": "json",
    "lazysimpleserde": "csv",
    "opencsvserde": "csv",
}


@cache
def glue():
    return boto3.client("glue")


def table_format(table):
    """(format, format options) of a table by its SerDe."""
    serde = table["StorageDescriptor"].get("SerdeInfo", {})
    library, parameters = serde.get("SerializationLibrary", ""), serde.get("Parameters", {})
    kind = next((kind for part, kind in _SERDES.items() if part in library.lower()), None)
    if kind is None:
        refuse(f"reading a table with the SerDe {library!r}")
    if kind != "csv":
        return kind, {}
    options = {"separator": parameters.get("field.delim", parameters.get("separatorChar", ","))}
    options["quoteChar"] = parameters.get("quoteChar", '"') if "opencsv" in library.lower() else -1
    if table.get("Parameters", {}).get("skip.header.line.count", "0") != "0":
        options["withHeader"] = True
    return kind, options


def read(spark, database, name, predicate, context):
    """A DataFrame of the table's columns and its partitions' keys; `predicate`: SQL on the keys, or empty."""
    table = glue().get_table(DatabaseName=database, Name=name)["Table"]
    kind, options = table_format(table)
    keys, columns = table.get("PartitionKeys", []), table["StorageDescriptor"]["Columns"]
    if not keys:
        listed = files.below(_folder(table["StorageDescriptor"]["Location"]), True)
        return _columns(formats.read(spark, _addresses(context, listed), kind, options), columns, kind)
    found = partitions(spark, database, name, keys, predicate)
    if not found:
        return formats.empty(spark)
    listed = {}
    for location, values in found:
        listed |= {each["address"]: (each, location, values) for each in files.below(location, True)}
    addresses = _addresses(context, [each for each, _, _ in listed.values()])
    if not addresses:
        return formats.empty(spark)
    frame = formats.read(spark, addresses, kind, options | {"attachFilename": "__file"})
    rows = [(_as_spark_shows(spark, address), *listed[address][2]) for address in addresses]
    schema = ", ".join(["__file string", *[f"`{key['Name']}` string" for key in keys]])
    joined = frame.join(F.broadcast(spark.createDataFrame(rows, schema)), "__file").drop("__file")
    typed = [F.col(f"`{key['Name']}`").cast(key.get("Type", "string")).alias(key["Name"]) for key in keys]
    return _columns(joined, columns, kind, typed, {key["Name"] for key in keys})


def partitions(spark, database, name, keys, predicate):
    """[(folder, values)] of the partitions that the predicate lets through."""
    pages = glue().get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name, ExcludeColumnSchema=True)
    found = [(_folder(each["StorageDescriptor"]["Location"]), tuple(each["Values"])) for page in pages for each in page["Partitions"]]
    if not predicate or not found:
        return found
    schema = ", ".join(["__at long", *[f"`{key['Name']}` string" for key in keys]])
    frame = spark.createDataFrame([(at, *values) for at, (_, values) in enumerate(found)], schema)
    for key in keys:
        frame = frame.withColumn(key["Name"], F.col(f"`{key['Name']}`").cast(key.get("Type", "string")))
    return [found[row["__at"]] for row in frame.where(predicate).select("__at").collect()]


def _as_spark_shows(spark, address):
    """An address as input_file_name has it: what an URI may not hold is escaped."""
    if _PLAIN.fullmatch(address):
        return address
    return spark._jvm.org.apache.hadoop.fs.Path(address).toUri().toString()


def _folder(location):
    return location if location.endswith("/") else location + "/"


def _addresses(context, listed):
    return [each["address"] for each in bookmarks.unseen(context, listed)]


def _columns(frame, columns, kind, typed=(), keys=()):
    """The table's columns with their types, by name; by place for CSV, which has no names."""
    if not frame.columns:
        return frame
    if kind == "csv":
        names = [name for name in frame.columns if name not in keys][: len(columns)]
        pairs = [(names[at] if at < len(names) else None, column) for at, column in enumerate(columns)]
    else:
        names = {name.lower(): name for name in frame.columns}
        pairs = [(names.get(column["Name"].lower()), column) for column in columns]
    picked = [(F.col(f"`{name}`") if name else F.lit(None)).cast(column["Type"]).alias(column["Name"]) for name, column in pairs]
    return frame.select(*picked, *typed)
