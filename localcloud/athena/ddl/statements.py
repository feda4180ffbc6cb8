"""Text → Statement: which kind of statement it is, with its parts."""

import re
from dataclasses import dataclass, field

from localcloud.athena.ddl.lexer import Reader
from localcloud.athena.errors import QueryError, SyntaxProblem
from localcloud.athena.sql import types as t
from localcloud.athena.sql.parser import parse as parse_query

_FORMATS = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
}
_TEXT_SERDES = (
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    "org.openx.data.jsonserde.JsonSerDe",
    "org.apache.hive.hcatalog.data.JsonSerDe",
)
_SUPPORTED_SERDES = {name.lower(): name for name in (*_TEXT_SERDES, _FORMATS["PARQUET"][0])}


@dataclass(frozen=True)
class Statement:
    """`kind`: what to do; `type`: DML, DDL or UTILITY; `substatement`: as GetQueryExecution shows it."""

    kind: str
    type: str
    substatement: str
    parts: dict = field(default_factory=dict)


def parse(text):
    """The Statement of a text. SyntaxProblem for what is no statement of Athena's, QueryError for what is not built."""
    reader = Reader(text)
    if reader.token.kind == "end":
        raise SyntaxProblem("mismatched input '<EOF>'. Expecting: a statement")
    first = reader.token
    if (first.kind == "symbol" and first.value == "(") or first.is_word("SELECT", "WITH", "VALUES", "TABLE"):
        query = text.rstrip().rstrip(";")
        parse_query(query)
        return Statement("query", "DML", "SELECT", {"query": query})
    for words, function in _STATEMENTS:
        if reader.words(*words):
            return function(reader)
    for words in _ELSEWHERE:
        if reader.words(*words):
            return Statement(
                "unsupported",
                "DDL" if words[0] not in ("INSERT", "UNLOAD", "MERGE", "UPDATE", "DELETE") else "DML",
                " ".join(words),
                {"what": " ".join(words)},
            )
    raise reader.problem(
        "'ALTER', 'CREATE', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'MSCK', 'PREPARE', 'SELECT', 'SHOW', 'VALUES', 'WITH'"
    )


def _if_exists(reader):
    return reader.words("IF", "EXISTS")


def _if_not_exists(reader):
    return reader.words("IF", "NOT", "EXISTS")


def _create_database(reader):
    parts = {"if_not_exists": _if_not_exists(reader), "name": reader.name(), "comment": None, "location": None, "properties": {}}
    while reader.token.kind != "end":
        if reader.words("COMMENT"):
            parts["comment"] = reader.text()
        elif reader.words("LOCATION"):
            parts["location"] = reader.text()
        elif reader.words("WITH", "DBPROPERTIES"):
            parts["properties"] = _properties(reader)
        else:
            raise reader.problem("'COMMENT', 'LOCATION', 'WITH DBPROPERTIES'")
    return Statement("create_database", "DDL", "CREATE_DATABASE", parts)


def _drop_database(reader):
    parts = {"if_exists": _if_exists(reader), "name": reader.name(), "cascade": False}
    if reader.words("CASCADE"):
        parts["cascade"] = True
    else:
        reader.words("RESTRICT")
    reader.end()
    return Statement("drop_database", "DDL", "DROP_DATABASE", parts)


def _properties(reader):
    """('key' = 'value', …)"""
    found = {}
    reader.expect_symbol("(")
    while True:
        key = reader.text() if reader.token.kind in ("text", "quoted") else reader.take().value
        reader.expect_symbol("=")
        found[key] = reader.text() if reader.token.kind in ("text", "quoted") else reader.take().value
        if reader.symbol(")"):
            return found
        reader.expect_symbol(",")


def _column(reader):
    name = reader.name()
    start, depth = reader.token.start, 0
    while reader.token.kind != "end":
        token = reader.token
        if token.kind == "symbol" and token.value in "(<":
            depth += 1
        elif token.kind == "symbol" and token.value in ")>":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and ((token.kind == "symbol" and token.value == ",") or token.is_word("COMMENT")):
            break
        reader.take()
    source = reader.source[start : reader.token.start].strip()
    if not source:
        raise reader.problem("a type")
    try:
        t.parse(source)
    except QueryError as error:
        raise SyntaxProblem(f"mismatched input '{source}'. Expecting: a type") from error
    kind = re.sub(r"\s+", "", source.lower())
    kind = {"integer": "int"}.get(kind, kind)
    made = {"Name": name, "Type": kind}
    if reader.words("COMMENT"):
        made["Comment"] = reader.text()
    return made


