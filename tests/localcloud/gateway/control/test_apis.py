"""APIs made piece by piece."""

import json

import pytest

from tests.localcloud.iam.conftest import error, unique


@pytest.fixture
def made(gateway):
    found = gateway.create_rest_api(name=unique("api"), endpointConfiguration={"types": ["REGIONAL"]}, tags={"a": "b"})
    yield found
    gateway.delete_rest_api(restApiId=found["id"])


@pytest.fixture
def place(gateway, made):
    """The members that name the method POST /poc, which is there."""
    poc = gateway.create_resource(restApiId=made["id"], parentId=made["rootResourceId"], pathPart="poc")
    found = {"restApiId": made["id"], "resourceId": poc["id"], "httpMethod": "POST"}
    gateway.put_method(**found, authorizationType="NONE", apiKeyRequired=True)
    return found


def test_an_api_has_an_id_a_root_and_the_default_models(gateway, made):
    assert len(made["id"]) == 10
    assert made["id"].isalnum()
    assert made["tags"] == {"a": "b"}
    assert gateway.get_resources(restApiId=made["id"])["items"] == [{"id": made["rootResourceId"], "path": "/"}]
    assert {each["name"] for each in gateway.get_models(restApiId=made["id"])["items"]} == {"Empty", "Error"}


def test_an_api_is_changed_by_patches(gateway, made):
    changes = [
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "add", "path": "/binaryMediaTypes/image~1png", "value": ""},
        {"op": "replace", "path": "/minimumCompressionSize", "value": "100"},
        {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"},
        {"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"},
    ]
    gateway.update_rest_api(restApiId=made["id"], patchOperations=changes)
    found = gateway.get_rest_api(restApiId=made["id"])
    assert (found["name"], found["binaryMediaTypes"], found["minimumCompressionSize"]) == ("other", ["image/png"], 100)
    assert found["disableExecuteApiEndpoint"]
    assert found["endpointConfiguration"]["types"] == ["EDGE"]


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (
            {"op": "replace", "path": "/colour", "value": "red"},
            "Invalid patch path '/colour' specified for op 'replace'. Must be one of: [",
        ),
        ({"op": "remove", "path": "/name"}, "Invalid patch path '/name' specified for op 'remove'"),
        ({"op": "replace", "path": "/minimumCompressionSize", "value": "much"}, "must be a number"),
        ({"op": "replace", "path": "/name", "value": " "}, "API name cannot be blank"),
    ],
)
def test_a_patch_that_is_none_is_refused(gateway, made, operation, says):
    code, message = error(lambda: gateway.update_rest_api(restApiId=made["id"], patchOperations=[operation]))
    assert code == "BadRequestException"
    assert says in message


def test_resources_move_with_all_below_them(gateway, made):
    make = lambda parent, part: gateway.create_resource(restApiId=made["id"], parentId=parent, pathPart=part)  # noqa: E731
    a = make(made["rootResourceId"], "a")
    b = make(a["id"], "b")
    make(b["id"], "{id}")
    gateway.update_resource(
        restApiId=made["id"], resourceId=a["id"], patchOperations=[{"op": "replace", "path": "/pathPart", "value": "c"}]
    )
    assert [each["path"] for each in gateway.get_resources(restApiId=made["id"])["items"]] == ["/", "/c", "/c/b", "/c/b/{id}"]
    assert error(lambda: make(b["id"], "{other}"))[0] == "BadRequestException"
    assert error(lambda: make(a["id"], "b")) == ("ConflictException", "Another resource with the same parent already has this name: b")
    gateway.delete_resource(restApiId=made["id"], resourceId=a["id"])
    assert [each["path"] for each in gateway.get_resources(restApiId=made["id"])["items"]] == ["/"]


