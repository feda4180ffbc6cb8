"""Types of columns as trees, how two of them become one, and how Glue writes them.

A type is a string for a simple type (`"bigint"`), or a tuple:
`("decimal", precision, scale)`, `("array", type)`, `("map", key, value)`,
`("struct", ((name, type), …))`. `None` is the type of a column that held only nulls.
"""

# Each of these holds every value of those before it (for `double`, as nearly as Hive does).
_WIDENING = ("tinyint", "smallint", "int", "bigint", "float", "double")
_INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_MOST_DIGITS = 38


def merge(one, other):
    """The narrowest type for values of both; `string` when nothing else fits."""
    if one == other or other is None:
        return one
    if one is None:
        return other
    if one in _WIDENING and other in _WIDENING:
        return max(one, other, key=_WIDENING.index)
    kinds = {kind(one), kind(other)}
    if "decimal" in kinds:
        return _merge_decimal(one, other)
    if kinds == {"struct"}:
        return ("struct", merge_fields(one[1], other[1]))
    if kinds == {"array"}:
        return ("array", merge(one[1], other[1]))
    if kinds == {"map"}:
        return ("map", merge(one[1], other[1]), merge(one[2], other[2]))
    return "string"


def merge_fields(one, other):
    """Fields of both, in the order first seen; `one` and `other` are tuples of (name, type)."""
    fields = dict(one)
    for name, its_type in other:
        fields[name] = merge(fields.get(name), its_type)
    return tuple(fields.items())


def kind(its_type):
    """`decimal`, `struct`, … without the details."""
    return its_type[0] if isinstance(its_type, tuple) else its_type


def render(its_type):
    """The type as the catalog writes it, such as `array<struct<a:int,b:decimal(12,2)>>`."""
    if its_type is None:
        return "string"
    if isinstance(its_type, str):
        return its_type
    name, *details = its_type
    if name == "decimal":
        return f"decimal({details[0]},{details[1]})"
    if name == "struct":
        return "struct<" + ",".join(f"{field}:{render(inner)}" for field, inner in details[0]) + ">"
    return f"{name}<{','.join(render(inner) for inner in details)}>"


def _merge_decimal(one, other):
    if kind(one) != "decimal":
        one, other = other, one
    _, precision, scale = one
    if other in _INTEGER_DIGITS:
        other = ("decimal", _INTEGER_DIGITS[other], 0)
    if kind(other) == "decimal":
        whole, scale = max(precision - scale, other[1] - other[2]), max(scale, other[2])
        return ("decimal", min(whole + scale, _MOST_DIGITS), scale)
    return "double" if other in _WIDENING else "string"
