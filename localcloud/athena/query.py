"""Running one SELECT: compile, find the files, let DuckDB compute, take the result as Arrow."""

from dataclasses import dataclass

import duckdb

from localcloud.athena import readers
from localcloud.athena.errors import CutoffExceeded, QueryError, from_duckdb
from localcloud.athena.sql.compiler import Compiler


@dataclass
class Answer:
    """`table`: Arrow; `columns`: (name, Type, zone). Counts are of what was read."""

    table: object
    columns: list
    scanned_bytes: int = 0
    scanned_rows: int = 0


class Context:
    """What reading a scan needs: see readers."""

    def __init__(self, connection, catalog, storage, cutoff=None, stopped=lambda: False):
        self.connection, self.catalog, self.storage = connection, catalog, storage
        self.now = None  # when the query began (UTC); the ranges of projected partitions may end there
        self.cutoff, self.stopped = cutoff, stopped

    def bounds(self, scan):
        """(column, operator, [values]) of the scan's simple predicates, with their constants evaluated."""
        simple = [bound for predicate in scan.predicates for bound in predicate.bounds]
        sqls = [sql for _, _, constants in simple for sql in constants]
        if not sqls:
            return []
        try:
            values = iter(self.connection.sql("SELECT " + ", ".join(sqls)).fetchall()[0])
        except duckdb.Error:
            return []  # the constant fails (1/0): the query itself will say so
        return [(name, operator, [next(values) for _ in constants]) for name, operator, constants in simple]

    def check_cutoff(self, total):
        if self.cutoff is not None and total > self.cutoff:
            raise CutoffExceeded("Bytes scanned limit was exceeded")

    def check_stop(self):
        if self.stopped():
            raise Stopped


class Stopped(Exception):
    """StopQueryExecution was called."""


def compile_query(text, catalog, database, now, parameters=()):
    """(Compiler, Relation) of a query's text."""
    compiler = Compiler(text, catalog, database, now, parameters)
    return compiler, compiler.compile()


def run(text, context, database, now, parameters=()):
    """The Answer of a query; QueryError, CutoffExceeded or Stopped."""
    compiler, relation = compile_query(text, context.catalog, database, now, parameters)
    context.check_stop()
    context.now = now
    reading = readers.Reading()
    try:
        for scan in compiler.scans:
            readers.read(scan, context, reading)
        sql = relation.sql
        for token, replacement in reading.sql.items():
            sql = sql.replace(token, replacement)
        context.check_stop()
        table = context.connection.sql(sql).to_arrow_table()
    except duckdb.InterruptException as error:
        raise Stopped from error
    except duckdb.Error as error:
        context.check_stop()
        raise from_duckdb(error) from error
    except RecursionError as error:
        raise QueryError("GENERIC_INTERNAL_ERROR", "the query is nested too deeply") from error
    names = [name or f"_col{i}" for i, name in enumerate(relation.names)]
    zones = relation.zones or ["UTC"] * len(names)
    return Answer(table, list(zip(names, relation.types, zones, strict=True)), reading.bytes, reading.rows)
