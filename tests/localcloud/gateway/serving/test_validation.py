"""Models: what is refused, with which reason; and parameters."""

import re

import pytest

from localcloud.gateway.serving import documents
from localcloud.gateway.serving.refusals import Refused
from localcloud.gateway.serving.requests import Request
from localcloud.gateway.serving.validation import Models, check_body, check_parameters, ecma

REFERENCE = "https://apigateway.amazonaws.com/restapis/abc/models/Inner"
MODELS = {
    "Inner": {"type": "object", "required": ["x", "y"], "properties": {"x": {"type": "integer"}}, "additionalProperties": False},
    "Outer": {"type": "array", "items": {"$ref": REFERENCE}},
}


def reasons(schema, text):
    """The reasons for which a JSON text is refused."""
    with pytest.raises(Refused) as caught:
        check_body(Models("abc", MODELS | {"It": schema}).validator("It"), lambda: documents.read(text))
    assert (caught.value.kind, caught.value.status) == ("BAD_REQUEST_BODY", 400)
    return caught.value.reasons


@pytest.mark.parametrize(
    ("schema", "text", "reason"),
    [
        ({"type": "integer"}, '"1"', 'instance type (string) does not match any allowed primitive type (allowed: ["integer"])'),
        ({"type": "integer"}, "1.0", 'instance type (number) does not match any allowed primitive type (allowed: ["integer"])'),
        ({"type": "integer"}, "true", 'instance type (boolean) does not match any allowed primitive type (allowed: ["integer"])'),
        ({"type": "number"}, "null", 'instance type (null) does not match any allowed primitive type (allowed: ["integer","number"])'),
        ({"required": ["b", "a"]}, "{}", 'object has missing required properties (["a","b"])'),
        ({"additionalProperties": False}, '{"a":1}', 'object instance has properties which are not allowed by the schema: ["a"]'),
        ({"enum": ["a", "b"]}, '"c"', 'instance value ("c") not found in enum (possible values: ["a","b"])'),
        ({"minLength": 2}, '"😀"', 'string "😀" is too short (length: 1, required minimum: 2)'),
        ({"maxLength": 1}, '"ab"', 'string "ab" is too long (length: 2, maximum allowed: 1)'),
        ({"pattern": "^a$"}, '"a\\n"', 'ECMA 262 regex "^a$" does not match input string "a\\n"'),
        ({"minimum": 0}, "-1", "numeric instance is lower than the required minimum (minimum: 0, found: -1)"),
        ({"minimum": 0, "exclusiveMinimum": True}, "0", "numeric instance is not strictly greater than the required minimum 0"),
        ({"maximum": 5}, "6", "numeric instance is greater than the required maximum (maximum: 5, found: 6)"),
        ({"minItems": 1}, "[]", "array is too short: must have at least 1 elements but instance has 0 elements"),
        ({"maxItems": 1}, "[1,2]", "array is too long: must have at most 1 elements but instance has 2 elements"),
        ({"uniqueItems": True}, "[1,1]", "array must not contain duplicate elements"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "1", "instance failed to match at least one required schema among 2"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "1", "instance failed to match exactly one schema (matched 0 out of 2)"),
        ({"not": {"type": "string"}}, '""', "instance matched a schema which it should not have"),
    ],
)
def test_a_reason_is_in_the_words_of_api_gateway(schema, text, reason):
    assert reasons(schema, text) == f"[{reason}]"


def test_models_refer_to_models_and_all_reasons_are_told():
    assert reasons(MODELS["Outer"], '[{"x":1,"y":2}]') == ('[object instance has properties which are not allowed by the schema: ["y"]]')
    found = reasons(MODELS["Outer"], '[{"x":"1","y":2},{}]')
    assert found.count("instance type (string)") == 1
    assert found.count('missing required properties (["x","y"])') == 1


def test_what_is_no_json_is_refused_with_its_reason():
    assert reasons({}, '{"a"').startswith("[Could not parse request body into json: ")
    assert reasons({}, "[" * 50_000)


def test_a_model_that_cannot_be_used_is_the_apis_fault():
    for schema in ({"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/None"}, {"pattern": "("}):
        with pytest.raises(Refused) as caught:
            check_body(Models("abc", {"It": schema}).validator("It"), lambda: "text")
        assert caught.value.status == 500


def test_reasons_are_bounded():
    assert reasons({"items": {"type": "integer"}}, "[" + ",".join(['"x"'] * 10_000) + "]").count("instance type") == 50


@pytest.mark.parametrize(
    ("expression", "fits", "fits_not"),
    [(r"^\S+$", "ab", "a\n"), (r"^[^\s]+$", "a\x1eb", "a\u00a0b"), (r"^\d$", "1", "١"), (r"^[\w-]+$", "a-b", "é"), (r"a[$]b", "a$b", "ab")],
)
def test_patterns_are_ecmas(expression, fits, fits_not):
    assert re.search(ecma(expression), fits)
    assert not re.search(ecma(expression), fits_not)


def test_missing_parameters_are_named_together():
    required = {"method.request.querystring.q": True, "method.request.header.X-Who": True, "method.request.querystring.r": False}
    with pytest.raises(Refused) as caught:
        check_parameters(required, Request("a", "s", "GET", "/"), {})
    assert caught.value.message == "Missing required request parameters: [q, X-Who]"
    check_parameters(required, Request("a", "s", "GET", "/", "q=1", [("x-who", "me")]), {})
