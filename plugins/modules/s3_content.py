#!/usr/bin/python
"""Keep a file in a bucket under a key that names its content."""

DOCUMENTATION = r"""
module: s3_content
short_description: Keep a file in a bucket under a key that names its content
description:
  - Upload a file to C(<prefix><SHA-256 in hexadecimal><suffix of the file>) unless an object of that key is there.
  - What is stored never changes, so that whoever reads it is never surprised, and an unchanged file is never sent again.
  - Objects of former content stay until the bucket's lifecycle or its removal takes them.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  prefix:
    description: What the key begins with.
    type: str
    default: ""
  source:
    description: The file.
    type: path
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The layer's archive is in the bucket
  s3_content:
    bucket: artifacts-000000000000-us-east-1
    prefix: layers/pyarrow/
    source: .cache/layers/pyarrow.zip
"""

RETURN = r"""
resource:
  description: The object's place; empty when absent.
  type: dict
  returned: always
  sample: {bucket: artifacts-000000000000-us-east-1, key: layers/pyarrow/ab12.zip, size: 31457280}
"""

import hashlib
from pathlib import Path

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing


def describe(s3, bucket, key):
    """The object's place, or None where it or its bucket is missing."""
    try:
        found = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error, "404", "NoSuchKey", "NoSuchBucket"):
            return None
        raise
    return {"bucket": bucket, "key": key, "size": found["ContentLength"]}


def main():
    """Compare, then act only on a difference."""
    module = aws_module({"bucket": {"required": True}, "prefix": {"default": ""}, "source": {"type": "path", "required": True}})
    bucket, source = module.params["bucket"], Path(module.params["source"])
    if not source.is_file():
        module.fail_json(msg=f"source {str(source)!r} is not a file")
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    key = f"{module.params['prefix']}{digest}{source.suffix}"
    s3 = module.client("s3")

    def apply(_before, after):
        if after:
            s3.upload_file(str(source), bucket, key)
        else:
            s3.delete_object(Bucket=bucket, Key=key)

    converge(
        module,
        f"Object {key!r} in bucket {bucket!r}",
        lambda: describe(s3, bucket, key),
        apply,
        {"bucket": bucket, "key": key, "size": source.stat().st_size},
    )


if __name__ == "__main__":
    main()
