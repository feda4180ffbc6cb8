"""Text formats, a line a row: LazySimpleSerDe (delimited), OpenCSVSerde, JsonSerDe; plain or GZIP.

Every format gives texts by column (Arrow), and SQL turns them into the declared types by the SerDe's
own rules: LazySimpleSerDe makes NULL of what it cannot read, the others fail with HIVE_BAD_DATA.
"""

import bz2
import csv
import gzip
import json
import zlib

import pyarrow as pa

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.readers import partitions
from localcloud.athena.sql import types as t
from localcloud.athena.sql.values import failure


def read(scan, parts, context, reading):
    kinds = dict(scan.columns)
    declared = [name for name, _ in scan.table.columns if name not in scan.table.partition_keys]
    names = [name for name in declared if name in scan.used]
    serde = scan.table.descriptor.get("SerdeInfo") or {}
    library = serde["SerializationLibrary"].rpartition(".")[2].lower()
    options = {**scan.table.parameters, **(serde.get("Parameters") or {})}
    parse, convert = {
        "lazysimpleserde": (_delimited, _lenient),
        "opencsvserde": (_opencsv, _opencsv_value),
        "jsonserde": (_json_lines, _json_value),
    }[library]
    skip = int(options.get("skip.header.line.count") or 0)
    batches, values = [], partitions.constants(scan, parts)
    listed = context.storage.items_of([part.location for part in parts])
    for number, items in enumerate(listed):
        for item in items:
            reading.bytes += item.size
            context.check_cutoff(reading.bytes)
            lines = _lines(item)[skip:]
            reading.rows += len(lines)
            columns = parse(lines, declared, names, options, item, kinds)
            arrays = {f"c{i}": pa.array(column, pa.string()) for i, column in enumerate(columns)}
            arrays["hw_part"] = pa.array([number] * len(lines), pa.int32())
            batches.append(pa.table(arrays))
            context.check_stop()
    schema = pa.schema([*((f"c{i}", pa.string()) for i in range(len(names))), ("hw_part", pa.int32())])
    relation = f"hw_text_{scan.alias}"
    context.connection.register(relation, pa.concat_tables(batches) if batches else schema.empty_table())
    listed = [f"{convert(f'c{i}', kinds[name], name, options)} AS {t.quote(name)}" for i, name in enumerate(names)]
    for name, texts in values.items():
        one = "[" + ", ".join("NULL" if text is None else t.text(text) for text in texts) + "]"
        listed.append(f"{partitions.typed(f'CAST({one} AS VARCHAR[])[hw_part + 1]', kinds[name])} AS {t.quote(name)}")
    reading.sql[scan.token] = f"(SELECT {', '.join([*listed, *partitions.unread(scan)])} FROM {relation})"  # noqa: S608 - of our own texts


def _lines(item):
    """The lines of an object as text; its key's ending says how it is compressed, as in Hive."""
    with open(item.path, "rb") as file:
        data = file.read()
    try:
        if item.uri.endswith(".gz"):
            data = gzip.decompress(data)
        elif item.uri.endswith(".bz2"):
            data = bz2.decompress(data)
        elif item.uri.endswith((".snappy", ".lzo", ".zst", ".lz4", ".deflate")):
            raise not_supported(f"the compression of {item.uri}")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise QueryError("HIVE_CURSOR_ERROR", f"{item.uri} cannot be decompressed: {error}") from error
    lines = data.decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line[:-1] if line.endswith("\r") else line for line in lines]


# --- LazySimpleSerDe -----------------------------------------------------------------------------


def _character(text):
    """A delimiter as SerDe properties spell it: itself, \\t, or a number's character."""
    named = {"\\t": "\t", "\\001": "\x01", "\\n": "\n", "\\\\": "\\"}
    if text in named:
        return named[text]
    return chr(int(text)) if text.isdigit() and len(text) > 1 else text[:1]


