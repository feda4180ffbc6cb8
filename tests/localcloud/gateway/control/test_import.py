"""Documents become APIs, and APIs documents."""

import json

import pytest
import yaml

from tests.localcloud.gateway.control.documents import clicks, swagger
from tests.localcloud.iam.conftest import error


def methods(gateway, api_id):
    """{(path, method): the method}."""
    found = gateway.get_resources(restApiId=api_id, embed=["methods"], limit=500)["items"]
    return {(each["path"], name): method for each in found for name, method in each.get("resourceMethods", {}).items()}


def test_a_document_becomes_resources_methods_and_integrations(gateway, api, role):
    found = methods(gateway, api["id"])
    assert set(found) == {("/poc", "POST"), ("/poc", "OPTIONS"), ("/poc/batch", "POST")}
    post = found["/poc", "POST"]
    assert post["apiKeyRequired"]
    assert post["operationName"] == "putClick"
    assert post["requestParameters"] == {"method.request.querystring.source": True}
    assert post["requestModels"] == {"application/json": "Click"}
    integration = post["methodIntegration"]
    assert (integration["type"], integration["credentials"], integration["passthroughBehavior"]) == ("AWS", role, "NEVER")
    assert integration["timeoutInMillis"] == 29000
    assert "selectionPattern" not in integration["integrationResponses"]["200"]
    assert integration["integrationResponses"]["502"]["selectionPattern"] == "[45]\\d\\d"
    assert not found["/poc", "OPTIONS"]["apiKeyRequired"]


def test_methods_have_the_validators_that_the_document_names(gateway, api):
    known = {each["id"]: each for each in gateway.get_request_validators(restApiId=api["id"])["items"]}
    found = methods(gateway, api["id"])
    assert known[found["/poc", "POST"]["requestValidatorId"]]["validateRequestBody"]
    assert known[found["/poc", "OPTIONS"]["requestValidatorId"]]["name"] == "none"


def test_schemas_become_models_and_an_inline_schema_gets_a_name(gateway, api):
    models = {each["name"]: json.loads(each["schema"]) for each in gateway.get_models(restApiId=api["id"])["items"]}
    assert "example" not in models["Click"]["properties"]["element_clicked"]
    assert models["Click"]["additionalProperties"] is False
    inline = methods(gateway, api["id"])["/poc/batch", "POST"]["requestModels"]["application/json"]
    reference = f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/Click"
    assert models[inline]["properties"]["clicks"]["items"] == {"$ref": reference}


def test_lengths_of_lists_are_left_out_of_an_import_but_not_of_an_update(gateway, api, role):
    document = clicks(role)
    document["components"]["schemas"]["Few"] = {"type": "array", "maxItems": 5, "items": {"type": "string"}}
    gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document), failOnWarnings=True)
    schema = json.loads(gateway.get_model(restApiId=api["id"], modelName="Few")["schema"])
    assert "maxItems" not in schema
    change = [{"op": "replace", "path": "/schema", "value": json.dumps(schema | {"maxItems": 5})}]
    gateway.update_model(restApiId=api["id"], modelName="Few", patchOperations=change)
    assert json.loads(gateway.get_model(restApiId=api["id"], modelName="Few")["schema"])["maxItems"] == 5


def test_own_refusals_are_taken(gateway, api):
    found = gateway.get_gateway_response(restApiId=api["id"], responseType="BAD_REQUEST_BODY")
    assert (found["statusCode"], found["defaultResponse"]) == ("422", False)
    assert gateway.get_gateway_response(restApiId=api["id"], responseType="THROTTLED")["defaultResponse"]


def same(left, right):
    """Documents that mean the same, but for where they are served and what they say for people."""
    for document in (left, right):
        for name in ("servers", "openapi"):
            document.pop(name, None)
        for item in document["paths"].values():
            for operation in item.values():
                operation["x-amazon-apigateway-integration"].pop("timeoutInMillis", None)
                operation["x-amazon-apigateway-integration"].setdefault("passthroughBehavior", "when_no_match")
    return left == right


def test_what_is_exported_imports_as_the_same_api(gateway, stage):
    export = {**stage, "exportType": "oas30", "parameters": {"extensions": "apigateway"}}
    first = gateway.get_export(**export)["body"].read()
    again = gateway.import_rest_api(body=first, failOnWarnings=True)
    gateway.create_deployment(restApiId=again["id"], stageName="v1")
    second = gateway.get_export(**{**export, "restApiId": again["id"]})["body"].read()
    gateway.delete_rest_api(restApiId=again["id"])
    assert b"x-amazon-apigateway-integration" in first
    assert same(json.loads(first), json.loads(second))


