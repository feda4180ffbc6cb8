#!/usr/bin/python
"""Run an AWS Glue job and wait for its end."""

DOCUMENTATION = r"""
module: glue_job_run
short_description: Run an AWS Glue job and wait for its end
description:
  - Start a run of a job and wait until it ends. Where the job has as many runs as it may have at once (its schedule may just have started
    one), their end is waited for first, since such a run may have begun before the data came that this one is meant for.
  - A run that fails is waited for as long as Glue tries it again. One that does not succeed is an error with Glue's message and the last
    lines of its log.
options:
  name:
    description: Name of the job.
    type: str
    required: true
  arguments:
    description: Arguments of this run by name, with the two dashes, over the job's own.
    type: dict
    default: {}
  log_lines:
    description: How many of the last lines of its output are returned.
    type: int
    default: 20
  wait_timeout:
    description: Seconds to wait for its end, and for that of other runs before it.
    type: int
    default: 3600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The order history of a day is transformed again
  glue_job_run:
    name: transform-order-history
    arguments: {--days: "2026-11-21"}
"""

RETURN = r"""
run:
  description: What Glue tells of the run.
  type: dict
  returned: when a run ended
message:
  description: What became of it, in a sentence, and the last lines of its output.
  type: list
  elements: str
  returned: always
"""

import time

from ansible.module_utils.aws_resource import BotoCoreError, ClientError, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")
GROUP = "/aws-glue/jobs"


class Late(Exception):
    """The time is up; says for what was waited."""


class Waiting:
    """Pauses between questions, until a deadline."""

    def __init__(self, seconds):
        self.deadline, self.seconds = time.monotonic() + seconds, seconds

    def until(self, condition, what):
        """The first true answer of `condition`."""
        pause = 0.2
        while not (found := condition()):
            if time.monotonic() > self.deadline:
                raise Late(f"{what} still after {self.seconds} s; raise wait_timeout")
            time.sleep(pause)
            pause = min(pause * 1.5, 10)
        return found


def start(glue, name, arguments, waiting):
    """The new run's id, as soon as the job may have one more."""

    def started():
        try:
            return glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]
        except ClientError as error:
            if is_missing(error, "ConcurrentRunsExceededException"):
                return None
            raise

    return waiting.until(started, f"Glue job {name!r} has as many runs as it may have at once")


def ended(glue, name, run_id, retries):
    """The run when it has ended, or the last of its further attempts; None as long as one goes on or is to come."""
    run = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
    if run["JobRunState"] in UNDER_WAY:
        return None
    if run["JobRunState"] != "FAILED" or not retries:
        return run
    later = [each for each in glue.get_job_runs(JobName=name)["JobRuns"] if each["Id"].startswith(f"{run_id}_attempt_")]
    last = max(later, key=lambda each: each["Attempt"], default=run)
    if last["JobRunState"] in UNDER_WAY or (last["JobRunState"] == "FAILED" and last["Attempt"] < retries):
        return None
    return last


def last_lines(logs, run, arguments, kind, number):
    """The last lines of a run's log of a kind (output or error); none where they cannot be read."""
    group = f"{arguments.get('--custom-logGroup-prefix', GROUP)}/{kind}"
    try:
        events = logs.get_log_events(logGroupName=group, logStreamName=run["Id"], limit=max(1, number), startFromHead=False)["events"]
    except ClientError:
        return []
    return [event["message"].rstrip() for event in events][-number:] if number else []


def main():
    """Start, wait, tell."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"required": True},
            "arguments": {"type": "dict", "default": {}},
            "log_lines": {"type": "int", "default": 20},
            "wait_timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    name, waiting = module.params["name"], Waiting(module.params["wait_timeout"])
    given = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in module.params["arguments"].items()}
    glue, logs = module.client("glue"), module.client("logs")
    try:
        job = glue.get_job(JobName=name)["Job"]
        if module.check_mode:
            module.exit_json(changed=True, message=[f"Glue job {name!r} would run"])
        run_id = start(glue, name, given, waiting)
        run = waiting.until(lambda: ended(glue, name, run_id, job.get("MaxRetries", 0)), f"Run {run_id} of Glue job {name!r} goes on")
        effective = {**job.get("DefaultArguments", {}), **given, **job.get("NonOverridableArguments", {})}
        output = last_lines(logs, run, effective, "output", module.params["log_lines"])
        errors = last_lines(logs, run, effective, "error", module.params["log_lines"]) if run["JobRunState"] != "SUCCEEDED" else []
    except Late as late:
        module.fail_json(msg=str(late))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Glue job {name!r}")
    told = f"Glue job {name!r}: run {run['Id']} ended as {run['JobRunState']} after {run.get('ExecutionTime', 0)} s"
    if run["JobRunState"] != "SUCCEEDED":
        said = "\n".join(errors or output)
        module.fail_json(
            msg=f"{told}: {run.get('ErrorMessage') or 'no message'}" + (f". The last lines of its log:\n{said}" if said else "")
        )
    module.exit_json(changed=True, run=run, message=[told, *output])


if __name__ == "__main__":
    main()
