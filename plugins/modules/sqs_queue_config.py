#!/usr/bin/python
"""Manage an Amazon SQS queue with its retention, policy and tags."""

DOCUMENTATION = r"""
module: sqs_queue_config
short_description: Manage an Amazon SQS queue with its retention, policy and tags
description:
  - Create, update or delete a standard queue in one step, with a diff.
  - Unlike M(community.aws.sqs_queue) the tags are in the call that creates the queue, so that a run which is cut off leaves no queue
    of nobody.
  - AWS refuses a name for a minute after its queue was deleted; then this waits.
options:
  name:
    description: Name of the queue.
    type: str
    required: true
  retention_seconds:
    description: Seconds for which a message is kept, 60 to 1,209,600.
    type: int
    default: 345600
  policy:
    description: The queue's policy; empty for none.
    type: dict
    default: {}
  tags:
    description: All tags of the queue; others are removed.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait until AWS shows the change; a deleted queue may be seen for a minute.
    type: int
    default: 90
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: Events that nobody could process are kept for fourteen days
  sqs_queue_config:
    name: orders-failed-events
    retention_seconds: 1209600
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The queue as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders-failed-events, retention_seconds: 1209600, policy: {}, tags: {project: headwater}}
"""

import json

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, document, is_missing, once_possible, tag_changes

MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
RECENT = ("QueueDeletedRecently", "must wait 60 seconds")


def queue_url(sqs, name):
    """The queue's URL, or None."""
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if is_missing(error, *MISSING):
            return None
        raise


def describe(sqs, name):
    """The queue in the options' own shape, or None."""
    url = queue_url(sqs, name)
    if url is None:
        return None
    try:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["MessageRetentionPeriod", "Policy"]).get("Attributes", {})
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    except ClientError as error:
        if is_missing(error, *MISSING):
            return None
        raise
    return {
        "name": name,
        "retention_seconds": int(found["MessageRetentionPeriod"]),
        "policy": document(found.get("Policy") or "{}"),
        "tags": tags,
    }


def attributes(after):
    """The queue's attributes as the API takes them: text, all of them."""
    policy = json.dumps(after["policy"]) if after["policy"] else ""
    return {"MessageRetentionPeriod": str(after["retention_seconds"]), "Policy": policy}


def apply(sqs, before, after):
    """Make AWS match `after`."""
    if after is None:
        sqs.delete_queue(QueueUrl=queue_url(sqs, before["name"]))
    elif before is None:
        given = {key: value for key, value in attributes(after).items() if value}
        once_possible(lambda: sqs.create_queue(QueueName=after["name"], Attributes=given, tags=after["tags"]), RECENT, 70)
    else:
        update(sqs, queue_url(sqs, after["name"]), before, after)


def update(sqs, url, before, after):
    """Change attributes and tags, each only when it differs."""
    old = attributes(before)
    differing = {key: value for key, value in attributes(after).items() if value != old[key]}
    if differing:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=differing)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        sqs.tag_queue(QueueUrl=url, Tags=to_set)
    if to_remove:
        sqs.untag_queue(QueueUrl=url, TagKeys=to_remove)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "retention_seconds": {"type": "int", "default": 345_600},
            "policy": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 90},
        }
    )
    wanted = {key: module.params[key] for key in ("name", "retention_seconds", "policy", "tags")}
    sqs = module.client("sqs")
    converge(
        module,
        f"SQS queue {wanted['name']!r}",
        lambda: describe(sqs, wanted["name"]),
        lambda before, after: apply(sqs, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
