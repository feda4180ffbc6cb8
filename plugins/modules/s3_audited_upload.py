#!/usr/bin/python
"""Upload a file that a function processes, and wait for its audit record."""

DOCUMENTATION = r"""
module: s3_audited_upload
short_description: Upload a file that a function processes, and wait for its audit record
description:
  - Put a file into a bucket unless that very content is there and processed, and wait until the audit record tells what became of its rows.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  key:
    description: Key of the object.
    type: str
    required: true
  source:
    description: The file.
    type: path
    required: true
  audit_key:
    description: Key of the audit record, JSON with C(source.version_id), C(status), C(reason) and C(rows).
    type: str
    required: true
  failures:
    description: Where failed events go, for the error.
    type: str
    default: the dead-letter queue
  wait_timeout:
    description: Seconds to wait for the audit record.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The file is processed
  s3_audited_upload:
    bucket: orders-000000000000-us-east-1
    key: raw/orders.csv
    source: orders.csv
    audit_key: audit/orders-1f2e3d.json
"""

RETURN = r"""
audit:
  description: The audit record.
  type: dict
  returned: when not in check mode
message:
  description: What became of the rows, in a sentence.
  type: str
  returned: when not in check mode
"""

import hashlib
import json
import time
from pathlib import Path

from ansible.module_utils.aws_resource import Boto3Error, BotoCoreError, ClientError, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def head(s3, bucket, key):
    """The object's head, or {}."""
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error, "404", "NoSuchKey"):
            return {}
        raise


def read_audit(s3, bucket, key):
    """The audit record, or None."""
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if is_missing(error, "NoSuchKey"):
            return None
        raise


def is_processed(s3, params, there):
    """Is there an audit record of the object's present version? Otherwise its event was lost, and a new one helps."""
    audit = read_audit(s3, params["bucket"], params["audit_key"])
    return audit is not None and audit["source"].get("version_id") == there.get("VersionId")


def await_audit(s3, bucket, key, version_id, seconds):
    """The record of that version, or None when the time is up."""
    deadline = time.monotonic() + seconds
    pause = 0.1
    while time.monotonic() < deadline:
        audit = read_audit(s3, bucket, key)
        if audit and audit["source"].get("version_id") == version_id:
            return audit
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
    return None


def sentence(source, audit):
    """What became of the rows."""
    if audit["status"] != "processed":
        return f"{source.name} was rejected whole: {audit['reason']}"
    rows = audit["rows"]
    return f"{source.name}: {rows['in']} rows in, {rows['kept']} kept, {rows['dropped']} dropped by rule, {rows['rejected']} rejected"


def main():
    """Upload on a difference, then wait."""
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"required": True},
            "key": {"required": True, "no_log": False},
            "source": {"type": "path", "required": True},
            "audit_key": {"required": True, "no_log": False},
            "failures": {"default": "the dead-letter queue"},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    bucket, key, source = params["bucket"], params["key"], Path(params["source"])
    if not source.is_file():
        module.fail_json(msg=f"{str(source)!r} is not a file")
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    s3 = module.client("s3")
    try:
        there = head(s3, bucket, key)
        changed = there.get("Metadata", {}).get("sha256") != digest or not is_processed(s3, params, there)
        if module.check_mode:
            module.exit_json(changed=changed)
        if changed:
            s3.upload_file(str(source), bucket, key, ExtraArgs={"Metadata": {"sha256": digest}})
        audit = await_audit(s3, bucket, params["audit_key"], head(s3, bucket, key).get("VersionId"), params["wait_timeout"])
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Uploading {source} to s3://{bucket}/{key}")
    if audit is None:
        module.fail_json(
            msg=f"s3://{bucket}/{key} is uploaded, but not processed after {params['wait_timeout']} s. "
            f"Failed events are in {params['failures']}."
        )
    module.exit_json(changed=changed, audit=audit, message=sentence(source, audit))


if __name__ == "__main__":
    main()
