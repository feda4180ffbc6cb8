#!/usr/bin/python
"""Manage a customer key of AWS KMS by its alias."""

DOCUMENTATION = r"""
module: kms_key_config
short_description: Manage a customer key of AWS KMS by its alias
description:
  - Create, update or remove the symmetric key behind an alias. It is enabled and rotates every year.
  - Unlike M(amazon.aws.kms_key) it shows what differs, and looks at nothing that is not declared, such as grants.
  - Policy and tags are in the call that creates the key. KMS gives the alias in a second call; a key that a run which was cut off
    left without one is known by its tags and description, and gets it.
  - KMS deletes no key at once. An absent key loses its alias and waits to be deleted; a new one can be made meanwhile.
  - A key that waits to be deleted, or was disabled, while its alias is there is taken back into use.
options:
  name:
    description: The key's alias, without C(alias/).
    type: str
    required: true
  description:
    description: What the key encrypts.
    type: str
    default: ""
  policy:
    description: The key's policy. Without access for the account nobody could change the key any more; KMS refuses most such policies.
    type: dict
  pending_days:
    description: Days from removal until the key is gone for good, 7 to 30.
    type: int
    default: 7
  tags:
    description: All tags of the key; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The key of the pipelines is present
  kms_key_config:
    name: headwater
    description: Encrypts what the pipelines keep
    policy:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "arn:aws:iam::123456789012:root"}, Action: "kms:*", Resource: "*"}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The key as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample:
    alias: headwater
    description: Encrypts what the pipelines keep
    state: Enabled
    rotation: true
    policy: {Version: "2012-10-17", Statement: []}
    tags: {project: headwater}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, document, is_missing, once_possible, tag_changes

GONE = ("NotFoundException",)
#: States that a call can lead to "Enabled" from.
USABLE = ("Enabled", "Disabled")
#: What KMS says for some seconds of a key that was just taken back.
NOT_YET = ("KMSInvalidStateException", "DisabledException")


def kms_tags(tags):
    """{"a": "b"} as KMS's list, in a fixed order."""
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def all_of(kms, call, items):
    """The items of all pages of a list call."""
    return [item for page in kms.get_paginator(call).paginate() for item in page[items]]


def tags_of(kms, key_id):
    """A key's tags; KMS answers 50, as many as a key can have."""
    return {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key_id)["Tags"]}


def metadata(kms, key_id):
    """What KMS tells of a key, or None."""
    try:
        return kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except ClientError as error:
        if is_missing(error, *GONE):
            return None
        raise


def nameless(kms, wanted):
    """The key that a run made without coming to give it its alias, as KMS tells of it, or None."""
    named = {alias.get("TargetKeyId") for alias in all_of(kms, "list_aliases", "Aliases")}
    for key_id in {key["KeyId"] for key in all_of(kms, "list_keys", "Keys")} - named:
        try:
            if tags_of(kms, key_id) != wanted["tags"]:
                continue
        except ClientError as error:
            if is_missing(error, "AccessDeniedException", *GONE):  # somebody else's
                continue
            raise
        found = metadata(kms, key_id)
        if found and found["KeyState"] in USABLE and found.get("Description", "") == wanted["description"]:
            return found
    return None


def find(kms, wanted):
    """(what KMS tells of the key, has it the alias?), or (None, False)."""
    found = metadata(kms, f"alias/{wanted['alias']}")
    return (found, True) if found else (nameless(kms, wanted) if wanted["tags"] else None, False)


def describe(kms, wanted):
    """The key in the shape of `wanted`, or None."""
    found, has_alias = find(kms, wanted)
    if found is None:
        return None
    return {
        "alias": wanted["alias"] if has_alias else None,
        "description": found.get("Description", ""),
        "state": found["KeyState"],
        "rotation": kms.get_key_rotation_status(KeyId=found["KeyId"])["KeyRotationEnabled"],
        "policy": document(kms.get_key_policy(KeyId=found["KeyId"], PolicyName="default")["Policy"] or "{}"),
        "tags": tags_of(kms, found["KeyId"]),
    }


def apply(kms, wanted, after, pending_days):
    """Make KMS match `after`."""
    found, has_alias = find(kms, wanted)
    if after is None:
        remove(kms, wanted["alias"] if has_alias else None, found, pending_days)
        return
    if found is None:
        tags = {"Tags": kms_tags(after["tags"])} if after["tags"] else {}
        found = kms.create_key(Description=after["description"], Policy=json.dumps(after["policy"]), **tags)["KeyMetadata"]
    key_id = found["KeyId"]
    if not has_alias:
        kms.create_alias(AliasName=f"alias/{after['alias']}", TargetKeyId=key_id)
    take_back(kms, key_id, found["KeyState"])
    update(kms, key_id, after)


def remove(kms, alias, found, pending_days):
    """Let the key wait to be deleted, and then take its alias away: what is cut off between the two is seen by the next run."""
    if found and found["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=found["KeyId"], PendingWindowInDays=pending_days)
    if alias:
        try:
            kms.delete_alias(AliasName=f"alias/{alias}")
        except ClientError as error:
            if not is_missing(error, *GONE):
                raise


def take_back(kms, key_id, state):
    """Let a key that waits to be deleted, or is disabled, be used again; only then KMS takes other changes."""
    if state == "PendingDeletion":
        kms.cancel_key_deletion(KeyId=key_id)
    if state in ("PendingDeletion", "Disabled"):
        once_possible(lambda: kms.enable_key(KeyId=key_id), NOT_YET)


def update(kms, key_id, after):
    """Change what differs, each by its own call."""
    before = describe(kms, after)
    if before is None:  # made just now, and not shown yet
        before = {**after, "rotation": False}
    if before["description"] != after["description"]:
        once_possible(lambda: kms.update_key_description(KeyId=key_id, Description=after["description"]), NOT_YET)
    if before["policy"] != after["policy"]:
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(after["policy"]))
    if before["rotation"] != after["rotation"]:
        once_possible(lambda: kms.enable_key_rotation(KeyId=key_id), NOT_YET)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_remove:
        once_possible(lambda: kms.untag_resource(KeyId=key_id, TagKeys=to_remove), NOT_YET)
    if to_set:
        once_possible(lambda: kms.tag_resource(KeyId=key_id, Tags=kms_tags(to_set)), NOT_YET)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "policy": {"type": "dict"},
            "pending_days": {"type": "int", "default": 7},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["policy"])],
    )
    params = module.params
    if not 7 <= params["pending_days"] <= 30:
        module.fail_json(msg=f"pending_days is {params['pending_days']}: KMS takes 7 to 30")
    wanted = {
        "alias": params["name"].removeprefix("alias/"),
        "description": params["description"],
        "state": "Enabled",
        "rotation": True,
        "policy": params["policy"],
        "tags": params["tags"],
    }
    kms = module.client("kms")
    converge(
        module,
        f"KMS key {wanted['alias']!r}",
        lambda: describe(kms, wanted),
        lambda _before, after: apply(kms, wanted, after, params["pending_days"]),
        wanted,
    )


if __name__ == "__main__":
    main()
