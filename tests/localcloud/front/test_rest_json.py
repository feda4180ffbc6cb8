"""REST-JSON by botocore's models: what botocore sends is read back, and what is written botocore reads."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localcloud import rest_json

ARN = "arn:aws:quicksight:us-east-1:000000000000:dataset/orders"
OWN = {"AwsAccountId": "000000000000"}
CALLS = [
    ("quicksight", "DescribeDataSet", {**OWN, "DataSetId": "a b/c?d"}),
    ("quicksight", "ListTagsForResource", {"ResourceArn": ARN}),
    ("quicksight", "UntagResource", {"ResourceArn": ARN, "TagKeys": ["a", "b&c=d"]}),
    ("quicksight", "DescribeDashboard", {**OWN, "DashboardId": "d", "VersionNumber": 7}),
    ("quicksight", "DeleteAnalysis", {**OWN, "AnalysisId": "a", "ForceDeleteWithoutRecovery": True}),
    ("quicksight", "CreateGroup", {**OWN, "Namespace": "default", "GroupName": "Leute & Künstler", "Description": "é😀"}),
    ("apigateway", "GetRestApis", {"limit": 5}),
    ("apigateway", "GetStage", {"restApiId": "abc", "stageName": "v1"}),
    ("apigateway", "CreateRestApi", {"name": "clicks", "endpointConfiguration": {"types": ["REGIONAL"]}}),
    ("apigateway", "PutRestApi", {"restApiId": "abc", "mode": "overwrite", "failOnWarnings": True, "body": b'{"openapi": "3.0.1"}'}),
    ("apigateway", "TagResource", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abc", "tags": {"a": "b"}}),
]


def sent(service, operation, given):
    """(method, encoded path, query, headers, body) as botocore sends a call."""
    model = rest_json.model(service)
    request = create_serializer(model.metadata["protocol"]).serialize_to_request(given, model.operation_model(operation))
    prepare_request_dict(request, "http://localhost")
    found = urlsplit(request["url"])
    headers = {name.lower(): value for name, value in request["headers"].items()}
    body = request["body"] if isinstance(request["body"], bytes) else request["body"].encode()
    return request["method"], found.path, parse_qs(found.query, keep_blank_values=True), headers, body


@pytest.mark.parametrize(("service", "operation", "given"), CALLS)
def test_what_botocore_sends_is_read_back(service, operation, given):
    method, path, query, headers, body = sent(service, operation, given)
    assert rest_json.read(service, method, path, query, headers, body) == (operation, given)


def test_a_route_that_is_none_and_a_body_that_is_no_json_are_unreadable():
    with pytest.raises(rest_json.Unreadable, match="no operation POST /nowhere"):
        rest_json.read("quicksight", "POST", "/nowhere", {}, {}, b"")
    with pytest.raises(rest_json.Unreadable, match="not JSON"):
        rest_json.read("quicksight", "POST", "/accounts/1/data-sets", {}, {}, b"{")
    with pytest.raises(rest_json.Unreadable, match="whole number"):
        rest_json.read("quicksight", "GET", "/accounts/1/data-sets", {"max-results": ["many"]}, {}, b"")


def parsed(service, operation, answer):
    """An answer as botocore reads it."""
    status, headers, body = answer
    shape = rest_json.model(service).operation_model(operation).output_shape
    given = {"status_code": status, "headers": headers, "body": body}
    return create_parser(rest_json.model(service).metadata["protocol"]).parse(given, shape)


def test_what_is_written_botocore_reads():
    moment = datetime(2026, 11, 21, 19, 8, 9, tzinfo=UTC)
    data_set = {"Arn": ARN, "CreatedTime": moment, "LastUpdatedTime": moment.timestamp(), "Unknown": "left out"}
    answer = rest_json.written("quicksight", "DescribeDataSet", {"DataSet": data_set, "Status": 202, "RequestId": "r"})
    found = parsed("quicksight", "DescribeDataSet", answer)
    assert answer[0] == 202
    assert found["DataSet"] == {"Arn": ARN, "CreatedTime": moment, "LastUpdatedTime": moment}
    assert (found["Status"], found["RequestId"]) == (202, "r")


def test_names_on_the_wire_are_the_models():
    answer = rest_json.written("apigateway", "GetRestApis", {"items": [{"id": "abc", "name": "clicks"}], "position": "p"})
    assert json.loads(answer[2]) == {"item": [{"id": "abc", "name": "clicks"}], "position": "p"}


def test_a_refusal_is_the_error_that_botocore_knows():
    answer = rest_json.refused("ResourceNotFoundException", "it is gone", 404, {"ResourceType": "DATA_SET"})
    error = parsed("quicksight", "DescribeDataSet", answer)["Error"]
    assert (error["Code"], error["Message"]) == ("ResourceNotFoundException", "it is gone")