def test_a_method_and_its_integration_piece_by_piece(gateway, place, role):
    header = "method.response.header.X"
    assert error(lambda: gateway.put_method(**place, authorizationType="NONE"))[0] == "ConflictException"
    assert error(lambda: gateway.get_integration(**place)) == ("NotFoundException", "Invalid Integration identifier specified")
    integration = {"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:firehose:action/PutRecord"}
    gateway.put_integration(**place, **integration, credentials=role, requestTemplates={"application/json": "{}"})
    answer = {"statusCode": "200", "responseParameters": {header: "'1'"}}
    assert error(lambda: gateway.put_integration_response(**place, **answer))[0] == "NotFoundException"
    gateway.put_method_response(**place, statusCode="200")
    assert "Invalid mapping expression parameter specified" in error(lambda: gateway.put_integration_response(**place, **answer))[1]
    change = [{"op": "add", "path": f"/responseParameters/{header}", "value": "false"}]
    gateway.update_method_response(**place, statusCode="200", patchOperations=change)
    gateway.put_integration_response(**place, **answer)
    change = [{"op": "replace", "path": "/requestTemplates/application~1json", "value": "[]"}]
    gateway.update_integration(**place, patchOperations=change)
    found = gateway.get_method(**place)
    assert found["methodIntegration"]["requestTemplates"] == {"application/json": "[]"}
    assert found["methodIntegration"]["integrationResponses"]["200"]["responseParameters"] == {header: "'1'"}
    gateway.delete_integration_response(**place, statusCode="200")
    gateway.delete_method_response(**place, statusCode="200")
    gateway.delete_integration(**place)
    gateway.delete_method(**place)
    assert error(lambda: gateway.get_method(**place)) == ("NotFoundException", "Invalid Method identifier specified")


def test_a_second_integration_keeps_the_answers_of_the_first(gateway, place):
    mock = {**place, "type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    gateway.put_integration(**mock)
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(**place, statusCode="200")
    gateway.put_integration(**mock, passthroughBehavior="NEVER")
    assert set(gateway.get_integration(**place)["integrationResponses"]) == {"200"}


@pytest.mark.parametrize(
    ("integration", "says"),
    [
        ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "http://x"}, "Invalid ARN specified in the request"),
        ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:sqs:us-east-1:1:x"}, "must contain path or action"),
        ({"type": "HTTP", "integrationHttpMethod": "POST", "uri": "ftp://x"}, "Invalid HTTP endpoint specified for URI"),
        ({"type": "HTTP", "uri": "http://x"}, "Enumeration value for HttpMethod must be non-empty"),
        ({"type": "MOCK", "timeoutInMillis": 10}, "Timeout should be between 50 ms and 29000 ms"),
        ({"type": "MOCK", "connectionType": "VPC_LINK", "connectionId": "x"}, "not in the local cloud"),
    ],
)
def test_an_integration_that_aws_refuses_is_refused(gateway, place, integration, says):
    code, message = error(lambda: gateway.put_integration(**place, **integration))
    assert code == "BadRequestException"
    assert says in message


def test_models_refer_to_models(gateway, made):
    here = {"restApiId": made["id"]}
    reference = f"https://apigateway.amazonaws.com/restapis/{made['id']}/models/Inner"
    outer = json.dumps({"type": "array", "maxItems": 3, "items": {"$ref": reference}})
    make = lambda name, schema: gateway.create_model(**here, name=name, contentType="application/json", schema=schema)  # noqa: E731
    assert "Invalid model reference specified" in error(lambda: make("Outer", outer))[1]
    assert "canonical form" in error(lambda: make("Outer", '{"$ref": "Inner"}'))[1]
    make("Inner", '{"type": "string"}')
    make("Outer", outer)
    assert error(lambda: make("Inner", "{}"))[0] == "ConflictException"
    assert error(lambda: gateway.delete_model(**here, modelName="Inner"))[0] == "ConflictException"
    gateway.delete_model(**here, modelName="Outer")
    gateway.delete_model(**here, modelName="Inner")
    assert error(lambda: gateway.get_model(**here, modelName="Inner"))[0] == "NotFoundException"