def _columns(reader):
    reader.expect_symbol("(")
    found = [_column(reader)]
    while reader.symbol(","):
        found.append(_column(reader))
    reader.expect_symbol(")")
    return found


def _create_external_table(reader):
    parts = {
        "if_not_exists": _if_not_exists(reader),
        "table": reader.qualified(),
        "partitions": [],
        "comment": None,
        "location": None,
        "properties": {},
    }
    parts["columns"] = _columns(reader)
    serde, serde_parameters, formats, delimited = None, {}, None, None
    while reader.token.kind != "end":
        if reader.words("COMMENT"):
            parts["comment"] = reader.text()
        elif reader.words("PARTITIONED", "BY"):
            parts["partitions"] = _columns(reader)
        elif reader.words("CLUSTERED", "BY"):
            return Statement("unsupported", "DDL", "CREATE_TABLE", {"what": "CLUSTERED BY"})
        elif reader.words("ROW", "FORMAT", "SERDE"):
            serde = reader.text()
        elif reader.words("ROW", "FORMAT", "DELIMITED"):
            delimited = _delimited(reader)
        elif reader.words("WITH", "SERDEPROPERTIES"):
            serde_parameters.update(_properties(reader))
        elif reader.words("STORED", "AS", "INPUTFORMAT"):
            given = reader.text()
            reader.expect("OUTPUTFORMAT")
            formats = (None, given, reader.text())
        elif reader.words("STORED", "AS"):
            name = reader.take().value.upper()
            if name not in _FORMATS:
                return Statement("unsupported", "DDL", "CREATE_TABLE", {"what": f"STORED AS {name}"})
            formats = _FORMATS[name]
        elif reader.words("LOCATION"):
            parts["location"] = reader.text()
        elif reader.words("TBLPROPERTIES"):
            parts["properties"] = _properties(reader)
        else:
            raise reader.problem("'COMMENT', 'PARTITIONED BY', 'ROW FORMAT', 'STORED AS', 'LOCATION', 'TBLPROPERTIES'")
    if parts["location"] is None:
        raise SyntaxProblem("mismatched input '<EOF>'. Expecting: 'LOCATION'")
    if serde and serde.lower() not in _SUPPORTED_SERDES:
        return Statement("unsupported", "DDL", "CREATE_TABLE", {"what": f"the SerDe {serde}"})
    base = formats or _FORMATS["TEXTFILE"]
    library = _SUPPORTED_SERDES[serde.lower()] if serde else (base[0] or _FORMATS["TEXTFILE"][0])
    if serde and "ParquetHiveSerDe" in library and formats is None:
        base = _FORMATS["PARQUET"]
    if delimited is not None:
        serde_parameters.update(delimited)
    elif library == _FORMATS["TEXTFILE"][0] and "field.delim" not in serde_parameters:
        serde_parameters.setdefault("serialization.format", "1")
    parts["descriptor"] = {
        "Columns": parts["columns"],
        "Location": parts["location"],
        "InputFormat": base[1],
        "OutputFormat": base[2],
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde_parameters},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }
    return Statement("create_table", "DDL", "CREATE_TABLE", parts)


def _delimited(reader):
    found = {}
    names = {"FIELDS": "field.delim", "LINES": "line.delim", "MAP KEYS": "mapkey.delim", "COLLECTION ITEMS": "collection.delim"}
    while True:
        for words, key in names.items():
            if reader.words(*words.split(), "TERMINATED", "BY"):
                found[key] = reader.text()
                break
        else:
            if reader.words("ESCAPED", "BY"):
                found["escape.delim"] = reader.text()
            elif reader.words("NULL", "DEFINED", "AS"):
                found["serialization.null.format"] = reader.text()
            else:
                break
    if found.get("line.delim", "\n") != "\n":
        raise SyntaxProblem("LINES TERMINATED BY only supports newline '\\n' right now")
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found


def _create_table(reader):
    at = reader.at
    _if_not_exists(reader)
    reader.qualified()
    if any(token.is_word("AS") for token in reader.remaining()):
        return Statement("unsupported", "DDL", "CREATE_TABLE_AS_SELECT", {"what": "CREATE TABLE AS SELECT"})
    reader.at = at
    return Statement("unsupported", "DDL", "CREATE_TABLE", {"what": "CREATE TABLE without EXTERNAL (Iceberg)"})


