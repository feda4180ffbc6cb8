"""JSON, an object a line: `org.openx.data.jsonserde.JsonSerDe` and Hive's `org.apache.hive.hcatalog.data.JsonSerDe`.

Both: names without regard to case, missing members NULL, further ones ignored, a line that is no JSON object or has a
member twice fails. Properties for leniency (`ignore.malformed.json`, `use.null.for.invalid.data`, `mapping.*`,
`dots.in.keys`, `case.insensitive`) are OpenX's alone.
"""

import json

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.values import failure


class Options:
    """What the SerDe's properties say; `given`: those of the table and the SerDe, `library`: its class."""

    def __init__(self, given, library):
        self.hive = "openx" not in library.lower()
        chosen = {} if self.hive else {key.lower(): value for key, value in given.items()}
        yes = lambda key, default="false": chosen.get(key, default).strip().lower() == "true"  # noqa: E731 - used on the next lines only
        self.ignore, self.dots, self.fold = yes("ignore.malformed.json"), yes("dots.in.keys"), yes("case.insensitive", "true")
        self.null_for_invalid = yes("use.null.for.invalid.data")
        self.mapping = {key[len("mapping.") :]: value for key, value in chosen.items() if key.startswith("mapping.")}

    def source(self, column):
        """The member that a column is read from."""
        name = self.mapping.get(column, column)
        return name.lower() if self.fold else name

    def member(self, name):
        """A member's name as it is looked for."""
        name = name.lower() if self.fold else name
        return name.replace(".", "_") if self.dots else name


def parse(lines, declared, names, options, item, kinds):
    """The texts of the columns `names`, a list each, one for each line."""
    sources = [options.source(name) for name in names]
    plain = [kinds[name].name not in ("array", "map", "row") for name in names]
    columns = [[] for _ in names]
    for number, line in enumerate(lines, 1):
        record = _record(line, number, item, options)
        for column, source, name, simple in zip(columns, sources, names, plain, strict=True):
            value = record.get(source)
            column.append(value if value is None or (simple and type(value) is str) else _fragment(value, kinds[name], options))
    return columns


def _record(line, number, item, options):
    try:
        found = _decoder.decode(line) if line.strip() or options.hive else {}
        if not isinstance(found, dict):
            raise ValueError("a row must be a JSON object")
        named = {options.member(name): value for name, value in found.items()}
        if len(named) < len(found):
            raise _Twice(next(name for name in named if [options.member(other) for other in found].count(name) > 1))
        return named
    except ValueError as error:
        if options.ignore:
            return {}
        what = "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {error} (line {number} of {item.uri})"
        raise QueryError(*what) from error


class _Twice(ValueError):
    def __init__(self, name):
        super().__init__(f'Duplicate key "{name}"')


class _Raw(float):
    """A JSON number with its digits as written, so that decimals stay exact."""

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.text = text
        return made


def _refuse(text):
    raise ValueError(f"{text} is no JSON value")


def _once(pairs):
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in made if names.count(name) > 1))
    return made


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_float=_Raw, parse_constant=_refuse)


def _fragment(value, kind, options):
    """A value as text: scalars plain, nested ones as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Raw):
        return value.text
    if isinstance(value, int):
        return str(value)
    return json.dumps(_folded(value, kind, options))


def _folded(value, kind, options):
    """A nested value whose objects have the names that the columns' structs have; maps keep theirs."""
    if kind.name == "row" and isinstance(value, dict):
        inner = {(name or "").lower(): field for name, field in kind.args}
        named = {options.member(name): held for name, held in value.items()}
        return {name: _folded(held, inner[name], options) if name in inner else held for name, held in named.items()}
    if kind.name == "array" and isinstance(value, list):
        return [_folded(each, kind.element, options) for each in value]
    if kind.name == "map" and isinstance(value, dict):
        return {name: _folded(held, kind.args[1], options) for name, held in value.items()}
    return value


def value(sql, kind, name, options):
    """SQL of a column's text as its type; what does not fit fails with HIVE_BAD_DATA, or is NULL where OpenX is told so."""
    if kind.name in ("varchar", "char"):
        return sql
    if kind.name in ("array", "map", "row"):
        return _nested(f"CAST({sql} AS JSON)", kind)
    bad = f"CAST(NULL AS {t.duck(kind)})"
    if not options.null_for_invalid:
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


def _nested(sql, kind):
    if kind.name == "array":
        return f"list_transform(CAST({sql} AS JSON[]), lambda hw_e: {_nested('hw_e', kind.element)})"
    if kind.name == "map":
        if kind.args[0].name != "varchar":
            raise not_supported(f"{kind} in a JSON table")
        values = _nested("hw_e.value", kind.args[1])
        entries = f"map_entries(CAST({sql} AS MAP(VARCHAR, JSON)))"
        return f"map_from_entries(list_transform({entries}, lambda hw_e: struct_pack(k := hw_e.key, v := {values})))"
    if kind.name == "row":
        parts = []
        for index, (name, inner) in enumerate(kind.args):
            path = t.text(f'$."{name}"')
            at = f"json_extract({sql}, {path})"
            parts.append(f"f{index} := {_nested(at, inner)}")
        return f"CASE WHEN json_type({sql}) = 'OBJECT' THEN struct_pack({', '.join(parts)}) END"
    text = f"json_extract_string({sql}, '$')"
    return text if kind.name == "varchar" else f"TRY_CAST({text} AS {t.duck(kind)})"
