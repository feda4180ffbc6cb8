"""Deployments are snapshots; stages serve them."""

import json

import pytest

from tests.local_cloud import create_role
from tests.localcloud.gateway.control.documents import clicks
from tests.localcloud.iam.conftest import error, unique

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/apigateway/clicks"
FORMAT = '{"id": "$context.requestId"}'


def change(gateway, stage, *operations):
    """UpdateStage by (op, path, value)."""
    named = [dict(zip(("op", "path", "value"), each, strict=False)) for each in operations]
    return gateway.update_stage(**stage, patchOperations=named)


def exported(gateway, stage):
    return json.loads(gateway.get_export(**stage, exportType="oas30", parameters={"extensions": "apigateway"})["body"].read())


def test_a_stage_serves_its_deployment_until_it_is_moved(gateway, api, stage, role):
    document = clicks(role)
    del document["paths"]["/poc/batch"]
    gateway.put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(document))
    assert "/poc/batch" in exported(gateway, stage)["paths"]
    second = gateway.create_deployment(restApiId=api["id"], description="without batch")
    assert "/poc/batch" in exported(gateway, stage)["paths"]
    change(gateway, stage, ("replace", "/deploymentId", second["id"]))
    assert "/poc/batch" not in exported(gateway, stage)["paths"]


def test_deploying_to_a_stage_moves_it_and_keeps_its_settings(gateway, api, stage):
    first = gateway.get_stage(**stage)["deploymentId"]
    change(gateway, stage, ("replace", "/*/*/metrics/enabled", "true"))
    second = gateway.create_deployment(**stage, stageDescription="again", variables={"more": "1"})
    found = gateway.get_stage(**stage)
    assert (found["deploymentId"], found["description"]) == (second["id"], "again")
    assert found["variables"] == {"stream": "clicks", "more": "1"}
    assert found["methodSettings"]["*/*"]["metricsEnabled"]
    gateway.delete_deployment(restApiId=api["id"], deploymentId=first)
    assert [each["id"] for each in gateway.get_deployments(restApiId=api["id"])["items"]] == [second["id"]]


def test_a_deployment_in_use_stays(gateway, api, stage):
    here = {"restApiId": api["id"], "deploymentId": gateway.get_stage(**stage)["deploymentId"]}
    used = "Active stages pointing to this deployment must be moved or deleted"
    assert error(lambda: gateway.delete_deployment(**here)) == ("BadRequestException", used)
    gateway.delete_stage(**stage)
    gateway.delete_deployment(**here)
    assert error(lambda: gateway.get_deployment(**here)) == ("NotFoundException", "Invalid Deployment identifier specified")