def _drop_table(reader):
    parts = {"if_exists": _if_exists(reader), "table": reader.qualified()}
    reader.end()
    return Statement("drop_table", "DDL", "DROP_TABLE", parts)


def _create_view(replace):
    def function(reader):
        parts = {"replace": replace, "table": reader.qualified()}
        reader.expect("AS")
        parts["query"] = reader.rest()
        parse_query(parts["query"])
        return Statement("create_view", "DDL", "CREATE_VIEW", parts)

    return function


def _drop_view(reader):
    parts = {"if_exists": _if_exists(reader), "table": reader.qualified()}
    reader.end()
    return Statement("drop_view", "DDL", "DROP_VIEW", parts)


def _pattern(reader):
    if reader.token.kind == "text":
        return reader.take().value
    if reader.words("LIKE"):
        return reader.text()
    return None


def _show_databases(reader):
    parts = {"pattern": _pattern(reader)}
    reader.end()
    return Statement("show_databases", "UTILITY", "SHOW_DATABASES", parts)


def _show_tables(reader):
    parts = {"database": reader.name() if reader.words("IN") or reader.words("FROM") else None}
    parts["pattern"] = _pattern(reader)
    reader.end()
    return Statement("show_tables", "UTILITY", "SHOW_TABLES", parts)


def _show_views(reader):
    parts = {"database": reader.name() if reader.words("IN") or reader.words("FROM") else None}
    parts["pattern"] = _pattern(reader)
    reader.end()
    return Statement("show_views", "UTILITY", "SHOW_VIEWS", parts)


def _show_columns(reader):
    if not (reader.words("FROM") or reader.words("IN")):
        raise reader.problem("'FROM', 'IN'")
    database, table = reader.qualified()
    if database is None and (reader.words("FROM") or reader.words("IN")):
        database = reader.name()
    reader.end()
    return Statement("show_columns", "UTILITY", "SHOW_COLUMNS", {"table": (database, table)})


def _show(kind, substatement):
    def function(reader):
        parts = {"table": reader.qualified()}
        reader.end()
        return Statement(kind, "UTILITY", substatement, parts)

    return function


def _show_properties(reader):
    parts = {"table": reader.qualified(), "key": None}
    if reader.symbol("("):
        parts["key"] = reader.text()
        reader.expect_symbol(")")
    reader.end()
    return Statement("show_properties", "UTILITY", "SHOW_TBLPROPERTIES", parts)


def _describe(reader):
    if not (reader.words("EXTENDED") or reader.words("FORMATTED")):
        parts = {"table": reader.qualified()}
        reader.end()
        return Statement("describe", "UTILITY", "DESCRIBE_TABLE", parts)
    return Statement("unsupported", "UTILITY", "DESCRIBE_TABLE", {"what": "DESCRIBE EXTENDED and FORMATTED"})


def _msck(reader):
    parts = {"table": reader.qualified()}
    reader.end()
    return Statement("msck", "DDL", "MSCK_REPAIR_TABLE", parts)


def _alter_table(reader):
    table = reader.qualified()
    if reader.words("ADD"):
        exists = _if_not_exists(reader)
        if reader.token.is_word("PARTITION"):
            return Statement(
                "add_partitions",
                "DDL",
                "ALTER_TABLE_ADD_PARTITION",
                {"table": table, "if_not_exists": exists, "partitions": _partitions(reader)},
            )
        if reader.words("COLUMNS"):
            columns = _columns(reader)
            reader.end()
            return Statement("add_columns", "DDL", "ALTER_TABLE_ADD_COLUMNS", {"table": table, "columns": columns})
    if reader.words("DROP"):
        exists = _if_exists(reader)
        found = []
        while reader.words("PARTITION"):
            found.append((_partition_values(reader), None))
            reader.symbol(",")
        reader.end()
        if found:
            return Statement(
                "drop_partitions", "DDL", "ALTER_TABLE_DROP_PARTITION", {"table": table, "if_exists": exists, "partitions": found}
            )
    if reader.words("SET", "TBLPROPERTIES"):
        properties = _properties(reader)
        reader.end()
        return Statement("set_properties", "DDL", "ALTER_TABLE_PROPERTIES", {"table": table, "properties": properties})
    if reader.words("SET", "LOCATION"):
        location = reader.text()
        reader.end()
        return Statement("set_location", "DDL", "ALTER_TABLE_LOCATION", {"table": table, "location": location})
    return Statement("unsupported", "DDL", "ALTER_TABLE", {"what": f"ALTER TABLE … {reader.rest()[:40]}"})


