"""OpenAPI documents hold what API Gateway knows, and a click's model takes clicks only."""

import json
import re

import jsonschema
import pytest

from tests.local_cloud import ROOT
from tests.structure.house import host_variables

DOCUMENTS = sorted((ROOT / "files" / "openapi").glob("*.json"))
#: What API Gateway's notes say it does not know, or drops at an import.
UNKNOWN = {"exclusiveMinimum", "nullable", "discriminator", "example", "readOnly", "minProperties", "maxProperties"}
METHOD, GATEWAY = "method.response.header.", "gatewayresponse.header."
CLICK = {"element_clicked": 'Margherita 🍕 \\ "', "time_spent": 0, "source_menu": "Pizze", "created_at": "2026–11–21"}


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.stem)
def document(request):
    return json.loads(request.param.read_text())


def operations(document):
    return [(path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()]


def keywords(node):
    """Every keyword of a schema; names of properties are none."""
    if isinstance(node, list):
        return {word for each in node for word in keywords(each)}
    if not isinstance(node, dict):
        return set()
    below = [each for key, value in node.items() for each in (value.values() if key == "properties" else [value])]
    return set(node) | keywords(below)


def test_models_have_no_keyword_that_api_gateway_does_not_know(document):
    for name, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9]+", name)
        assert not keywords(schema) & UNKNOWN, name
        jsonschema.Draft4Validator.check_schema(schema)


def test_every_header_of_an_integrations_answer_is_declared_by_the_method(document):
    """API Gateway refuses the document otherwise."""
    for path, method, operation in operations(document):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            declared = operation["responses"][response["statusCode"]]["headers"]
            used = {name.removeprefix(METHOD) for name in response["responseParameters"]}
            assert used <= set(declared), (path, method)


def test_every_answer_lets_the_page_read_it(document):
    """A browser shows a script no answer from elsewhere without the header."""
    allowed = "Access-Control-Allow-Origin"
    for _, _, operation in operations(document):
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            assert response["responseParameters"][METHOD + allowed] == "'<<allowed_origin>>'"
    answers = document["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(answers)
    for name, answer in answers.items():
        assert answer["responseParameters"][GATEWAY + allowed] == "'<<allowed_origin>>'", name


def test_only_what_a_browser_asks_before_needs_no_key(document):
    for path, method, operation in operations(document):
        assert ("security" in operation) == (method != "options"), (path, method)


def test_hosts_give_each_document_just_the_values_that_it_names():
    used = {}
    for variables in host_variables().values():
        for api in variables.get("apigateway_apis", []):
            used[api["openapi"]] = set(api["values"])
    for path in DOCUMENTS:
        named = set(re.findall(r"<<(\w+)>>", path.read_text()))
        assert used[str(path.relative_to(ROOT))] == named


# -- a click


def problems(model, instance):
    document = json.loads((ROOT / "files" / "openapi" / "clickstream.json").read_text())
    schema = {**document["components"]["schemas"][model], "components": document["components"]}
    return [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(instance)]


def without(name, **more):
    return {**{key: value for key, value in CLICK.items() if key != name}, **more}


@pytest.mark.parametrize(
    "click",
    [
        CLICK,
        without("created_at", createdAt="x"),
        {**CLICK, "click_id": "a" * 64},
        {**CLICK, "time_spent": 86_400, "element_clicked": "é" * 200},
    ],
)
def test_a_click_is_taken_alone_and_in_a_batch(click):
    assert problems("Click", click) == []
    assert problems("Clicks", {"clicks": [click] * 500}) == []


@pytest.mark.parametrize(
    "click",
    [
        *(without(name) for name in CLICK),
        {**CLICK, "createdAt": "x"},
        {**CLICK, "more": 1},
        *({**CLICK, "time_spent": value} for value in (-1, 86_401, 1.5, "1", None, True)),
        *({**CLICK, "element_clicked": value} for value in ("", "x" * 201, 1, None)),
        *({**CLICK, "click_id": value} for value in ("", "x" * 65, "a b", "a\n", "\u00a0")),
        {**CLICK, "created_at": "x" * 65},
        [CLICK],
        "click",
        None,
    ],
)
def test_what_is_no_click_is_refused_alone_and_in_a_batch(click):
    assert problems("Click", click)
    assert problems("Clicks", {"clicks": [CLICK, click]})


@pytest.mark.parametrize(
    "batch", [{}, {"clicks": []}, {"clicks": [CLICK] * 501}, {"clicks": [CLICK], "more": 1}, [CLICK], {"clicks": CLICK}]
)
def test_what_is_no_batch_is_refused(batch):
    assert problems("Clicks", batch)
