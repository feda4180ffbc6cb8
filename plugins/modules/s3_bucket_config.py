#!/usr/bin/python
"""Manage an Amazon S3 bucket with its protection and its lifecycle."""

DOCUMENTATION = r"""
module: s3_bucket_config
short_description: Manage an S3 bucket with its protection and lifecycle, with check mode and diff
description:
  - Create a bucket, or bring its versioning, encryption, public access block, ownership, policy, lifecycle and tags
    to what is wanted.
  - M(amazon.aws.s3_bucket) and M(community.aws.s3_lifecycle) skip in check mode, so that drift of just these
    settings would stay unseen; this module reports it field by field.
  - C(state=absent) deletes the bucket with every object, version, delete marker and unfinished upload in it.
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
  versioning:
    description: Whether versions are kept.
    type: bool
    default: true
  kms_key_id:
    description: Customer key for the default encryption (SSE-KMS with a bucket key); empty for SSE-S3.
    type: str
    default: ""
  block_public_access:
    description: Whether all four public access blocks are on.
    type: bool
    default: true
  policy:
    description: Bucket policy; an empty one removes it.
    type: dict
    default: {}
  lifecycle_rules:
    description: All lifecycle rules; others are removed.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Name of the rule.
        type: str
        required: true
      prefix:
        description: Objects that it covers; empty for all.
        type: str
        default: ""
      expire_days:
        description: Days after which a current version expires; 0 for never.
        type: int
        default: 0
      noncurrent_days:
        description: Days after which a noncurrent version is deleted; 0 for never.
        type: int
        default: 0
      abort_upload_days:
        description: Days after which an unfinished multipart upload is aborted; 0 for never.
        type: int
        default: 0
  request_metrics:
    description:
      - Whether CloudWatch counts the bucket's requests, under the filter C(EntireBucket). Each such metric is billed.
      - Other metrics configurations are left alone.
    type: bool
    default: false
  tags:
    description: All tags of the bucket; others are removed.
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
- name: The bucket of the orders keeps query results for thirty days
  s3_bucket_config:
    name: orders-000000000000-us-east-1
    lifecycle_rules:
      - id: results
        prefix: enriched/
        expire_days: 30
"""

RETURN = r"""
resource:
  description: The bucket's settings as they are, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders-000000000000-us-east-1, versioning: true, encryption: AES256}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, is_missing, plain_tags

PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
#: The metrics configuration without a filter, by the name that S3's console gives it.
METRICS = "EntireBucket"


def read(call, *missing, **arguments):
    """The answer of a get call, or {} where this part of a bucket was never set."""
    try:
        return call(**arguments)
    except ClientError as error:
        if is_missing(error, *missing):
            return {}
        raise


def describe(s3, name):
    """The bucket in the shape of `wanted`, or None."""
    if not exists(s3, name):
        return None
    encryption = read(s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", Bucket=name)
    rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    block = read(s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration", Bucket=name)
    owner = read(s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError", Bucket=name)
    policy = read(s3.get_bucket_policy, "NoSuchBucketPolicy", Bucket=name)
    lifecycle = read(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", Bucket=name)
    metrics = read(s3.get_bucket_metrics_configuration, "NoSuchConfiguration", Bucket=name, Id=METRICS)
    tags = read(s3.get_bucket_tagging, "NoSuchTagSet", Bucket=name)
    return {
        "name": name,
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled",
        "encryption": default.get("SSEAlgorithm", ""),
        "kms_key_id": default.get("KMSMasterKeyID", ""),
        "public_access_block": {key: block.get("PublicAccessBlockConfiguration", {}).get(key, False) for key in PUBLIC_ACCESS},
        "ownership": (owner.get("OwnershipControls", {}).get("Rules") or [{}])[0].get("ObjectOwnership", ""),
        "policy": json.loads(policy.get("Policy", "{}")),
        "lifecycle_rules": sorted((plain_rule(rule) for rule in lifecycle.get("Rules", [])), key=lambda rule: rule["id"]),
        "request_metrics": bool(metrics.get("MetricsConfiguration")),
        "tags": plain_tags(tags.get("TagSet")),
    }


def exists(s3, name):
    """Is the bucket there? A bucket of somebody else is an error (403), not an absence."""
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if is_missing(error, "404", "NoSuchBucket"):
            return False
        if is_missing(error, "403"):
            # S3 says only "Forbidden".
            reason = (
                "it belongs to another account, where name_prefix gives yours another name, or the credentials lack s3:ListBucket on it"
            )
            raise ClientError({"Error": {"Code": "403", "Message": f"Forbidden: {reason}"}}, "HeadBucket") from error
        raise
    return True


def plain_rule(rule):
    """A lifecycle rule of the API in the options' own shape; what the options cannot say stays visible under `other`."""
    known = {"ID", "Status", "Filter", "Prefix", "Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
    plain = {
        "id": rule.get("ID", ""),
        "prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")),
        "expire_days": rule.get("Expiration", {}).get("Days", 0),
        "noncurrent_days": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0),
        "abort_upload_days": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", 0),
    }
    other = {key: value for key, value in rule.items() if key not in known}
    if rule.get("Status") != "Enabled":
        other["Status"] = rule.get("Status")
    return {**plain, "other": other} if other else plain


