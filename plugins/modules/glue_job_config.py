#!/usr/bin/python
"""Manage a Spark job of AWS Glue."""

DOCUMENTATION = r"""
module: glue_job_config
short_description: Manage a Spark job of AWS Glue
description:
  - Create, update or delete a job in one step, with a diff that names the fields. Its schedule is the matter of M(glue_trigger), a run of
    M(glue_job_run).
  - Unlike M(community.aws.glue_job) the tags are in the call that creates the job, so that a run which is cut off leaves no job of nobody;
    there is a diff, which drift detection needs; check mode asks no tags of a job that does not exist; and runs that are under way are
    stopped, and the log streams of all runs removed, before the job is deleted.
options:
  name:
    description: Name of the job.
    type: str
    required: true
  description:
    description: What the job does.
    type: str
    default: ""
  role:
    description: Name of the role that its runs act in. Needed for C(state=present).
    type: str
    default: ""
  script:
    description: Address of its script, such as C(s3://bucket/glue/job.py). Needed for C(state=present).
    type: str
    default: ""
  arguments:
    description: Its default arguments by name, with the two dashes. Numbers and truth values become text.
    type: dict
    default: {}
  glue_version:
    description: Version of Glue.
    type: str
    default: "5.0"
  worker_type:
    description: Size of a worker.
    type: str
    default: G.1X
  workers:
    description: Number of workers, at least 2.
    type: int
    default: 2
  timeout_minutes:
    description: Minutes after which a run is ended.
    type: int
    default: 60
  max_retries:
    description: How often a run that failed is tried again.
    type: int
    default: 0
  max_concurrent_runs:
    description: How many runs there may be at once. Job bookmarks need 1.
    type: int
    default: 1
  log_group_prefix:
    description:
      - What the names of the log groups begin with that its runs write to, C(PREFIX/output) and C(PREFIX/error). With C(state=absent) the
        log streams of its runs go with the job; a group goes too when it is the one that Glue made by itself and no stream is left in it.
      - That runs write there is told by the argument C(--custom-logGroup-prefix).
    type: str
    default: /aws-glue/jobs
  tags:
    description: All tags of the job; others are removed.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait until AWS shows the change, or until runs that are stopped have ended.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The job that transforms order history is present
  glue_job_config:
    name: transform-order-history
    role: Glue-Transform-Order-History-Role
    script: s3://artifacts-000000000000-us-east-1/glue/transform-order-history/ab12.py
    arguments: {--raw: "s3://order-history/raw/", --job-bookmark-option: job-bookmark-enable}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The job as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: transform-order-history, glue_version: "5.0", worker_type: G.1X, workers: 2}
"""

import time

from ansible.module_utils.aws_resource import ClientError, arn_of, aws_module, converge, is_missing, once_possible, tag_changes

FIELDS = (
    "name",
    "description",
    "role",
    "script",
    "arguments",
    "glue_version",
    "worker_type",
    "workers",
    "timeout_minutes",
    "max_retries",
    "max_concurrent_runs",
    "tags",
)
#: A role that was just made is not everywhere at once.
NEW_ROLE = ("unable to assume", "cannot be assumed")
#: The groups that Glue makes by itself, and that all jobs share.
SHARED_PREFIX = "/aws-glue/jobs"
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")


def describe(glue, arn, name):
    """The job in the options' own shape, or None."""
    try:
        found = glue.get_job(JobName=name)["Job"]
        tags = glue.get_tags(ResourceArn=arn).get("Tags", {})
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise
    return {
        "name": name,
        "description": found.get("Description", ""),
        "role": found["Role"].rpartition("/")[2],
        "script": found["Command"].get("ScriptLocation", ""),
        "arguments": found.get("DefaultArguments", {}),
        "glue_version": found.get("GlueVersion", ""),
        "worker_type": found.get("WorkerType", ""),
        "workers": found.get("NumberOfWorkers", 0),
        "timeout_minutes": found.get("Timeout", 0),
        "max_retries": found.get("MaxRetries", 0),
        "max_concurrent_runs": found.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1),
        "tags": tags,
    }


