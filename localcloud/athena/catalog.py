"""Glue's Data Catalog as the SQL engine sees it: tables with types, partitions, views."""

import base64
import json
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from localcloud.athena.errors import QueryError
from localcloud.athena.sql import types as t

VIEW_PREFIX, VIEW_SUFFIX = "/* Presto View: ", " */"


@dataclass(frozen=True)
class View:
    """`sql` is the query as written; `database` what its bare table names are in."""

    sql: str
    database: str


@dataclass(frozen=True)
class Table:
    """A Glue table. `columns`: (name, Type), partition columns last; `partition_keys`: their names."""

    database: str
    name: str
    columns: tuple
    partition_keys: tuple = ()
    location: str = ""
    descriptor: dict = field(default_factory=dict, hash=False)
    parameters: dict = field(default_factory=dict, hash=False)
    view: View | None = None


@dataclass(frozen=True)
class Partition:
    """Values (text, in the order of the keys) and where the files are."""

    values: tuple
    location: str


class Catalog:
    """Reads the catalog through Glue's API; one object serves one query and remembers what it saw."""

    def __init__(self, glue, permissions=None):
        """`permissions`: the caller's, None for nobody's."""
        self.glue, self.permissions, self._tables = glue, permissions, {}
        self._databases = set()

    def has_database(self, name):
        return _found(lambda: self.glue.get_database(Name=name)) is not None

    def raw(self, database, name):
        """Glue's own Table structure, or None."""
        if self.permissions and database not in self._databases:
            self.permissions.use_database(database)
            self._databases.add(database)
        answer = _found(lambda: self.glue.get_table(DatabaseName=database, Name=name))
        return answer["Table"] if answer else None

    def table(self, database, name):
        """The Table, or None if there is none of that name."""
        key = (database, name)
        if key not in self._tables:
            raw = self.raw(database, name)
            self._tables[key] = None if raw is None else read_table(database, raw)
        return self._tables[key]

    def partitions(self, table):
        """Every registered Partition of a table."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
        )
        found = _found(lambda: [raw for page in pages for raw in page["Partitions"]]) or []
        return [Partition(tuple(raw["Values"]), raw.get("StorageDescriptor", {}).get("Location", "")) for raw in found]


def _found(call):
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return None
        if error.response["Error"]["Code"] == "AccessDeniedException":
            message = f"Insufficient permissions to execute the query. {error.response['Error'].get('Message', '')}"
            raise QueryError("PERMISSION_DENIED", message) from error
        raise QueryError("HIVE_METASTORE_ERROR", error.response["Error"].get("Message", str(error))) from error


def hive_type(text):
    """A Type by Hive's name, where a bare decimal has ten digits (in Trino: 38)."""
    return t.decimal(10, 0) if text.strip().lower() == "decimal" else t.parse(text)


def read_table(database, raw):
    """A Table from Glue's structure; a column of an unknown type is an error when the table is used."""
    descriptor = raw.get("StorageDescriptor") or {}
    keys = raw.get("PartitionKeys") or []
    columns = []
    for column in [*(descriptor.get("Columns") or []), *keys]:
        try:
            columns.append((column["Name"].lower(), hive_type(column.get("Type") or "string")))
        except QueryError as error:
            message = f"column {column['Name']} of table {database}.{raw['Name']} has the unknown type {column.get('Type')}"
            raise QueryError("HIVE_INVALID_METADATA", message) from error
    names = [name for name, _ in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QueryError(
            "HIVE_INVALID_METADATA",
            f"Hive metadata for table {raw['Name']} is invalid: Table descriptor contains duplicate columns: {', '.join(twice)}",
        )
    view = read_view(raw.get("ViewOriginalText") or "", database) if raw.get("TableType") == "VIRTUAL_VIEW" else None
    return Table(
        database,
        raw["Name"].lower(),
        tuple(columns),
        tuple(key["Name"].lower() for key in keys),
        descriptor.get("Location") or "",
        descriptor,
        {**(descriptor.get("Parameters") or {}), **(raw.get("Parameters") or {})},
        view,
    )


def read_view(text, database):
    """The View in Presto's base64 envelope."""
    if not text.startswith(VIEW_PREFIX):
        raise QueryError("NOT_SUPPORTED", "a view that was not created by Athena is not in the local cloud; see docs/local-cloud.md")
    try:
        body = json.loads(base64.b64decode(text[len(VIEW_PREFIX) : -len(VIEW_SUFFIX)]))
        return View(body["originalSql"], body.get("schema") or database)
    except (ValueError, KeyError) as error:
        raise QueryError("INVALID_VIEW", f"the stored view cannot be read: {error}") from error


def write_view(sql, database, columns):
    """(ViewOriginalText, Glue columns) for a view; `columns`: (name, Type)."""
    body = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": name, "type": str(kind)} for name, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    glue_columns = [
        {"Name": name, "Type": t.hive(kind) if kind.name != "timestamp with time zone" else "timestamp"} for name, kind in columns
    ]
    return f"{VIEW_PREFIX}{encoded}{VIEW_SUFFIX}", glue_columns
