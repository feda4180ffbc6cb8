"""What the catalog stores of a table and its partitions, as Glue's crawlers write it; pure."""

import hashlib
import json
import re

from localcloud.crawler.hive_types import render

BATCH = 100  # partitions in one call, Glue's limit

_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_FORMATS = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "json": (_TEXT_INPUT, _TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (_TEXT_INPUT, _TEXT_OUTPUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "OpenCSVSerDe": (_TEXT_INPUT, _TEXT_OUTPUT, "org.apache.hadoop.hive.serde2.OpenCSVSerde"),
}


def table_name(bucket, prefix, table_prefix=""):
    """The name for the table at a key prefix: its last folder, file or the bucket, in the catalog's letters."""
    last = prefix.rstrip("/").rpartition("/")[2] or bucket
    return table_prefix.lower() + re.sub(r"[^a-z0-9_]", "_", last.lower())


def with_hash(name, location):
    """The name for a table whose own name is taken by a table elsewhere."""
    return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"


def location(bucket, prefix):
    return f"s3://{bucket}/{prefix}"


def columns(schema):
    return [{"Name": name, "Type": render(its_type)} for name, its_type in schema.columns]


def parameters(schema, files, crawler=None, exclusions=()):
    """The parameters of a table (with `crawler`, its crawler's name) or of a partition (without)."""
    size = sum(file.size for file in files)
    record = max(1, round(schema.stored_bytes / schema.rows)) if schema.rows else 0
    out = {
        "classification": schema.classification,
        "compressionType": schema.compression,
        "typeOfData": "file",
        "sizeKey": str(size),
        "objectCount": str(len(files)),
        "recordCount": str(_record_count(schema, size)),
        "averageRecordSize": str(record),
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
    }
    if schema.classification == "csv":
        out |= {"delimiter": schema.details["delimiter"], "columnsOrdered": "true"}
        out["areColumnsQuoted"] = "true" if schema.details["quote"] else "false"
        if schema.details["header"]:
            out["skip.header.line.count"] = "1"
    if exclusions:
        out["exclusions"] = json.dumps(list(exclusions))
    if crawler:
        out["UPDATED_BY_CRAWLER"] = crawler
    return out


def _record_count(schema, size):
    """Rows in `size` bytes, from the rows in the part that was looked at."""
    if not schema.rows or not schema.stored_bytes:
        return 0
    return max(1, round(schema.rows * size / schema.stored_bytes))


def storage(schema, where, its_parameters, its_columns=None):
    """A StorageDescriptor. `its_columns`: instead of the schema's own, in the catalog's form."""
    key = schema.details.get("serde") if schema.details.get("serde") in _FORMATS else schema.classification
    input_format, output_format, serde = _FORMATS.get(key, ("", "", ""))
    return {
        "Columns": columns(schema) if its_columns is None else its_columns,
        "Location": where,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": _serde_parameters(schema)} if serde else {},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": its_parameters,
        "StoredAsSubDirectories": False,
    }


def _serde_parameters(schema):
    if schema.classification == "parquet":
        return {"serialization.format": "1"}
    if schema.classification == "json":
        return {"paths": ",".join(name for name, _ in schema.columns)}
    if schema.details["quote"]:
        return {"separatorChar": schema.details["delimiter"], "quoteChar": schema.details["quote"], "escapeChar": "\\"}
    return {"field.delim": schema.details["delimiter"]}


def table_input(table, name, bucket, crawler, exclusions=()):
    """The TableInput for a planned table whose schema is known."""
    schema = table.schema
    its_parameters = parameters(schema, table.files, crawler, exclusions)
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": storage(schema, location(bucket, table.prefix), its_parameters),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": its_parameters,
    }


def partition_input(leaf, bucket, schema, inherited=None):
    """The PartitionInput of one leaf. `inherited`: the table's columns, where partitions take those."""
    return {
        "Values": list(leaf.values),
        "StorageDescriptor": storage(schema, location(bucket, leaf.prefix), parameters(schema, leaf.files), inherited),
        "Parameters": parameters(schema, leaf.files),
    }


def with_new_columns_only(wanted, existing):
    """`wanted` (a TableInput) with the existing table's columns as they are and only new ones added."""
    kept = existing.get("StorageDescriptor", {}).get("Columns", [])
    names = {column["Name"].lower() for column in kept}
    added = [column for column in wanted["StorageDescriptor"]["Columns"] if column["Name"] not in names]
    return wanted | {"StorageDescriptor": wanted["StorageDescriptor"] | {"Columns": kept + added}}


def differs(existing, wanted):
    """Whether the catalog's table or partition lacks anything of the input `wanted`."""
    return any(existing.get(member) != value for member, value in wanted.items() if member != "Retention")