def test_an_export_says_what_the_document_said(gateway, stage, role):
    exported = json.loads(gateway.get_export(**stage, exportType="oas30", parameters={"extensions": "apigateway"})["body"].read())
    sent = clicks(role)
    post, sent_post = exported["paths"]["/poc"]["post"], sent["paths"]["/poc"]["post"]
    assert post["x-amazon-apigateway-integration"]["responses"] == sent_post["x-amazon-apigateway-integration"]["responses"]
    assert post["security"] == [{"api_key": []}]
    assert exported["components"]["securitySchemes"] == sent["components"]["securitySchemes"]
    assert exported["x-amazon-apigateway-request-validators"] == sent["x-amazon-apigateway-request-validators"]
    schema = sent["components"]["schemas"]["Click"]
    del schema["properties"]["element_clicked"]["example"]
    assert exported["components"]["schemas"]["Click"] == schema
    assert exported["servers"][0]["url"].startswith(f"https://{stage['restApiId']}.execute-api.us-east-1.")


def test_an_export_without_extensions_has_none(gateway, stage):
    found = gateway.get_export(**stage, exportType="oas30", accepts="application/yaml")
    text = found["body"].read().decode()
    assert found["contentType"] == "application/yaml"
    assert yaml.safe_load(text)["paths"]["/poc"]["post"]["requestBody"]
    assert "x-amazon-apigateway" not in text


def test_swagger_in_yaml_comes_and_goes(gateway, role):
    made = gateway.import_rest_api(body=swagger(role).encode(), parameters={"basepath": "prepend"})
    assert any("default" in each for each in made["warnings"])
    assert any("nullable" in each for each in made["warnings"])
    found = methods(gateway, made["id"])
    assert set(found) == {("/base/things/{thing}", "ANY"), ("/base/calls", "GET")}
    assert found["/base/things/{thing}", "ANY"]["authorizationType"] == "AWS_IAM"
    assert found["/base/things/{thing}", "ANY"]["requestModels"] == {"application/json": "Thing"}
    assert found["/base/calls", "GET"]["apiKeyRequired"]
    gateway.create_deployment(restApiId=made["id"], stageName="v1")
    exported = gateway.get_export(restApiId=made["id"], stageName="v1", exportType="swagger", parameters={"extensions": "apigateway"})
    document = json.loads(exported["body"].read())
    gateway.delete_rest_api(restApiId=made["id"])
    assert (document["swagger"], document["basePath"]) == ("2.0", "/v1")
    assert document["paths"]["/base/things/{thing}"]["x-amazon-apigateway-any-method"]["security"] == [{"sigv4": []}]
    assert document["definitions"]["Thing"]["properties"]["inner"] == {"$ref": "#/definitions/Part"}


def test_overwriting_takes_away_what_the_document_lacks(gateway, api, role):
    before = {each["path"]: each["id"] for each in gateway.get_resources(restApiId=api["id"])["items"]}
    document = clicks(role)
    del document["paths"]["/poc/batch"], document["x-amazon-apigateway-gateway-responses"]
    gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document))
    after = {each["path"]: each["id"] for each in gateway.get_resources(restApiId=api["id"])["items"]}
    assert set(after) == {"/", "/poc"}
    assert after["/"] == before["/"]
    assert [each["name"] for each in gateway.get_models(restApiId=api["id"])["items"]] == ["Click"]
    assert gateway.get_gateway_response(restApiId=api["id"], responseType="BAD_REQUEST_BODY")["defaultResponse"]


def test_merging_leaves_what_the_document_lacks(gateway, api, role):
    document = clicks(role)
    del document["paths"]["/poc/batch"], document["paths"]["/poc"]["options"]
    document["paths"]["/more"] = document["paths"].pop("/poc")
    gateway.put_rest_api(restApiId=api["id"], mode="merge", body=json.dumps(document))
    assert set(methods(gateway, api["id"])) == {("/poc", "POST"), ("/poc", "OPTIONS"), ("/poc/batch", "POST"), ("/more", "POST")}


