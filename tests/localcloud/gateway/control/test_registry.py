"""What the data plane sees of the control plane, without a local cloud around it."""

import json
from datetime import date

import pytest

from localcloud.gateway.store import Usage, period_start
from tests.localcloud.gateway.control.alone import ROLE, Control
from tests.localcloud.gateway.control.documents import clicks


@pytest.fixture
def control(tmp_path):
    return Control(tmp_path)


@pytest.fixture
def api(control):
    made = control.do("import_rest_api", body=json.dumps(clicks(ROLE)).encode())
    control.do("create_deployment", restApiId=made["id"], stageName="v1", variables={"stream": "clicks"})
    return made


def test_a_stage_has_all_that_serving_needs(control, api):
    found = control.registry.stage(api["id"], "v1")
    method = found.api.resources["/poc"]["POST"]
    assert (found.variables, found.api.region) == ({"stream": "clicks"}, "us-east-1")
    assert (method.api_key_required, method.validate_body, method.validate_parameters) == (True, True, True)
    assert method.integration.credentials == ROLE
    assert method.integration.responses["200"].selection_pattern is None
    assert method.integration.responses["502"].selection_pattern == "[45]\\d\\d"
    assert found.api.models["Click"]["required"] == ["element_clicked", "time_spent"]
    assert found.api.gateway_responses["BAD_REQUEST_BODY"].status == "422"
    assert "/" not in found.api.resources


def test_a_stage_is_the_same_snapshot_until_it_is_deployed_again(control, api):
    first = control.registry.stage(api["id"], "v1")
    document = clicks(ROLE)
    del document["paths"]["/poc/batch"]
    control.do("put_rest_api", restApiId=api["id"], mode="overwrite", body=json.dumps(document).encode())
    assert control.registry.stage(api["id"], "v1").api is first.api
    control.do("create_deployment", restApiId=api["id"], stageName="v1")
    assert set(control.registry.stage(api["id"], "v1").api.resources) == {"/poc"}
    assert set(first.api.resources) == {"/poc", "/poc/batch"}


def test_changes_are_seen_at_once(control, api):
    assert control.registry.stage(api["id"], "v2") is None
    control.do("create_deployment", restApiId=api["id"], stageName="v2")
    change = [{"op": "replace", "path": "/~1poc/POST/throttling/rateLimit", "value": "3"}]
    change.append({"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "9"})
    assert control.registry.stage(api["id"], "v2").settings_of("/poc", "POST") == {}
    control.do("update_stage", restApiId=api["id"], stageName="v2", patchOperations=change)
    found = control.registry.stage(api["id"], "v2")
    assert found.settings_of("/poc", "POST") == {"throttlingRateLimit": 3.0, "throttlingBurstLimit": 9}
    assert found.settings_of("/poc", "OPTIONS") == {"throttlingBurstLimit": 9}
    control.do("delete_rest_api", restApiId=api["id"])
    assert control.registry.stage(api["id"], "v2") is None


def test_a_plan_is_found_by_the_keys_value(control, api):
    place = {"apiId": api["id"], "stage": "v1", "throttle": {"/poc/POST": {"rateLimit": 1.0, "burstLimit": 2}}}
    plan = control.do("create_usage_plan", name="plan", apiStages=[place], throttle={"rateLimit": 5.0, "burstLimit": 6})
    key = control.do("create_api_key", name="key", enabled=True)
    assert control.registry.plan(api["id"], "v1", key["value"]) is None
    control.do("create_usage_plan_key", usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    found_key, found = control.registry.plan(api["id"], "v1", key["value"])
    assert (found_key.id, found_key.enabled, found.rate, found.burst) == (key["id"], True, 5.0, 6)
    assert found.method_throttles == {"/poc/POST": (1.0, 2)}
    assert control.registry.plan(api["id"], "v2", key["value"]) is None
    control.do("update_api_key", apiKey=key["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    assert not control.registry.plan(api["id"], "v1", key["value"])[0].enabled


def test_usage_is_counted_told_and_kept(control, api, tmp_path):
    quota = {"limit": 10, "period": "WEEK", "offset": 1}
    plan = control.do("create_usage_plan", name="plan", apiStages=[{"apiId": api["id"], "stage": "v1"}], quota=quota)
    key = control.do("create_api_key", name="key")
    control.do("create_usage_plan_key", usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    for day in ("2026-11-15", "2026-11-16", "2026-11-17", "2026-11-17"):  # a Sunday, Monday, Tuesday
        control.registry.used(plan["id"], key["id"], day)
    _, found = control.registry.plan(api["id"], "v1", key["value"])
    assert control.registry.remaining(found, key["id"], date(2026, 11, 17)) == 7
    told = control.do("get_usage", usagePlanId=plan["id"], startDate="2026-11-15", endDate="2026-11-17")["items"][key["id"]]
    assert told == [[1, 9], [1, 9], [2, 7]]
    control.usage.save()
    assert Usage(tmp_path / "usage.json").spent(plan["id"], key["id"], "2026-11-16", "2026-11-17") == 3


@pytest.mark.parametrize(
    ("period", "offset", "day", "start"),
    [
        ("DAY", 0, "2026-11-21", "2026-11-21"),
        ("WEEK", 0, "2026-11-21", "2026-11-15"),
        ("WEEK", 0, "2026-11-15", "2026-11-15"),
        ("WEEK", 6, "2026-11-20", "2026-11-14"),
        ("MONTH", 0, "2026-11-21", "2026-11-01"),
        ("MONTH", 20, "2026-11-21", "2026-11-21"),
        ("MONTH", 21, "2026-11-21", "2026-10-22"),
        ("MONTH", 27, "2026-01-05", "2025-12-28"),
    ],
)
def test_a_quotas_period_begins(period, offset, day, start):
    assert str(period_start(period, offset, date.fromisoformat(day))) == start
