"""API keys and usage plans."""

import pytest

from tests.localcloud.iam.conftest import error, unique

QUOTA = {"limit": 100, "period": "DAY"}


@pytest.fixture
def key(gateway):
    made = gateway.create_api_key(name=unique("key"), enabled=True, tags={"a": "b"})
    yield made
    gateway.delete_api_key(apiKey=made["id"])


@pytest.fixture
def plan(gateway, stage):
    """A plan for the stage; it is taken from its stages and deleted in the end."""
    place = {"apiId": stage["restApiId"], "stage": stage["stageName"]}
    made = gateway.create_usage_plan(name=unique("plan"), apiStages=[place], throttle={"rateLimit": 5, "burstLimit": 10}, quota=QUOTA)
    yield made
    for each in gateway.get_usage_plan(usagePlanId=made["id"])["apiStages"]:
        change(gateway, made, "remove", "/apiStages", f"{each['apiId']}:{each['stage']}")
    gateway.delete_usage_plan(usagePlanId=made["id"])


def change(gateway, plan, op, path, value=None):
    operation = {"op": op, "path": path} | ({} if value is None else {"value": value})
    return gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[operation])


def test_a_key_shows_its_value_only_when_asked(gateway, key):
    assert len(key["value"]) == 40
    assert "value" not in gateway.get_api_key(apiKey=key["id"])
    assert gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"] == key["value"]
    (listed,) = gateway.get_api_keys(nameQuery=key["name"])["items"]
    assert "value" not in listed
    (listed,) = gateway.get_api_keys(nameQuery=key["name"], includeValues=True)["items"]
    assert listed["value"] == key["value"]


def test_a_key_is_disabled_unless_it_is_said_to_be_enabled(gateway):
    made = gateway.create_api_key(name=unique("key"))
    assert not made["enabled"]
    changed = gateway.update_api_key(apiKey=made["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "true"}])
    assert changed["enabled"]
    assert "value" not in changed
    gateway.delete_api_key(apiKey=made["id"])
    assert error(lambda: gateway.get_api_key(apiKey=made["id"])) == ("NotFoundException", "Invalid API Key identifier specified")


def test_a_value_is_one_keys_and_long_enough(gateway, key):
    assert error(lambda: gateway.create_api_key(value=key["value"])) == ("ConflictException", "API Key already exists")
    assert "at least 20 characters" in error(lambda: gateway.create_api_key(value="short"))[1]


def test_a_plan_is_changed_by_patches(gateway, stage, plan):
    place = f"{stage['restApiId']}:{stage['stageName']}"
    change(gateway, plan, "replace", "/throttle/rateLimit", "7.5")
    change(gateway, plan, "replace", "/quota/period", "WEEK")
    change(gateway, plan, "replace", f"/apiStages/{place}/throttle/~1poc/POST/rateLimit", "2")
    found = gateway.get_usage_plan(usagePlanId=plan["id"])
    assert found["throttle"] == {"rateLimit": 7.5, "burstLimit": 10}
    assert found["quota"]["period"] == "WEEK"
    assert found["apiStages"][0]["throttle"] == {"/poc/POST": {"rateLimit": 2.0}}
    assert "throttle" not in change(gateway, plan, "remove", "/throttle")
    assert "quota" not in change(gateway, plan, "remove", "/quota")
    assert change(gateway, plan, "remove", "/apiStages", place)["apiStages"] == []
    assert len(change(gateway, plan, "add", "/apiStages", place)["apiStages"]) == 1


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("/quota/limit", "0", "quota limit must be greater than 0"),
        ("/quota/period", "YEAR", "Must be one of: [DAY, WEEK, MONTH]"),
        ("/quota/offset", "1", "offset must be from 0 to 0 for the period DAY"),
        ("/throttle/rateLimit", "-1", "must not be negative"),
        ("/colour", "red", "Invalid patch path '/colour'"),
    ],
)
def test_limits_that_are_none_are_refused(gateway, plan, path, value, says):
    assert says in error(lambda: change(gateway, plan, "replace", path, value))[1]


def test_a_plan_names_stages_that_are_there(gateway, plan):
    assert error(lambda: change(gateway, plan, "add", "/apiStages", "abc:v1")) == ("NotFoundException", "API Stage not found: abc:v1")
    assert (
        "because there are API Stages associated with it, including" in error(lambda: gateway.delete_usage_plan(usagePlanId=plan["id"]))[1]
    )


def test_a_deleted_stage_leaves_its_plans(gateway, stage, plan):
    gateway.delete_stage(**stage)
    assert gateway.get_usage_plan(usagePlanId=plan["id"])["apiStages"] == []


def test_keys_join_plans_once_for_a_stage(gateway, stage, plan, key):
    here = {"usagePlanId": plan["id"], "keyId": key["id"]}
    joined = gateway.create_usage_plan_key(**here, keyType="API_KEY")
    assert (joined["id"], joined["name"], joined["type"]) == (key["id"], key["name"], "API_KEY")
    assert error(lambda: gateway.create_usage_plan_key(**here, keyType="API_KEY"))[0] == "ConflictException"
    assert error(lambda: gateway.create_usage_plan_key(**here, keyType="OTHER"))[0] == "BadRequestException"
    other = gateway.create_usage_plan(name="other", apiStages=[{"apiId": stage["restApiId"], "stage": stage["stageName"]}])
    assert (
        error(lambda: gateway.create_usage_plan_key(usagePlanId=other["id"], keyId=key["id"], keyType="API_KEY"))[0] == "ConflictException"
    )
    change(gateway, other, "remove", "/apiStages", f"{stage['restApiId']}:{stage['stageName']}")
    gateway.create_usage_plan_key(usagePlanId=other["id"], keyId=key["id"], keyType="API_KEY")
    assert {each["id"] for each in gateway.get_usage_plans(keyId=key["id"])["items"]} == {plan["id"], other["id"]}
    gateway.delete_usage_plan(usagePlanId=other["id"])
    assert [each["id"] for each in gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]] == [key["id"]]
    gateway.delete_usage_plan_key(**here)
    assert error(lambda: gateway.get_usage_plan_key(**here))[0] == "NotFoundException"


def test_a_deleted_key_leaves_its_plans(gateway, plan):
    made = gateway.create_api_key(name=unique("key"))
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=made["id"], keyType="API_KEY")
    gateway.delete_api_key(apiKey=made["id"])
    assert gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"] == []


def test_usage_has_a_row_a_day(gateway, plan, key):
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    found = gateway.get_usage(usagePlanId=plan["id"], startDate="2026-11-20", endDate="2026-11-21")
    assert found["items"] == {key["id"]: [[0, 100], [0, 100]]}
    wrong = {"usagePlanId": plan["id"], "startDate": "2026-11-21", "endDate": "2026-11-20"}
    assert error(lambda: gateway.get_usage(**wrong))[0] == "BadRequestException"
