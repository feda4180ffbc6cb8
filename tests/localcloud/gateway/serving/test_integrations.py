"""Integrations with services, functions and HTTP servers, by plain HTTP."""

import base64
import http.server
import io
import json
import threading
import time
import zipfile

import pytest

from tests.local_cloud import create_role, wait_for
from tests.localcloud.gateway.serving.site import method

REGION = "us-east-1"


def aws(action, role=None, kind="aws", **members):
    """An integration with a service; `action`: such as `sqs:action/SendMessage`."""
    made = {
        "type": kind,
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{REGION}:{action}",
        "responses": {"default": {"statusCode": "200"}},
    }
    return made | ({"credentials": role} if role else {}) | members


def test_a_query_protocols_action(site):
    sqs = site.cloud.client("sqs")
    queue = sqs.create_queue(QueueName=site.name)["QueueUrl"]
    role = site.role("sqs:SendMessage")
    body = f"Action=SendMessage&QueueUrl=$util.urlEncode('{queue}')&MessageBody=$util.urlEncode($input.body)"
    integration = aws(
        f"sqs:path/000000000000/{site.name}",
        role,
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={"application/json": body},
    )
    site.deploy({"paths": {"/m": {"post": method(integration)}}})
    text = '{"a": "é & = + \\" 😀"}'
    answer = site.ask("POST", "/m", text)
    assert answer.status == 200, answer
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)["Messages"][0]["Body"] == text


def test_a_json_protocols_action_and_its_error(site):
    logs = site.cloud.client("logs")
    logs.create_log_group(logGroupName=f"/{site.name}/one")
    role = site.role("logs:DescribeLogGroups")
    integration = aws(
        "logs:action/DescribeLogGroups",
        role,
        requestParameters={"integration.request.header.Content-Type": "'application/x-amz-json-1.1'"},
        requestTemplates={"application/json": '{"logGroupNamePrefix": $input.json("$.prefix")}'},
        responses={
            "2\\d{2}": {"statusCode": "200", "responseTemplates": {"application/json": "$input.path('$.logGroups[0].logGroupName')"}},
            "default": {"statusCode": "502", "responseTemplates": {"application/json": "$input.path('$.__type')"}},
        },
    )
    wrong = {**integration, "requestParameters": {}}
    denied = {**integration, "uri": integration["uri"].replace("DescribeLogGroups", "DeleteLogGroup")}
    paths = {path: {"post": method(each, ("200", "502"))} for path, each in (("/m", integration), ("/wrong", wrong), ("/denied", denied))}
    site.deploy({"paths": paths})
    answer = site.ask("POST", "/m", {"prefix": f"/{site.name}"})
    assert (answer.status, answer.body.decode()) == (200, f"/{site.name}/one")
    assert site.ask("POST", "/wrong", {"prefix": "x"}).body == b"UnknownOperationException"
    assert site.ask("POST", "/denied", {"prefix": "x"}).status == 502


def test_objects_by_path(site):
    site.s3.create_bucket(Bucket=site.name)
    role = site.role("s3:PutObject", "s3:GetObject")
    mapped = {"integration.request.path.key": "method.request.path.key"}
    put = aws("s3:path/" + site.name + "/in/{key}", role, httpMethod="PUT", requestParameters=mapped)
    headers = {"method.response.header.X-Etag": "integration.response.header.ETag"}
    get = aws(
        f"{site.name}.s3:path/in/{{key}}",
        role,
        httpMethod="GET",
        requestParameters=mapped,
        responses={"default": {"statusCode": "200", "responseParameters": headers}, "404": {"statusCode": "404"}},
    )
    parameters = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}]
    methods = {
        "put": method(put, parameters=parameters),
        "get": method(get, ("200", "404"), ["X-Etag"], parameters=parameters),
    }
    site.deploy({"paths": {"/o/{key}": methods}})
    assert site.ask("PUT", "/o/a%20b", "text 😀", {"Content-Type": "text/plain"}).status == 200
    assert site.s3.get_object(Bucket=site.name, Key="in/a b")["Body"].read().decode() == "text 😀"
    answer = site.ask("GET", "/o/a%20b")
    assert (answer.body.decode(), answer.status) == ("text 😀", 200)
    assert answer.headers["x-etag"].strip('"')


