"""Arrays, maps, rows, and the functions that take lambdas."""

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.sql import types as t
from localcloud.athena.sql.registry import simple, special, with_lambda
from localcloud.athena.sql.values import Value, coerce, failure

simple("cardinality", "array", "bigint", "CAST(len({0}) AS BIGINT)")
simple("cardinality", "map", "bigint", "CAST(cardinality({0}) AS BIGINT)")


def subscript(value, index, at):
    """array[i]: from 1; beyond the ends is an error."""
    if index.type.name not in (*t.INTEGERS, "unknown"):
        raise QueryError("TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}", at)
    kind, i = value.type.element, index.sql
    zero = failure("INVALID_FUNCTION_ARGUMENT", t.text("SQL array indices start at 1"), kind)
    negative = failure("INVALID_FUNCTION_ARGUMENT", f"'Array subscript is negative: ' || {i}", kind)
    beyond = failure(
        "INVALID_FUNCTION_ARGUMENT",
        f"'Array subscript must be less than or equal to array length: ' || {i} || ' > ' || len({value.sql})",
        kind,
    )
    return Value(
        f"(CASE WHEN {i} = 0 THEN {zero} WHEN {i} < 0 THEN {negative} WHEN {i} > len({value.sql}) THEN {beyond} ELSE {value.sql}[{i}] END)",
        kind,
    )


def map_subscript(value, index, at):
    """map[key]: a key that is not there is an error (element_at: NULL)."""
    key, kind = value.type.args
    if t.common(index.type, key) != key:
        raise QueryError("TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}", at)
    wanted = coerce(index, key).sql
    missing = failure("INVALID_FUNCTION_ARGUMENT", f"'Key not present in map: ' || CAST({wanted} AS VARCHAR)", kind)
    return Value(
        f"(CASE WHEN {wanted} IS NOT NULL AND NOT map_contains({value.sql}, {wanted}) THEN {missing} ELSE {value.sql}[{wanted}] END)", kind
    )


def _array(values, index, name, at):
    value = values[index]
    if value.type.name != "array":
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({', '.join(str(v.type) for v in values)}) for function {name}", at)
    return value


@special("row")
def _row(compile_, values, at):
    return compile_.row(values)


@special("element_at")
def _element_at(compile_, values, at):
    value, index = values
    if value.type.name == "map":
        return Value(f"({value.sql}[{coerce(index, value.type.args[0]).sql}])", value.type.args[1])
    array = _array(values, 0, "element_at", at)
    zero = failure("INVALID_FUNCTION_ARGUMENT", t.text("SQL array indices start at 1"), array.type.element)
    return Value(f"(CASE WHEN {index.sql} = 0 THEN {zero} ELSE {array.sql}[{index.sql}] END)", array.type.element)


def _extreme(name):
    """NULL if an element is NULL."""

    def function(compile_, values, at):
        value = _array(values, 0, f"array_{name}", at)
        return Value(
            f"CASE WHEN len({value.sql}) = len(list_filter({value.sql}, lambda hw_e: hw_e IS NOT NULL)) THEN list_{name}({value.sql}) END",
            value.type.element,
        )

    return function


special("array_max")(_extreme("max"))
special("array_min")(_extreme("min"))


@special("contains")
def _contains(compile_, values, at):
    """NULL if not found but an element is NULL."""
    value, item = _array(values, 0, "contains", at), values[1]
    kind = t.common(value.type.element, item.type)
    if kind is None:
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({value.type}, {item.type}) for function contains", at)
    array, wanted = coerce(value, t.array(kind)).sql, coerce(item, kind).sql
    nulls = f"len(list_filter({array}, lambda hw_e: hw_e IS NULL)) > 0"
    return Value(
        f"CASE WHEN {array} IS NULL OR {wanted} IS NULL THEN NULL WHEN list_contains({array}, {wanted}) THEN TRUE "
        f"WHEN {nulls} THEN NULL ELSE FALSE END",
        t.BOOLEAN,
    )


@special("array_position")
def _array_position(compile_, values, at):
    value = _array(values, 0, "array_position", at)
    wanted = coerce(values[1], value.type.element).sql
    return Value(
        f"CASE WHEN {value.sql} IS NULL OR {wanted} IS NULL THEN NULL "
        f"ELSE CAST(coalesce(list_position({value.sql}, {wanted}), 0) AS BIGINT) END",
        t.BIGINT,
    )


