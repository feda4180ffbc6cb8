#!/usr/bin/python
"""Manage an AWS Glue database."""

DOCUMENTATION = r"""
module: glue_database
short_description: Manage an AWS Glue database
description:
  - Create, update or delete a database of the Glue Data Catalog.
  - Deleting a database deletes its tables first, since AWS removes the tables of a deleted database only later.
options:
  name:
    description: Name of the database, in lower case as Glue keeps it.
    type: str
    required: true
  description:
    description: What the database holds.
    type: str
    default: ""
  location_uri:
    description: Default location of its tables, such as C(s3://bucket/prefix/).
    type: str
    default: ""
  tags:
    description: All tags of the database; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The database of the orders is present
  glue_database:
    name: orders_db
    description: Cleaned orders
    tags:
      project: headwater
"""

RETURN = r"""
resource:
  description: The database as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders_db, description: Cleaned orders, location_uri: "", tags: {project: headwater}}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing, tag_changes


def describe(glue, arn, name):
    """The database in the options' own shape, or None."""
    try:
        found = glue.get_database(Name=name)["Database"]
        tags = glue.get_tags(ResourceArn=arn).get("Tags", {})
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise
    return {
        "name": found["Name"],
        "description": found.get("Description", ""),
        "location_uri": found.get("LocationUri", ""),
        "tags": tags,
    }


def apply(glue, arn, before, after):
    """Make AWS match `after`."""
    if after is None:
        delete_tables(glue, before["name"])
        glue.delete_database(Name=before["name"])
        return
    wanted = {"Name": after["name"], "Description": after["description"], "LocationUri": after["location_uri"]}
    wanted = {key: value for key, value in wanted.items() if value}
    if before is None:
        glue.create_database(DatabaseInput=wanted, Tags=after["tags"])
        return
    if any(before[key] != after[key] for key in ("description", "location_uri")):
        glue.update_database(Name=after["name"], DatabaseInput=wanted)
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        glue.tag_resource(ResourceArn=arn, TagsToAdd=to_set)
    if to_remove:
        glue.untag_resource(ResourceArn=arn, TagsToRemove=to_remove)


def delete_tables(glue, name):
    """Delete every table, a hundred at a time (the API's limit)."""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=name)
    names = [table["Name"] for page in pages for table in page["TableList"]]
    for start in range(0, len(names), 100):
        glue.batch_delete_table(DatabaseName=name, TablesToDelete=names[start : start + 100])


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "location_uri": {"default": ""},
            "tags": {"type": "dict", "default": {}},
        }
    )
    wanted = {key: module.params[key] for key in ("name", "description", "location_uri", "tags")}
    glue = module.client("glue")
    account = module.client("sts").get_caller_identity()
    partition, account_id = account["Arn"].split(":")[1], account["Account"]
    arn = f"arn:{partition}:glue:{module.region}:{account_id}:database/{wanted['name']}"
    converge(
        module,
        f"Glue database {wanted['name']!r}",
        lambda: describe(glue, arn, wanted["name"]),
        lambda before, after: apply(glue, arn, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
