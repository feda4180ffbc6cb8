"""Tables' files → DuckDB relations: which files and parts of files a scan reads, and how."""

from localcloud.athena.errors import QueryError
from localcloud.athena.readers import parquet, partitions, text


class Reading:
    """What a query's scans come to: `sql` per scan token, `bytes` and `rows` read."""

    def __init__(self):
        self.sql, self.bytes, self.rows = {}, 0, 0


def kind_of(table):
    """The reader for a table, by its SerDe, as Athena chooses."""
    serde = (table.descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    name = serde.rpartition(".")[2].lower()
    if "parquet" in name:
        return parquet
    if name in ("opencsvserde", "lazysimpleserde", "jsonserde"):
        return text
    if table.parameters.get("table_type", "").upper() == "ICEBERG":
        raise QueryError("NOT_SUPPORTED", "an Iceberg table is not in the local cloud; see docs/local-cloud.md")
    raise QueryError(
        "NOT_SUPPORTED",
        f"the SerDe {serde or '(none)'} of table {table.database}.{table.name} is not in the local cloud; see docs/local-cloud.md",
    )


def read(scan, context, reading):
    """Resolve one scan. `context`: storage, catalog, connection, and constants already evaluated."""
    parts = partitions.chosen(scan, context)
    kind_of(scan.table).read(scan, parts, context, reading)