def api_rule(rule):
    """A lifecycle rule as the API takes it."""
    made = {"ID": rule["id"], "Status": "Enabled", "Filter": {"Prefix": rule["prefix"]}}
    if rule["expire_days"]:
        made["Expiration"] = {"Days": rule["expire_days"]}
    if rule["noncurrent_days"]:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["noncurrent_days"]}
    if rule["abort_upload_days"]:
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule["abort_upload_days"]}
    return made


def apply(s3, region, before, after):
    """Make AWS match `after`, one call for each part that differs."""
    if after is None:
        empty(s3, before["name"])
        s3.delete_bucket(Bucket=before["name"])
        return
    name = after["name"]
    if before is None:
        # us-east-1 is the one region that must not be named.
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **where)
        s3.get_waiter("bucket_exists").wait(Bucket=name)
        before = describe(s3, name)
    for part, put in PARTS:
        if any(before[key] != after[key] for key in part):
            put(s3, name, after)


def put_versioning(s3, name, after):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled" if after["versioning"] else "Suspended"})


def put_encryption(s3, name, after):
    default = {"SSEAlgorithm": after["encryption"]}
    if after["kms_key_id"]:
        default["KMSMasterKeyID"] = after["kms_key_id"]
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bool(after["kms_key_id"])}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def put_public_access(s3, name, after):
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=after["public_access_block"])


def put_ownership(s3, name, after):
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": after["ownership"]}]})


def put_policy(s3, name, after):
    if after["policy"]:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(after["policy"]))
    else:
        s3.delete_bucket_policy(Bucket=name)


def put_lifecycle(s3, name, after):
    if after["lifecycle_rules"]:
        rules = [api_rule(rule) for rule in after["lifecycle_rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    else:
        s3.delete_bucket_lifecycle(Bucket=name)


def put_metrics(s3, name, after):
    if after["request_metrics"]:
        s3.put_bucket_metrics_configuration(Bucket=name, Id=METRICS, MetricsConfiguration={"Id": METRICS})
    else:
        s3.delete_bucket_metrics_configuration(Bucket=name, Id=METRICS)


def put_tags(s3, name, after):
    if after["tags"]:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": aws_tags(after["tags"])})
    else:
        s3.delete_bucket_tagging(Bucket=name)


PARTS = (
    # First, so that a run which is cut off leaves no bucket of nobody.
    (("tags",), put_tags),
    (("versioning",), put_versioning),
    (("encryption", "kms_key_id"), put_encryption),
    (("ownership",), put_ownership),
    (("public_access_block",), put_public_access),
    (("policy",), put_policy),
    (("lifecycle_rules",), put_lifecycle),
    (("request_metrics",), put_metrics),
)


def empty(s3, name):
    """Delete every version, delete marker and unfinished upload, a thousand at a time (the API's limit)."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    while True:
        page = s3.list_object_versions(Bucket=name, MaxKeys=1000)
        found = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        if not found:
            return
        errors = s3.delete_objects(Bucket=name, Delete={"Objects": found, "Quiet": True}).get("Errors", [])
        if errors:
            first = errors[0]
            raise ClientError({"Error": {"Code": first["Code"], "Message": f"{first['Key']}: {first.get('Message', '')}"}}, "DeleteObjects")


def main():
    """Compare, then act only on a difference."""
    rule = {
        "id": {"required": True},
        "prefix": {"default": ""},
        "expire_days": {"type": "int", "default": 0},
        "noncurrent_days": {"type": "int", "default": 0},
        "abort_upload_days": {"type": "int", "default": 0},
    }
    module = aws_module(
        {
            "name": {"required": True},
            "versioning": {"type": "bool", "default": True},
            "kms_key_id": {"default": "", "no_log": False},
            "block_public_access": {"type": "bool", "default": True},
            "policy": {"type": "dict", "default": {}},
            "lifecycle_rules": {"type": "list", "elements": "dict", "default": [], "options": rule},
            "request_metrics": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
        }
    )
    params = module.params
    wanted = {
        "name": params["name"],
        "versioning": params["versioning"],
        "encryption": "aws:kms" if params["kms_key_id"] else "AES256",
        "kms_key_id": params["kms_key_id"],
        "public_access_block": dict.fromkeys(PUBLIC_ACCESS, params["block_public_access"]),
        "ownership": "BucketOwnerEnforced",
        "policy": params["policy"],
        "lifecycle_rules": sorted(params["lifecycle_rules"], key=lambda rule: rule["id"]),
        "request_metrics": params["request_metrics"],
        "tags": params["tags"],
    }
    s3 = module.client("s3")
    converge(
        module,
        f"S3 bucket {wanted['name']!r}",
        lambda: describe(s3, wanted["name"]),
        lambda before, after: apply(s3, module.region, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