def _partitions(reader):
    found = []
    while reader.words("PARTITION"):
        values = _partition_values(reader)
        found.append((values, reader.text() if reader.words("LOCATION") else None))
    reader.end()
    return found


def _partition_values(reader):
    found = {}
    reader.expect_symbol("(")
    while True:
        name = reader.name()
        reader.expect_symbol("=")
        found[name] = reader.text() if reader.token.kind in ("text", "quoted") else reader.take().value
        if reader.symbol(")"):
            return found
        reader.expect_symbol(",")


def _prepare(reader):
    parts = {"name": reader.take().value}
    reader.expect("FROM")
    parts["query"] = reader.rest()
    parse(parts["query"])
    return Statement("prepare", "DDL", "PREPARE", parts)


def _deallocate(reader):
    parts = {"name": reader.take().value}
    reader.end()
    return Statement("deallocate", "DDL", "DEALLOCATE_PREPARE", parts)


def _execute(reader):
    parts = {"name": reader.take().value, "parameters": []}
    if reader.words("USING"):
        start, depth = reader.token.start, 0
        while reader.token.kind != "end":
            token = reader.take()
            depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind == "symbol" else 0
            if token.kind == "symbol" and token.value == "," and depth == 0:
                parts["parameters"].append(reader.source[start : token.start].strip())
                start = reader.token.start
        parts["parameters"].append(reader.source[start:].rstrip().rstrip(";").strip())
    else:
        reader.end()
    return Statement("execute", "DML", "EXECUTE", parts)


def _explain(reader):
    if reader.token.is_word("ANALYZE") or reader.token.value == "(":
        return Statement("unsupported", "UTILITY", "EXPLAIN", {"what": "EXPLAIN with ANALYZE or options"})
    parts = {"query": reader.rest()}
    parse_query(parts["query"])
    return Statement("explain", "UTILITY", "EXPLAIN", parts)


_STATEMENTS = (
    (("CREATE", "DATABASE"), _create_database),
    (("CREATE", "SCHEMA"), _create_database),
    (("DROP", "DATABASE"), _drop_database),
    (("DROP", "SCHEMA"), _drop_database),
    (("CREATE", "EXTERNAL", "TABLE"), _create_external_table),
    (("CREATE", "OR", "REPLACE", "VIEW"), _create_view(True)),
    (("CREATE", "VIEW"), _create_view(False)),
    (("CREATE", "TABLE"), _create_table),
    (("DROP", "TABLE"), _drop_table),
    (("DROP", "VIEW"), _drop_view),
    (("SHOW", "DATABASES"), _show_databases),
    (("SHOW", "SCHEMAS"), _show_databases),
    (("SHOW", "TABLES"), _show_tables),
    (("SHOW", "VIEWS"), _show_views),
    (("SHOW", "COLUMNS"), _show_columns),
    (("SHOW", "PARTITIONS"), _show("show_partitions", "SHOW_PARTITIONS")),
    (("SHOW", "CREATE", "TABLE"), _show("show_create_table", "SHOW_CREATE_TABLE")),
    (("SHOW", "CREATE", "VIEW"), _show("show_create_view", "SHOW_CREATE_VIEW")),
    (("SHOW", "TBLPROPERTIES"), _show_properties),
    (("DESCRIBE",), _describe),
    (("DESC",), _describe),
    (("MSCK", "REPAIR", "TABLE"), _msck),
    (("ALTER", "TABLE"), _alter_table),
    (("PREPARE",), _prepare),
    (("DEALLOCATE", "PREPARE"), _deallocate),
    (("EXECUTE",), _execute),
    (("EXPLAIN",), _explain),
)
_ELSEWHERE = (
    ("INSERT", "INTO"),
    ("UNLOAD",),
    ("MERGE", "INTO"),
    ("UPDATE",),
    ("DELETE", "FROM"),
    ("OPTIMIZE",),
    ("VACUUM",),
    ("ALTER", "DATABASE"),
    ("ALTER", "SCHEMA"),
    ("ALTER", "VIEW"),
    ("SHOW", "FUNCTIONS"),
    ("SHOW", "STATS"),
    ("USING",),
)
