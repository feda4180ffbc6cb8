"""What a life of its own does not show of REST APIs, keys, plans and the account's role."""

import json
import time

import pytest

from tests.local_cloud import ROOT, wait_for
from tests.modules.cases import rest_api, rest_document, usage_plan
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

pytestmark = on("local")


@pytest.fixture
def gateway(aws):
    return aws.client("apigateway")


@pytest.fixture
def api(aws, tmp_path):
    """Options of an API that is there, and its id."""
    options = rest_api(aws, tmp_path)
    return options, done("rest_api_config", **options).result["id"]


def method_of(gateway, api_id, path):
    """A POST method's ids, for its calls."""
    resources = gateway.get_resources(restApiId=api_id)["items"]
    return {"restApiId": api_id, "resourceId": next(each["id"] for each in resources if each["path"] == path), "httpMethod": "POST"}


def open_to_all(gateway, api_id):
    """Somebody's change by hand."""
    patch = [{"op": "replace", "path": "/apiKeyRequired", "value": "false"}]
    gateway.update_method(**method_of(gateway, api_id, "/one"), patchOperations=patch)


def test_what_was_deployed_by_hand_is_found_and_undone(gateway, api):
    options, api_id = api
    open_to_all(gateway, api_id)
    gateway.create_deployment(restApiId=api_id, stageName="v1")
    found = done("rest_api_config", check=True, **options)
    assert found.changed
    assert (found.before["served"], found.after["served"]) == ("changed by hand", "as deployed")
    assert done("rest_api_config", **options).changed
    assert gateway.get_method(**method_of(gateway, api_id, "/one"))["apiKeyRequired"]
    assert not done("rest_api_config", **options).changed


def test_a_deployment_by_hand_that_changes_nothing_is_replaced_by_ours(gateway, api):
    options, api_id = api
    gateway.create_deployment(restApiId=api_id, stageName="v1")
    assert done("rest_api_config", **options).changed
    assert not done("rest_api_config", **options).changed


def test_what_nobody_deployed_serves_nobody_and_goes_with_the_next_change(gateway, api):
    options, api_id = api
    open_to_all(gateway, api_id)
    assert not done("rest_api_config", **options).changed
    done("rest_api_config", **{**options, "values": {"answer": "Others"}})
    assert gateway.get_method(**method_of(gateway, api_id, "/one"))["apiKeyRequired"]


