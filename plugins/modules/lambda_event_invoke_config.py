#!/usr/bin/python
"""Manage how AWS Lambda handles asynchronous invocations of a function."""

DOCUMENTATION = r"""
module: lambda_event_invoke_config
short_description: Manage retries and the failure destination of asynchronous invocations
description:
  - Set, change or remove a function's event invoke configuration.
  - A function that is not there has no configuration, so C(state=absent) is satisfied.
options:
  function_name:
    description: Name of the function.
    type: str
    required: true
  maximum_retry_attempts:
    description: How often Lambda tries again, 0 to 2.
    type: int
    default: 2
  maximum_event_age:
    description: Seconds for which Lambda keeps an event, 60 to 21600.
    type: int
    default: 21600
  on_failure_destination:
    description: ARN of the queue, topic, bucket, bus or function that is told of an event given up on.
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
- name: Events that fail three times go to a queue
  lambda_event_invoke_config:
    function_name: FilterAndProcessOrders
    on_failure_destination: arn:aws:sqs:us-east-1:000000000000:orders-failed-events
"""

RETURN = r"""
resource:
  description: The configuration as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {maximum_retry_attempts: 2, maximum_event_age: 21600, on_failure_destination: ""}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing


def describe(client, function_name):
    """The configuration in the options' own shape, or None."""
    try:
        found = client.get_function_event_invoke_config(FunctionName=function_name)
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    return {
        "maximum_retry_attempts": found.get("MaximumRetryAttempts", 2),
        "maximum_event_age": found.get("MaximumEventAgeInSeconds", 21600),
        "on_failure_destination": found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""),
    }


def apply(client, function_name, after):
    """Make AWS match `after`; one call replaces the whole configuration."""
    if after is None:
        client.delete_function_event_invoke_config(FunctionName=function_name)
        return
    destination = {"OnFailure": {"Destination": after["on_failure_destination"]}} if after["on_failure_destination"] else {}
    client.put_function_event_invoke_config(
        FunctionName=function_name,
        MaximumRetryAttempts=after["maximum_retry_attempts"],
        MaximumEventAgeInSeconds=after["maximum_event_age"],
        DestinationConfig=destination,
    )


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "function_name": {"required": True},
            "maximum_retry_attempts": {"type": "int", "default": 2},
            "maximum_event_age": {"type": "int", "default": 21600},
            "on_failure_destination": {"default": ""},
        }
    )
    name = module.params["function_name"]
    wanted = {key: module.params[key] for key in ("maximum_retry_attempts", "maximum_event_age", "on_failure_destination")}
    client = module.client("lambda")
    converge(
        module,
        f"Asynchronous invocation of function {name!r}",
        lambda: describe(client, name),
        lambda _before, after: apply(client, name, after),
        wanted,
    )


if __name__ == "__main__":
    main()
