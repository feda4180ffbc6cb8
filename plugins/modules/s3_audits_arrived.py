#!/usr/bin/python
"""Wait until a function has written the audit records of some inputs, and sum up what became of their rows."""

DOCUMENTATION = r"""
module: s3_audits_arrived
short_description: Wait until the audit records of some inputs are written
description:
  - Wait until each of the audit records is in the bucket and finished, and sum up their rows. It changes nothing.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  audit_keys:
    description: Keys of the audit records, JSON with C(source.key), C(status) and C(rows).
    type: list
    elements: str
    required: true
  failures:
    description: Where failed events go, for the error.
    type: str
    default: the dead-letter queue
  wait_timeout:
    description: Seconds to wait for all of them.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: Transactions are in the table
  s3_audits_arrived:
    bucket: transactions-000000000000-us-east-1
    audit_keys: [audit/20261121T120000-1f2e3d.json]
"""

RETURN = r"""
inputs:
  description: Number of the records.
  type: int
  returned: always
rows:
  description: Sums of the records' rows by what became of them, such as in, kept, dropped and rejected.
  type: dict
  returned: when not in check mode
rejected_whole:
  description: Inputs that were rejected whole, with the reason.
  type: list
  elements: str
  returned: when not in check mode
"""

import json
import time
from collections import Counter

from ansible.module_utils.aws_resource import BotoCoreError, ClientError, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

#: Statuses of a finished record.
FINISHED = ("processed", "rejected")


def read(s3, bucket, key):
    """The finished record, or None."""
    try:
        record = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if is_missing(error, "NoSuchKey"):
            return None
        raise
    return record if record["status"] in FINISHED else None


def arrived(s3, bucket, keys, seconds):
    """The records in the order of their keys, as many as there are before the first that does not come in time."""
    deadline, found = time.monotonic() + seconds, []
    for key in keys:
        pause = 0.1
        while not (record := read(s3, bucket, key)):
            if time.monotonic() > deadline:
                return found
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
        found.append(record)
    return found


def main():
    """Wait, sum up."""
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"required": True},
            "audit_keys": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "failures": {"default": "the dead-letter queue"},
            "wait_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    keys = list(dict.fromkeys(params["audit_keys"]))
    if module.check_mode:
        module.exit_json(changed=False, inputs=len(keys))
    try:
        records = arrived(module.client("s3"), params["bucket"], keys, params["wait_timeout"])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Reading audit records of s3://{params['bucket']}")
    if len(records) < len(keys):
        module.fail_json(
            msg=f"s3://{params['bucket']}/{keys[len(records)]} is not there, or not finished, after {params['wait_timeout']} s; "
            f"{len(records)} of {len(keys)} inputs are done at least. Failed events are in {params['failures']}."
        )
    rows = sum((Counter(record["rows"]) for record in records), Counter())
    module.exit_json(
        changed=False,
        inputs=len(keys),
        rows={name: rows[name] for name in dict.fromkeys(name for record in records for name in record["rows"])},
        rejected_whole=[f"{record['source']['key']}: {record['reason']}" for record in records if record["status"] == "rejected"],
    )


if __name__ == "__main__":
    main()