@special("array_join")
def _array_join(compile_, values, at):
    """NULL elements are left out, or written as the third argument."""
    from localcloud.athena.sql.casts import cast

    value, delimiter = _array(values, 0, "array_join", at), coerce(values[1], t.VARCHAR).sql
    if value.type.element.name in ("array", "map", "row"):
        raise not_supported("array_join of nested values", at)
    inner = cast(Value("hw_e", value.type.element), t.VARCHAR).sql
    if len(values) > 2:
        inner = f"coalesce({inner}, {coerce(values[2], t.VARCHAR).sql})"
    # array_to_string leaves out NULLs by itself, as array_join does
    return Value(f"array_to_string(list_transform({value.sql}, lambda hw_e: {inner}), {delimiter})", t.VARCHAR)


@special("array_distinct")
def _array_distinct(compile_, values, at):
    """In order of first appearance; NULL is a value."""
    value = _array(values, 0, "array_distinct", at)
    before = f"list_transform(list_slice({value.sql}, 1, hw_i - 1), lambda hw_p: hw_p IS NOT DISTINCT FROM hw_e)"
    return Value(f"list_filter({value.sql}, lambda hw_e, hw_i: NOT list_contains({before}, TRUE))", value.type)


@special("array_sort")
def _array_sort(compile_, values, at):
    if len(values) != 1:
        raise not_supported("array_sort with a comparison", at)
    value = _array(values, 0, "array_sort", at)
    return Value(f"list_sort({value.sql}, 'ASC', 'NULLS LAST')", value.type)


@special("array_remove")
def _array_remove(compile_, values, at):
    value = _array(values, 0, "array_remove", at)
    wanted = coerce(values[1], value.type.element).sql
    return Value(f"list_filter({value.sql}, lambda hw_e: hw_e IS DISTINCT FROM {wanted})", value.type)


@special("slice")
def _slice(compile_, values, at):
    value = _array(values, 0, "slice", at)
    start, length = values[1], values[2]
    if not isinstance(start.literal, int) or start.literal < 1:
        raise not_supported("slice with a start that is not a positive literal", at)
    return Value(f"list_slice({value.sql}, {start.sql}, {start.sql} + {length.sql} - 1)", value.type)


@special("flatten")
def _flatten(compile_, values, at):
    value = _array(values, 0, "flatten", at)
    return Value(f"flatten({value.sql})", _array([Value("", value.type.element)], 0, "flatten", at).type)


@special("sequence")
def _sequence(compile_, values, at):
    start, stop = values[0], values[1]
    if start.type.name in t.INTEGERS and stop.type.name in t.INTEGERS:
        a, b = coerce(start, t.BIGINT).sql, coerce(stop, t.BIGINT).sql
        step = coerce(values[2], t.BIGINT).sql if len(values) > 2 else f"CASE WHEN {a} <= {b} THEN 1 ELSE -1 END"
        return Value(f"generate_series({a}, {b}, {step})", t.array(t.BIGINT))
    if start.type.name == stop.type.name and start.type.name in ("date", "timestamp"):
        if len(values) > 2 and values[2].type == t.YEAR_TO_MONTH:
            step = f"to_months({values[2].sql})"
        elif len(values) > 2 and values[2].type == t.DAY_TO_SECOND:
            step = f"to_milliseconds({values[2].sql})"
        elif len(values) == 2 and start.type.name == "date":
            step = "INTERVAL 1 DAY"
        else:
            raise not_supported("sequence with this step", at)
        series = f"generate_series(CAST({start.sql} AS TIMESTAMP), CAST({stop.sql} AS TIMESTAMP), {step})"
        if start.type.name == "timestamp":
            return Value(series, t.array(start.type))
        return Value(f"list_transform({series}, lambda hw_e: CAST(hw_e AS DATE))", t.array(t.DATE))
    raise not_supported("sequence of this type", at)


@special("repeat")
def _repeat(compile_, values, at):
    return Value(f"list_transform(range({values[1].sql}), lambda hw_e: {values[0].sql})", t.array(values[0].type))