FUNCTION = """
import json, time
def handler(event, context):
    wanted = json.loads(event.get("body") or "{}") if "httpMethod" in event else event
    if "fail" in wanted:
        raise ValueError(wanted["fail"])
    if "sleep" in wanted:
        time.sleep(wanted["sleep"])
    return wanted["answer"] if "answer" in wanted else {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture(scope="module")
def function(cloud):
    """The ARN of a function that does what it is told."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code.py", FUNCTION)
    role = create_role(cloud.client("iam"), "gateway-function", "lambda.amazonaws.com")["Arn"]
    code = {"FunctionName": "gateway-function", "Runtime": "python3.12", "Handler": "code.handler", "Code": {"ZipFile": packed.getvalue()}}
    return cloud.client("lambda").create_function(Role=role, Timeout=20, **code)["FunctionArn"]


def _permit(site, function):
    source = f"arn:aws:execute-api:{REGION}:000000000000:{site.api}/*/*/*"
    given = {"StatementId": site.name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": source}
    site.cloud.client("lambda").add_permission(FunctionName=function, **given)


def _invocation(function):
    return f"lambda:path/2015-03-31/functions/{function}/invocations"


def test_a_proxied_function_gets_the_request_and_makes_the_answer(site, function):
    integration = aws(_invocation(function), kind="aws_proxy", responses={})
    site.deploy(
        {
            "paths": {"/f/{id}": {"x-amazon-apigateway-any-method": method(integration)}},
            "x-amazon-apigateway-binary-media-types": ["image/png"],
        },
        variables={"colour": "red"},
    )
    assert site.ask("POST", "/f/1", {}).json == {"message": "Internal server error"}  # nobody let it in yet
    _permit(site, function)
    event = site.ask("POST", "/f/a%20b?q=1&q=2", '{"é": "😀"}', {"X-Who": "me"}).json
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/f/{id}", "/f/a b", "POST")
    assert event["pathParameters"] == {"id": "a b"}
    assert (event["queryStringParameters"], event["multiValueQueryStringParameters"]) == ({"q": "2"}, {"q": ["1", "2"]})
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ('{"é": "😀"}', False, {"colour": "red"})
    assert event["headers"]["x-who"] == "me"
    assert event["requestContext"]["resourcePath"] == "/f/{id}"
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert json.loads(site.ask("GET", "/f/1", headers={"Content-Type": None}).body)["body"] is None

    data = base64.b64encode(bytes(range(256))).decode()
    answer = {
        "statusCode": "201",
        "headers": {"X-One": 1, "Content-Type": "image/png"},
        "multiValueHeaders": {"X-Many": ["a", "b"]},
        "body": data,
        "isBase64Encoded": True,
    }
    found = site.ask("POST", "/f/1", {"answer": answer}, {"Accept": "image/png"})
    assert (found.status, found.body) == (201, bytes(range(256)))
    assert (found.headers["x-one"], found.headers["content-type"]) == ("1", "image/png")
    assert site.ask("POST", "/f/1", {"answer": answer}).body.decode() == data


@pytest.mark.parametrize(
    "wanted",
    [
        {"answer": "text"},
        {"answer": {"statusCode": 200, "body": {"no": "text"}}},
        {"answer": {"statusCode": "many"}},
        {"answer": {"code": 200}},
        {"answer": {"statusCode": 1000}},
        {"answer": {"statusCode": 200, "headers": ["x"]}},
        {"fail": "it did"},
    ],
)
def test_what_is_no_proxy_answer_is_502(site, function, wanted):
    site.deploy({"paths": {"/f": {"post": method(aws(_invocation(function), kind="aws_proxy", responses={}))}}})
    _permit(site, function)
    answer = site.ask("POST", "/f", wanted)
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})
    assert answer.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_a_function_behind_templates_is_told_apart_by_its_errors(site, function):
    role = site.role("lambda:InvokeFunction")
    integration = aws(
        _invocation(function),
        role,
        timeoutInMillis=3000,
        responses={
            "default": {"statusCode": "200", "responseTemplates": {"application/json": "$input.path('$.said')"}},
            "Bad.*": {"statusCode": "400", "responseTemplates": {"application/json": "$input.path('$.errorMessage')"}},
        },
    )
    site.deploy({"paths": {"/f": {"post": method(integration, ("200", "400"))}}})
    wait_for(lambda: site.ask("POST", "/f", {"answer": {"said": "yes"}}).body == b"yes", "the function's answer")
    assert (site.ask("POST", "/f", {"fail": "Bad input"}).status, site.ask("POST", "/f", {"fail": "Bad input"}).body) == (400, b"Bad input")
    slow = site.ask("POST", "/f", {"sleep": 5})
    assert (slow.status, slow.json) == (504, {"message": "Endpoint request timed out"})