def test_settings_of_the_stage_that_were_made_by_hand_are_undone(gateway, api):
    options, api_id = api
    patch = [
        {"op": "replace", "path": "/~1two~1three/POST/throttling/rateLimit", "value": "1"},
        {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
        {"op": "replace", "path": "/variables/more", "value": "x"},
    ]
    gateway.update_stage(restApiId=api_id, stageName="v1", patchOperations=patch)
    found = done("rest_api_config", **options)
    assert found.differing == {"method_settings", "execution_log", "stage_variables"}
    assert "apigateway:CreateDeployment" not in found.calls
    stage = gateway.get_stage(restApiId=api_id, stageName="v1")
    assert set(stage["methodSettings"]) == {"*/*"}
    assert stage["variables"] == options["stage_variables"]
    assert not done("rest_api_config", **options).changed


def test_a_change_of_the_stage_alone_deploys_nothing(api):
    options, _ = api
    made = done("rest_api_config", **{**options, "throttle_rate": 7})
    assert made.writes == ["apigateway:UpdateStage"]


def test_a_few_older_deployments_are_kept_and_those_that_another_stage_serves(gateway, api):
    options, api_id = api
    (first,) = gateway.get_deployments(restApiId=api_id)["items"]
    gateway.create_stage(restApiId=api_id, stageName="old", deploymentId=first["id"])
    wait_for(lambda: time.time() >= first["createdDate"].timestamp() + 1, "a second in which others are younger")
    for number in range(3):
        done("rest_api_config", **{**options, "values": {"answer": str(number)}, "keep_deployments": 1})
    kept = gateway.get_deployments(restApiId=api_id)["items"]
    assert len(kept) == 3  # what is served, one older, and the other stage's
    assert first["id"] in [each["id"] for each in kept]


def test_models_are_those_of_the_document(gateway, api):
    _, api_id = api
    schema = json.loads(gateway.get_model(restApiId=api_id, modelName="Click")["schema"])
    assert schema["properties"]["menu"]["maxItems"] == 3


def test_a_model_that_lost_something_at_the_import_gets_it_again(gateway, aws, tmp_path, answers):
    """AWS says that maxItems is lost at an import."""

    def lose():
        (found,) = [api for api in gateway.get_rest_apis(limit=500)["items"] if api["name"] == options["name"]]
        patch = [{"op": "replace", "path": "/schema", "value": '{"type": "object"}'}]
        gateway.update_model(restApiId=found["id"], modelName="Click", patchOperations=patch)

    options = rest_api(aws, tmp_path)
    answers["apigateway:GetModels"] = lose
    made = done("rest_api_config", **options)
    schema = json.loads(gateway.get_model(restApiId=made.result["id"], modelName="Click")["schema"])
    assert schema["properties"]["menu"]["maxItems"] == 3


def test_the_execution_log_has_tags_and_an_end_and_goes_with_the_api(aws, api):
    options, api_id = api
    logs, name = aws.client("logs"), f"API-Gateway-Execution-Logs_{api_id}/v1"
    groups = lambda: logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]  # noqa: E731 - one line
    assert groups() == []
    logged = {**options, "execution_log": "ERROR", "execution_log_days": 7}
    done("rest_api_config", **logged)
    (group,) = groups()
    assert group["retentionInDays"] == 7
    assert logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"] == options["tags"]
    logs.delete_retention_policy(logGroupName=name)
    assert done("rest_api_config", **logged).differing == {"execution_log_days"}
    done("rest_api_config", **logged, state="absent")
    assert groups() == []


def test_two_apis_of_one_name_are_named_by_their_ids(gateway, api):
    options, api_id = api
    other = gateway.create_rest_api(name=options["name"])["id"]
    refused("rest_api_config", "2 REST APIs are called", api_id, other, **options)


@pytest.mark.parametrize(
    ("module", "call", "again", "listed"),
    [
        ("rest_api_config", "CreateRestApi", lambda gateway, name: gateway.create_rest_api(name=name), "get_rest_apis"),
        ("api_key_config", "CreateApiKey", lambda gateway, name: gateway.create_api_key(name=name), "get_api_keys"),
        ("usage_plan_config", "CreateUsagePlan", lambda gateway, name: gateway.create_usage_plan(name=name), "get_usage_plans"),
    ],
)
def test_a_creation_whose_answer_was_lost_and_that_was_tried_again_leaves_one(gateway, aws, tmp_path, answers, module, call, again, listed):
    prepare = {"rest_api_config": rest_api, "usage_plan_config": usage_plan}.get(module, lambda *_: {"name": unique("key")})
    options = prepare(aws, tmp_path)
    answers[f"apigateway:{call}"] = lambda: again(gateway, options["name"]) and None
    made = done(module, **options)
    (left,) = [each for each in getattr(gateway, listed)(limit=500)["items"] if each["name"] == options["name"]]
    assert left["id"] == made.result["id"]
    assert not done(module, **options).changed


def test_placeholders_that_are_missing_or_not_there_are_all_named(aws, tmp_path):
    options = {**rest_api(aws, tmp_path), "values": {"region": "x", "more": "y"}}
    refused("rest_api_config", "names <<answer>>", "values have more", "values have region", check=True, **options)


@pytest.mark.parametrize(("text", "said"), [("{", "Expecting"), ('{"swagger": "2.0"}', "OpenAPI document of version 3.0")])
def test_a_document_that_is_none_is_an_error(aws, tmp_path, text, said):
    options = rest_api(aws, tmp_path)
    (tmp_path / "api.json").write_text(text)
    refused("rest_api_config", "api.json", said, check=True, **options)


def test_a_log_without_a_format_is_an_error(aws, tmp_path):
    refused("rest_api_config", "access_log_format is missing", **{**rest_api(aws, tmp_path), "access_log_format": ""})


