"""Text and binary functions, regular expressions."""

import re

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.registry import simple, special, text_of
from localcloud.athena.sql.values import Value, coerce, fail_if, unify

simple("lower", "varchar", "varchar", "lower({0})")
simple("upper", "varchar", "varchar", "hw_upper({0})")
simple("length", "varchar", "bigint", "CAST(length({0}) AS BIGINT)")
simple("length", "varbinary", "bigint", "CAST(octet_length({0}) AS BIGINT)")
simple("reverse", "varchar", "varchar", "array_to_string(list_reverse(string_split({0}, '')), '')")
simple("replace", "varchar varchar", "varchar", "replace({0}, {1}, '')")
simple("replace", "varchar varchar varchar", "varchar", "hw_replace({0}, {1}, {2})")
simple("strpos", "varchar varchar", "bigint", "CAST(strpos({0}, {1}) AS BIGINT)")
simple("starts_with", "varchar varchar", "boolean", "starts_with({0}, {1})")
simple("substr", "varchar bigint", "varchar", "hw_substr({0}, {1})")
simple("substr", "varchar bigint bigint", "varchar", "hw_substr3({0}, {1}, {2})")
simple("substring", "varchar bigint", "varchar", "hw_substr({0}, {1})")
simple("substring", "varchar bigint bigint", "varchar", "hw_substr3({0}, {1}, {2})")
_SPACES = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"
for _name in ("trim", "ltrim", "rtrim"):
    simple(_name, "varchar", "varchar", f"{_name}({{0}}, {_SPACES})")
    simple(_name, "varchar varchar", "varchar", f"{_name}({{0}}, {{1}})")
simple("split", "varchar varchar", "array(varchar)", "string_split({0}, {1})")
simple("translate", "varchar varchar varchar", "varchar", "translate({0}, {1}, {2})")
simple("chr", "bigint", "varchar", "chr(CAST({0} AS INTEGER))")
simple("codepoint", "varchar", "integer", "unicode({0})")
simple("levenshtein_distance", "varchar varchar", "bigint", "CAST(levenshtein({0}, {1}) AS BIGINT)")
simple("hamming_distance", "varchar varchar", "bigint", "CAST(hamming({0}, {1}) AS BIGINT)")
simple("to_utf8", "varchar", "varbinary", "encode({0})")
simple("from_utf8", "varbinary", "varchar", "decode({0})")
simple("to_hex", "varbinary", "varchar", "upper(hex({0}))")
simple("from_hex", "varchar", "varbinary", "unhex({0})")
simple("to_base64", "varbinary", "varchar", "to_base64({0})")
simple("from_base64", "varchar", "varbinary", "from_base64({0})")
simple("md5", "varbinary", "varbinary", "unhex(md5({0}))")
simple("sha1", "varbinary", "varbinary", "unhex(sha1({0}))")
simple("sha256", "varbinary", "varbinary", "unhex(sha256({0}))")
simple("url_encode", "varchar", "varchar", "replace(replace(url_encode({0}), '%20', '+'), '%2A', '*')")
simple("url_decode", "varchar", "varchar", "url_decode(replace({0}, '+', ' '))")

MACROS = (
    # letter by letter, so that ß, whose capital is no single letter, stays
    """CREATE MACRO hw_upper(s) AS CASE WHEN contains(s, 'ß')
       THEN array_to_string(list_transform(string_split(s, 'ß'), lambda part: upper(part)), 'ß') ELSE upper(s) END""",
    "CREATE MACRO hw_from(s, i) AS CASE WHEN i > 0 THEN i WHEN i < 0 AND length(s) + i >= 0 THEN length(s) + i + 1 ELSE 0 END",
    """CREATE MACRO hw_substr(s, i) AS CASE WHEN hw_from(s, i) > 0 THEN substring(s, hw_from(s, i))
       WHEN s IS NULL OR i IS NULL THEN NULL ELSE '' END""",
    """CREATE MACRO hw_substr3(s, i, n) AS CASE WHEN s IS NULL OR i IS NULL OR n IS NULL THEN NULL
       WHEN hw_from(s, i) > 0 AND n > 0 THEN substring(s, hw_from(s, i), n) ELSE '' END""",
    """CREATE MACRO hw_replace(s, f, w) AS CASE WHEN f = '' AND s IS NOT NULL
       THEN w || array_to_string(list_transform(string_split(s, ''), lambda c: c || w), '') ELSE replace(s, f, w) END""",
)


