"""The DuckDB instance behind the engine: no network, no files but the objects', no settings to change."""

import os

import duckdb

from localcloud.athena.sql import casts, functions, operators


def connect(readable, scratch):
    """A connection; `readable`: the folders whose files SQL may read; `scratch`: where large sorts spill.

    Queries use cursors of it, each with registrations of its own, so that they run side by side.
    Only SQL that we compiled gets here; the locks are there in case a compiled text were ever wrong.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "threads": os.cpu_count() or 2,
            "temp_directory": str(scratch),
            "python_enable_replacements": False,  # a table's name must never find a variable of this process
        },
    )
    for statement in (*operators.MACROS, *casts.MACROS, *functions.MACROS):
        connection.execute(statement)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "SET allowed_directories = [" + ", ".join("'" + str(folder).replace("'", "''") + "'" for folder in (*readable, scratch)) + "]"
    )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