def test_the_clickstreams_document_is_taken_without_a_warning(gateway, aws, tmp_path):
    document = ROOT / "files" / "openapi" / "clickstream.json"
    role = aws.role("apigateway.amazonaws.com")["Arn"]
    values = {"partition": "aws", "region": "us-east-1", "firehose_role_arn": role, "allowed_origin": "https://shop.example"}
    options = {**rest_api(aws, tmp_path), "openapi": str(document), "values": values}
    made = done("rest_api_config", **options)
    assert made.warnings == []
    assert made.after["methods"] == ["OPTIONS /poc", "OPTIONS /poc/batch", "POST /poc", "POST /poc/batch"]
    assert not done("rest_api_config", **options).changed
    integration = gateway.get_integration(**method_of(gateway, made.result["id"], "/poc"))
    assert integration["uri"] == "arn:aws:apigateway:us-east-1:firehose:action/PutRecord"
    models = {each["name"]: json.loads(each["schema"]) for each in gateway.get_models(restApiId=made.result["id"], limit=500)["items"]}
    assert models["Clicks"]["properties"]["clicks"]["maxItems"] == 500
    assert models["Click"]["oneOf"] == [{"required": ["created_at"]}, {"required": ["createdAt"]}]


def test_order_in_a_document_is_of_no_account(api, tmp_path):
    options, _ = api
    document = rest_document("/two/three", "/one")
    (tmp_path / "api.json").write_text(json.dumps(dict(reversed(document.items()))))
    assert not done("rest_api_config", **options).changed


def test_a_key_is_made_without_a_word_of_its_value(gateway):
    name = unique("key")
    made = done("api_key_config", name=name)
    value = gateway.get_api_key(apiKey=made.result["id"], includeValue=True)["value"]
    assert value not in json.dumps(made.result)
    gateway.create_api_key(name=name + "-longer")  # the API looks for keys by the beginning of their names
    assert not done("api_key_config", name=name).changed
    gateway.create_api_key(name=name)
    refused("api_key_config", "2 API keys are called", name=name)


def test_a_plan_says_which_api_or_key_is_missing(aws, tmp_path):
    options = usage_plan(aws, tmp_path)
    refused("usage_plan_config", "there is no REST API 'nobodys'", **{**options, "stages": [{"api": "nobodys", "stage": "v1"}]})
    refused("usage_plan_config", "there is no API key 'nobodys'", **{**options, "keys": ["nobodys"]})
    refused("usage_plan_config", "set both, or neither", **{**options, "burst": 0})


# -- the account's role


@pytest.fixture
def roles(aws, gateway):
    """ARNs of two roles; the account has none."""
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}])
    return [aws.role("apigateway.amazonaws.com")["Arn"] for _ in range(2)]


def account_role(gateway):
    return gateway.get_account().get("cloudwatchRoleArn", "")


def test_the_accounts_role_is_given_and_taken_away(gateway, roles):
    ours = {"role_arn": roles[0]}
    assert done("api_gateway_account_config", check=True, **ours).changed
    assert account_role(gateway) == ""
    assert done("api_gateway_account_config", **ours).changed
    assert account_role(gateway) == roles[0]
    assert not done("api_gateway_account_config", **ours).changed
    assert done("api_gateway_account_config", check=True, state="absent", **ours).changed
    assert done("api_gateway_account_config", state="absent", **ours).changed
    assert account_role(gateway) == ""
    assert not done("api_gateway_account_config", state="absent", **ours).changed


def test_somebody_elses_role_stays_while_it_is_there(aws, gateway, roles):
    ours, theirs = ({"role_arn": role} for role in roles)
    done("api_gateway_account_config", **theirs)
    kept = done("api_gateway_account_config", **ours)
    assert (kept.changed, kept.result["in_use"]) == (False, roles[1])
    assert not done("api_gateway_account_config", state="absent", **ours).changed
    assert account_role(gateway) == roles[1]

    name, iam = roles[1].rpartition("/")[2], aws.client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
    assert done("api_gateway_account_config", **ours).changed
    assert account_role(gateway) == roles[0]
