"""Statements other than queries, carried out on Glue's catalog. Each gives rows of one text or three."""

import fnmatch
import re

from botocore.exceptions import ClientError

from localcloud.athena import catalog as catalogs
from localcloud.athena import storage
from localcloud.athena.errors import QueryError
from localcloud.athena.query import compile_query

_FAILED = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."


class Runner:
    """Runs Statements: one method per kind. Answers are lists of lines."""

    def __init__(self, glue, s3, catalog, database, now):
        self.glue, self.s3, self.catalog, self.database, self.now = glue, s3, catalog, database or "default", now

    def run(self, statement):
        """The lines of a statement's output."""
        try:
            return getattr(self, statement.kind)(**statement.parts)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
                message = f"Insufficient permissions to execute the query. {error.response['Error'].get('Message', '')}"
                raise QueryError("PERMISSION_DENIED", message) from error
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} {error.response['Error'].get('Message', error)}") from error

    def _named(self, table):
        return table[0] or self.database, table[1]

    def _raw(self, table):
        database, name = self._named(table)
        found = self.catalog.raw(database, name)
        if found is None:
            raise QueryError("GENERIC_USER_ERROR", f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
        return found

    # --- databases

    def create_database(self, name, if_not_exists, comment, location, properties):
        if self.catalog.has_database(name):
            if if_not_exists:
                return []
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} Database {name} already exists")
        made = {"Name": name, "Parameters": properties}
        if comment is not None:
            made["Description"] = comment
        if location is not None:
            storage.split(location)
            made["LocationUri"] = location
        self.glue.create_database(DatabaseInput=made)
        return []

    def drop_database(self, name, if_exists, cascade):
        if not self.catalog.has_database(name):
            if if_exists:
                return []
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} NoSuchObjectException: {name}: Database does not exist")
        tables = self._tables(name)
        if tables and not cascade:
            raise QueryError(
                "GENERIC_USER_ERROR",
                f"{_FAILED} InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)",
            )
        for table in tables:
            self.glue.delete_table(DatabaseName=name, Name=table["Name"])
        self.glue.delete_database(Name=name)
        return []

    def _tables(self, database):
        if not self.catalog.has_database(database):
            raise QueryError("GENERIC_USER_ERROR", f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return [table for page in pages for table in page["TableList"]]

    def show_databases(self, pattern):
        pages = self.glue.get_paginator("get_databases").paginate()
        return _matching((database["Name"] for page in pages for database in page["DatabaseList"]), pattern)

    # --- tables

    def create_table(self, table, if_not_exists, columns, partitions, comment, location, properties, descriptor):
        database, name = self._named(table)
        storage.split(location)
        if not location.endswith("/"):
            location = descriptor["Location"] = location + "/"
        if not self.catalog.has_database(database):
            raise QueryError("GENERIC_USER_ERROR", f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        if self.catalog.raw(database, name) is not None:
            if if_not_exists:
                return []
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} AlreadyExistsException(message:Table {name} already exists)")
        names = [column["Name"] for column in [*columns, *partitions]]
        twice = sorted({column for column in names if names.count(column) > 1})
        if twice:
            raise QueryError(
                "GENERIC_USER_ERROR",
                f"FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns or table: {', '.join(twice)}",
            )
        made = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": partitions,
            "Parameters": {"EXTERNAL": "TRUE", **properties},
            "StorageDescriptor": descriptor,
        }
        if comment is not None:
            made["Parameters"]["comment"] = comment
        self.glue.create_table(DatabaseName=database, TableInput=made)
        return []

    def drop_table(self, table, if_exists):
        return self._drop(table, if_exists, view=False)

    def drop_view(self, table, if_exists):
        return self._drop(table, if_exists, view=True)

    def _drop(self, table, if_exists, view):
        database, name = self._named(table)
        found = self.catalog.raw(database, name)
        if found is None:
            if if_exists:
                return []
            raise QueryError("GENERIC_USER_ERROR", f"FAILED: SemanticException [Error 10001]: Table not found {name}")
        if (found.get("TableType") == "VIRTUAL_VIEW") != view:
            raise QueryError(
                "GENERIC_USER_ERROR",
                f"FAILED: SemanticException: {database}.{name} is a {'table: use DROP TABLE' if view else 'view: use DROP VIEW'}",
            )
        self.glue.delete_table(DatabaseName=database, Name=name)
        return []

    def create_view(self, table, replace, query):
        database, name = self._named(table)
        if not self.catalog.has_database(database):
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema {database} not found")
        existing = self.catalog.raw(database, name)
        if existing is not None and (existing.get("TableType") != "VIRTUAL_VIEW" or not replace):
            raise QueryError("ALREADY_EXISTS", f"View already exists: awsdatacatalog.{database}.{name}")
        _, relation = compile_query(query, self.catalog, self.database, self.now)
        if None in relation.names:
            raise QueryError("MISSING_COLUMN_NAME", f"Column name not specified at position {relation.names.index(None) + 1}")
        if len(set(relation.names)) != len(relation.names):
            twice = next(column for column in relation.names if relation.names.count(column) > 1)
            raise QueryError("DUPLICATE_COLUMN_NAME", f"Column name '{twice}' specified more than once")
        text, columns = catalogs.write_view(query, self.database, list(zip(relation.names, relation.types, strict=True)))
        made = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": text,
            "ViewExpandedText": "/* Presto View */",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "PartitionKeys": [],
            "StorageDescriptor": {"Columns": columns, "SerdeInfo": {}},
        }
        if existing is None:
            self.glue.create_table(DatabaseName=database, TableInput=made)
        else:
            self.glue.update_table(DatabaseName=database, TableInput=made)
        return []

    # --- showing

    def show_tables(self, database, pattern):
        return _matching((table["Name"] for table in self._tables(database or self.database)), pattern)

    def show_views(self, database, pattern):
        return _matching(
            (table["Name"] for table in self._tables(database or self.database) if table.get("TableType") == "VIRTUAL_VIEW"), pattern
        )

    def show_columns(self, table):
        found = self._raw(table)
        return [column["Name"].ljust(20) for column in _all_columns(found)]

    def show_partitions(self, table):
        found = self._raw(table)
        keys = [key["Name"] for key in found.get("PartitionKeys") or []]
        if not keys:
            raise QueryError("GENERIC_USER_ERROR", f"FAILED: {_FAILED} Table {found['Name']} is not a partitioned table")
        parts = self.catalog.partitions(catalogs.read_table(*self._database_and(found, table)))
        return sorted("/".join(f"{key}={value}" for key, value in zip(keys, part.values, strict=True)) for part in parts)

    def _database_and(self, raw, table):
        return self._named(table)[0], raw

    def describe(self, table):
        found = self._raw(table)
        lines = [_described(column) for column in _all_columns(found)]
        keys = found.get("PartitionKeys") or []
        if keys:
            heading = [_line("", "", ""), "# Partition Information\t \t ", _line("# col_name", "data_type", "comment"), _line("", "", "")]
            lines += heading + [_described(column) for column in keys]
        return lines

    def show_properties(self, table, key):
        properties = self._raw(table).get("Parameters") or {}
        if key is None:
            return [f"{name}\t{value}" for name, value in sorted(properties.items())]
        return [properties.get(key, f"Table {'.'.join(self._named(table))} does not have property: {key}")]

    def show_create_view(self, table):
        database, name = self._named(table)
        found = self.catalog.table(database, name)
        if found is None or found.view is None:
            raise QueryError("NOT_SUPPORTED", f"Relation 'awsdatacatalog.{database}.{name}' is not a view")
        return [f"CREATE VIEW {database}.{name} AS", *found.view.sql.splitlines()]

    def show_create_table(self, table):
        found, (database, name) = self._raw(table), self._named(table)
        if found.get("TableType") == "VIRTUAL_VIEW":
            raise QueryError("GENERIC_USER_ERROR", f"{database}.{name} is a view: use SHOW CREATE VIEW")
        descriptor = found["StorageDescriptor"]
        serde = descriptor.get("SerdeInfo") or {}
        lines = [f"CREATE EXTERNAL TABLE `{name}`(", *_listed(descriptor.get("Columns") or [])]
        if found.get("PartitionKeys"):
            lines += ["PARTITIONED BY ( ", *_listed(found["PartitionKeys"])]
        lines += ["ROW FORMAT SERDE ", f"  {_quoted(serde.get('SerializationLibrary', ''))} "]
        if serde.get("Parameters"):
            lines += ["WITH SERDEPROPERTIES ( ", *_pairs(serde["Parameters"])]
        lines += [
            "STORED AS INPUTFORMAT ",
            f"  {_quoted(descriptor.get('InputFormat', ''))} ",
            "OUTPUTFORMAT ",
            f"  {_quoted(descriptor.get('OutputFormat', ''))}",
        ]
        lines += ["LOCATION", f"  {_quoted(descriptor.get('Location', ''))}"]
        properties = {key: value for key, value in (found.get("Parameters") or {}).items() if key != "EXTERNAL"}
        return [*lines, *(["TBLPROPERTIES (", *_pairs(properties)] if properties else [])]

    def explain(self, query):
        compiler, relation = compile_query(query, self.catalog, self.database, self.now)
        lines = ["Query Plan", "Output[columnNames = [" + ", ".join(name or f"_col{i}" for i, name in enumerate(relation.names)) + "]]"]
        for scan in compiler.scans:
            used = [f"{column}:{kind}" for column, kind in scan.columns if column in scan.used]
            lines.append(f"  TableScan[table = awsdatacatalog:{scan.table.database}:{scan.table.name}] columns = [{', '.join(used)}]")
        return lines

    # --- partitions and changes

    def _partitioned(self, table):
        found = self._raw(table)
        keys = found.get("PartitionKeys") or []
        if not keys:
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} table {found['Name']} is not partitioned but partition spec exists")
        return found, keys

    def _values(self, keys, given):
        names = [key["Name"].lower() for key in keys]
        if set(given) != set(names):
            raise QueryError(
                "GENERIC_USER_ERROR", f"FAILED: SemanticException partition spec {given} must name exactly the keys {', '.join(names)}"
            )
        return [given[name] for name in names]

    def add_partitions(self, table, if_not_exists, partitions):
        found, keys = self._partitioned(table)
        made = [
            _partition_input(found, self._values(keys, values), location or _default_location(found, keys, values))
            for values, location in partitions
        ]
        errors = self._register(table, made)
        if errors and not if_not_exists:
            raise QueryError(
                "GENERIC_USER_ERROR", f"{_FAILED} AlreadyExistsException(message:Partition already exists: {errors[0]['PartitionValues']})"
            )
        return []

    def _register(self, table, inputs):
        """Errors of partitions that exist already; others raise."""
        database, name = self._named(table)
        errors = []
        for start in range(0, len(inputs), 100):
            answer = self.glue.batch_create_partition(DatabaseName=database, TableName=name, PartitionInputList=inputs[start : start + 100])
            errors += answer.get("Errors") or []
        other = [error for error in errors if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException"]
        if other:
            raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} {other[0]['ErrorDetail']}")
        return errors

    def drop_partitions(self, table, if_exists, partitions):
        _, keys = self._partitioned(table)
        database, name = self._named(table)
        for values, _ in partitions:
            try:
                self.glue.delete_partition(DatabaseName=database, TableName=name, PartitionValues=self._values(keys, values))
            except ClientError as error:
                if error.response["Error"]["Code"] != "EntityNotFoundException":
                    raise
                if not if_exists:
                    raise QueryError(
                        "GENERIC_USER_ERROR", f"FAILED: SemanticException [Error 10006]: Partition not found {values}"
                    ) from error
        return []

    def msck(self, table):
        """Registers the folders key=value/… under the table's location that are not registered yet."""
        found, keys = self._partitioned(table)
        names = [key["Name"].lower() for key in keys]
        location = found["StorageDescriptor"]["Location"]
        bucket, prefix = storage.split(location)
        prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        shape = re.compile("/".join(f"{re.escape(name)}=([^/]+)" for name in names) + "/", re.I)
        seen = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                match = shape.match(entry["Key"][len(prefix) :])
                if match:
                    seen.setdefault(tuple(_unescaped(value) for value in match.groups()), f"s3://{bucket}/{prefix}{match[0]}")
        known = {part.values for part in self.catalog.partitions(catalogs.read_table(self._named(table)[0], found))}
        new = {values: place for values, place in seen.items() if values not in known}
        self._register(table, [_partition_input(found, list(values), place) for values, place in new.items()])
        shown = ["/".join(f"{name}={value}" for name, value in zip(names, values, strict=True)) for values in new]
        if not shown:
            return []
        table_name = found["Name"]
        return [
            "Partitions not in metastore:\t" + "\t".join(f"{table_name}:{part}" for part in shown),
            *(f"Repair: Added partition to metastore {table_name}:{part}" for part in shown),
        ]

    def _changed(self, table, change):
        found, (database, _) = self._raw(table), self._named(table)
        allowed = (
            "Name",
            "Description",
            "Owner",
            "Retention",
            "StorageDescriptor",
            "PartitionKeys",
            "ViewOriginalText",
            "ViewExpandedText",
            "TableType",
            "Parameters",
        )
        made = {key: found[key] for key in allowed if found.get(key) not in (None, "")}
        change(made)
        self.glue.update_table(DatabaseName=database, TableInput=made)
        return []

    def add_columns(self, table, columns):
        def change(made):
            held = {column["Name"].lower() for column in [*made["StorageDescriptor"]["Columns"], *made.get("PartitionKeys", [])]}
            twice = [column["Name"] for column in columns if column["Name"] in held]
            if twice:
                raise QueryError("GENERIC_USER_ERROR", f"{_FAILED} Duplicate column name: {twice[0]}")
            made["StorageDescriptor"]["Columns"] += columns

        return self._changed(table, change)

    def set_properties(self, table, properties):
        return self._changed(table, lambda made: made.setdefault("Parameters", {}).update(properties))

    def set_location(self, table, location):
        storage.split(location)
        return self._changed(
            table, lambda made: made["StorageDescriptor"].update(Location=location if location.endswith("/") else location + "/")
        )


