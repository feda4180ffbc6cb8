#!/usr/bin/python
"""Manage a table that a CREATE EXTERNAL TABLE statement of Amazon Athena declares."""

DOCUMENTATION = r"""
module: athena_table
short_description: Manage a table that a CREATE EXTERNAL TABLE statement declares
description:
  - Create a table by running its statement in Athena, so that the SQL file is all that declares it.
  - A changed statement changes the table in place. Partitions that are registered stay, and queries that run are not disturbed.
  - A table that was changed by hand is set right. To know that, the table's parameters hold what the statement made of it.
  - Deleting the table deletes no data.
options:
  name:
    description: Name of the table, as the statement has it.
    type: str
    required: true
  database:
    description: Database of the catalog.
    type: str
    required: true
  workgroup:
    description: Workgroup that runs the statement.
    type: str
    default: primary
  statement:
    description: One CREATE EXTERNAL TABLE statement. Required if O(state=present).
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
- name: The table of orders is there
  athena_table:
    name: transformed_orders
    database: order_history_db
    workgroup: order_history
    statement: "{{ lookup('file', 'sql/order_history/create_table.sql') }}"
"""

RETURN = r"""
resource:
  description: The checksum of the statement, and of what was changed by hand what it was declared to be; empty when absent.
  type: dict
  returned: always
  sample: {statement: 2c26b46b68ff}
"""

import hashlib
import json
import re
import time

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing

#: Parameters of the table that are ours: the statement's checksum, and what it made.
STATEMENT, MADE = "headwater_statement", "headwater_made"
CREATE = re.compile(r"(?i)\bCREATE\s+EXTERNAL\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[`\"]?(\w+)[`\"]?")
PAUSE, LONGEST = 0.2, 2.0


def checksum(statement):
    """What a statement is known by; a comment or a space is no change."""
    text = re.sub(r"--[^\n]*", "", statement)
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def made(table):
    """What a statement decides of a table, by field. Parameters that Glue and Athena add by themselves are left out."""
    storage = table.get("StorageDescriptor", {})
    column = lambda each: {"name": each["Name"], "type": each["Type"], "comment": each.get("Comment", "")}  # noqa: E731 - used twice
    parameters = {key: value for key, value in table.get("Parameters", {}).items() if key not in (STATEMENT, MADE)}
    return {
        "columns": [column(each) for each in storage.get("Columns", [])],
        "partition_keys": [column(each) for each in table.get("PartitionKeys", [])],
        "location": storage.get("Location", ""),
        "input_format": storage.get("InputFormat", ""),
        "serde": storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
        "serde_parameters": storage.get("SerdeInfo", {}).get("Parameters", {}),
        "parameters": {key: value for key, value in parameters.items() if not key.startswith(("transient_", "last_modified"))},
    }


def look(glue, database, name):
    """The table as Glue has it, or None."""
    try:
        return glue.get_table(DatabaseName=database, Name=name)["Table"]
    except ClientError as error:
        if is_missing(error, "EntityNotFoundException"):
            return None
        raise


def by_hand(table):
    """{field: what it was made as} of the fields that differ from that now."""
    recorded = json.loads(table["Parameters"].get(MADE, "{}")) if table else {}
    now = made(table) if table else {}
    return {field: value for field, value in recorded.items() if now.get(field) != value}


def describe(table, fields):
    """The statement's checksum, and the `fields` as they are; None where there is no table."""
    if table is None:
        return None
    return {"statement": table.get("Parameters", {}).get(STATEMENT, ""), **{field: made(table)[field] for field in fields}}


def run(athena, module, statement):
    """Run one statement; the module fails with Athena's reason."""
    database, workgroup = module.params["database"], module.params["workgroup"]
    started = athena.start_query_execution(QueryString=statement, QueryExecutionContext={"Database": database}, WorkGroup=workgroup)
    deadline, pause = time.monotonic() + module.params["wait_timeout"], PAUSE
    while True:
        status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED") or time.monotonic() > deadline:
            reason = status.get("StateChangeReason", f"{status['State']} after {module.params['wait_timeout']} s")
            module.fail_json(msg=f"Athena table '{database}.{module.params['name']}': the statement failed: {reason}")
        time.sleep(pause)
        pause = min(pause * 2, LONGEST)


def apply(glue, athena, module, after):
    """Make the catalog match. The statement runs under a name of its own, so a table that is there is never away."""
    database, name = module.params["database"], module.params["name"]
    if after is None:
        glue.delete_table(DatabaseName=database, Name=name)
        return
    trial = f"{name}__as_declared"
    if look(glue, database, trial):
        glue.delete_table(DatabaseName=database, Name=trial)
    statement = module.params["statement"]
    start, end = CREATE.search(statement).span(1)
    run(athena, module, (statement[:start] + trial + statement[end:]).rstrip().rstrip(";"))
    wanted = look(glue, database, trial)
    parameters = {**wanted.get("Parameters", {}), STATEMENT: after["statement"], MADE: json.dumps(made(wanted), sort_keys=True)}
    kept = ("Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType")
    table = {"Name": name, "Parameters": parameters, **{key: wanted[key] for key in kept if wanted.get(key)}}
    call = glue.update_table if look(glue, database, name) else glue.create_table
    call(DatabaseName=database, TableInput=table)
    glue.delete_table(DatabaseName=database, Name=trial)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "database": {"required": True},
            "workgroup": {"default": "primary"},
            "statement": {"default": ""},
        },
        required_if=[("state", "present", ["statement"])],
    )
    name, database, statement = (module.params[key] for key in ("name", "database", "statement"))
    found = CREATE.search(statement)
    if module.params["state"] == "present" and (found is None or found[1] != name):
        seen = f"that of {found[1]!r}" if found else f"{statement[:60]!r}"
        module.fail_json(msg=f"Athena table '{database}.{name}': the statement must be its CREATE EXTERNAL TABLE, but is {seen}")
    glue, athena = module.client("glue"), module.client("athena")
    try:
        table = look(glue, database, name)
    except ClientError as error:
        module.fail_json_aws(error, msg=f"Athena table '{database}.{name}'")
    declared = by_hand(table) if table and table.get("Parameters", {}).get(STATEMENT) == checksum(statement) else {}
    converge(
        module,
        f"Athena table '{database}.{name}'",
        lambda: describe(look(glue, database, name), declared),
        lambda before, after: apply(glue, athena, module, after),
        {"statement": checksum(statement), **declared},
    )


if __name__ == "__main__":
    main()
