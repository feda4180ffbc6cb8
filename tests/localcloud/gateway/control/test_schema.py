"""Which JSON schemas are models."""

import pytest

from localcloud.gateway.control.schema import models_in, problems

INNER = "https://apigateway.amazonaws.com/restapis/abc/models/Inner"


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": ["string", "null"]},
        {"type": "object", "properties": {"const": {"type": "string"}, "example": {"enum": [1, None]}}},
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        {"definitions": {"a": {"type": "string"}}, "items": {"$ref": "#/definitions/a"}},
        {"anyOf": [{"$ref": INNER}, {"not": {"type": "null"}}], "default": {"anything": "goes"}},
        {"type": "string", "pattern": "^\\S+$", "format": "date-time"},
    ],
)
def test_a_schema_of_draft_4_is_a_model(schema):
    assert problems(schema, "abc", {"Inner"}) == []


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (None, "Invalid model schema specified"),
        ({"type": "text"}, "type"),
        ({"exclusiveMinimum": 3}, "exclusiveMinimum"),
        ({"required": []}, "required"),
        ({"properties": {"a": {"required": True}}}, "properties/a/required"),
        ({"items": {"const": 1, "if": {}}}, '["const","if"]'),
        ({"minLength": -1}, "minLength"),
        ({"pattern": "("}, "is no regular expression"),
        ({"$ref": "#/definitions/a"}, "canonical form"),
        ({"$ref": "Inner"}, "canonical form"),
        ({"$ref": INNER.replace("abc", "other")}, "Invalid model reference"),
        ({"$ref": INNER + "s"}, "Invalid model reference"),
    ],
)
def test_anything_else_is_not(schema, says):
    assert says in " ".join(problems(schema, "abc", {"Inner"}))


def test_models_are_found_at_any_depth():
    assert models_in({"allOf": [{"properties": {"a": {"items": [{"$ref": INNER}]}}}]}) == {"Inner"}
