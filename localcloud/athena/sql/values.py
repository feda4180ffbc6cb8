"""A compiled expression: DuckDB SQL and its Trino type; and implicit coercion."""

from dataclasses import dataclass

from localcloud.athena.errors import QueryError
from localcloud.athena.sql import types as t


@dataclass(frozen=True)
class Value:
    """`sql`: DuckDB SQL. `literal`: the Python value of a literal, else None. `zone`: of a zoned timestamp."""

    sql: str
    type: t.Type
    literal: object = None
    zone: str = "UTC"


def failure(code, message, kind):
    """SQL of type `kind` that fails with `code`; `message` is an SQL expression of the text.

    A cast that cannot succeed, since DuckDB's error() counts as volatile and TRY refuses those.
    """
    failing = f"CAST({t.text(f'HW|{code}|')} || {message} || '|WH' AS INTEGER)"
    return failing if kind.name in ("integer", "unknown") else f"CAST(CAST({failing} AS VARCHAR) AS {t.duck(kind)})"


def without_failures(sql):
    """The same SQL with NULL where it would fail with one of our errors: TRY around what DuckDB's TRY cannot hold."""
    return sql.replace("CAST('HW|", "TRY_CAST('HW|")


def fail_if(condition, code, message, value, kind):
    """`value` (SQL of type `kind`), or the error with the constant text `message` where `condition` holds."""
    return f"CASE WHEN {condition} THEN {failure(code, t.text(message), kind)} ELSE {value} END"


def coerce(value, target, position=None):
    """`value` as `target` where Trino does so by itself (`common` has been asked before)."""
    if value.type == target:
        return value
    if value.type.name == "date" and target.name == "timestamp with time zone":
        return Value(f"(CAST({value.sql} AS TIMESTAMP) AT TIME ZONE 'UTC')", target)
    if value.type.name == "timestamp" and target.name == "timestamp with time zone":
        return Value(f"({value.sql} AT TIME ZONE 'UTC')", target, zone=value.zone)
    if t.is_text(value.type) and t.is_text(target):
        if value.type.name == "char" and target.name == "varchar":
            return Value(value.sql, target, value.literal)
        return Value(value.sql, target, value.literal)
    if t.duck(value.type) == t.duck(target):
        return Value(value.sql, target, value.literal, value.zone)
    return Value(f"CAST({value.sql} AS {t.duck(target)})", target, value.literal, value.zone)


def unify(values, what, position=None):
    """All values as their common type; TYPE_MISMATCH with `what` if there is none."""
    kind = t.UNKNOWN
    for value in values:
        wider = t.common(kind, value.type)
        if wider is None:
            raise QueryError("TYPE_MISMATCH", f"{what}: {kind} vs {value.type}", position)
        kind = wider
    return [coerce(value, kind) for value in values], kind
