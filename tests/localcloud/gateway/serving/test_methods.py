"""Methods of all kinds: routing, parameters, templates, answers, gateway responses, by plain HTTP."""

import base64
import json

import pytest

from tests.local_cloud import wait_for
from tests.localcloud.gateway.serving.site import method, mock

ECHO = (
    '{"id": "$input.params(\'id\')", "proxy": "$input.params(\'proxy\')", "q": "$input.params(\'q\')", '
    '"path": "$context.path", "resource": "$context.resourcePath", "stage": "$stageVariables.colour", "method": "$context.httpMethod"}'
)


def test_resources_parameters_and_variables(site):
    echo = method(mock(templates={"application/json": ECHO}))
    paths = {"/pets/{id}": {"get": echo}, "/files/{proxy+}": {"x-amazon-apigateway-any-method": echo}}
    site.deploy({"paths": paths}, variables={"colour": "red"})
    found = site.ask("GET", "/pets/a%20b?q=1%2B1").json
    assert found == {
        "id": "a b",
        "proxy": "",
        "q": "1+1",
        "path": "/v1/pets/a b",
        "resource": "/pets/{id}",
        "stage": "red",
        "method": "GET",
    }
    assert site.ask("PATCH", "/files/x/y.txt").json["proxy"] == "x/y.txt"
    for answer in (
        site.ask("GET", "/pets"),
        site.ask("PUT", "/pets/1"),
        site.ask("GET", "/files"),
        site.ask("GET", "/x", api="0000000000"),
    ):
        assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
        assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
        assert answer.headers["x-amzn-requestid"]
    assert site.ask("GET", "/pets/1", stage="v2").status == 403
    site.patch(("replace", "/variables/colour", "green"))
    assert site.ask("GET", "/pets/1").json["stage"] == "green"


def test_a_change_is_served_only_when_it_is_deployed(site):
    site.deploy({"paths": {"/a": {"get": method(mock())}, "/b": {"get": method(mock())}}})
    root = next(each["id"] for each in site.gateway.get_resources(restApiId=site.api)["items"] if each["path"] == "/a")
    site.gateway.delete_method(restApiId=site.api, resourceId=root, httpMethod="GET")
    assert site.ask("GET", "/a").status == 200
    site.redeploy()
    assert site.ask("GET", "/a").status == 403
    site.gateway.delete_stage(restApiId=site.api, stageName="v1")
    assert site.ask("GET", "/a").status == 403


def test_the_request_says_which_answer_a_mock_gives(site):
    templates = {"application/json": '{"statusCode": $input.params("status")}'}
    responses = {
        "default": {"statusCode": "200", "responseTemplates": {"application/json": "fine", "text/plain": "plain"}},
        "4\\d{2}": {"statusCode": "404", "responseTemplates": {"application/json": "none"}},
        "500": {
            "statusCode": "500",
            "responseParameters": {
                "method.response.header.X-Static": "'its own'",
                "method.response.header.X-Who": "context.requestId",
                "method.response.header.X-Stage": "stageVariables.colour",
            },
            "responseTemplates": {
                "application/json": "#set($context.responseOverride.status = 418)"
                '#set($context.responseOverride.header.X-Tea = "a\r\nb")short and stout'
            },
        },
    }
    integration = mock(responses=responses, requestTemplates=templates)
    headers = ("X-Static", "X-Who", "X-Stage")
    site.deploy({"paths": {"/m": {"get": method(integration, ("200", "404", "500"), headers)}}}, variables={"colour": "red"})
    assert (site.ask("GET", "/m?status=200").status, site.ask("GET", "/m?status=200").body) == (200, b"fine")
    plain = site.ask("GET", "/m?status=201", headers={"Accept": "text/plain"})
    assert (plain.status, plain.body, plain.headers["content-type"]) == (200, b"plain", "text/plain")
    assert (site.ask("GET", "/m?status=451").status, site.ask("GET", "/m?status=451").body) == (404, b"none")
    tea = site.ask("GET", "/m?status=500")
    assert (tea.status, tea.body, tea.headers["x-tea"]) == (418, b"short and stout", "a b")
    assert (tea.headers["x-static"], tea.headers["x-who"], tea.headers["x-stage"]) == ("its own", tea.headers["x-amzn-requestid"], "red")
    assert (site.ask("GET", "/m").status, site.ask("GET", "/m").json) == (500, {"message": "Internal server error"})


