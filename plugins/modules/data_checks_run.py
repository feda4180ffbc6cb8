#!/usr/bin/python
"""Run a pipeline's data checks and tell what they found."""

DOCUMENTATION = r"""
module: data_checks_run
short_description: Run a pipeline's data checks and tell what they found
description:
  - Invokes the function that runs the checks of C(sql/<pipeline>/checks/), waits for it, and reads the record that it keeps.
  - Findings are no error of the module; a play decides by I(errors) and I(failed_checks).
options:
  function:
    description: Name of the function.
    type: str
    required: true
  bucket:
    description: Bucket of the records.
    type: str
    required: true
  prefix:
    description: What the records' keys begin with.
    type: str
    default: checks/
  parameters:
    description: Values of the checks' parameters for this run, such as C(days), over the function's own.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait for the function's end.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The checks of transactions have run
  data_checks_run:
    function: transactions-data-checks
    bucket: transactions-123456789012-eu-central-1
    parameters: {days: 30}
  register: checks
"""

RETURN = r"""
errors:
  description: Findings of checks whose severity is error.
  type: int
  returned: when it ran
warnings_found:
  description: Findings of checks whose severity is warning.
  type: int
  returned: when it ran
failed_checks:
  description: Checks that could not be run.
  type: list
  elements: str
  returned: when it ran
message:
  description: The findings as lines of a table, and what to do about them.
  type: list
  elements: str
  returned: always
record:
  description: What the function kept of the run.
  type: dict
  returned: when it ran
"""

import json
import uuid

from ansible.module_utils import text_table
from ansible.module_utils.aws_resource import BotoCoreError, ClientError, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

HEADER = ["check", "severity", "findings", "first finding"]


def invoke(client, name, event):
    """(the function's answer, the message of its error); one of them is None."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        return None, body.get("errorMessage") or json.dumps(body)
    return body, None


def read(s3, bucket, key):
    """A record, or None."""
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if is_missing(error, "NoSuchKey"):
            return None
        raise


def row(check):
    """The table's cells of a check."""
    if check["status"] == "failed":
        return [check["name"], check["severity"], "not run", check["error"]]
    number = f"{check['findings']}{' or more' if check['more'] else ''}"
    first = check["examples"][0] if check["examples"] else []
    return [check["name"], check["severity"], number, ", ".join(f"{name} {cell}" for name, cell in zip(check["columns"], first))]  # noqa: B905 - Python 3.9 has no strict


def told(record):
    """Lines for people: the sum, the table of all checks, and what to do about those that found something."""
    if record["state"] == "nothing":
        return [f"{record['pipeline']}: nothing was loaded yet, so there is nothing to check"]
    totals = record["totals"]
    lines = [
        f"{record['pipeline']}: {totals['passed']} of {totals['checks']} checks passed; "
        f"{totals['findings']} errors, {totals['warnings']} warnings, {totals['failed']} could not be run"
    ]
    lines += text_table.lines(HEADER, [row(check) for check in record["checks"]], width=100)
    return lines + [f"{check['name']}: {check['remedy']}" for check in record["checks"] if check["status"] == "found"]


def main():
    """Invoke, read, tell."""
    module = AnsibleAWSModule(
        argument_spec={
            "function": {"required": True},
            "bucket": {"required": True},
            "prefix": {"default": "checks/"},
            "parameters": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    params = module.params
    name, run = params["function"], uuid.uuid4().hex
    subject = f"Data checks by the function {name!r}"
    if module.check_mode:
        module.exit_json(changed=False, message=[f"{subject} would run"])
    try:
        client = module.client("lambda", aws_config={"read_timeout": params["wait_timeout"] + 5, "tcp_keepalive": True})
        answer, error = invoke(client, name, {"run": run, "parameters": params["parameters"]})
        s3 = module.client("s3")
        record = read(s3, params["bucket"], answer["key"] if answer else f"{params['prefix']}latest.json")
    except (BotoCoreError, ClientError) as failure:
        if isinstance(failure, ClientError) and is_missing(failure, "ResourceNotFoundException"):
            module.fail_json_aws(failure, msg=f"{subject}: there is no such function; deploy it with ansible-playbook site.yml")
        module.fail_json_aws(failure, msg=subject)
    # The function raises where checks could not be run, after it has kept what the others found.
    if record is None or record["run"] != run:
        module.fail_json(msg=f"{subject}: {error or 'its record is not there'}")
    module.exit_json(
        changed=False,
        errors=record["totals"]["findings"],
        warnings_found=record["totals"]["warnings"],
        failed_checks=[check["name"] for check in record["checks"] if check["status"] == "failed"],
        message=told(record),
        record=record,
    )


if __name__ == "__main__":
    main()
