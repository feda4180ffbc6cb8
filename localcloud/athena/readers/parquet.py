"""Parquet: columns by name, row groups pruned by their statistics, bytes counted by column chunk."""

from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq

from localcloud.athena.errors import QueryError
from localcloud.athena.readers import partitions
from localcloud.athena.sql import types as t
from localcloud.athena.sql.pushdown import PATH


@lru_cache(maxsize=4096)
def _footer(path, stamp):
    """A file's metadata; `stamp` changes with the object's bytes."""
    return Footer(pq.read_metadata(path))


class Footer:
    """What is needed of a Parquet file's metadata, by lower-case top-level column name."""

    def __init__(self, metadata):
        self.schema = {field.name.lower(): field for field in metadata.schema.to_arrow_schema()}
        self.signature = tuple((field.name, str(field.type)) for field in self.schema.values())
        self.metadata = metadata
        self.groups = [self._group(metadata.row_group(i)) for i in range(metadata.num_row_groups)]

    def _group(self, group):
        sizes, leaves = {}, {}
        for index in range(group.num_columns):
            column = group.column(index)
            name = column.path_in_schema.split(".")[0].lower()
            sizes[name] = sizes.get(name, 0) + column.total_compressed_size
            leaves[name] = index if name not in leaves else None
        return group.num_rows, sizes, leaves

    @property
    def rows(self):
        return self.metadata.num_rows

    def statistics(self, group, name):
        """(min, max) of a plain column in a row group, or None."""
        index = self.groups[group][2].get(name)
        if index is None:
            return None
        found = self.metadata.row_group(group).column(index).statistics
        return (found.min, found.max) if found is not None and found.has_min_max else None


def read(scan, parts, context, reading):
    kinds = dict(scan.columns)
    names = [name for name, _ in scan.table.columns if name in scan.used and name not in scan.table.partition_keys]
    bounds = context.bounds(scan)
    branches = {}  # (schema of the used columns) → [(path, partition index)]
    footers = {}
    listed = context.storage.items_of([part.location for part in parts])
    for number, items in enumerate(listed):
        for item in items:
            footer = _open(item)
            read_bytes, rows, kept = _cost(footer, names, bounds)
            reading.bytes += read_bytes
            reading.rows += rows
            context.check_cutoff(reading.bytes)
            if not kept:
                continue
            signature = tuple(str(footer.schema[name].type) if name in footer.schema else None for name in names)
            branches.setdefault(signature, []).append((item.path, number, item.uri))
            footers[signature] = (footer, item)
    values = partitions.constants(scan, parts)
    if not branches:
        listed = [f"CAST(NULL AS {t.duck(kind)}) AS {t.quote(name)}" for name, kind in [*scan.columns, (PATH, t.VARCHAR)]]
        reading.sql[scan.token] = f"(SELECT {', '.join(listed)} WHERE FALSE)"
        return
    unread = partitions.unread(scan)
    paths = PATH in scan.used
    branch = [_branch(names, kinds, values, unread, files, paths, *footers[signature]) for signature, files in branches.items()]
    reading.sql[scan.token] = f"({' UNION ALL BY NAME '.join(branch)})"


def _open(item):
    try:
        return _footer(item.path, item.stamp)
    except (pa.ArrowInvalid, OSError) as error:
        raise QueryError("HIVE_BAD_DATA", f"Not valid Parquet file: {item.uri} ({str(error).splitlines()[0]})") from error


def _cost(footer, names, bounds):
    """(bytes, rows, any row group left): the compressed chunks of the used columns in row groups not pruned."""
    total = rows = 0
    kept = False
    for number, (count, sizes, _) in enumerate(footer.groups):
        if any(_excluded(footer.statistics(number, name), operator, constants) for name, operator, constants in bounds):
            continue
        kept = True
        rows += count
        total += sum(sizes.get(name, 0) for name in names)
    return total, rows, kept


def _excluded(statistics, operator, constants):
    """No row of a group with these (min, max) can satisfy `column operator constant`."""
    if statistics is None:
        return False
    low, high = statistics
    try:
        if any(constant is None for constant in constants) and operator != "in":
            return True
        present = [constant for constant in constants if constant is not None]
        if operator in ("=", "in"):
            return all(constant < low or constant > high for constant in present)
        constant = present[0]
        return {"<": low >= constant, "<=": low > constant, ">": high <= constant, ">=": high < constant}[operator]
    except TypeError:
        return False  # statistics of another type than the column's (e.g. a date kept as text): read it


def _branch(names, kinds, values, unread, files, paths, footer, item):
    """One read_parquet over files of the same schema, with the columns as the table declares them."""
    listed = [f"{_column(name, kinds[name], footer, item)} AS {t.quote(name)}" for name in names]
    for name, texts in values.items():
        listed.append(f"{partitions.typed(_by_file([texts[number] for _, number, _ in files]), kinds[name])} AS {t.quote(name)}")
    if paths:
        listed.append(f"{_by_file([uri for _, _, uri in files])} AS {t.quote(PATH)}")
    paths = ", ".join(t.text(glob_escape(path)) for path, _, _ in files)
    return f"SELECT {', '.join([*listed, *unread])} FROM read_parquet([{paths}], hive_partitioning=false)"  # noqa: S608 - of our own texts


