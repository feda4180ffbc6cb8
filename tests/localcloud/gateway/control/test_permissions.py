"""What a caller needs, and what the journal tells of it."""

import json

import pytest

from tests.localcloud.gateway.control.documents import clicks
from tests.localcloud.iam.conftest import arn, error, lines, refusal, unique

START = "arn:aws:apigateway:us-east-1::"
PASS = {"StringEquals": {"iam:PassedToService": "apigateway.amazonaws.com"}}


def quoted(path):
    return (START + path).replace(":", "%3A").replace("/", "%2F")


def needs_each(user, needs, call):
    """Each of `needs` is asked for; with all of them the call is done. Returns its answer."""
    for lacking in needs:
        user.may(*[grant for grant in needs if grant is not lacking])
        assert f"not authorized to perform: {lacking[0]} on resource: {lacking[1]} " in refusal(call)
    user.may(*needs)
    return call()


def test_a_path_is_asked_for_with_the_requests_method(user, api):
    asking = user.client("apigateway")
    needs_each(user, [("apigateway:GET", f"{START}/restapis/{api['id']}")], lambda: asking.get_rest_api(restApiId=api["id"]))
    deploy = lambda: asking.create_deployment(restApiId=api["id"], stageName="v1")  # noqa: E731
    needs_each(user, [("apigateway:POST", f"{START}/restapis/{api['id']}/deployments")], deploy)
    patch = lambda: asking.update_stage(restApiId=api["id"], stageName="v1", patchOperations=[])  # noqa: E731
    needs_each(user, [("apigateway:PATCH", f"{START}/restapis/{api['id']}/stages/v1")], patch)
    needs_each(user, [("apigateway:GET", f"{START}/apikeys")], asking.get_api_keys)


def test_what_a_document_gives_api_gateway_must_be_passed(user, api, role):
    send = lambda: user.client("apigateway").put_rest_api(restApiId=api["id"], mode="overwrite", body=json.dumps(clicks(role)))  # noqa: E731
    needs_each(user, [("apigateway:PUT", f"{START}/restapis/{api['id']}"), ("iam:PassRole", role, PASS)], send)


def test_an_integrations_role_must_be_passed_when_put_and_when_changed(user, gateway, role):
    made = gateway.create_rest_api(name=unique("api"))
    place = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    path = f"{START}/restapis/{made['id']}/resources/{made['rootResourceId']}/methods/GET/integration"
    given = {"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:firehose:action/PutRecord"}
    asking = user.client("apigateway")
    needs_each(
        user, [("apigateway:PUT", path), ("iam:PassRole", role, PASS)], lambda: asking.put_integration(**place, **given, credentials=role)
    )
    change = [{"op": "replace", "path": "/credentials", "value": role}]
    needs = [("apigateway:PATCH", path), ("iam:PassRole", role, PASS)]
    needs_each(user, needs, lambda: asking.update_integration(**place, patchOperations=change))
    user.may(needs[0], ("apigateway:PUT", path))  # the caller's own rights are no role
    asking.put_integration(**place, **given, credentials="arn:aws:iam::*:user/*")
    gateway.delete_rest_api(restApiId=made["id"])


def test_the_accounts_role_must_be_passed(user, logging):
    change = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": logging}]
    needs = [("apigateway:PATCH", f"{START}/account"), ("iam:PassRole", logging, PASS)]
    needs_each(user, needs, lambda: user.client("apigateway").update_account(patchOperations=change))


def test_making_with_tags_needs_the_right_to_tag(user):
    asking = user.client("apigateway")
    needs = [("apigateway:POST", f"{START}/apikeys"), ("apigateway:PUT", f"{START}/tags/{quoted('/apikeys')}%2F*")]
    made = needs_each(user, needs, lambda: asking.create_api_key(name="tagged", tags={"team": "a"}))
    wanted = {"StringEquals": {"aws:RequestTag/team": "a"}}
    user.may(("apigateway:POST", f"{START}/usageplans", wanted), ("apigateway:PUT", f"{START}/tags/*"))
    assert refusal(lambda: asking.create_usage_plan(name="x", tags={"team": "b"}))
    plan = asking.create_usage_plan(name="x", tags={"team": "a"})
    user.may(("apigateway:DELETE", f"{START}/*"))
    asking.delete_api_key(apiKey=made["id"])
    asking.delete_usage_plan(usagePlanId=plan["id"])


