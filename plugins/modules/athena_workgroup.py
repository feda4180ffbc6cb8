#!/usr/bin/python
"""Manage an Amazon Athena workgroup."""

DOCUMENTATION = r"""
module: athena_workgroup
short_description: Manage an Amazon Athena workgroup
description:
  - Create, update or delete a workgroup with its settings, which bind every client of it.
  - Deleting a workgroup deletes its named queries and its query history too.
options:
  name:
    description: Name of the workgroup.
    type: str
    required: true
  description:
    description: What the workgroup is for.
    type: str
    default: ""
  output_location:
    description: Where results go, such as C(s3://bucket/enriched/).
    type: str
    required: true
  expected_bucket_owner:
    description: Account that must own the results' bucket; empty for no check.
    type: str
    default: ""
  encryption:
    description: How results are encrypted.
    type: str
    choices: [SSE_S3, SSE_KMS]
    default: SSE_S3
  kms_key:
    description: Key for C(SSE_KMS).
    type: str
    default: ""
  enforce:
    description: Whether these settings override what a client asks for.
    type: bool
    default: true
  bytes_scanned_cutoff:
    description: A query that scans more bytes is cancelled; at least 10,000,000, the least that AWS bills.
    type: int
    default: 1000000000
  publish_metrics:
    description: Whether query metrics go to CloudWatch.
    type: bool
    default: true
  engine_version:
    description: Engine version.
    type: str
    default: Athena engine version 3
  tags:
    description: All tags of the workgroup; others are removed.
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
- name: The workgroup of the orders stops a query at one gigabyte
  athena_workgroup:
    name: orders
    output_location: s3://orders-000000000000-us-east-1/enriched/
    bytes_scanned_cutoff: 1000000000
"""

RETURN = r"""
resource:
  description: The workgroup's settings as they are, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders, enforce: true, bytes_scanned_cutoff: 1000000000}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, is_missing, plain_tags, tag_changes

FIELDS = (
    "name",
    "description",
    "output_location",
    "expected_bucket_owner",
    "encryption",
    "kms_key",
    "enforce",
    "bytes_scanned_cutoff",
    "publish_metrics",
    "engine_version",
    "tags",
)


def describe(athena, arn, name):
    """The workgroup in the options' own shape, or None."""
    try:
        group = athena.get_work_group(WorkGroup=name)["WorkGroup"]
        tags = athena.list_tags_for_resource(ResourceARN=arn).get("Tags", [])
    except ClientError as error:
        # Athena says InvalidRequestException for a workgroup that is not there.
        if is_missing(error, "InvalidRequestException", "ResourceNotFoundException") and "not found" in str(error).lower():
            return None
        raise
    settings = group.get("Configuration", {})
    result = settings.get("ResultConfiguration", {})
    encryption = result.get("EncryptionConfiguration", {})
    return {
        "name": group["Name"],
        "description": group.get("Description", ""),
        "output_location": result.get("OutputLocation", ""),
        "expected_bucket_owner": result.get("ExpectedBucketOwner", ""),
        "encryption": encryption.get("EncryptionOption", ""),
        "kms_key": encryption.get("KmsKey", ""),
        "enforce": settings.get("EnforceWorkGroupConfiguration", False),
        "bytes_scanned_cutoff": settings.get("BytesScannedCutoffPerQuery"),
        "publish_metrics": settings.get("PublishCloudWatchMetricsEnabled", False),
        "engine_version": settings.get("EngineVersion", {}).get("SelectedEngineVersion", ""),
        "tags": plain_tags(tags),
    }


def result_configuration(after):
    """ResultConfiguration as the API takes it."""
    encryption = {"EncryptionOption": after["encryption"]}
    if after["kms_key"]:
        encryption["KmsKey"] = after["kms_key"]
    result = {"OutputLocation": after["output_location"], "EncryptionConfiguration": encryption}
    if after["expected_bucket_owner"]:
        result["ExpectedBucketOwner"] = after["expected_bucket_owner"]
    return result


def shared_configuration(after):
    """What creating and updating spell alike."""
    return {
        "EnforceWorkGroupConfiguration": after["enforce"],
        "PublishCloudWatchMetricsEnabled": after["publish_metrics"],
        "BytesScannedCutoffPerQuery": after["bytes_scanned_cutoff"],
        "EngineVersion": {"SelectedEngineVersion": after["engine_version"]},
    }


def apply(athena, arn, before, after):
    """Make AWS match `after`."""
    if after is None:
        athena.delete_work_group(WorkGroup=before["name"], RecursiveDeleteOption=True)
    elif before is None:
        athena.create_work_group(
            Name=after["name"],
            Description=after["description"],
            Configuration={**shared_configuration(after), "ResultConfiguration": result_configuration(after)},
            Tags=aws_tags(after["tags"]),
        )
    else:
        update(athena, arn, before, after)


def update(athena, arn, before, after):
    """Change settings and tags, each only when it differs."""
    if any(before[key] != after[key] for key in FIELDS if key != "tags"):
        result = result_configuration(after)
        if before["expected_bucket_owner"] and not after["expected_bucket_owner"]:
            result["RemoveExpectedBucketOwner"] = True
        athena.update_work_group(
            WorkGroup=after["name"],
            Description=after["description"],
            ConfigurationUpdates={**shared_configuration(after), "ResultConfigurationUpdates": result},
        )
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        athena.tag_resource(ResourceARN=arn, Tags=aws_tags(to_set))
    if to_remove:
        athena.untag_resource(ResourceARN=arn, TagKeys=to_remove)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "output_location": {"required": True},
            "expected_bucket_owner": {"default": ""},
            "encryption": {"choices": ["SSE_S3", "SSE_KMS"], "default": "SSE_S3"},
            "kms_key": {"default": "", "no_log": False},
            "enforce": {"type": "bool", "default": True},
            "bytes_scanned_cutoff": {"type": "int", "default": 1_000_000_000},
            "publish_metrics": {"type": "bool", "default": True},
            "engine_version": {"default": "Athena engine version 3"},
            "tags": {"type": "dict", "default": {}},
        }
    )
    wanted = {key: module.params[key] for key in FIELDS}
    if wanted["bytes_scanned_cutoff"] < 10_000_000:
        module.fail_json(msg=f"bytes_scanned_cutoff is {wanted['bytes_scanned_cutoff']}; Athena's least is 10000000")
    athena = module.client("athena")
    caller = module.client("sts").get_caller_identity()
    arn = f"arn:{caller['Arn'].split(':')[1]}:athena:{module.region}:{caller['Account']}:workgroup/{wanted['name']}"
    converge(
        module,
        f"Athena workgroup {wanted['name']!r}",
        lambda: describe(athena, arn, wanted["name"]),
        lambda before, after: apply(athena, arn, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
