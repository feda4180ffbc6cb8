"""Which partitions of a table a scan needs."""

import pyarrow as pa

from localcloud.athena.catalog import Partition
from localcloud.athena.projection import Projection, is_projected
from localcloud.athena.projection.columns import Injected
from localcloud.athena.sql import types as t

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def chosen(scan, context):
    """The Partitions that the scan's predicates leave; a table without keys is one partition."""
    table = scan.table
    if not table.partition_keys:
        return [Partition((), table.location)]
    kinds = dict(table.columns)
    found = projected(scan, context) if is_projected(table.parameters) else context.catalog.partitions(table)
    predicates = [predicate.sql for predicate in scan.predicates if predicate.names <= set(table.partition_keys)]
    if not found or not predicates:
        return found
    columns = {
        f"p{i}": pa.array([_value(partition.values, i) for partition in found], pa.string()) for i in range(len(table.partition_keys))
    }
    columns["i"] = pa.array(range(len(found)), pa.int64())
    context.connection.register("hw_partitions", pa.table(columns))
    listed = ", ".join(f"{typed(f'p{i}', kinds[name])} AS {t.quote(name)}" for i, name in enumerate(table.partition_keys))
    sql = f"SELECT {scan.alias}.i FROM (SELECT i, {listed} FROM hw_partitions) AS {scan.alias} WHERE {' AND '.join(predicates)} ORDER BY 1"  # noqa: S608 - of our own texts
    kept = [row[0] for row in context.connection.sql(sql).fetchall()]
    context.connection.unregister("hw_partitions")
    return [found[i] for i in kept]


def projected(scan, context):
    """The Partitions of a table that projects them, of which the query's bounds have left out most already."""
    table = scan.table
    keys, storage = [{"Name": key} for key in table.partition_keys], {"Location": table.location}
    projection = Projection({"Name": table.name, "PartitionKeys": keys, "StorageDescriptor": storage, "Parameters": table.parameters})
    bounds = {}
    for name, operator, constants in context.bounds(scan):
        bounds.setdefault(name, []).append((operator, constants))
    for name, column in projection.columns.items():
        vague = any(name in predicate.names and not predicate.bounds for predicate in scan.predicates)
        if isinstance(column, Injected) and vague:
            bounds.pop(name, None)
    kinds = {name: kind.name for name, kind in table.columns}
    return [Partition(values, location) for values, location in projection.partitions(context.now, bounds, kinds)]


def _value(values, index):
    return None if index >= len(values) or values[index] == NULL_PARTITION else values[index]


def unread(scan):
    """Columns that the SQL may name but whose values nothing depends on, as NULLs."""
    return [f"CAST(NULL AS {t.duck(kind)}) AS {t.quote(name)}" for name, kind in scan.columns if name not in scan.used]


def typed(sql, kind):
    """A partition's value (text) as its column's type."""
    return sql if kind.name == "varchar" and not kind.args else f"CAST({sql} AS {t.duck(kind)})"


def constants(scan, parts):
    """Per used partition column, the values of the given partitions: {name: [text or None, …]}."""
    return {
        name: [_value(part.values, index) for part in parts] for index, name in enumerate(scan.table.partition_keys) if name in scan.used
    }
