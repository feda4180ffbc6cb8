#!/usr/bin/python
"""Manage one notification of an S3 bucket that invokes a Lambda function."""

DOCUMENTATION = r"""
module: s3_lambda_notification
short_description: Invoke a Lambda function when objects are created in a bucket
description:
  - Add, change or remove one notification of a bucket; the bucket's other notifications, EventBridge's included, stay.
  - Unlike M(community.aws.s3_bucket_notification) it works in check mode before the bucket exists, is satisfied with
    C(state=absent) after the bucket has gone, and keeps the bucket's EventBridge setting.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  name:
    description: Identifier of the notification.
    type: str
    required: true
  function_arn:
    description: ARN of the function.
    type: str
    required: true
  events:
    description: Events that count.
    type: list
    elements: str
    default: ["s3:ObjectCreated:*"]
  prefix:
    description: What keys begin with.
    type: str
    default: ""
  suffix:
    description: What keys end with.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: A CSV file in raw/ invokes the function
  s3_lambda_notification:
    bucket: orders-000000000000-us-east-1
    name: raw-csv
    function_arn: arn:aws:lambda:us-east-1:000000000000:function:FilterAndProcessOrders
    prefix: raw/
    suffix: .csv
"""

RETURN = r"""
resource:
  description: The notification as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {function_arn: "arn:aws:lambda:us-east-1:000000000000:function:F", events: ["s3:ObjectCreated:*"], prefix: raw/, suffix: .csv}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing

FIELDS = ("function_arn", "events", "prefix", "suffix")
KINDS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations", "EventBridgeConfiguration")


def configuration(s3, bucket):
    """The bucket's whole notification configuration; empty where the bucket is missing."""
    try:
        found = s3.get_bucket_notification_configuration(Bucket=bucket)
    except ClientError as error:
        if is_missing(error, "NoSuchBucket"):
            return {}
        raise
    for kind in KINDS[:3]:
        for item in found.get(kind, []):
            for rule in item.get("Filter", {}).get("Key", {}).get("FilterRules", []):
                rule["Name"] = rule["Name"].lower()  # S3 answers Prefix, while its API's model takes prefix
    return {kind: found[kind] for kind in KINDS if kind in found}


def describe(s3, bucket, name):
    """The notification in the options' own shape, or None."""
    for item in configuration(s3, bucket).get("LambdaFunctionConfigurations", []):
        if item.get("Id") == name:
            rules = item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            filters = {rule["Name"]: rule["Value"] for rule in rules}
            return {
                "function_arn": item["LambdaFunctionArn"],
                "events": sorted(item["Events"]),
                "prefix": filters.get("prefix", ""),
                "suffix": filters.get("suffix", ""),
            }
    return None


def apply(s3, bucket, name, after):
    """Put the whole configuration back with this one notification changed: the API knows no smaller step."""
    whole = configuration(s3, bucket)
    items = [item for item in whole.get("LambdaFunctionConfigurations", []) if item.get("Id") != name]
    if after:
        rules = [{"Name": kind, "Value": after[kind]} for kind in ("prefix", "suffix") if after[kind]]
        made = {"Id": name, "LambdaFunctionArn": after["function_arn"], "Events": after["events"]}
        items.append({**made, "Filter": {"Key": {"FilterRules": rules}}} if rules else made)
    whole["LambdaFunctionConfigurations"] = items
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=whole)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "bucket": {"required": True},
            "name": {"required": True},
            "function_arn": {"required": True},
            "events": {"type": "list", "elements": "str", "default": ["s3:ObjectCreated:*"]},
            "prefix": {"default": ""},
            "suffix": {"default": ""},
        }
    )
    bucket, name = module.params["bucket"], module.params["name"]
    wanted = {key: module.params[key] for key in FIELDS}
    wanted["events"] = sorted(wanted["events"])
    s3 = module.client("s3")
    converge(
        module,
        f"Notification {name!r} of bucket {bucket!r}",
        lambda: describe(s3, bucket, name),
        lambda _before, after: apply(s3, bucket, name, after),
        wanted,
    )


if __name__ == "__main__":
    main()