def test_what_has_no_methods_or_no_integration_is_not_deployed(gateway):
    made = gateway.create_rest_api(name=unique("empty"))
    assert error(lambda: gateway.create_deployment(restApiId=made["id"]))[1] == "The REST API doesn't contain any methods"
    here = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**here, authorizationType="NONE")
    assert error(lambda: gateway.create_deployment(restApiId=made["id"]))[1] == "No integration defined for method"
    gateway.put_integration(**here, type="MOCK")
    deployment = gateway.create_deployment(restApiId=made["id"])
    summary = gateway.get_deployment(restApiId=made["id"], deploymentId=deployment["id"], embed=["apisummary"])["apiSummary"]
    assert summary == {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    gateway.delete_rest_api(restApiId=made["id"])


def test_a_stage_of_its_own(gateway, api, stage):
    deployment = gateway.get_stage(**stage)["deploymentId"]
    made = gateway.create_stage(restApiId=api["id"], stageName="v2", deploymentId=deployment, variables={"a": "1"}, tags={"b": "c"})
    assert (made["variables"], made["tags"]) == ({"a": "1"}, {"b": "c"})
    assert [each["stageName"] for each in gateway.get_stages(restApiId=api["id"], deploymentId=deployment)["item"]] == ["v1", "v2"]
    again = lambda name: gateway.create_stage(restApiId=api["id"], stageName=name, deploymentId=deployment)  # noqa: E731
    assert error(lambda: again("v2")) == ("ConflictException", "Stage already exists")
    assert error(lambda: again("v 3")) == ("BadRequestException", "Stage name only allows a-zA-Z0-9_-")


def test_settings_of_all_methods_and_of_one(gateway, stage):
    found = change(
        gateway,
        stage,
        ("replace", "/*/*/throttling/rateLimit", "12.5"),
        ("replace", "/*/*/throttling/burstLimit", "20"),
        ("replace", "/~1poc~1batch/POST/throttling/rateLimit", "1"),
        ("replace", "/~1poc/POST/metrics/enabled", "true"),
    )["methodSettings"]
    assert (found["*/*"]["throttlingRateLimit"], found["*/*"]["throttlingBurstLimit"]) == (12.5, 20)
    assert found["poc/batch/POST"]["throttlingRateLimit"] == 1.0
    assert (found["poc/POST"]["metricsEnabled"], found["poc/POST"]["throttlingBurstLimit"]) == (True, 5000)
    assert set(change(gateway, stage, ("remove", "/~1poc/POST"))["methodSettings"]) == {"*/*", "poc/batch/POST"}


def test_variables_are_set_and_removed(gateway, stage):
    found = change(gateway, stage, ("replace", "/variables/stream", "other"), ("replace", "/variables/more", "1"))
    assert found["variables"] == {"stream": "other", "more": "1"}
    assert change(gateway, stage, ("remove", "/variables/more"))["variables"] == {"stream": "other"}
    assert error(lambda: change(gateway, stage, ("replace", "/variables/x", "a b")))[0] == "BadRequestException"


def test_access_logs_go_to_a_log_group(gateway, stage, logging):
    settings = (("replace", "/accessLogSettings/destinationArn", GROUP), ("replace", "/accessLogSettings/format", FORMAT))
    assert change(gateway, stage, *settings)["accessLogSettings"] == {"destinationArn": GROUP, "format": FORMAT}
    assert "accessLogSettings" not in change(gateway, stage, ("remove", "/accessLogSettings"))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("/accessLogSettings/destinationArn", f"{GROUP}:*", "Access Log destination must only contain characters"),
        ("/accessLogSettings/destinationArn", "arn:aws:s3:::bucket", "Invalid ARN specified in the request"),
        ("/accessLogSettings/destinationArn", "arn:aws:firehose:us-east-1:000000000000:deliverystream/x", "amazon-apigateway-"),
        ("/accessLogSettings/format", "$context.status", "$context.requestId"),
        ("/accessLogSettings/format", "$context.requestId\n$context.status", "single line"),
        ("/deploymentId", "absent", "Deployment id does not exist"),
        ("/cacheClusterEnabled", "true", "a cache cluster is not in the local cloud"),
        ("/*/*/caching/enabled", "true", "a cache cluster is not in the local cloud"),
        ("/canarySettings/percentTraffic", "1", "a canary is not in the local cloud"),
        ("/*/*/throttling/rateLimit", "fast", "must be a number"),
        ("/*/*/logging/loglevel", "LOUD", "Must be one of: [OFF, ERROR, INFO]"),
        ("/colour", "red", "Invalid patch path '/colour' specified for op 'replace'"),
    ],
)
def test_a_stage_does_not_take_what_aws_refuses(gateway, stage, logging, path, value, says):
    assert says in error(lambda: change(gateway, stage, ("replace", path, value)))[1]


def test_a_patch_with_one_wrong_operation_changes_nothing(gateway, stage):
    before = gateway.get_stage(**stage)
    error(lambda: change(gateway, stage, ("replace", "/description", "new"), ("replace", "/colour", "red")))
    after = gateway.get_stage(**stage)
    assert after.get("description") == before.get("description")


def test_logging_needs_a_role_of_the_account(gateway, stage, logging, cloud):
    set_role = lambda value: gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": value}])  # noqa: E731
    denied = "The role ARN does not have required permissions configured."
    untrusting = create_role(cloud.client("iam"), unique("role"), "ec2.amazonaws.com", ["logs:*"])["Arn"]
    powerless = create_role(cloud.client("iam"), unique("role"), "apigateway.amazonaws.com", ["s3:*"])["Arn"]
    try:
        for value in (untrusting, powerless, "arn:aws:iam::000000000000:role/absent"):
            assert denied in error(lambda value=value: set_role(value))[1]
        assert gateway.get_account()["cloudwatchRoleArn"] == logging
        set_role("")
        assert "cloudwatchRoleArn" not in gateway.get_account()
        for operation in (("replace", "/accessLogSettings/destinationArn", GROUP), ("replace", "/*/*/logging/loglevel", "INFO")):
            message = error(lambda operation=operation: change(gateway, stage, operation))[1]
            assert message == "CloudWatch Logs role ARN must be set in account settings to enable logging"
    finally:
        set_role(logging)
    assert gateway.get_account()["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
