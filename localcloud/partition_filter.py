"""GetPartitions' Expression: the SQL WHERE clause over partition keys that Glue documents; pure."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import sqlglot
from sqlglot import exp

_DIALECT = "trino"
_INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint", "long")


class FilterError(ValueError):
    """The expression is not one that Glue takes; the message says which part."""


def compile_filter(expression, keys):
    """A predicate on a partition's values (strings, in the order of `keys`).

    `keys`: (name, type) of each partition key; types string, char, varchar, date, timestamp,
    decimal and the integers. A partition whose value is not of its key's type fails every
    comparison, as a null does in SQL.
    """
    try:
        tree = sqlglot.parse_one(expression, read=_DIALECT)
    except sqlglot.errors.SqlglotError as error:
        raise FilterError(f"Expression cannot be parsed: {expression!r}: {str(error).splitlines()[0]}") from error
    positions = {name.lower(): (at, its_type.lower()) for at, (name, its_type) in enumerate(keys)}
    evaluate = _condition(tree, positions)
    return lambda values: evaluate(values) is True


def _condition(node, keys):
    """A function of the values that returns True, False or None (unknown)."""
    unexpected = {name for name, value in node.args.items() if value} - _KNOWN_ARGUMENTS
    if unexpected:  # the parser may keep what it read in a new place; ignoring that would be a wrong answer
        raise FilterError(f"Expression: {node.sql(_DIALECT)} is more than GetPartitions takes ({', '.join(sorted(unexpected))})")
    if isinstance(node, exp.Paren):
        return _condition(node.this, keys)
    if isinstance(node, exp.And | exp.Or):
        one, other = _condition(node.left, keys), _condition(node.right, keys)
        decisive = isinstance(node, exp.Or)
        return lambda values: _joined(one(values), other(values), decisive)
    if isinstance(node, exp.Not):
        inner = _condition(node.this, keys)
        return lambda values: None if (found := inner(values)) is None else not found
    if node.args.get("negate") and not isinstance(node, exp.Like):
        positive = node.copy()
        positive.set("negate", None)
        return _condition(exp.Not(this=positive), keys)
    if isinstance(node, exp.Between):
        value, low, high = _operands(keys, node.this, node.args["low"], node.args["high"])
        return lambda values: _known(lambda one, start, end: start <= one <= end, value(values), low(values), high(values))
    if isinstance(node, exp.In) and node.expressions:
        value, *options = _operands(keys, node.this, *node.expressions)
        return lambda values: _is_one_of(value(values), [option(values) for option in options])
    if isinstance(node, exp.Like):
        value, pattern = _operands(keys, node.this, node.expression, text=True)
        wanted = not node.args.get("negate")
        return lambda values: _known(lambda one, like: bool(_like(like).fullmatch(one)) is wanted, value(values), pattern(values))
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        (value,) = _operands(keys, node.this)
        return lambda values: value(values) is None
    for kind, compare in _COMPARISONS:
        if type(node) is kind:
            one, other = _operands(keys, node.left, node.right)
            return lambda values, compare=compare: _known(compare, one(values), other(values))
    raise FilterError(f"Expression: {node.sql(_DIALECT)} is not a condition that GetPartitions takes")


_KNOWN_ARGUMENTS = {"this", "expression", "expressions", "low", "high", "negate"}
_COMPARISONS = (
    (exp.EQ, lambda one, other: one == other),
    (exp.NEQ, lambda one, other: one != other),
    (exp.LT, lambda one, other: one < other),
    (exp.LTE, lambda one, other: one <= other),
    (exp.GT, lambda one, other: one > other),
    (exp.GTE, lambda one, other: one >= other),
)


def _joined(one, other, decisive):
    """SQL's AND (`decisive` False) and OR (True) with unknowns."""
    if decisive in (one, other):
        return decisive
    return None if None in (one, other) else not decisive


def _known(compare, *operands):
    return None if None in operands else compare(*operands)


def _is_one_of(value, options):
    if value is None:
        return None
    return True if value in options else None if None in options else False


def _operands(keys, *nodes, text=False):
    """Functions of the values for columns and literals, all of the type of the columns among them."""
    types = [keys[name][1] for node in nodes if isinstance(node, exp.Column) and (name := node.name.lower()) in keys]
    convert = _text if text else _converter(types[0] if types else "string")
    return [_operand(node, keys, convert) for node in nodes]


def _operand(node, keys, convert):
    if isinstance(node, exp.Paren):
        return _operand(node.this, keys, convert)
    if isinstance(node, exp.Column):
        if node.name.lower() not in keys:
            raise FilterError(f"Expression: {node.sql(_DIALECT)} is not a partition key; the keys are {', '.join(keys) or 'none'}")
        at = keys[node.name.lower()][0]
        return lambda values: _or_unknown(convert, values[at])
    text = _literal(node)
    if text is None:
        raise FilterError(f"Expression: {node.sql(_DIALECT)} is neither a partition key nor a literal")
    try:
        constant = convert(text)
    except (ValueError, InvalidOperation) as error:
        raise FilterError(f"Expression: {text!r} does not fit the partition key that it is compared with") from error
    return lambda values: constant


def _literal(node):
    """The text of a literal: 'a', 1, -1, date '2024-01-31'."""
    if isinstance(node, exp.Literal):
        return node.this
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return "-" + node.this.this
    if isinstance(node, exp.Cast | exp.TsOrDsToDate) and isinstance(node.this, exp.Literal):
        return node.this.this
    return None


def _or_unknown(convert, text):
    try:
        return convert(text)
    except (ValueError, InvalidOperation):
        return None


def _text(value):
    return value


def _converter(its_type):
    if its_type in _INTEGERS:
        return int
    if its_type.startswith(("decimal", "double", "float")):
        return Decimal
    if its_type == "date":
        return lambda text: date.fromisoformat(text[:10])
    if its_type == "timestamp":
        return datetime.fromisoformat
    if its_type == "string" or its_type.startswith(("char", "varchar")):
        return _text
    raise FilterError(f"Expression: GetPartitions cannot compare partition keys of type {its_type}")


def _like(pattern):
    return re.compile("".join(".*" if letter == "%" else "." if letter == "_" else re.escape(letter) for letter in pattern), re.DOTALL)
