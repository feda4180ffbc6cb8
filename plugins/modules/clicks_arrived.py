#!/usr/bin/python
"""Wait until the clicks of a run of clicks_posted lie in the bucket."""

DOCUMENTATION = r"""
module: clicks_arrived
short_description: Wait until posted clicks are in the bucket
description:
  - Looks at the objects that a stream and its transform wrote since a moment, and ends when each click that the API took is among the data
    or among the rejects, by its name. A click that lies there twice counts once.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  prefix:
    description: Where the data are, in folders by the hour of arrival (yyyy/MM/dd/HH, UTC).
    type: str
    required: true
  rejected_prefix:
    description: Where the rejects are, in the same folders, as JSON lines with C(reason).
    type: str
    required: true
  run:
    description: What the names of the clicks begin with.
    type: str
    required: true
  count:
    description: How many clicks to wait for.
    type: int
    required: true
  since:
    description: Seconds since 1970 when the first was posted.
    type: float
    required: true
  failures:
    description: Where to look when they do not come, for the message.
    type: str
    default: "below errors/ of the bucket, and in the stream's log group"
  wait_timeout:
    description: Seconds to wait.
    type: int
    default: 600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The clicks have arrived
  clicks_arrived:
    bucket: clickstream-000000000000-us-east-1
    prefix: clicks/
    rejected_prefix: rejected/
    run: sent-0123456789ab
    count: 1000
    since: 1795000000
"""

RETURN = r"""
kept:
  description: How many are among the data.
  type: int
  returned: always
again:
  description: How many rows of them are there more than once; queries count a click once.
  type: int
  returned: always
rejected:
  description: Reasons and how many clicks were rejected for each.
  type: dict
  returned: always
objects:
  description: Objects that were looked at.
  type: int
  returned: always
"""

import gzip
import json
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from ansible.module_utils.aws_resource import Boto3Error, BotoCoreError, ClientError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

#: A clock of AWS may be this many seconds behind ours.
CLOCKS = 60
HOUR = timedelta(hours=1)


def hours(since, now):
    """The folders of the hours between two moments in UTC, both included."""
    first = since.replace(minute=0, second=0, microsecond=0)
    return [f"{first + number * HOUR:%Y/%m/%d/%H/}" for number in range(int((now - first) / HOUR) + 1)]


def keys_below(s3, bucket, prefixes):
    """Keys of all objects below some prefixes."""
    for prefix in prefixes:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (item["Key"] for item in page.get("Contents", []))


class Found:
    """What was found of a run's clicks: `kept` {name: rows}, `rejected` {name: reason}."""

    def __init__(self, run):
        self._name = re.compile(re.escape(run).encode() + rb"-[0-9]{7}")
        self.kept, self.rejected = Counter(), {}

    def data(self, body):
        """Count the clicks of an object of data."""
        self.kept.update(self._name.findall(body))

    def rejects(self, body):
        """Note the reasons of an object of rejects."""
        for line in body.splitlines():
            names = self._name.findall(line)
            if names:
                reason = json.loads(line).get("reason", "unknown")
                self.rejected |= dict.fromkeys(names, reason)

    def __len__(self):
        return len(self.kept.keys() | self.rejected.keys())


def main():
    """Look until all are found."""
    module = AnsibleAWSModule(
        argument_spec={
            "bucket": {"required": True},
            "prefix": {"required": True},
            "rejected_prefix": {"required": True},
            "run": {"required": True},
            "count": {"type": "int", "required": True},
            "since": {"type": "float", "required": True},
            "failures": {"default": "below errors/ of the bucket, and in the stream's log group"},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    params, looked, found = module.params, set(), Found(module.params["run"])
    if module.check_mode:
        module.exit_json(changed=False, kept=0, again=0, rejected={}, objects=0)
    since = datetime.fromtimestamp(params["since"] - CLOCKS, UTC)
    deadline, pause, s3 = time.monotonic() + params["wait_timeout"], 0.25, module.client("s3")
    try:
        while True:
            folders = hours(since, datetime.now(UTC) + timedelta(seconds=CLOCKS))
            for prefix, take in ((params["prefix"], found.data), (params["rejected_prefix"], found.rejects)):
                for key in keys_below(s3, params["bucket"], [prefix + folder for folder in folders]):
                    if key not in looked:
                        looked.add(key)
                        body = s3.get_object(Bucket=params["bucket"], Key=key)["Body"].read()
                        take(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            if len(found) >= params["count"]:
                break
            if time.monotonic() > deadline:
                module.fail_json(
                    msg=f"{params['count'] - len(found)} of {params['count']} clicks are neither below {params['prefix']} nor below "
                    f"{params['rejected_prefix']} of s3://{params['bucket']} after {params['wait_timeout']} s; "
                    f"{len(looked)} objects were looked at. What could not be delivered is {params['failures']}."
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 5)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Looking for clicks in s3://{params['bucket']}")
    module.exit_json(
        changed=False,
        kept=len(found.kept),
        again=found.kept.total() - len(found.kept),
        rejected=dict(Counter(found.rejected.values())),
        objects=len(looked),
    )


if __name__ == "__main__":
    main()