def test_tagging_asks_for_the_tags_and_for_what_is_tagged(user, gateway, api):
    asking, path = user.client("apigateway"), f"/restapis/{api['id']}"
    needs = [("apigateway:PUT", f"{START}/tags/{quoted(path)}"), ("apigateway:PATCH", START + path)]
    needs_each(user, needs, lambda: asking.tag_resource(resourceArn=START + path, tags={"team": "a"}))
    needs_each(user, [("apigateway:GET", needs[0][1])], lambda: asking.get_tags(resourceArn=START + path))
    user.may(("apigateway:DELETE", needs[0][1]))
    asking.untag_resource(resourceArn=START + path, tagKeys=["team"])
    assert gateway.get_tags(resourceArn=START + path)["tags"] == {}


def test_what_is_inside_of_something_tagged_has_its_tags(user, gateway, stage):
    asking, path = user.client("apigateway"), f"{START}/restapis/{stage['restApiId']}"
    user.may(("apigateway:GET", f"{START}/*", {"StringEquals": {"aws:ResourceTag/Team": "a"}}))
    assert refusal(lambda: asking.get_rest_api(restApiId=stage["restApiId"]))
    gateway.tag_resource(resourceArn=path, tags={"Team": "a"})
    asking.get_rest_api(restApiId=stage["restApiId"])
    asking.get_resources(restApiId=stage["restApiId"])
    asking.get_stage(**stage)
    assert refusal(asking.get_rest_apis)
    gateway.tag_resource(resourceArn=f"{path}/stages/v1", tags={"Team": "b"})  # its own win
    assert refusal(lambda: asking.get_stage(**stage))


@pytest.mark.parametrize("path", ["/restapis/{api}", "/restapis/{api}/stages/v1"])
def test_tags_of_apis_and_stages(gateway, stage, path):
    named = START + path.format(api=stage["restApiId"])
    gateway.tag_resource(resourceArn=named, tags={"a": "1", "b c": "2"})
    gateway.untag_resource(resourceArn=named, tagKeys=["a"])
    assert gateway.get_tags(resourceArn=named)["tags"] == {"b c": "2"}
    shown = gateway.get_stage(**stage) if "stages" in path else gateway.get_rest_api(restApiId=stage["restApiId"])
    assert shown["tags"] == {"b c": "2"}


def test_tags_are_on_what_is_there(gateway):
    assert error(lambda: gateway.get_tags(resourceArn=f"{START}/restapis/absent"))[0] == "NotFoundException"
    assert error(lambda: gateway.get_tags(resourceArn=arn("s3", "bucket")))[0] == "BadRequestException"


def test_the_journal_tells_operation_principal_and_checks(cloud, user, api):
    user.may(("apigateway:GET", f"{START}/*"))
    user.client("apigateway").get_resources(restApiId=api["id"])
    user.client("apigateway").get_tags(resourceArn=f"{START}/restapis/{api['id']}")
    refusal(lambda: user.client("apigateway").delete_rest_api(restApiId=api["id"]))
    found = lines(cloud, service="apigateway", principal=user.arn)
    assert [(line["operation"], line["write"], line["status"]) for line in found] == [
        ("GetResources", False, 200),
        ("GetTags", False, 200),
        ("DeleteRestApi", True, 403),
    ]
    assert found[0]["checks"] == [["apigateway:GET", f"{START}/restapis/{api['id']}/resources", "allow"]]
    assert found[2]["checks"] == [["apigateway:DELETE", f"{START}/restapis/{api['id']}", "deny"]]