@pytest.mark.parametrize(
    ("behaviour", "templates", "plain"),
    [("when_no_match", {"application/json": "{}"}, 500), ("when_no_templates", {"application/json": "{}"}, 415), ("never", {}, 415)],
)
def test_other_content_types_pass_as_the_integration_says(site, behaviour, templates, plain):
    site.deploy({"paths": {"/m": {"post": method(mock(requestTemplates=templates, passthroughBehavior=behaviour))}}})
    assert site.ask("POST", "/m", "x", {"Content-Type": "text/plain"}).status == plain


def test_a_validator_looks_at_parameters_and_bodies(site):
    parameters = [
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "X-Who", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/It"}}}}
    members = {"parameters": parameters, "requestBody": body, "x-amazon-apigateway-request-validator": "all"}
    site.deploy(
        {
            "paths": {"/m": {"post": method(mock(), **members)}},
            "components": {"schemas": {"It": {"type": "object", "required": ["a"]}}},
            "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
        }
    )
    missing = site.ask("POST", "/m", {"a": 1})
    assert (missing.status, missing.json["message"]) == (400, "Missing required request parameters: [q, X-Who]")
    wrong = site.ask("POST", "/m?q=1", {}, {"X-Who": "me"})
    assert (wrong.status, wrong.json) == (400, {"message": "Invalid request body"})
    assert site.ask("POST", "/m?q=1", {"a": 1}, {"X-Who": "me"}).status == 200


def test_gateway_responses_are_the_apis_own(site):
    site.deploy(
        {
            "paths": {"/m": {"get": method(mock(), security=[{"api_key": []}])}},
            "components": {"securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
            "x-amazon-apigateway-gateway-responses": {
                "INVALID_API_KEY": {
                    "statusCode": 401,
                    "responseParameters": {
                        "gatewayresponse.header.X-Asked": "method.request.header.X-Who",
                        "gatewayresponse.header.X-Static": "'yes'",
                    },
                    "responseTemplates": {
                        "text/plain": "$context.error.responseType of $context.stage: $context.error.message / $stageVariables.colour"
                    },
                },
                "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X-Default": "'4'"}},
            },
        },
        variables={"colour": "red"},
    )
    answer = site.ask("GET", "/m", headers={"X-Who": "me"})
    assert (answer.status, answer.body) == (401, b"INVALID_API_KEY of v1: Forbidden / red")
    assert (answer.headers["x-asked"], answer.headers["x-static"], answer.headers["content-type"]) == ("me", "yes", "text/plain")
    absent = site.ask("GET", "/none")
    assert (absent.status, absent.headers["x-default"], absent.json) == (403, "4", {"message": "Missing Authentication Token"})


def test_a_stages_throttle_holds_for_each_method(site):
    site.deploy({"paths": {"/a": {"get": method(mock())}, "/b": {"get": method(mock())}}})
    site.patch(("replace", "/~1a/GET/throttling/rateLimit", "1"), ("replace", "/~1a/GET/throttling/burstLimit", "2"))
    assert [site.ask("GET", "/a").status for _ in range(4)] == [200, 200, 429, 429]
    assert [site.ask("GET", "/b").status for _ in range(4)] == [200] * 4


def test_binary_bodies(site):
    data = bytes(range(256))
    site.deploy(
        {
            "paths": {
                "/text": {
                    "post": method(
                        mock(
                            contentHandling="CONVERT_TO_TEXT",
                            requestTemplates={
                                "image/png": '#set($context.responseOverride.header.X-Sent = $input.body){"statusCode": 200}'
                            },
                        )
                    )
                },
                "/bytes": {
                    "get": method(
                        mock(
                            responses={
                                "default": {
                                    "statusCode": "200",
                                    "contentHandling": "CONVERT_TO_BINARY",
                                    "responseTemplates": {"application/json": base64.b64encode(data).decode()},
                                }
                            }
                        )
                    )
                },
            },
            "x-amazon-apigateway-binary-media-types": ["image/png"],
        }
    )
    assert site.ask("POST", "/text", data, {"Content-Type": "image/png"}).headers["x-sent"] == base64.b64encode(data).decode()
    assert site.ask("GET", "/bytes").body == data


