"""JSON functions over text and the json type."""

import re

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.registry import special, text_of
from localcloud.athena.sql.values import Value, failure

_NUMBER = "a JSON number that is not written in its shortest form (such as 1.50) is not in the local cloud; see docs/local-cloud.md"
MACROS = (
    # text that is no JSON is NULL for the extracting functions
    "CREATE MACRO hw_json(s) AS CASE WHEN json_valid(s) THEN CAST(s AS JSON) END",
    # Trino gives a number as it is written, DuckDB in its shortest form: where these differ, an error
    """CREATE MACRO hw_json_written(j, x) AS
       regexp_matches(CAST(j AS VARCHAR), '(^|[^0-9.eE+-])' || regexp_escape(x) || '([^0-9.eE+-]|$)')""",
    f"""CREATE MACRO hw_json_scalar(j, p) AS
       CASE WHEN json_type(j, p) = 'DOUBLE' AND NOT hw_json_written(j, json_extract_string(j, p))
            THEN {failure("NOT_SUPPORTED", t.text(_NUMBER), t.VARCHAR)}
            WHEN json_type(j, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(j, p) END""",
)


def _json(value, at):
    if value.type.name == "json":
        return value.sql
    if t.is_text(value.type):
        return f"hw_json({value.sql})"
    raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({value.type}) for a JSON function", at)


def path(value, at):
    """A JSON path of names and indexes ($.a["b c"][0]) in DuckDB's spelling."""
    text = text_of(value, at, "a JSON path").strip()
    parts = re.findall(r"""\.([A-Za-z_][\w]*)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]""", text)
    rebuilt = re.sub(r"""\.([A-Za-z_][\w]*)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]""", "", text)
    if rebuilt != "$" and text != "$":
        raise not_supported(f"the JSON path {text}", at)
    spelled = "$"
    for plain, index, double, single in parts:
        name = plain or double or single
        if '"' in name or "\\" in name:
            raise not_supported(f"the JSON path {text}", at)
        spelled += f"[{index}]" if index else f'."{name}"'
    return t.text(spelled)


@special("json_extract_scalar")
def _extract_scalar(compile_, values, at):
    return Value(f"hw_json_scalar({_json(values[0], at)}, {path(values[1], at)})", t.VARCHAR)


@special("json_extract")
def _extract(compile_, values, at):
    return Value(f"json_extract({_json(values[0], at)}, {path(values[1], at)})", t.JSON)


def json_parse(value, at=None):
    message = f"'Cannot convert value to JSON: ''' || {value.sql} || ''''"
    return Value(
        f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN json_valid({value.sql}) THEN CAST({value.sql} AS JSON) "
        f"ELSE {failure('INVALID_FUNCTION_ARGUMENT', message, t.JSON)} END",
        t.JSON,
    )


@special("json_parse")
def _parse(compile_, values, at):
    return json_parse(values[0], at)


@special("json_format")
def _format(compile_, values, at):
    return Value(f"CAST(json({_json(values[0], at)}) AS VARCHAR)", t.VARCHAR)


@special("json_array_length")
def _array_length(compile_, values, at):
    json = _json(values[0], at)
    return Value(f"CASE WHEN json_type({json}) = 'ARRAY' THEN CAST(json_array_length({json}) AS BIGINT) END", t.BIGINT)


@special("json_size")
def _size(compile_, values, at):
    json = f"json_extract({_json(values[0], at)}, {path(values[1], at)})"
    return Value(
        f"CASE json_type({json}) WHEN 'ARRAY' THEN CAST(json_array_length({json}) AS BIGINT) "
        f"WHEN 'OBJECT' THEN CAST(len(json_keys({json})) AS BIGINT) WHEN NULL THEN NULL ELSE CASE WHEN {json} IS NOT NULL THEN 0 END END",
        t.BIGINT,
    )
