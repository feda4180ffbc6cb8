#!/usr/bin/python
"""Wait until every line of a file lies in objects of a bucket."""

DOCUMENTATION = r"""
module: s3_lines_arrived
short_description: Wait until every line of a file lies in objects of a bucket
description:
  - Looks at the objects below a prefix that were written since a moment, and ends when they hold every line of the file as often as the
    file does. Other lines among them do not count.
options:
  source:
    description: The file of lines.
    type: path
    required: true
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  prefix:
    description: Where the objects are. GZIP'd ones are read as such.
    type: str
    required: true
  since:
    description: Seconds since 1970; objects written earlier are not looked at.
    type: float
    required: true
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The lines have arrived
  s3_lines_arrived:
    source: .state/replay/orders.json
    bucket: order-history-000000000000-us-east-1
    prefix: raw/
    since: 1795000000
"""

RETURN = r"""
lines:
  description: Lines of the file.
  type: int
  returned: always
objects:
  description: Objects that were looked at.
  type: int
  returned: always
"""

import gzip
import time
from collections import Counter
from pathlib import Path

from ansible.module_utils.aws_resource import Boto3Error, BotoCoreError, ClientError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

#: A clock of AWS may be this many seconds behind ours.
CLOCKS = 60


def written(s3, bucket, prefix, since):
    """Keys of the objects that were written since then."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", []) if item["LastModified"].timestamp() >= since - CLOCKS]


def lines_of(s3, bucket, key):
    """An object's lines, as bytes."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).splitlines()


def main():
    """Strike out lines until none is left."""
    module = AnsibleAWSModule(
        argument_spec={
            "source": {"type": "path", "required": True},
            "bucket": {"required": True},
            "prefix": {"required": True},
            "since": {"type": "float", "required": True},
            "wait_timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    params, looked = module.params, set()
    if module.check_mode:
        module.exit_json(changed=False, lines=0, objects=0)
    # Eight bytes of a hash stand for a line: half a million lines are some 60 MB.
    with Path(params["source"]).open("rb") as file:
        missing = Counter(hash(line.rstrip(b"\r\n")) for line in file)
    count, deadline, pause = missing.total(), time.monotonic() + params["wait_timeout"], 0.5
    s3 = module.client("s3")
    try:
        while missing:
            for key in sorted(set(written(s3, params["bucket"], params["prefix"], params["since"])) - looked):
                looked.add(key)
                for line in map(hash, lines_of(s3, params["bucket"], key)):
                    if missing.get(line, 0) > 1:
                        missing[line] -= 1
                    else:
                        missing.pop(line, None)
            if missing and time.monotonic() > deadline:
                module.fail_json(
                    msg=f"{missing.total()} of {count} lines are not below s3://{params['bucket']}/{params['prefix']} after "
                    f"{params['wait_timeout']} s; {len(looked)} objects were looked at. Is the agent running, and does the stream deliver? "
                    "What it could not deliver is below errors/, and why in its log group."
                )
            if missing:
                time.sleep(pause)
                pause = min(pause * 1.5, 10)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Looking for the lines of {params['source']}")
    module.exit_json(changed=False, lines=count, objects=len(looked))


if __name__ == "__main__":
    main()
