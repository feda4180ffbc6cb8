#!/usr/bin/python
"""Manage an AWS Glue crawler of S3 folders."""

DOCUMENTATION = r"""
module: glue_crawler_config
short_description: Manage an AWS Glue crawler of S3 folders
description:
  - Create, update or delete a crawler in one step, with a diff. Its schedule is the matter of M(glue_crawler_schedule).
  - Unlike M(community.aws.glue_crawler) the tags are in the call that creates the crawler, so that a run which is cut off leaves no crawler
    of nobody; and a crawl that is under way is waited for before a change, and stopped before the crawler is deleted.
options:
  name:
    description: Name of the crawler.
    type: str
    required: true
  description:
    description: What the crawler finds.
    type: str
    default: ""
  role:
    description: Name of the role that the crawler assumes. Needed for C(state=present).
    type: str
    default: ""
  database:
    description: Database that it writes tables into. Needed for C(state=present).
    type: str
    default: ""
  s3_targets:
    description: What it looks at, such as C(s3://bucket/prefix/).
    type: list
    elements: str
    default: []
  update_behavior:
    description: What becomes of a table whose files changed.
    type: str
    choices: [UPDATE_IN_DATABASE, LOG]
    default: UPDATE_IN_DATABASE
  delete_behavior:
    description: What becomes of a table whose files are gone.
    type: str
    choices: [LOG, DELETE_FROM_DATABASE, DEPRECATE_IN_DATABASE]
    default: LOG
  recrawl_behavior:
    description: Whether it looks at everything or at new folders only.
    type: str
    choices: [CRAWL_EVERYTHING, CRAWL_NEW_FOLDERS_ONLY]
    default: CRAWL_EVERYTHING
  table_level:
    description:
      - How deep the folders are that are tables, where the bucket is 1; deeper ones are partitions.
      - 0 lets Glue judge by what it finds.
    type: int
    default: 0
  tags:
    description: All tags of the crawler; others are removed.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait until AWS shows the change, or until a crawl that is under way has ended.
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
- name: The crawler of the orders is present
  glue_crawler_config:
    name: orders_processed_crawler
    role: Glue-S3-Crawler-Role
    database: orders_db
    s3_targets: ["s3://orders-000000000000-us-east-1/processed/filtered_orders/"]
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The crawler as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders_processed_crawler, role: Glue-S3-Crawler-Role, database: orders_db, s3_targets: ["s3://orders/processed/"]}
"""

import contextlib
import json

from ansible.module_utils.aws_resource import ClientError, arn_of, aws_module, converge, error_code, is_missing, once_possible, tag_changes

FIELDS = (
    "name",
    "description",
    "role",
    "database",
    "s3_targets",
    "update_behavior",
    "delete_behavior",
    "recrawl_behavior",
    "table_level",
    "tags",
)
#: A role that was just made is not everywhere at once.
NEW_ROLE = ("unable to assume", "cannot be assumed")
BUSY = ("CrawlerRunningException", "CrawlerStoppingException")


def describe(glue, arn, name):
    """The crawler in the options' own shape, or None."""
    try:
        found = glue.get_crawler(Name=name)["Crawler"]
        tags = glue.get_tags(ResourceArn=arn).get("Tags", {})
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise
    change = found.get("SchemaChangePolicy", {})
    return {
        "name": name,
        "description": found.get("Description", ""),
        "role": found["Role"].rpartition("/")[2],
        "database": found.get("DatabaseName", ""),
        "s3_targets": [plain_target(target) for target in found.get("Targets", {}).get("S3Targets", [])],
        "update_behavior": change.get("UpdateBehavior", ""),
        "delete_behavior": change.get("DeleteBehavior", ""),
        "recrawl_behavior": found.get("RecrawlPolicy", {}).get("RecrawlBehavior", ""),
        "table_level": json.loads(found.get("Configuration") or "{}").get("Grouping", {}).get("TableLevelConfiguration", 0),
        "tags": tags,
    }


def plain_target(target):
    """A target's path; with all its settings where it has some that the options cannot say."""
    more = {key: value for key, value in target.items() if key != "Path" and value}
    return {"path": target["Path"], **more} if more else target["Path"]


def settings(after):
    """What creating and updating spell alike."""
    grouping = {"Grouping": {"TableLevelConfiguration": after["table_level"]}} if after["table_level"] else {}
    return {
        "Configuration": json.dumps({"Version": 1.0, **grouping}),
        "Name": after["name"],
        "Description": after["description"],
        "Role": after["role"],
        "DatabaseName": after["database"],
        "Targets": {"S3Targets": [{"Path": path, "Exclusions": []} for path in after["s3_targets"]]},
        "SchemaChangePolicy": {"UpdateBehavior": after["update_behavior"], "DeleteBehavior": after["delete_behavior"]},
        "RecrawlPolicy": {"RecrawlBehavior": after["recrawl_behavior"]},
    }


def apply(glue, arn, seconds, before, after):
    """Make AWS match `after`; `seconds`: how long a crawl may still take."""
    if after is None:
        delete(glue, before["name"], seconds)
        return
    if before is None:
        once_possible(lambda: glue.create_crawler(**settings(after), Tags=after["tags"]), NEW_ROLE)
        return
    if any(before[key] != after[key] for key in FIELDS if key != "tags"):
        once_possible(lambda: glue.update_crawler(**settings(after)), (*NEW_ROLE, *BUSY), seconds)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        glue.tag_resource(ResourceArn=arn, TagsToAdd=to_set)
    if to_remove:
        glue.untag_resource(ResourceArn=arn, TagsToRemove=to_remove)


def delete(glue, name, seconds):
    """Delete the crawler; a crawl that is under way is stopped first."""
    try:
        glue.delete_crawler(Name=name)
    except ClientError as error:
        if error_code(error) not in BUSY:
            raise
        with contextlib.suppress(glue.exceptions.CrawlerNotRunningException, glue.exceptions.CrawlerStoppingException):
            glue.stop_crawler(Name=name)
        once_possible(lambda: glue.delete_crawler(Name=name), BUSY, seconds)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "role": {"default": ""},
            "database": {"default": ""},
            "s3_targets": {"type": "list", "elements": "str", "default": []},
            "update_behavior": {"choices": ["UPDATE_IN_DATABASE", "LOG"], "default": "UPDATE_IN_DATABASE"},
            "delete_behavior": {"choices": ["LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"], "default": "LOG"},
            "recrawl_behavior": {"choices": ["CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"], "default": "CRAWL_EVERYTHING"},
            "table_level": {"type": "int", "default": 0},
            "tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 300},
        }
    )
    wanted = {key: module.params[key] for key in FIELDS}
    glue = module.client("glue")
    arn = arn_of(module, "glue", f"crawler/{wanted['name']}")
    converge(
        module,
        f"Glue crawler {wanted['name']!r}",
        lambda: describe(glue, arn, wanted["name"]),
        lambda before, after: apply(glue, arn, module.params["wait_timeout"], before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
