#!/usr/bin/python
"""Manage a key pair of EC2 whose private half stays where it was made."""

DOCUMENTATION = r"""
module: ec2_key_pair
short_description: Import a public SSH key into EC2, or remove it
description:
  - Import a public key under a name, with its tags in the same call.
  - amazon.aws.ec2_key learns whether a key is the same by importing it once more under another name, in check mode too.
    This module compares the public key that EC2 keeps.
  - A key that differs is replaced; servers that run already keep knowing the former one only.
options:
  name:
    description: Name of the key pair.
    type: str
    required: true
  public_key:
    description: The public key, as OpenSSH writes it. Its comment does not count.
    type: str
    default: ""
  tags:
    description: All tags of the key pair; others are removed.
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
- name: The key pair is known to EC2
  ec2_key_pair:
    name: dashboard
    public_key: "{{ lookup('file', 'dashboard.pub') }}"
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The key pair as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: dashboard, public_key: ssh-ed25519 AAAAC3Nza, tags: {project: headwater}}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, is_missing, plain_tags, tag_changes


def without_comment(public_key):
    """Kind and key of a public key's line."""
    return " ".join(public_key.split()[:2])


def describe(ec2, name):
    """The key pair in the options' own shape, or None."""
    try:
        (found,) = ec2.describe_key_pairs(KeyNames=[name], IncludePublicKey=True)["KeyPairs"]
    except ClientError as error:
        if is_missing(error, "InvalidKeyPair.NotFound"):
            return None
        raise
    return {"name": name, "public_key": without_comment(found.get("PublicKey", "")), "tags": plain_tags(found.get("Tags"))}


def apply(ec2, before, after):
    """Make EC2 match `after`."""
    if after is None or (before and before["public_key"] != after["public_key"]):
        ec2.delete_key_pair(KeyName=before["name"])
        before = None
    if after is None:
        return
    if before is None:
        tags = {"ResourceType": "key-pair", "Tags": aws_tags(after["tags"])}
        ec2.import_key_pair(
            KeyName=after["name"], PublicKeyMaterial=after["public_key"].encode(), TagSpecifications=[tags] if after["tags"] else []
        )
        return
    (found,) = ec2.describe_key_pairs(KeyNames=[after["name"]])["KeyPairs"]
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        ec2.create_tags(Resources=[found["KeyPairId"]], Tags=aws_tags(to_set))
    if to_remove:
        ec2.delete_tags(Resources=[found["KeyPairId"]], Tags=[{"Key": key} for key in to_remove])


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {"name": {"required": True}, "public_key": {"default": "", "no_log": False}, "tags": {"type": "dict", "default": {}}},
        required_if=[("state", "present", ["public_key"])],
    )
    params = module.params
    if params["state"] == "present" and not params["public_key"] and not module.check_mode:
        module.fail_json(msg=f"The key pair {params['name']!r} needs a public key; public_key is empty")
    wanted = {"name": params["name"], "public_key": without_comment(params["public_key"]), "tags": params["tags"]}
    ec2 = module.client("ec2")
    converge(
        module,
        f"Key pair {wanted['name']!r}",
        lambda: describe(ec2, wanted["name"]),
        lambda before, after: apply(ec2, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