def test_a_used_validator_stays(gateway, place):
    here = {"restApiId": place["restApiId"]}
    made = gateway.create_request_validator(**here, name="body", validateRequestBody=True)
    use = [{"op": "replace", "path": "/requestValidatorId", "value": made["id"]}]
    gateway.update_method(**place, patchOperations=use)
    assert error(lambda: gateway.delete_request_validator(**here, requestValidatorId=made["id"]))[0] == "ConflictException"
    change = [{"op": "replace", "path": "/validateRequestParameters", "value": "true"}]
    assert gateway.update_request_validator(**here, requestValidatorId=made["id"], patchOperations=change)["validateRequestParameters"]
    gateway.update_method(**place, patchOperations=[{"op": "replace", "path": "/requestValidatorId", "value": ""}])
    gateway.delete_request_validator(**here, requestValidatorId=made["id"])
    assert gateway.get_request_validators(**here)["items"] == []


def test_gateway_responses_are_set_changed_and_reset(gateway, made):
    here = {"restApiId": made["id"], "responseType": "THROTTLED"}
    assert gateway.put_gateway_response(**here, statusCode="430")["statusCode"] == "430"
    change = [{"op": "add", "path": "/responseParameters/gatewayresponse.header.X", "value": "'1'"}]
    assert gateway.update_gateway_response(**here, patchOperations=change)["responseParameters"] == {"gatewayresponse.header.X": "'1'"}
    wrong = {"responseParameters": {"header.X": "'1'"}}
    assert "Invalid mapping expression specified" in error(lambda: gateway.put_gateway_response(**here, **wrong))[1]
    gateway.delete_gateway_response(**here)
    found = gateway.get_gateway_response(**here)
    assert (found["statusCode"], found["defaultResponse"]) == ("429", True)
    assert error(lambda: gateway.delete_gateway_response(**here))[0] == "NotFoundException"
    assert len(gateway.get_gateway_responses(restApiId=made["id"])["items"]) == 21


def test_lists_come_in_pages(gateway):
    made = [gateway.create_rest_api(name=unique("paged"))["id"] for _ in range(3)]
    pages = gateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2})
    found = [each["id"] for page in pages for each in page["items"]]
    for identity in made:
        gateway.delete_rest_api(restApiId=identity)
    assert [identity for identity in found if identity in made] == made
    assert len(found) == len(set(found))
    assert error(lambda: gateway.get_rest_apis(position="nowhere"))[0] == "BadRequestException"


def test_an_absent_api_is_named(gateway):
    assert error(lambda: gateway.get_rest_api(restApiId="abcdefghij")) == (
        "NotFoundException",
        "Invalid API identifier specified 000000000000:abcdefghij",
    )


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("get_domain_names", {}),
        ("create_vpc_link", {"name": "x", "targetArns": []}),
        ("get_authorizers", {"restApiId": "x"}),
        ("import_api_keys", {"body": b"x", "format": "csv"}),
        ("test_invoke_method", {"restApiId": "x", "resourceId": "x", "httpMethod": "GET"}),
    ],
)
def test_what_is_not_there_is_refused_by_name(gateway, call, arguments):
    name = "".join(part.title() for part in call.split("_"))
    code, message = error(lambda: getattr(gateway, call)(**arguments))
    assert (code, message) == ("BadRequestException", f"apigateway:{name} is not in the local cloud; see docs/local-cloud.md")


def test_the_second_version_of_the_service_is_answered_too(cloud):
    assert cloud.client("apigatewayv2").get_apis()["Items"] == []


def test_an_input_of_another_type_is_refused(cloud):
    """botocore refuses it before it is sent; others may send it."""
    signed = cloud.client("apigateway")
    signed.meta.events.register("before-call", lambda params, **_: params.update(body=b'{"name": 5}'))
    code, message = error(lambda: signed.create_rest_api(name="x"))
    assert code == "BadRequestException"
    assert "Invalid type for parameter name, value: 5" in message


def test_an_api_has_ten_stages(gateway, stage):
    here = {"restApiId": stage["restApiId"], "deploymentId": gateway.get_stage(**stage)["deploymentId"]}
    for number in range(9):
        gateway.create_stage(**here, stageName=f"s{number}")
    assert error(lambda: gateway.create_stage(**here, stageName="more"))[0] == "LimitExceededException"
