"""The reasons of a validation in the words of the library that API Gateway uses (json-schema-validator for Java). Pure."""

from localcloud.gateway.serving.documents import write


def reason(error):
    """The sentence for a jsonschema.ValidationError."""
    made = _WORDS.get(error.validator)
    return made(error.validator_value, error.instance, error) if made else f"instance does not match {error.validator}"


def kind(value):
    """A value's primitive type."""
    names = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for its, name in names if isinstance(value, its)), "null")


def _allowed(given):
    listed = {given} if isinstance(given, str) else set(given)
    return write(sorted(listed | ({"integer"} if "number" in listed else set())))


def _type(given, instance, _):
    return f"instance type ({kind(instance)}) does not match any allowed primitive type (allowed: {_allowed(given)})"


def _required(given, instance, _):
    return f"object has missing required properties ({write(sorted(name for name in given if name not in instance))})"


def _additional(_, instance, error):
    known, patterns = error.schema.get("properties", {}), error.schema.get("patternProperties", {})
    extra = sorted(name for name in instance if name not in known)
    if patterns:
        from localcloud.gateway.serving.validation import ecma, re

        extra = [name for name in extra if not any(re.search(ecma(each), name) for each in patterns)]
    return f"object instance has properties which are not allowed by the schema: {write(extra)}"


def _minimum(given, instance, error):
    if error.schema.get("exclusiveMinimum") and instance == given:
        return f"numeric instance is not strictly greater than the required minimum {given}"
    return f"numeric instance is lower than the required minimum (minimum: {given}, found: {write(instance)})"


def _maximum(given, instance, error):
    if error.schema.get("exclusiveMaximum") and instance == given:
        return f"numeric instance is not strictly lower than the required maximum {given}"
    return f"numeric instance is greater than the required maximum (maximum: {given}, found: {write(instance)})"


def _matched(given, error):
    """How many of the alternatives fit: those of which `error.context` tells nothing."""
    return len(given) - len({each.schema_path[0] for each in error.context})


_WORDS = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "enum": lambda given, its, _: f"instance value ({write(its)}) not found in enum (possible values: {write(given)})",
    "minLength": lambda given, its, _: f"string {write(its)} is too short (length: {len(its)}, required minimum: {given})",
    "maxLength": lambda given, its, _: f"string {write(its)} is too long (length: {len(its)}, maximum allowed: {given})",
    "pattern": lambda given, its, _: f"ECMA 262 regex {write(given)} does not match input string {write(its)}",
    "minimum": _minimum,
    "maximum": _maximum,
    "multipleOf": lambda given, its, _: f"remainder of division is not zero ({write(its)} / {given})",
    "minItems": lambda given, its, _: f"array is too short: must have at least {given} elements but instance has {len(its)} elements",
    "maxItems": lambda given, its, _: f"array is too long: must have at most {given} elements but instance has {len(its)} elements",
    "uniqueItems": lambda _, __, ___: "array must not contain duplicate elements",
    "minProperties": lambda given, its, _: f"object has too few properties (found {len(its)} but schema requires at least {given})",
    "maxProperties": lambda given, its, _: f"object has too many properties (found {len(its)} but schema requires at most {given})",
    "anyOf": lambda given, _, __: f"instance failed to match at least one required schema among {len(given)}",
    "oneOf": lambda given, _, error: (
        f"instance failed to match exactly one schema (matched {_matched(given, error) if error.context else 'more than one'}"
        f" out of {len(given)})"
    ),
    "not": lambda _, __, ___: "instance matched a schema which it should not have",
    "dependencies": lambda _, __, ___: "property of object has missing property dependencies",
}