def _by_file(texts):
    """SQL of a text that each file has its own of."""
    if len(set(texts)) == 1:
        return "NULL" if texts[0] is None else t.text(texts[0])
    return "[" + ", ".join("NULL" if text is None else t.text(text) for text in texts) + "][CAST(file_index AS BIGINT) + 1]"


def glob_escape(path):
    """DuckDB takes *, ? and [ in a path for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _column(name, kind, footer, item):
    field = footer.schema.get(name)
    if field is None:
        return f"CAST(NULL AS {t.duck(kind)})"
    sql, found = t.quote(field.name), field.type
    if _same(found, kind):
        return sql
    if kind.name == "timestamp" and pa.types.is_timestamp(found):
        # Athena's Hive tables have milliseconds
        if found.tz:
            sql = f"({sql} AT TIME ZONE 'UTC')"
        return sql if found.unit in ("s", "ms") else f"make_timestamp(CAST(floor((epoch_us({sql}) + 500) / 1000.0) AS BIGINT) * 1000)"
    if _compatible(found, kind):
        return f"CAST({sql} AS {t.duck(kind)})"
    if kind.name in ("array", "map", "row"):
        return _nested(sql, found, kind, name, item)
    shown = str(kind)
    raise QueryError(
        "HIVE_BAD_DATA",
        f"Field {name}'s type {str(found).upper()} in parquet file {item.uri} is incompatible with type {shown} defined in table schema",
    )


_ARROW = {
    "boolean": pa.types.is_boolean,
    "tinyint": pa.types.is_int8,
    "smallint": pa.types.is_int16,
    "integer": pa.types.is_int32,
    "bigint": pa.types.is_int64,
    "real": pa.types.is_float32,
    "double": pa.types.is_float64,
    "date": pa.types.is_date32,
}


def _same(found, kind):
    if kind.name in ("varchar", "char"):
        return pa.types.is_string(found) or pa.types.is_large_string(found)
    if kind.name == "varbinary":
        return pa.types.is_binary(found) or pa.types.is_large_binary(found)
    if kind.name == "decimal":
        return pa.types.is_decimal(found) and (found.precision, found.scale) == kind.args
    return kind.name in _ARROW and _ARROW[kind.name](found)


def _compatible(found, kind):
    """What Athena's Parquet reader converts by itself: wider integers, doubles, decimals, text kept as binary."""
    if kind.name in t.INTEGERS:
        return (
            (
                pa.types.is_signed_integer(found)
                and found.bit_width <= {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}[kind.name]
            )
            or (kind.name in ("tinyint", "smallint") and pa.types.is_int32(found))
            or (kind.name == "bigint" and pa.types.is_uint32(found))
        )
    if kind.name == "double":
        return pa.types.is_float32(found)
    if kind.name == "decimal":
        return pa.types.is_decimal(found) and found.scale <= kind.scale and found.precision - found.scale <= kind.precision - kind.scale
    if kind.name in ("varchar", "char"):
        return pa.types.is_binary(found) or pa.types.is_dictionary(found)
    return False


def _nested(sql, found, kind, name, item):
    """Arrays, maps and rows; a row's fields are found by name and held by place."""
    if kind.name == "array" and (pa.types.is_list(found) or pa.types.is_large_list(found)):
        inner = _value("hw_e", found.value_type, kind.element, name, item)
        return f"list_transform({sql}, lambda hw_e: {inner})"
    if kind.name == "map" and pa.types.is_map(found):
        key, value = (
            _value("hw_e.key", found.key_type, kind.args[0], name, item),
            _value("hw_e.value", found.item_type, kind.args[1], name, item),
        )
        return f"map_from_entries(list_transform(map_entries({sql}), lambda hw_e: struct_pack(k := {key}, v := {value})))"
    if kind.name == "row" and pa.types.is_struct(found):
        fields = {found.field(i).name.lower(): found.field(i) for i in range(found.num_fields)}
        parts = []
        for index, (field_name, field_kind) in enumerate(kind.args):
            field = fields.get((field_name or "").lower())
            value = (
                f"CAST(NULL AS {t.duck(field_kind)})"
                if field is None
                else _value(f"({sql}).{t.quote(field.name)}", field.type, field_kind, name, item)
            )
            parts.append(f"f{index} := {value}")
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    raise QueryError(
        "HIVE_BAD_DATA", f"Field {name}'s type {found} in parquet file {item.uri} is incompatible with type {kind} defined in table schema"
    )


def _value(sql, found, kind, name, item):
    if kind.name in ("array", "map", "row"):
        return _nested(sql, found, kind, name, item)
    if _same(found, kind) or (kind.name == "timestamp" and pa.types.is_timestamp(found)):
        return sql
    if _compatible(found, kind):
        return f"CAST({sql} AS {t.duck(kind)})"
    raise QueryError(
        "HIVE_BAD_DATA", f"Field {name}'s type {found} in parquet file {item.uri} is incompatible with type {kind} defined in table schema"
    )