def settings(after):
    """What creating and updating spell alike."""
    return {
        "Description": after["description"],
        "Role": after["role"],
        "Command": {"Name": "glueetl", "ScriptLocation": after["script"], "PythonVersion": "3"},
        "DefaultArguments": after["arguments"],
        "GlueVersion": after["glue_version"],
        "WorkerType": after["worker_type"],
        "NumberOfWorkers": after["workers"],
        "Timeout": after["timeout_minutes"],
        "MaxRetries": after["max_retries"],
        "ExecutionProperty": {"MaxConcurrentRuns": after["max_concurrent_runs"]},
    }


def apply(glue, logs, arn, params, before, after):
    """Make AWS match `after`."""
    if after is None:
        stop_runs(glue, before["name"], params["wait_timeout"])
        remove_streams(glue, logs, before["name"], params["log_group_prefix"])
        glue.delete_job(JobName=before["name"])
        return
    if before is None:
        once_possible(lambda: glue.create_job(Name=after["name"], **settings(after), Tags=after["tags"]), NEW_ROLE)
        return
    if any(before[key] != after[key] for key in FIELDS if key != "tags"):
        once_possible(lambda: glue.update_job(JobName=after["name"], JobUpdate=settings(after)), NEW_ROLE)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        glue.tag_resource(ResourceArn=arn, TagsToAdd=to_set)
    if to_remove:
        glue.untag_resource(ResourceArn=arn, TagsToRemove=to_remove)


def runs_under_way(glue, name):
    """Ids of the runs that have not ended; AWS lists the newest first."""
    runs = glue.get_job_runs(JobName=name, MaxResults=100)["JobRuns"]
    return [run["Id"] for run in runs if run["JobRunState"] in UNDER_WAY]


def stop_runs(glue, name, seconds):
    """Stop what runs, so that nothing of the job writes after it is gone; what has not ended after `seconds` is left to AWS."""
    deadline, pause = time.monotonic() + seconds, 0.2
    running = runs_under_way(glue, name)
    if running:
        glue.batch_stop_job_run(JobName=name, JobRunIds=running[:25])
    while running and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
        running = runs_under_way(glue, name)


def remove_streams(glue, logs, name, prefix):
    """Delete the log streams of all runs, while Glue still knows the runs."""
    pages = glue.get_paginator("get_job_runs").paginate(JobName=name)
    runs = [run["Id"] for page in pages for run in page["JobRuns"]]
    for group in (f"{prefix}/{kind}" for kind in ("output", "error")):
        try:
            for run in runs:
                for stream in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=run)["logStreams"]:
                    logs.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])
            if prefix == SHARED_PREFIX and not logs.describe_log_streams(logGroupName=group, limit=1)["logStreams"]:
                logs.delete_log_group(logGroupName=group)
        except ClientError as error:
            if not is_missing(error, "ResourceNotFoundException"):
                raise


def text(value):
    """An argument's value as Glue takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "role": {"default": ""},
            "script": {"default": ""},
            "arguments": {"type": "dict", "default": {}},
            "glue_version": {"default": "5.0"},
            "worker_type": {"default": "G.1X"},
            "workers": {"type": "int", "default": 2},
            "timeout_minutes": {"type": "int", "default": 60},
            "max_retries": {"type": "int", "default": 0},
            "max_concurrent_runs": {"type": "int", "default": 1},
            "log_group_prefix": {"default": SHARED_PREFIX},
            "tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 300},
        }
    )
    wanted = {key: module.params[key] for key in FIELDS}
    wrong = sorted(name for name in wanted["arguments"] if not str(name).startswith("--"))
    if wrong:
        module.fail_json(msg=f"arguments has {wrong[0]!r}; the name of an argument begins with two dashes: '--{wrong[0]}'")
    wanted["arguments"] = {name: text(value) for name, value in wanted["arguments"].items()}
    glue, logs = module.client("glue"), module.client("logs")
    arn = arn_of(module, "glue", f"job/{wanted['name']}")
    converge(
        module,
        f"Glue job {wanted['name']!r}",
        lambda: describe(glue, arn, wanted["name"]),
        lambda before, after: apply(glue, logs, arn, module.params, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
