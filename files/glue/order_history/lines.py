r"""JSON lines → one text column per field, exactly as written.

Spark's own JSON reader is not enough: numbers pass through doubles on their way to text (2.550 → 2.55,
0.1000000000000000055 → 0.1), or are rounded on their way to decimals; text after the object is ignored; `true` and
`[1]` become the strings "true" and "[1]". So a regular expression turns each member's string or number into a string
that begins with `=` before `from_json` reads the line. After that every digit is kept, and what has no `=` was neither a
string nor a number. Another regular expression sees to it that nothing follows the object. Each comes in two forms, a quick
one for plain lines, which are nearly all, and one for whatever JSON allows.
"""

from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

FIELDS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
MARK = "="

# Possessive quantifiers (*+) keep Java's matcher from recursing on long texts, and from trying again in vain.
_NUMBER = r"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?+\d++)?+"
# RFC 8259's string, but without halves of surrogate pairs, which no text can hold.
_ESCAPE = (
    r'\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}'
    r"|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"
)
_STRING = rf'"(?:[^"\\\x00-\x1f]++|{_ESCAPE})*+"'
_SPACE = r"[ \t\r\n]*+"
_LITERAL = r"(?:true|false|null)"
_MEMBER = rf"{_STRING}{_SPACE}:{_SPACE}(?:{_STRING}|{_NUMBER}|{_LITERAL})"
FLAT_OBJECT = rf"\A{_SPACE}\{{{_SPACE}(?:{_MEMBER}{_SPACE}(?:,{_SPACE}{_MEMBER}{_SPACE})*+)?+\}}{_SPACE}\z"

# Nothing but strings without escapes and numbers, as far as can be seen so cheaply; `from_json` sees the rest.
_PLAIN = r"\A\{(?:[^{}\[\]\\:]++|:(?![ \t]*+[tfn]))*+\}\r?+\z"

# A member's key with its colon, and its value where that is a string (without quotes) or a number.
_PLAIN_MEMBER = rf'("[^"]*+"{_SPACE}:{_SPACE})(?:"([^"]*+)"|({_NUMBER})(?![\w.+-]))'
_MARKED_PLAIN_MEMBER = f'$1"{MARK}$2$3"'
# The same where there may be escapes, and other members, whose values are neither, before it.
_BODY = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_KEY = rf'"{_BODY}"{_SPACE}:{_SPACE}'
_ANY_MEMBER = rf'((?:{_KEY}{_LITERAL}{_SPACE},{_SPACE})*+)({_KEY})(?:"({_BODY})"|({_NUMBER})(?![\w.+-]))'
_MARKED_ANY_MEMBER = f'$1$2"{MARK}$3$4"'

_STRINGS = r'"(?:[^"\\]++|\\.)*+"'
_NESTED = r":\s*+[\[{]"

_BROKEN = "broken"
_SCHEMA = StructType([StructField(name, StringType()) for name in (*FIELDS, _BROKEN)])
# Spark reads more than JSON by default, and says where it could not only if it is asked.
_STRICT = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false", "columnNameOfCorruptRecord": _BROKEN}


def not_blank(value):
    """Whether a line holds anything but white space."""
    return value.rlike(r"[^ \t\r\f\x0b]")


def with_fields(lines):
    r"""Adds to `lines` (column value: a line's bytes as they are, without its LF) the columns

    shape_reason  why the line as a whole is no record, or null
    fields        struct with a member for each of FIELDS: null where missing or null, MARK and the text of a string
                  or number, anything else without MARK
    """
    value = F.col("value")
    plain = F.col("plain")
    shaped = lines.withColumn("plain", value.rlike(_PLAIN)).withColumn("object", plain | value.rlike(FLAT_OBJECT))
    marked = shaped.withColumn(
        "marked",
        F.when(plain, F.regexp_replace(value, _PLAIN_MEMBER, _MARKED_PLAIN_MEMBER)).when(
            F.col("object"), F.regexp_replace(value, _ANY_MEMBER, _MARKED_ANY_MEMBER)
        ),
    )
    parsed = marked.withColumn("fields", F.from_json("marked", _SCHEMA, _STRICT))
    # Regular expressions see U+FFFD where bytes are not UTF-8; where it is one that was written, the bytes are compared.
    suspect = ~F.col("object") | F.col("marked").contains("\ufffd")
    data = value.cast("binary")
    reason = (
        F.when(suspect & (F.encode(F.decode(data, "UTF-8"), "UTF-8") != data), "not_utf8")
        .when(~F.col("object"), _misshape(value))
        .when(F.col("fields")[_BROKEN].isNotNull(), _misshape(value))
    )
    return parsed.withColumn("shape_reason", reason).drop("plain", "object", "marked")


def _misshape(value):
    """What is wrong with a line that is no flat object."""
    return (
        F.when(~value.rlike(r"\A\s*+\{"), "not_a_json_object")
        .when(~value.rlike(r"\}\s*+\z"), "json_truncated")
        .when(F.regexp_replace(value, _STRINGS, '""').rlike(_NESTED), "json_nested")
        .otherwise("json_invalid")
    )