def test_head_has_no_body_and_methods_with_iam_want_a_signature(site):
    signed = method(mock(), security=[{"sigv4": []}])
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
    head = method(mock(templates={"application/json": "body"}))
    site.deploy({"paths": {"/m": {"head": head, "get": signed}}, "components": {"securitySchemes": {"sigv4": scheme}}})
    answer = site.ask("HEAD", "/m")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "4")
    assert site.ask("GET", "/m").json == {"message": "Missing Authentication Token"}
    user = site.iam.create_user(UserName=site.name)["User"]["UserName"]
    key = site.iam.create_access_key(UserName=user)["AccessKey"]
    assert _signed(site, key, "/m").status == 403
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:*:{site.api}/v1/GET/m"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    site.iam.put_user_policy(UserName=user, PolicyName="invoke", PolicyDocument=document)
    assert _signed(site, key, "/m").status == 200
    assert _signed(site, key | {"SecretAccessKey": "wrong"}, "/m").status == 403


def _signed(site, key, path):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url = f"/_aws/execute-api/{site.api}/v1{path}"
    request = AWSRequest("GET", site.cloud.url + url, headers={"Host": f"127.0.0.1:{site.cloud.port}"})
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "execute-api", "us-east-1").add_auth(request)
    return site.send("GET", url, None, dict(request.headers))


def test_access_logs_have_a_line_for_each_request(site):
    site.deploy({"paths": {"/m": {"get": method(mock())}}})
    names = ("requestId", "status", "resourcePath", "httpMethod", "integrationLatency", "none")
    group, logs = site.log_access(json.dumps({name: f"$context.{name}" for name in names})), site.cloud.client("logs")
    asked = [site.ask("GET", path).headers["x-amzn-requestid"] for path in ("/m", "/none", "/m")]
    lines = wait_for(lambda: len(found := logs.filter_log_events(logGroupName=group)["events"]) >= 3 and found, "the lines", 15)
    told = [json.loads(line["message"]) for line in lines]
    assert [line["requestId"] for line in told] == asked
    assert [line["status"] for line in told] == ["200", "403", "200"]
    assert [line["resourcePath"] for line in told] == ["/m", "-", "/m"]
    assert {line["none"] for line in told} == {"-"}
    assert told[0]["integrationLatency"].isdigit()


def test_failed_executions_are_logged_without_what_was_sent(site):
    role = site.role("logs:*")
    site.gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    broken = method(mock(requestTemplates={"application/json": "$input.body"}))
    site.deploy({"paths": {"/broken": {"post": broken}, "/m": {"post": method(mock())}}})
    site.patch(("replace", "/*/*/logging/loglevel", "ERROR"))
    assert site.ask("POST", "/m", {}).status == 200
    failed = site.ask("POST", "/broken", {"secret": "hidden"})
    assert failed.status == 500
    logs, group = site.cloud.client("logs"), f"API-Gateway-Execution-Logs_{site.api}/v1"
    wait_for(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], "the group", 15)
    lines = wait_for(lambda: logs.filter_log_events(logGroupName=group)["events"], "the lines", 15)
    texts = [line["message"] for line in lines]
    assert all(text.startswith(f"({failed.headers['x-amzn-requestid']}) ") for text in texts)
    assert "Execution failed due to configuration error: MOCK needs" in texts[0]
    assert texts[-1].endswith("Method completed with status: 500")
    assert "hidden" not in "".join(texts)


def test_metrics_count_requests_by_api_stage_and_method(site):
    site.deploy({"paths": {"/m": {"get": method(mock())}}})
    site.patch(("replace", "/*/*/metrics/enabled", "true"))
    for path in ("/m", "/m", "/none"):
        site.ask("GET", path)
    watch = site.cloud.client("cloudwatch")

    def total(metric, statistic="Sum", **dimensions):
        from datetime import UTC, datetime, timedelta

        now = datetime.now(UTC)
        named = [{"Name": name, "Value": value} for name, value in {"ApiName": site.name, **dimensions}.items()]
        span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1), "Period": 3600}
        found = watch.get_metric_statistics(Namespace="AWS/ApiGateway", MetricName=metric, Dimensions=named, Statistics=[statistic], **span)
        return sum(point[statistic] for point in found["Datapoints"])

    wait_for(lambda: total("Count") == 3, "the count", 20)
    assert (total("4XXError"), total("5XXError"), total("4XXError", "SampleCount")) == (1, 0, 3)
    assert total("Count", Stage="v1") == 3
    assert total("Count", Stage="v1", Resource="/m", Method="GET") == 2
    assert total("IntegrationLatency", "SampleCount") == 2
