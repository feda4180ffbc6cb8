"""Text formats, a line a row: LazySimpleSerDe (delimited), OpenCSVSerde, and in a file of its own JSON; plain or GZIP.

Every format gives texts by column (Arrow), and SQL turns them into the declared types by the SerDe's
own rules: LazySimpleSerDe makes NULL of what it cannot read, the others fail with HIVE_BAD_DATA.
"""

import bz2
import csv
import gzip
import zlib

import pyarrow as pa

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.readers import json_text, partitions
from localcloud.athena.sql import types as t
from localcloud.athena.sql.pushdown import PATH
from localcloud.athena.sql.values import failure


def read(scan, parts, context, reading):
    kinds = dict(scan.columns)
    declared = [name for name, _ in scan.table.columns if name not in scan.table.partition_keys]
    names = [name for name in declared if name in scan.used]
    serde = scan.table.descriptor.get("SerdeInfo") or {}
    library = serde["SerializationLibrary"].rpartition(".")[2].lower()
    options = {**scan.table.parameters, **(serde.get("Parameters") or {})}
    skip = int(options.get("skip.header.line.count") or 0)
    parse, convert = {
        "lazysimpleserde": (_delimited, _lenient),
        "opencsvserde": (_opencsv, _opencsv_value),
        "jsonserde": (json_text.parse, json_text.value),
    }[library]
    options = json_text.Options(options, serde["SerializationLibrary"]) if parse is json_text.parse else options
    batches, values = [], partitions.constants(scan, parts)
    listed = context.storage.items_of([part.location for part in parts])
    for number, items in enumerate(listed):
        for item in items:
            reading.bytes += item.size
            context.check_cutoff(reading.bytes)
            lines = _lines(item)[skip:]
            reading.rows += len(lines)
            columns = parse(lines, declared, names, options, item, kinds)
            arrays = {f"c{i}": _array(column) for i, column in enumerate(columns)}
            arrays |= {f"p{i}": pa.repeat(pa.scalar(texts[number], pa.string()), len(lines)) for i, texts in enumerate(values.values())}
            arrays["path"] = pa.repeat(item.uri, len(lines))
            batches.append(pa.table(arrays))
            context.check_stop()
    read_columns = [*(f"c{i}" for i in range(len(names))), *(f"p{i}" for i in range(len(values)))]
    schema = pa.schema([(name, pa.string()) for name in [*read_columns, "path"]])
    relation = f"hw_text_{scan.alias}"
    context.connection.register(relation, pa.concat_tables(batches) if batches else schema.empty_table())
    listed = [f"{convert(f'c{i}', kinds[name], name, options)} AS {t.quote(name)}" for i, name in enumerate(names)]
    listed += [f"{partitions.typed(f'p{i}', kinds[name])} AS {t.quote(name)}" for i, name in enumerate(values)]
    listed += [f"path AS {t.quote(PATH)}"] if PATH in scan.used else []
    reading.sql[scan.token] = f"(SELECT {', '.join([*listed, *partitions.unread(scan)])} FROM {relation})"  # noqa: S608 - of our own texts


def _array(texts):
    """Texts as Arrow has them; half a surrogate pair, which JSON can spell, becomes Java's question mark."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([text and text.encode("utf-8", "replace").decode() for text in texts], pa.string())


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
