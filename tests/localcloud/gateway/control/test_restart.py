"""Everything that was made survives a kill."""

import json

from tests.local_cloud import Cloud, create_role
from tests.localcloud.gateway.control.documents import clicks


def test_apis_stages_keys_and_plans_survive_a_kill(tmp_path):
    cloud = Cloud(tmp_path).start()
    try:
        gateway = cloud.client("apigateway")
        role = create_role(cloud.client("iam"), "for-gateway", "apigateway.amazonaws.com", ["logs:*"])["Arn"]
        api = gateway.import_rest_api(body=json.dumps(clicks(role)))
        gateway.create_deployment(restApiId=api["id"], stageName="v1")
        key = gateway.create_api_key(name="key", enabled=True)
        plan = gateway.create_usage_plan(name="plan", apiStages=[{"apiId": api["id"], "stage": "v1"}])
        gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
        before = state(gateway, api)
        cloud.stop(kill=True)
        cloud.start()
        assert state(cloud.client("apigateway"), api) == before
        assert before["account"] == role
    finally:
        cloud.stop()


def state(gateway, api):
    """All that was made, as AWS shows it."""
    plans = gateway.get_usage_plans()["items"]
    return {
        "apis": gateway.get_rest_apis()["items"],
        "resources": gateway.get_resources(restApiId=api["id"], embed=["methods"])["items"],
        "models": gateway.get_models(restApiId=api["id"])["items"],
        "stages": gateway.get_stages(restApiId=api["id"])["item"],
        "export": gateway.get_export(restApiId=api["id"], stageName="v1", exportType="oas30")["body"].read(),
        "keys": gateway.get_api_keys(includeValues=True)["items"],
        "plans": plans,
        "members": gateway.get_usage_plan_keys(usagePlanId=plans[0]["id"])["items"],
        "account": gateway.get_account()["cloudwatchRoleArn"],
    }