def without_schema(document):
    document["paths"]["/poc"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/Nothing"


def bad_name(document):
    document["components"]["schemas"]["My_Click"] = {"type": "object"}


def unknown_type(document):
    document["components"]["schemas"]["Click"]["properties"]["time_spent"]["type"] = "whole number"


def exclusive_number(document):
    document["components"]["schemas"]["Click"]["properties"]["time_spent"]["exclusiveMinimum"] = 0


def newer_keyword(document):
    document["components"]["schemas"]["Click"]["properties"]["time_spent"]["const"] = 1


def no_role(document):
    del document["paths"]["/poc"]["post"]["x-amazon-apigateway-integration"]["credentials"]


def undeclared_header(document):
    del document["paths"]["/poc"]["post"]["responses"]["502"]["headers"]


def undeclared_status(document):
    del document["paths"]["/poc"]["post"]["responses"]["502"]


def undeclared_parameter(document):
    mapped = document["paths"]["/poc"]["post"]["x-amazon-apigateway-integration"]["requestParameters"]
    mapped["integration.request.header.X"] = "method.request.header.Y"


def unknown_validator(document):
    document["x-amazon-apigateway-request-validator"] = "some"


def authorizer(document):
    document["components"]["securitySchemes"]["api_key"]["x-amazon-apigateway-authorizer"] = {"type": "request"}


def bad_path(document):
    document["paths"]["/poc{id}"] = {}


WRONG = [
    (without_schema, "Invalid model identifier specified: Nothing"),
    (bad_name, "Unable to create model for 'My_Click': Model name must be alphanumeric: My_Click"),
    (unknown_type, "Unable to create model for 'Click': Validation Result: warnings : [], errors : [Invalid model schema specified"),
    (exclusive_number, "0 is not of type 'boolean'"),
    (newer_keyword, 'Unsupported keyword(s): ["const"]'),
    (no_role, "Unable to put integration on 'POST' for resource at path '/poc': Role ARN must be specified for AWS integrations"),
    (undeclared_header, "Invalid mapping expression parameter specified: method.response.header.Access-Control-Allow-Origin"),
    (undeclared_status, "Invalid Response status code specified (502)"),
    (undeclared_parameter, "Invalid mapping expression parameter specified: method.request.header.Y"),
    (unknown_validator, "Invalid Request Validator specified: some"),
    (authorizer, "the authorizer api_key is not in the local cloud; see docs/local-cloud.md"),
    (bad_path, "Unable to create resource at path '/poc{id}'"),
]


@pytest.mark.parametrize(("spoil", "says"), WRONG, ids=[spoil.__name__ for spoil, _ in WRONG])
def test_a_document_with_a_problem_changes_nothing(gateway, api, role, spoil, says):
    document = clicks(role, "changed")
    spoil(document)
    code, message = error(lambda: gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document)))
    assert code == "BadRequestException"
    assert message.startswith("Errors found during import:")
    assert says in message
    assert gateway.get_rest_api(restApiId=api["id"])["name"] == api["name"]


def test_all_problems_are_told_at_once(gateway, api, role):
    document = clicks(role)
    bad_name(document)
    no_role(document)
    _, message = error(lambda: gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document)))
    assert "My_Click" in message
    assert "Role ARN must be specified" in message


def test_warnings_count_where_that_is_wanted(gateway, api, role):
    document = clicks(role)
    document["components"]["schemas"]["Click"]["nullable"] = True
    send = lambda **more: gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document), **more)  # noqa: E731
    assert error(lambda: send(failOnWarnings=True))[1].startswith("Warnings found during import:")
    assert "nullable" in send()["warnings"][0]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"openapi": "3.1.0", "info": {}, "paths": {}}', b"- a\n- b", b"\xff"])
def test_what_is_no_document_is_refused(gateway, api, body):
    code, message = error(lambda: gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=body))
    assert code == "BadRequestException"
    assert "Invalid OpenAPI input" in message


def test_a_document_of_another_form_is_refused_with_the_place(gateway, api, role):
    document = clicks(role)
    document["paths"]["/poc"]["post"]["x-amazon-apigateway-integration"]["requestTemplates"] = {"application/json": {"a": 1}}
    code, message = error(lambda: gateway.put_rest_api(restApiId=api["id"], body=json.dumps(document)))
    assert code == "BadRequestException"
    assert "paths//poc/post/x-amazon-apigateway-integration/requestTemplates/application/json: {'a': 1} is not of type" in message