def concatenate(values, at):
    """`||` and concat: text, binary or arrays; NULL if any is NULL."""
    if any(value.type.name == "array" for value in values):
        element = t.UNKNOWN
        for value in values:
            inner = value.type.element if value.type.name == "array" else value.type
            element = t.common(element, inner)
            if element is None:
                raise QueryError("TYPE_MISMATCH", f"Cannot concatenate {' and '.join(str(v.type) for v in values)}", at)
        parts = []
        for value in values:
            if value.type.name == "array":
                parts.append(coerce(value, t.array(element)).sql)
            else:
                parts.append(f"[{coerce(value, element).sql}]")
        nulls = " OR ".join(f"{part} IS NULL" for part in parts)
        return Value(f"CASE WHEN {nulls} THEN NULL ELSE {_nested('list_concat', parts)} END", t.array(element))
    if all(value.type.name in ("varbinary", "unknown") for value in values):
        return Value("(" + " || ".join(value.sql for value in values) + ")", t.VARBINARY)
    for value in values:
        if not t.is_text(value.type) and value.type.name != "unknown":
            raise QueryError(
                "FUNCTION_NOT_FOUND", f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function concat", at
            )
    kinds = {bool(value.type.args) for value in values}
    kind = t.Type("varchar", (sum(value.type.args[0] for value in values),)) if kinds == {True} else t.VARCHAR
    return Value("(" + " || ".join(coerce(value, t.VARCHAR).sql for value in values) + ")", kind)


def _nested(function, parts):
    result = parts[0]
    for part in parts[1:]:
        result = f"{function}({result}, {part})"
    return result


@special("concat")
def _concat(compile_, values, at):
    if len(values) < 2:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", "There must be two or more concatenation arguments", at)
    return concatenate(values, at)


@special("concat_ws")
def _concat_ws(compile_, values, at):
    separator, *rest = values
    if len(rest) == 1 and rest[0].type == t.array(t.VARCHAR):
        return Value(f"CASE WHEN {separator.sql} IS NOT NULL THEN array_to_string({rest[0].sql}, {separator.sql}) END", t.VARCHAR)
    found, _ = unify(
        [coerce(value, t.VARCHAR) if value.type.name == "unknown" else value for value in rest], "concat_ws arguments must be text", at
    )
    return Value(
        f"CASE WHEN {separator.sql} IS NOT NULL THEN concat_ws({', '.join([separator.sql, *(v.sql for v in found)])}) END", t.VARCHAR
    )


@special("split_part")
def _split_part(compile_, values, at):
    """Fields count from 1; beyond the last is NULL, below 1 an error."""
    text, delimiter, index = (coerce(values[0], t.VARCHAR).sql, coerce(values[1], t.VARCHAR).sql, coerce(values[2], t.BIGINT).sql)
    value = f"string_split({text}, {delimiter})[{index}]"
    if isinstance(values[2].literal, int) and values[2].literal > 0:
        return Value(f"({value})", t.VARCHAR)
    return Value(
        f"({fail_if(f'{index} <= 0', 'INVALID_FUNCTION_ARGUMENT', 'Index must be greater than zero', value, t.VARCHAR)})", t.VARCHAR
    )


def _pad(name):
    def function(compile_, values, at):
        text, size, fill = coerce(values[0], t.VARCHAR).sql, coerce(values[1], t.BIGINT).sql, coerce(values[2], t.VARCHAR).sql
        padded = f"{name}({text}, CAST({size} AS INTEGER), {fill})"
        checked = fail_if(f"{fill} = ''", "INVALID_FUNCTION_ARGUMENT", "Padding string must not be empty", padded, t.VARCHAR)
        checked = fail_if(
            f"{size} < 0", "INVALID_FUNCTION_ARGUMENT", "Target length must be in the range [0..2147483647]", checked, t.VARCHAR
        )
        return Value(f"({checked})", t.VARCHAR)

    return function