@pytest.fixture
def server():
    """(URL, requests) of an HTTP server that tells what it got."""
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            got.append((self.path, dict(self.headers), body))
            if "slow" in self.path:
                time.sleep(1.5)
            self.send_response(404 if "none" in self.path else 201)
            self.send_header("X-Server", "here")
            data = json.dumps({"said": body}).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", got
    running.shutdown()
    running.server_close()


def test_http_servers_as_they_are_and_behind_templates(site, server):
    url, got = server
    proxied = {"type": "http_proxy", "httpMethod": "POST", "uri": url + "/p/{proxy}", "responses": {}}
    proxied["requestParameters"] = {"integration.request.path.proxy": "method.request.path.proxy"}
    mapped = {
        "type": "http",
        "httpMethod": "POST",
        "uri": url + "/m",
        "timeoutInMillis": 500,
        "requestParameters": {
            "integration.request.header.X-To": "method.request.header.X-From",
            "integration.request.querystring.k": "method.request.body.k",
        },
        "requestTemplates": {"application/json": "[$input.json('$.k')]"},
        "responses": {
            "2..": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.X-Said": "integration.response.body.said"},
                "responseTemplates": {"application/json": "$input.path('$.said')"},
            }
        },
    }
    broken = {**mapped, "uri": "http://127.0.0.1:9/", "requestParameters": {}}
    slow = {**mapped, "uri": url + "/slow", "requestParameters": {}}
    none = {**mapped, "uri": url + "/none", "requestParameters": {}}
    parameter = [{"name": "proxy", "in": "path", "required": True, "schema": {"type": "string"}}]
    from_header = [{"name": "X-From", "in": "header", "required": False, "schema": {"type": "string"}}]
    site.deploy(
        {
            "paths": {
                "/p/{proxy+}": {"post": method(proxied, parameters=parameter)},
                "/m": {"post": method(mapped, headers=["X-Said"], parameters=from_header)},
                "/broken": {"post": method(broken, headers=["X-Said"])},
                "/slow": {"post": method(slow, headers=["X-Said"])},
                "/none": {"post": method(none, headers=["X-Said"])},
            }
        }
    )
    answer = site.ask("POST", "/p/a/b?x=1", "hello 😀", {"Content-Type": "text/plain", "X-Who": "me"})
    assert (answer.status, answer.json, answer.headers["x-server"]) == (201, {"said": "hello 😀"}, "here")
    path, headers, _ = got[-1]
    assert path == "/p/a/b?x=1"
    assert {name.lower(): value for name, value in headers.items()}["x-who"] == "me"
    answer = site.ask("POST", "/m", {"k": "v"}, {"X-From": "there"})
    assert (answer.status, answer.body, answer.headers["x-said"]) == (200, b'["v"]', '["v"]')
    path, headers, body = got[-1]
    assert (path, headers["X-To"], body) == ("/m?k=v", "there", '["v"]')
    assert (site.ask("POST", "/broken", {}).status, site.ask("POST", "/slow", {}).status) == (504, 504)
    assert site.ask("POST", "/none", {}).status == 500  # no pattern fits, and there is no default
