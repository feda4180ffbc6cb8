#!/usr/bin/python
"""Remove a log stream that a service made by itself."""

DOCUMENTATION = r"""
module: cloudwatchlogs_log_stream
short_description: Remove a log stream that a service made by itself
description:
  - Services such as Glue write to a log group that they make and share; at teardown our stream of it goes.
  - The group goes too when no stream is left in it; the service makes it again when it needs it.
options:
  log_group_name:
    description: Name of the log group.
    type: str
    required: true
  log_stream_name:
    description: Name of the log stream.
    type: str
    required: true
  state:
    description: Only absent; a service makes its streams itself.
    type: str
    choices: [absent]
    default: absent
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The crawler's log is absent
  cloudwatchlogs_log_stream:
    log_group_name: /aws-glue/crawlers
    log_stream_name: orders_processed_crawler
"""

RETURN = r"""
resource:
  description: Always empty.
  type: dict
  returned: always
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing


def describe(logs, group, stream):
    """Our stream, or None. A group left without any stream counts as ours to remove."""
    try:
        streams = logs.describe_log_streams(logGroupName=group, limit=50)["logStreams"]
        ours = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    if any(item["logStreamName"] == stream for item in ours):
        return {"log_group_name": group, "log_stream_name": stream}
    return {"log_group_name": group} if not streams else None


def apply(logs, before):
    """Delete the stream, and the group when that was its last."""
    group = before["log_group_name"]
    if "log_stream_name" in before:
        logs.delete_log_stream(logGroupName=group, logStreamName=before["log_stream_name"])
    if not logs.describe_log_streams(logGroupName=group, limit=1)["logStreams"]:
        logs.delete_log_group(logGroupName=group)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "log_group_name": {"required": True},
            "log_stream_name": {"required": True},
            "state": {"choices": ["absent"], "default": "absent"},
        }
    )
    group, stream = module.params["log_group_name"], module.params["log_stream_name"]
    logs = module.client("logs")
    converge(
        module,
        f"Log stream {stream!r} of {group!r}",
        lambda: describe(logs, group, stream),
        lambda before, _after: apply(logs, before),
        None,
    )


if __name__ == "__main__":
    main()
