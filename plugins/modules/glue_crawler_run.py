#!/usr/bin/python
"""Run an AWS Glue crawler and wait for its end."""

DOCUMENTATION = r"""
module: glue_crawler_run
short_description: Run an AWS Glue crawler and wait for its end
description:
  - Start a crawler, or join the run under way, and wait until it ends. A crawl that fails is an error with its message.
options:
  name:
    description: Name of the crawler.
    type: str
    required: true
  unless_table:
    description: Name of a table; when the crawler's database has it, no crawl is needed.
    type: str
    default: ""
  wait_timeout:
    description: Seconds to wait for its end.
    type: int
    default: 900
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: The table of the orders exists
  glue_crawler_run:
    name: orders_processed_crawler
    unless_table: filtered_orders
"""

RETURN = r"""
last_crawl:
  description: What Glue tells of the run.
  type: dict
  returned: when a crawl ran
"""

import time

from ansible.module_utils.aws_resource import BotoCoreError, ClientError, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def has_table(glue, database, table):
    """Does the database have the table?"""
    try:
        glue.get_table(DatabaseName=database, Name=table)
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return False
        raise
    return True


def start(glue, name):
    """Start it, unless it runs already."""
    try:
        glue.start_crawler(Name=name)
    except ClientError as error:
        if not is_missing(error, "CrawlerRunningException"):
            raise


def wait(glue, name, seconds):
    """The crawler when it is ready again, or None when the time is up."""
    deadline = time.monotonic() + seconds
    pause = 0.1
    while time.monotonic() < deadline:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY":
            return crawler
        time.sleep(pause)
        pause = min(pause * 1.5, 10)
    return None


def main():
    """Crawl unless the table is there."""
    module = AnsibleAWSModule(
        argument_spec={"name": {"required": True}, "unless_table": {"default": ""}, "wait_timeout": {"type": "int", "default": 900}},
        supports_check_mode=True,
    )
    name, table = module.params["name"], module.params["unless_table"]
    glue = module.client("glue")
    try:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        if table and has_table(glue, crawler["DatabaseName"], table):
            module.exit_json(changed=False)
        if module.check_mode:
            module.exit_json(changed=True)
        start(glue, name)
        crawler = wait(glue, name, module.params["wait_timeout"])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Glue crawler {name!r}")
    if crawler is None:
        module.fail_json(msg=f"Glue crawler {name!r} still runs after {module.params['wait_timeout']} s; raise wait_timeout")
    last = crawler.get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        module.fail_json(
            msg=f"Glue crawler {name!r} ended as {last.get('Status')}: {last.get('ErrorMessage', 'no message')}. "
            f"Its log: group {last.get('LogGroup')}, stream {last.get('LogStream')}"
        )
    module.exit_json(changed=True, last_crawl=last)


if __name__ == "__main__":
    main()