@special("map")
def _map(compile_, values, at):
    if not values:
        return Value("CAST(MAP {} AS MAP(INTEGER, INTEGER))", t.map_of(t.UNKNOWN, t.UNKNOWN))
    keys, items = _array(values, 0, "map", at), _array(values, 1, "map", at)
    return Value(f"map({keys.sql}, {items.sql})", t.map_of(keys.type.element, items.type.element))


def _a_map(values, name, at):
    if values[0].type.name != "map":
        raise QueryError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({values[0].type}) for function {name}", at)
    return values[0]


@special("map_keys")
def _map_keys(compile_, values, at):
    value = _a_map(values, "map_keys", at)
    return Value(f"map_keys({value.sql})", t.array(value.type.args[0]))


@special("map_values")
def _map_values(compile_, values, at):
    value = _a_map(values, "map_values", at)
    return Value(f"map_values({value.sql})", t.array(value.type.args[1]))


# --- lambdas -------------------------------------------------------------------------------------


def _list(compile_, node, name, at):
    return _array([compile_(node)], 0, name, at)


@with_lambda("transform")
def _transform(compile_, nodes, at):
    value = _list(compile_, nodes[0], "transform", at)
    names, body = compile_.bind_lambda(nodes[1], [value.type.element])
    return Value(f"list_transform({value.sql}, lambda {names[0]}: {body.sql})", t.array(body.type))


@with_lambda("filter")
def _filter(compile_, nodes, at):
    value = _list(compile_, nodes[0], "filter", at)
    names, body = compile_.bind_lambda(nodes[1], [value.type.element])
    return Value(f"list_filter({value.sql}, lambda {names[0]}: coalesce({body.sql}, FALSE))", value.type)


@with_lambda("reduce")
def _reduce(compile_, nodes, at):
    value, start = _list(compile_, nodes[0], "reduce", at), compile_(nodes[1])
    names, step = compile_.bind_lambda(nodes[2], [start.type, value.type.element])
    if step.type != start.type:
        kind = t.common(step.type, start.type)
        if kind != start.type and step.type.name not in t.INTEGERS:
            raise QueryError("TYPE_MISMATCH", f"the lambda of reduce gives {step.type}, its start is {start.type}", at)
        start = coerce(start, step.type)
        names, step = compile_.bind_lambda(nodes[2], [start.type, value.type.element])
    out, final = compile_.bind_lambda(nodes[3], [start.type])
    reduced = f"list_reduce({value.sql}, lambda {names[0]}, {names[1]}: {step.sql}, {start.sql})"
    return Value(f"(list_transform([{reduced}], lambda {out[0]}: {final.sql})[1])", final.type)


def _match(name, template):
    def function(compile_, nodes, at):
        value = _list(compile_, nodes[0], name, at)
        names, body = compile_.bind_lambda(nodes[1], [value.type.element])
        tested = f"list_transform({value.sql}, lambda {names[0]}: {body.sql})"
        return Value(template.format(tested), t.BOOLEAN)

    with_lambda(name)(function)


# three-valued: an unknown element makes the answer unknown unless another decides it
_UNKNOWN = "WHEN len(list_filter({0}, lambda hw_e: hw_e IS NULL)) > 0 THEN NULL"
_match("any_match", f"CASE WHEN {{0}} IS NULL THEN NULL WHEN list_contains({{0}}, TRUE) THEN TRUE {_UNKNOWN} ELSE FALSE END")
_match("none_match", f"CASE WHEN {{0}} IS NULL THEN NULL WHEN list_contains({{0}}, TRUE) THEN FALSE {_UNKNOWN} ELSE TRUE END")
_match("all_match", f"CASE WHEN {{0}} IS NULL THEN NULL WHEN list_contains({{0}}, FALSE) THEN FALSE {_UNKNOWN} ELSE TRUE END")


@with_lambda("zip_with")
def _zip_with(compile_, nodes, at):
    first, second = _list(compile_, nodes[0], "zip_with", at), _list(compile_, nodes[1], "zip_with", at)
    names, body = compile_.bind_lambda(nodes[2], [Value("", first.type).type.element, second.type.element])
    zipped = f"list_zip({first.sql}, {second.sql})"
    sql = body.sql.replace(names[0], "hw_z[1]").replace(names[1], "hw_z[2]")
    return Value(f"list_transform({zipped}, lambda hw_z: {sql})", t.array(body.type))
