"""Customer keys, beyond their life: what somebody did by hand, what a run that was cut off left."""

import json

import pytest

from tests.modules.call_recorder import error
from tests.modules.cases import key, key_policy
from tests.modules.clouds import on
from tests.modules.runner import done, refused


@pytest.fixture
def options(aws):
    return key(aws, None)


def behind(aws, options):
    """What KMS tells of the key behind the alias."""
    return aws.client("kms").describe_key(KeyId=f"alias/{options['name']}")["KeyMetadata"]


def aliases(aws):
    return {alias["AliasName"] for alias in aws.client("kms").list_aliases()["Aliases"]}


def create_without_alias(aws, options, **other):
    """What is left of a run that was cut off between CreateKey and CreateAlias; returns the key's id."""
    given = {**options, **other}
    tags = [{"TagKey": name, "TagValue": value} for name, value in given["tags"].items()]
    policy = json.dumps(given["policy"])
    return aws.client("kms").create_key(Description=given["description"], Policy=policy, Tags=tags)["KeyMetadata"]["KeyId"]


@on()
def test_a_new_key_has_its_tags_and_policy_from_the_first_moment_and_rotates(aws, options):
    made = done("kms_key_config", **options)
    assert made.writes == ["kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation"]
    assert aws.client("kms").get_key_rotation_status(KeyId=behind(aws, options)["KeyId"])["KeyRotationEnabled"]


@on()
def test_each_change_by_hand_is_named_and_taken_back(aws, options):
    done("kms_key_config", **options)
    kms, key_id = aws.client("kms"), behind(aws, options)["KeyId"]
    kms.update_key_description(KeyId=key_id, Description="changed")
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(key_policy(aws, "kms:*", "kms:Decrypt")))
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "somebodys", "TagValue": "own"}])
    kms.disable_key_rotation(KeyId=key_id)
    kms.disable_key(KeyId=key_id)
    assert done("kms_key_config", check=True, **options).differing == {"description", "policy", "tags", "rotation", "state"}
    done("kms_key_config", **options)
    assert behind(aws, options)["KeyState"] == "Enabled"
    assert not done("kms_key_config", **options).changed


@on()
def test_a_key_that_waits_to_be_deleted_behind_its_alias_is_taken_back(aws, options):
    done("kms_key_config", **options)
    key_id = behind(aws, options)["KeyId"]
    aws.client("kms").schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    planned = done("kms_key_config", check=True, **options)
    assert planned.differing >= {"state"}
    assert planned.before["state"] == "PendingDeletion"
    assert done("kms_key_config", **options).writes[:2] == ["kms:CancelKeyDeletion", "kms:EnableKey"]
    assert (behind(aws, options)["KeyId"], behind(aws, options)["KeyState"]) == (key_id, "Enabled")


@on("moto")
def test_a_key_that_was_just_taken_back_is_asked_again_until_it_takes_changes(aws, options, answers):
    done("kms_key_config", **options)
    aws.client("kms").disable_key(KeyId=behind(aws, options)["KeyId"])
    refusals = [error(400, "KMSInvalidStateException")] * 2
    answers["kms:EnableKey"] = lambda: refusals.pop()() if refusals else None
    assert done("kms_key_config", **options).writes == ["kms:EnableKey"] * 3
    assert behind(aws, options)["KeyState"] == "Enabled"


@on()
def test_an_absent_key_waits_for_its_days_and_a_new_one_can_be_made_meanwhile(aws, options):
    done("kms_key_config", **options)
    first = behind(aws, options)
    done("kms_key_config", **options, state="absent", pending_days=9)
    left = aws.client("kms").describe_key(KeyId=first["KeyId"])["KeyMetadata"]
    assert left["KeyState"] == "PendingDeletion"
    assert round((left["DeletionDate"] - first["CreationDate"]).total_seconds() / 86_400) == 9
    assert f"alias/{options['name']}" not in aliases(aws)

    done("kms_key_config", **options)
    assert behind(aws, options)["KeyId"] != first["KeyId"]


@on()
def test_an_alias_of_a_key_that_waits_already_is_removed_with_no_second_request(aws, options):
    done("kms_key_config", **options)
    aws.client("kms").schedule_key_deletion(KeyId=behind(aws, options)["KeyId"], PendingWindowInDays=7)
    assert done("kms_key_config", **options, state="absent").writes == ["kms:DeleteAlias"]
    assert not done("kms_key_config", **options, state="absent").changed


@on()
def test_a_key_that_got_no_alias_is_given_it(aws, options):
    for other in ({"tags": {"project": "another"}}, {"description": "Another"}):
        create_without_alias(aws, options, **other)
    key_id = create_without_alias(aws, options)
    planned = done("kms_key_config", check=True, **options)
    assert planned.differing == {"alias", "rotation"}
    assert done("kms_key_config", **options).writes == ["kms:CreateAlias", "kms:EnableKeyRotation"]
    assert behind(aws, options)["KeyId"] == key_id


@on()
def test_a_key_that_got_no_alias_is_removed_too(aws, options):
    key_id = create_without_alias(aws, options)
    assert done("kms_key_config", **options, state="absent").writes == ["kms:ScheduleKeyDeletion"]
    assert aws.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not done("kms_key_config", **options, state="absent").changed


@on("moto")
def test_keys_whose_tags_may_not_be_read_are_somebody_elses(aws, options, answers):
    create_without_alias(aws, options)
    answers["kms:ListResourceTags"] = error(400, "AccessDeniedException")
    assert not done("kms_key_config", **options, state="absent").changed


@on("moto")
def test_days_that_kms_does_not_take_are_an_error(aws, options):
    refused("kms_key_config", "pending_days is 3", "7 to 30", **options, pending_days=3)
