#!/usr/bin/python
"""Manage a named query of Amazon Athena."""

DOCUMENTATION = r"""
module: athena_named_query
short_description: Manage a named (saved) query of Amazon Athena
description:
  - Create, update or delete a named query.
  - AWS tells named queries apart by an id of its own; this module tells them apart by name within their workgroup,
    and removes further queries of the same name and workgroup.
options:
  name:
    description: Name of the query.
    type: str
    required: true
  description:
    description: What the query answers.
    type: str
    default: ""
  database:
    description: Database that it runs in. Changing it replaces the query, since AWS cannot update it.
    type: str
    required: true
  workgroup:
    description: Workgroup that holds it.
    type: str
    default: primary
  query:
    description: The SQL text.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: A saved query counts the orders
  athena_named_query:
    name: Orders counted
    database: orders_db
    workgroup: orders
    query: SELECT count(*) FROM filtered_orders
"""

RETURN = r"""
resource:
  description: The query as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: Orders counted, database: orders_db, workgroup: orders, query: SELECT 1, description: "", copies: 1}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing

FIELDS = ("name", "description", "database", "workgroup", "query")


def find(athena, workgroup, name):
    """Every named query of this name in the workgroup, in a fixed order; none where the workgroup is missing."""
    ids, token = [], {}
    try:
        while True:
            page = athena.list_named_queries(WorkGroup=workgroup, MaxResults=50, **token)
            ids += page["NamedQueryIds"]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
    except ClientError as error:
        if is_missing(error, "InvalidRequestException", "ResourceNotFoundException") and "not found" in str(error).lower():
            return []
        raise
    found = []
    for start in range(0, len(ids), 50):
        found += athena.batch_get_named_query(NamedQueryIds=ids[start : start + 50])["NamedQueries"]
    return sorted((query for query in found if query["Name"] == name), key=lambda query: query["NamedQueryId"])


def describe(found):
    """The first of `found` in the options' own shape, or None; `copies` counts what should be one."""
    if not found:
        return None
    first = found[0]
    return {
        "name": first["Name"],
        "description": first.get("Description", ""),
        "database": first["Database"],
        "workgroup": first["WorkGroup"],
        "query": first["QueryString"],
        "copies": len(found),
    }


def apply(athena, found, before, after):
    """Make AWS match `after`; the copies beyond the first go."""
    replace = before is not None and after is not None and before["database"] != after["database"]
    for query in found if after is None or replace else found[1:]:
        athena.delete_named_query(NamedQueryId=query["NamedQueryId"])
    if after is None:
        return
    if before is None or replace:
        # An empty description is refused here, though not by an update.
        described = {"Description": after["description"]} if after["description"] else {}
        athena.create_named_query(
            Name=after["name"], Database=after["database"], WorkGroup=after["workgroup"], QueryString=after["query"], **described
        )
    elif {**before, "copies": 1} != after:
        athena.update_named_query(
            NamedQueryId=found[0]["NamedQueryId"], Name=after["name"], Description=after["description"], QueryString=after["query"]
        )


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "database": {"required": True},
            "workgroup": {"default": "primary"},
            "query": {"required": True},
        }
    )
    wanted = {**{key: module.params[key] for key in FIELDS}, "copies": 1}
    athena = module.client("athena")
    look = lambda: find(athena, wanted["workgroup"], wanted["name"])  # noqa: E731 - named for the two uses below
    converge(
        module,
        f"Athena named query {wanted['name']!r}",
        lambda: describe(look()),
        lambda before, after: apply(athena, look(), before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
