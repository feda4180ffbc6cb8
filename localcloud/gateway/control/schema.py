"""Which JSON schemas are models: draft 4, without keywords that API Gateway does not know. Pure."""

import json
import re

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError

REFERENCE = "https://apigateway.amazonaws.com/restapis/{api}/models/{name}"
_REFERENCE = re.compile(r"https://apigateway\.amazonaws\.com/restapis/([^/]+)/models/([A-Za-z0-9]+)")

#: Draft 4's keywords, core and validation.
_KEYWORDS = frozenset(
    {"$schema", "$ref", "id", "title", "description", "default", "definitions", "type", "enum", "format"}
    | {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern"}
    | {"items", "additionalItems", "maxItems", "minItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "dependencies"}
    | {"maxProperties", "minProperties", "required", "properties", "patternProperties", "additionalProperties"}
)
_OF_NAMES = ("properties", "patternProperties", "definitions")
_INNER = ("items", "additionalItems", "additionalProperties", "not", "allOf", "anyOf", "oneOf")


def parsed(text):
    """A model's schema as a dict, or None where the text is no JSON object."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def problems(schema, api_id, names):
    """What API Gateway says against a schema, as a list of texts; `names`: of the API's models, which it may refer to."""
    if not isinstance(schema, dict):
        return ["Invalid model schema specified"]
    found = []
    unknown = sorted({keyword for part in walk(schema) for keyword in part if keyword not in _KEYWORDS})
    if unknown:
        listed = ",".join(f'"{keyword}"' for keyword in unknown)
        found.append(f"Invalid model schema specified. Unsupported keyword(s): [{listed}]")
    try:
        Draft4Validator.check_schema(schema)
    except SchemaError as error:
        at = "/".join(map(str, error.absolute_path)) or "the schema"
        found.append(f"Invalid model schema specified ({at}: {error.message})")
    for reference in references(schema):
        named = _REFERENCE.fullmatch(reference)
        if not named and not _is_inside(schema, reference):
            found.append("Model reference must be in canonical form")
        elif named and (named[1] != api_id or named[2] not in names):
            found.append(f"Invalid model reference specified: {reference}")
    return found + _bad_patterns(schema)


def walk(schema):
    """The schema and each schema inside it."""
    if not isinstance(schema, dict):
        return
    yield schema
    inner = [part for name in _OF_NAMES if isinstance(schema.get(name), dict) for part in schema[name].values()]
    inner += [part for part in (schema.get("dependencies") or {}).values() if isinstance(part, dict)]
    for name in _INNER:
        part = schema.get(name)
        inner += part if isinstance(part, list) else [part]
    for part in inner:
        yield from walk(part)


def references(schema):
    """The `$ref` of all its parts."""
    return [part["$ref"] for part in walk(schema) if isinstance(part.get("$ref"), str)]


def models_in(schema):
    """Names of the models that a schema refers to."""
    found = (_REFERENCE.fullmatch(reference) for reference in references(schema))
    return {each[2] for each in found if each}


def _is_inside(schema, reference):
    """Does `#/definitions/X` point to something?"""
    if not reference.startswith("#/"):
        return reference == "#"
    for part in reference[2:].split("/"):
        if not isinstance(schema, dict) or part not in schema:
            return False
        schema = schema[part]
    return True


def _bad_patterns(schema):
    found = []
    for part in walk(schema):
        for text in (part.get("pattern"), *(part.get("patternProperties") or {})):
            try:
                re.compile(text or "")
            except (re.error, TypeError):
                found.append(f"Invalid model schema specified (the pattern {text!r} is no regular expression)")
    return found