def _matching(names, pattern):
    """Names that a Hive pattern (* for anything, | between choices) covers, sorted."""
    found = sorted(names)
    if pattern is None:
        return found
    return [
        name for name in found if any(fnmatch.fnmatchcase(name, choice.strip().lower().replace(".*", "*")) for choice in pattern.split("|"))
    ]


def _all_columns(raw):
    return [*(raw["StorageDescriptor"].get("Columns") or []), *(raw.get("PartitionKeys") or [])]


def _line(name, kind, comment):
    return f"{name.ljust(20)}\t{kind.ljust(20)}\t{comment.ljust(20)}"


def _described(column):
    return _line(column["Name"], column.get("Type", "string"), column.get("Comment", ""))


def _quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t") + "'"


def _listed(columns):
    lines = []
    for number, column in enumerate(columns, 1):
        comment = f" COMMENT {_quoted(column['Comment'])}" if column.get("Comment") else ""
        lines.append(f"  `{column['Name']}` {column.get('Type', 'string')}{comment}{')' if number == len(columns) else ', '}")
    return lines


def _pairs(values):
    items = sorted(values.items())
    return [f"  {_quoted(key)}={_quoted(value)}{')' if number == len(items) else ', '}" for number, (key, value) in enumerate(items, 1)]


def _default_location(raw, keys, values):
    base = raw["StorageDescriptor"]["Location"]
    parts = "/".join(f"{key['Name'].lower()}={values[key['Name'].lower()]}" for key in keys)
    return f"{base.rstrip('/')}/{parts}/"


def _partition_input(raw, values, location):
    descriptor = {key: value for key, value in raw["StorageDescriptor"].items() if key not in ("SchemaReference",)}
    return {"Values": values, "StorageDescriptor": {**descriptor, "Location": location}}


def _unescaped(value):
    """Hive writes awkward characters of partition values as %XX."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), value)