def _delimited(lines, declared, names, options, item, kinds):
    delimiter = _character(options.get("field.delim") or options.get("serialization.format") or "\x01")
    if options.get("field.delim") is None and options.get("serialization.format") == "1":
        delimiter = "\x01"
    escape = options.get("escape.delim")
    null = options.get("serialization.null.format", "\\N")
    places = [declared.index(name) for name in names]
    columns = [[] for _ in names]
    for line in lines:
        fields = _split_escaped(line, delimiter, _character(escape)) if escape else line.split(delimiter)
        for column, place in zip(columns, places, strict=True):
            value = fields[place] if place < len(fields) else None
            column.append(None if value == null else value)
    return columns


def _split_escaped(line, delimiter, escape):
    fields, current, index = [], "", 0
    while index < len(line):
        if line[index] == escape and index + 1 < len(line):
            current += line[index + 1]
            index += 2
        elif line[index] == delimiter:
            fields.append(current)
            current = ""
            index += 1
        else:
            current += line[index]
            index += 1
    return [*fields, current]


def _lenient(sql, kind, name, options):
    """NULL for what cannot be read as the type."""
    if kind.name in ("varchar", "char"):
        return f"left({sql}, {kind.args[0]})" if kind.args else sql
    if kind.name == "boolean":
        return f"CASE lower({sql}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    if kind.name in t.INTEGERS:
        return f"CASE WHEN regexp_full_match({sql}, '[+-]?\\d+') THEN TRY_CAST({sql} AS {t.duck(kind)}) END"
    if kind.name == "date":
        return f"CASE WHEN regexp_full_match({sql}, '\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}') THEN TRY_CAST({sql} AS DATE) END"
    if kind.name == "timestamp":
        shape = t.text(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,9})?")
        return f"CASE WHEN regexp_full_match({sql}, {shape}) THEN TRY_CAST(left({sql}, 23) AS TIMESTAMP) END"
    if kind.name in ("double", "real", "decimal"):
        return f"TRY_CAST({sql} AS {t.duck(kind)})"
    raise not_supported(f"a column of type {kind} in a delimited text table")


# --- OpenCSVSerde --------------------------------------------------------------------------------


def _opencsv(lines, declared, names, options, item, kinds):
    dialect = {
        "delimiter": _character(options.get("separatorChar", ",")),
        "quotechar": _character(options.get("quoteChar", '"')),
        "escapechar": _character(options.get("escapeChar", "\\")),
        "doublequote": True,
    }
    if dialect["escapechar"] == dialect["quotechar"]:
        dialect["escapechar"] = None
    places = [declared.index(name) for name in names]
    columns = [[] for _ in names]
    for line in lines:
        # a record ends with its line, whatever is quoted: Hive's text input knows no quotes
        fields = next(csv.reader([line], **dialect), [])
        for column, place in zip(columns, places, strict=True):
            column.append(fields[place] if place < len(fields) else None)
    return columns


def _opencsv_value(sql, kind, name, options):
    """Text as it is; dates are days and timestamps milliseconds since 1970, as this SerDe has them."""
    if kind.name in ("varchar", "char"):
        return sql
    bad = lambda target: failure("HIVE_BAD_DATA", f"'Error parsing field value ''' || {sql} || ''' for field {name}'", target)  # noqa: E731 - used below only
    if kind.name == "boolean":
        return f"CASE lower({sql}) WHEN 'true' THEN TRUE ELSE CASE WHEN {sql} IS NOT NULL THEN FALSE END END"
    shapes = {"date": r"[+-]?\d+", "timestamp": r"[+-]?\d+", **dict.fromkeys(t.INTEGERS, r"[+-]?\d+")}
    reads = {"date": f"DATE '1970-01-01' + TRY_CAST({sql} AS INTEGER)", "timestamp": f"make_timestamp(TRY_CAST({sql} AS BIGINT) * 1000)"}
    if kind.name not in shapes and kind.name not in ("double", "real", "decimal"):
        raise not_supported(f"a column of type {kind} in an OpenCSVSerde table")
    fits = f"regexp_full_match({sql}, '{shapes[kind.name]}') AND " if kind.name in shapes else ""
    value = reads.get(kind.name, f"TRY_CAST({sql} AS {t.duck(kind)})")
    return f"CASE WHEN {sql} IS NULL THEN NULL WHEN {fits}({value}) IS NOT NULL THEN {value} ELSE {bad(kind)} END"


