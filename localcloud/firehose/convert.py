"""Records of JSON as rows of Parquet, by the columns of a table in Glue's catalog."""

import base64
import json
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.engine import ServiceError
from localcloud.firehose.hive_values import Unfit, fit, parse

_ROWS = 20_000  # held in memory at once
_decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=lambda name: _refuse(name))
PARSE, MALFORMED = "DataFormatConversion.ParseError", "DataFormatConversion.MalformedData"


class SchemaError(Exception):
    """The table's schema could not be had or used; `code` as Firehose logs it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


def _refuse(name):
    raise ValueError(f"{name} is no JSON")


def schema(roles, settings, region):
    """The pyarrow schema of the table that a DataFormatConversionConfiguration names, looked up with its role."""
    table = settings["SchemaConfiguration"]
    region = table.get("Region") or region
    try:
        glue = roles.client(table["RoleARN"], "glue", region)
        found = glue.get_table(DatabaseName=table["DatabaseName"], Name=table["TableName"])["Table"]
        columns = found["StorageDescriptor"]["Columns"]
        return pa.schema([(column["Name"].lower(), parse(column["Type"])) for column in columns])
    except ClientError as error:
        roles.failed(table["RoleARN"], error)
        code = error.response["Error"]["Code"].removesuffix("Exception")
        raise SchemaError(f"DataFormatConversion.{code}", str(error)) from error
    except ServiceError as error:
        raise SchemaError("DataFormatConversion.AccessDenied", error.message) from error
    except Unfit as error:
        raise SchemaError("DataFormatConversion.InvalidSchema", str(error)) from error
    except BotoCoreError as error:
        raise SchemaError("DataFormatConversion.ServiceUnavailable", str(error)) from error


def reader(settings):
    """`rows(data, schema)` by the deserializer's settings: the rows of one record, which may hold several documents."""
    deserializer = settings["InputFormatConfiguration"]["Deserializer"]
    openx = deserializer.get("OpenXJsonSerDe") or {}
    lower = openx.get("CaseInsensitive", True)
    dots = openx.get("ConvertDotsInJsonKeysToUnderscores", False)
    keys = {column.lower(): key for column, key in (openx.get("ColumnToJsonKeyMappings") or {}).items()}

    def rows(data, columns):
        found = []
        for document in _documents(data):
            if dots:
                document = {key.replace(".", "_"): value for key, value in document.items()}
            members = {key.lower(): value for key, value in document.items()} if lower else document
            row = {}
            for column in columns:
                key = keys.get(column.name, column.name)
                try:
                    row[column.name] = fit(members.get(key.lower() if lower else key), column.type, lower)
                except Unfit as error:
                    raise Unfit(f"column {column.name}: {error}") from error
            found.append(row)
        return found

    return rows


def _documents(data):
    """The JSON objects of a record, one after the other; ValueError for anything else."""
    text, at = data.decode().strip(), 0
    if not text:
        raise ValueError("the record is empty")
    while at < len(text):
        document, at = _decoder.raw_decode(text, at)
        if not isinstance(document, dict):
            raise ValueError(f"{text[:40]!r} is no JSON object")
        yield document
        while at < len(text) and text[at].isspace():
            at += 1


def write(out, records, columns, settings):
    """Write the (arrival, data) records that fit to the file `out`; returns (rows, [(arrival, data, code, message)] of the others)."""
    parquet = settings["OutputFormatConfiguration"]["Serializer"].get("ParquetSerDe") or {}
    compression = {"UNCOMPRESSED": "none"}.get(parquet.get("Compression"), parquet.get("Compression", "SNAPPY").lower())
    rows, waiting, refused, written = reader(settings), [], [], 0
    # Hive's readers, Athena among them, expect times as INT96.
    with pq.ParquetWriter(out, columns, compression=compression, use_deprecated_int96_timestamps=True) as writer:
        for arrival, data in records:
            try:
                waiting += rows(data, columns)
            except Unfit as error:
                refused.append((arrival, data, MALFORMED, str(error)))
            except (ValueError, RecursionError) as error:
                refused.append((arrival, data, PARSE, f"Encountered malformed JSON. {error}"))
            if len(waiting) >= _ROWS:
                written += _flush(writer, waiting, columns)
        written += _flush(writer, waiting, columns)
    return written, refused


def _flush(writer, waiting, columns):
    if waiting:
        writer.write_table(pa.Table.from_pylist(waiting, columns))
    count = len(waiting)
    waiting.clear()
    return count


def error_line(arrival, data, code, message, settings, catalog_id, region):
    """A record that could not be converted as Firehose's guide has it, a line of JSON."""
    table = settings["SchemaConfiguration"]
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": arrival,
        "lastErrorCode": code,
        "lastErrorMessage": message,
        "attemptEndingTimestamp": int(time.time() * 1000),
        "rawData": base64.b64encode(data).decode(),
        "sequenceNumber": None,
        "subSequenceNumber": None,
        "dataCatalogTable": {
            "catalogId": table.get("CatalogId") or catalog_id,
            "databaseName": table["DatabaseName"],
            "tableName": table["TableName"],
            "region": table.get("Region") or region,
            "versionId": table.get("VersionId", "LATEST"),
            "catalogArn": None,
        },
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"
