#!/usr/bin/python
"""Publish a version of an AWS Lambda layer when its content changed."""

DOCUMENTATION = r"""
module: lambda_layer_version
short_description: Publish a version of an AWS Lambda layer when its content changed
description:
  - Publish a new version only if the newest one's code, runtimes or architectures differ from what is wanted;
    layer versions cannot be changed. (M(amazon.aws.lambda_layer) publishes a version at each run.)
  - The archive lies in a bucket, since a layer may be larger than a direct upload.
  - C(state=absent) deletes every version.
options:
  name:
    description: Name of the layer.
    type: str
    required: true
  description:
    description: What the layer holds.
    type: str
    default: ""
  s3_bucket:
    description: Bucket of the archive.
    type: str
    required: true
  s3_key:
    description: Key of the archive.
    type: str
    required: true
  code_sha256:
    description: Base64 of the archive's SHA-256, as Lambda tells it. Needed for C(state=present).
    type: str
  compatible_runtimes:
    description: Runtimes that the layer serves.
    type: list
    elements: str
    default: []
  compatible_architectures:
    description: Architectures that the layer serves.
    type: list
    elements: str
    default: []
  keep_versions:
    description: How many versions to keep; older ones are deleted after a new one is published.
    type: int
    default: 3
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The layer with pyarrow is published
  lambda_layer_version:
    name: headwater-pyarrow
    s3_bucket: artifacts-000000000000-us-east-1
    s3_key: layers/pyarrow.zip
    code_sha256: "{{ archive.code_sha256 }}"
    compatible_runtimes: [python3.12]
    compatible_architectures: [arm64]
"""

RETURN = r"""
resource:
  description: The newest version's content as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {code_sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=, description: "", compatible_runtimes: [python3.12]}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing


def versions(client, name):
    """Version numbers, newest first."""
    pages = client.get_paginator("list_layer_versions").paginate(LayerName=name)
    try:
        return sorted((version["Version"] for page in pages for version in page["LayerVersions"]), reverse=True)
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return []
        raise


def describe(client, name):
    """The newest version in the options' own shape, or None."""
    found = versions(client, name)
    if not found:
        return None
    newest = client.get_layer_version(LayerName=name, VersionNumber=found[0])
    return {
        "code_sha256": newest["Content"]["CodeSha256"],
        "description": newest.get("Description", ""),
        "compatible_runtimes": sorted(newest.get("CompatibleRuntimes", [])),
        "compatible_architectures": sorted(newest.get("CompatibleArchitectures", [])),
    }


def apply(client, params, after):
    """Publish, then drop what is too old; or delete every version."""
    name = params["name"]
    if after is None:
        old = versions(client, name)
    else:
        client.publish_layer_version(
            LayerName=name,
            Description=after["description"],
            Content={"S3Bucket": params["s3_bucket"], "S3Key": params["s3_key"]},
            CompatibleRuntimes=after["compatible_runtimes"],
            CompatibleArchitectures=after["compatible_architectures"],
        )
        old = versions(client, name)[params["keep_versions"] :]
    for version in old:
        client.delete_layer_version(LayerName=name, VersionNumber=version)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "s3_bucket": {"required": True},
            "s3_key": {"required": True, "no_log": False},
            "code_sha256": {},
            "compatible_runtimes": {"type": "list", "elements": "str", "default": []},
            "compatible_architectures": {"type": "list", "elements": "str", "default": []},
            "keep_versions": {"type": "int", "default": 3},
        },
        required_if=[("state", "present", ["code_sha256"])],
    )
    params = module.params
    wanted = {
        "code_sha256": params["code_sha256"],
        "description": params["description"],
        "compatible_runtimes": sorted(params["compatible_runtimes"]),
        "compatible_architectures": sorted(params["compatible_architectures"]),
    }
    client = module.client("lambda")
    converge(
        module,
        f"Lambda layer {params['name']!r}",
        lambda: describe(client, params["name"]),
        lambda _before, after: apply(client, params, after),
        wanted,
    )


if __name__ == "__main__":
    main()