# --- JsonSerDe (org.openx.data.jsonserde, and Hive's of the same name) -----------------------------


def _json_lines(lines, declared, names, options, item, kinds):
    ignore = options.get("ignore.malformed.json", "false").lower() == "true"
    fold = options.get("case.insensitive", "true").lower() != "false"
    dots = options.get("dots.in.keys", "false").lower() == "true"
    sources = [options.get(f"mapping.{name}", name) for name in names]
    columns = [[] for _ in names]
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line, parse_float=_Raw, parse_constant=_refuse) if line.strip() else {}
            if not isinstance(record, dict):
                raise ValueError("a row must be a JSON object")
        except ValueError as error:
            if not ignore:
                raise QueryError(
                    "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {error} (line {number} of {item.uri})"
                ) from error
            record = {}
        if fold:
            record = {key.lower(): value for key, value in record.items()}
        if dots:
            record = {key.replace(".", "_"): value for key, value in record.items()}
        for column, source, name in zip(columns, sources, names, strict=True):
            column.append(_fragment(record.get(source.lower() if fold else source), kinds[name]))
    return columns


class _Raw(float):
    """A JSON number with its digits as written, so that decimals stay exact."""

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.text = text
        return made


def _refuse(text):
    raise ValueError(f"{text} is no JSON value")


def _fragment(value, kind):
    """A value as text: scalars plain, nested ones as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Raw):
        return value.text
    if isinstance(value, int):
        return str(value)
    return json.dumps(value)


def _json_value(sql, kind, name, options):
    if kind.name in ("varchar", "char"):
        return sql
    if kind.name in ("array", "map", "row"):
        return _json_nested(f"CAST({sql} AS JSON)", kind)
    bad = failure("HIVE_BAD_DATA", f"'Error parsing field value ''' || {sql} || ''' for field {name}'", kind)
    if kind.name == "boolean":
        return f"CASE lower({sql}) WHEN 'true' THEN TRUE ELSE CASE WHEN {sql} IS NOT NULL THEN FALSE END END"
    if kind.name == "timestamp":
        # java.sql.Timestamp's form, with or without T and Z, or milliseconds since 1970
        text = f"left(replace(rtrim({sql}, 'Z'), 'T', ' '), 23)"
        value = f"coalesce(TRY_CAST({text} AS TIMESTAMP), make_timestamp(TRY_CAST({sql} AS BIGINT) * 1000))"
    elif kind.name in t.INTEGERS:
        value = f"CASE WHEN regexp_full_match({sql}, '[+-]?\\d+') THEN TRY_CAST({sql} AS {t.duck(kind)}) END"
    else:
        value = f"TRY_CAST({sql} AS {t.duck(kind)})"
    return f"CASE WHEN {sql} IS NULL THEN NULL WHEN ({value}) IS NOT NULL THEN {value} ELSE {bad} END"


def _json_nested(sql, kind):
    if kind.name == "array":
        return f"list_transform(CAST({sql} AS JSON[]), lambda hw_e: {_json_nested('hw_e', kind.element)})"
    if kind.name == "map":
        if kind.args[0].name != "varchar":
            raise not_supported(f"{kind} in a JSON table")
        values = _json_nested("hw_e.value", kind.args[1])
        entries = f"map_entries(CAST({sql} AS MAP(VARCHAR, JSON)))"
        return f"map_from_entries(list_transform({entries}, lambda hw_e: struct_pack(k := hw_e.key, v := {values})))"
    if kind.name == "row":
        parts = []
        for index, (name, inner) in enumerate(kind.args):
            path = t.text(f'$."{name}"')
            at = f"json_extract({sql}, {path})"
            parts.append(f"f{index} := {_json_nested(at, inner)}")
        return f"CASE WHEN json_type({sql}) = 'OBJECT' THEN struct_pack({', '.join(parts)}) END"
    text = f"json_extract_string({sql}, '$')"
    return text if kind.name == "varchar" else f"TRY_CAST({text} AS {t.duck(kind)})"
