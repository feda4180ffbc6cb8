#!/usr/bin/python
"""How pipelines do: last input and output, rows, what waits, what is wrong."""

DOCUMENTATION = r"""
module: pipeline_status_info
short_description: How pipelines do
description:
  - Asks what the page's first page asks, by the same code and in the same form, and changes nothing.
  - What cannot be asked is told in its place and does not fail the others.
  - The credentials are those of the environment, as the page's are.
options:
  pipelines:
    description: The pipelines, as the dashboard's configuration has them.
    type: list
    elements: dict
    required: true
  repository:
    description: The folder of this repository, for its code and SQL.
    type: path
    required: true
  region:
    description: AWS's region.
    type: str
    required: true
  wait_timeout:
    description: Seconds to wait for all answers; what is not there by then is told.
    type: int
    default: 120
author: Headwater
"""

EXAMPLES = r"""
- name: The state of the pipelines is known
  pipeline_status_info:
    pipelines: "{{ dashboard_pipelines }}"
    repository: "{{ repository_dir }}"
    region: "{{ aws_region }}"
"""

RETURN = r"""
at:
  description: When it was asked, ISO 8601.
  type: str
  returned: always
statuses:
  description: A dictionary for each pipeline, as C(/status.json) of the page has it.
  type: list
  elements: dict
  returned: always
table:
  description: The same for people, as lines.
  type: list
  elements: str
  returned: always
notes:
  description: What is wrong, a sentence each.
  type: list
  elements: str
  returned: always
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils import text_table
from ansible.module_utils.basic import AnsibleModule


def statuses(pipelines, ask, seconds):
    """A model.Status for each of `pipelines`, all asked at once. `ask`: questions.Questions.about."""
    from dashboard.status import model

    pool = ThreadPoolExecutor(16, thread_name_prefix="status")
    asked = [(pipeline, {name: pool.submit(each) for name, each in ask(pipeline).items()}) for pipeline in pipelines]
    wait([part for _, parts in asked for part in parts.values()], timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    now = datetime.now(UTC)
    return [model.build(pipeline, {name: answered(part) for name, part in parts.items()}, now) for pipeline, parts in asked]


def answered(future):
    """(answer, why there is none) of a question; None while it runs."""
    if not future.done() or future.cancelled():
        return None
    error = future.exception()
    return (None, str(error) or type(error).__name__) if error else (future.result(), None)


def main():
    """Ask, and tell."""
    module = AnsibleModule(
        argument_spec={
            "pipelines": {"type": "list", "elements": "dict", "required": True},
            "repository": {"type": "path", "required": True},
            "region": {"required": True},
            "wait_timeout": {"type": "int", "default": 120},
        },
        supports_check_mode=True,
    )
    params = module.params
    code = Path(params["repository"]) / "files" / "dashboard"
    if not (code / "dashboard").is_dir():
        module.fail_json(msg=f"{code} is not the dashboard's code; repository must be the folder of Headwater's repository")
    sys.path.insert(0, str(code))
    from dashboard import config
    from dashboard.aws import Aws
    from dashboard.status import questions, report

    given = {"title": "Status", "region": params["region"], "sql_dir": str(code.parents[1] / "sql"), "pipelines": params["pipelines"]}
    try:
        pipelines = config.check(given, source="pipelines").pipelines
    except config.ConfigError as error:
        module.fail_json(msg=str(error))
    found = statuses(
        pipelines, questions.Questions(Aws(params["region"], os.environ.get("AWS_ENDPOINT_URL"))).about, params["wait_timeout"]
    )
    now = datetime.now(UTC)
    module.exit_json(
        changed=False,
        at=now.isoformat(timespec="seconds"),
        statuses=[report.data(status, now) for status in found],
        table=text_table.lines(report.HEADER, [report.row(status, now) for status in found]),
        notes=[note for status in found for note in report.notes(status)],
    )


if __name__ == "__main__":
    main()