special("lpad")(_pad("lpad"))
special("rpad")(_pad("rpad"))


# --- regular expressions: Trino's are Java's, DuckDB's RE2; what RE2 lacks is refused -------------


def pattern(value, at):
    """A literal Java pattern as RE2 has it (the common ground of both is left as it is)."""
    text = text_of(value, at, "a regular expression")
    if re.search(r"\(\?(?:[=!>]|<[=!])", text) or re.search(r"\\[1-9]", text) or re.search(r"[*+?}]\+", text):
        raise not_supported("look-around, back references and possessive quantifiers in a regular expression", at)
    return t.text(text.replace("(?<", "(?P<"))


@special("regexp_like")
def _regexp_like(compile_, values, at):
    return Value(f"regexp_matches({coerce(values[0], t.VARCHAR).sql}, {pattern(values[1], at)})", t.BOOLEAN)


@special("regexp_extract")
def _regexp_extract(compile_, values, at):
    text, regex = coerce(values[0], t.VARCHAR).sql, pattern(values[1], at)
    group = _group(values[2], values[1], at) if len(values) > 2 else 0
    # a group that took no part is NULL in Trino and '' here; only the whole match can be told apart
    if group and re.search(r"\)[?*|]|\|", values[1].literal):
        raise not_supported("regexp_extract of a group that may take no part", at)
    return Value(f"CASE WHEN regexp_matches({text}, {regex}) THEN regexp_extract({text}, {regex}, {group}) END", t.VARCHAR)


def _group(value, regex, at):
    if not isinstance(value.literal, int):
        raise not_supported("a regular expression's group that is not a literal", at)
    groups = re.compile(regex.literal.replace("(?<", "(?P<")).groups
    if not 0 <= value.literal <= groups:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Pattern has {groups} groups. Cannot access group {value.literal}", at)
    return value.literal


@special("regexp_extract_all")
def _regexp_extract_all(compile_, values, at):
    text, regex = coerce(values[0], t.VARCHAR).sql, pattern(values[1], at)
    group = _group(values[2], values[1], at) if len(values) > 2 else 0
    if group and re.search(r"\)[?*|]|\|", values[1].literal):
        raise not_supported("regexp_extract_all of a group that may take no part", at)
    return Value(f"regexp_extract_all({text}, {regex}, {group})", t.array(t.VARCHAR))


@special("regexp_replace")
def _regexp_replace(compile_, values, at):
    text, regex = coerce(values[0], t.VARCHAR).sql, pattern(values[1], at)
    if len(values) == 2:
        return Value(f"regexp_replace({text}, {regex}, '', 'g')", t.VARCHAR)
    replacement = text_of(values[2], at, "the replacement of a regular expression")
    if "${" in replacement:
        raise not_supported("named groups in a replacement", at)
    # Java: $1 is a group, \x is x; RE2: \1 is a group, \\ a backslash
    parts = re.findall(r"\\(.)|\$(\d)|(.)", replacement, re.S)
    translated = "".join(f"\\{group}" if group else (escaped or plain).replace("\\", "\\\\") for escaped, group, plain in parts)
    return Value(f"regexp_replace({text}, {regex}, {t.text(translated)}, 'g')", t.VARCHAR)


@special("regexp_split")
def _regexp_split(compile_, values, at):
    return Value(f"regexp_split_to_array({coerce(values[0], t.VARCHAR).sql}, {pattern(values[1], at)})", t.array(t.VARCHAR))


@special("regexp_count")
def _regexp_count(compile_, values, at):
    return Value(f"CAST(len(regexp_extract_all({coerce(values[0], t.VARCHAR).sql}, {pattern(values[1], at)})) AS BIGINT)", t.BIGINT)
