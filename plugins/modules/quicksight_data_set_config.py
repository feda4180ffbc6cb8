#!/usr/bin/python
"""Manage a data set of Amazon QuickSight."""

DOCUMENTATION = r"""
module: quicksight_data_set_config
short_description: Manage a data set of Amazon QuickSight
description:
  - Create, update or delete a data set, which is a table or the answer of a query of a data source.
  - One that is queried directly is as new as its table. One that is kept in SPICE is filled when it is made, and by its schedule.
options:
  data_source:
    description: Id of the data source; needed unless it is absent.
    type: str
    default: ""
  database:
    description: Database of the table.
    type: str
    default: ""
  table:
    description: Name of a table; this or O(query).
    type: str
    default: ""
  query:
    description: A query in the SQL of Athena, without parameters; this or O(table).
    type: str
    default: ""
  columns:
    description: Columns of the table, or of the query's answer, each with C(name) and C(type), one of QuickSight's types such as STRING.
    type: list
    elements: dict
    default: []
  spice:
    description: Whether QuickSight keeps a copy of the data, which its users then read instead of the table.
    type: bool
    default: false
  refresh:
    description: When SPICE is filled anew, as C(interval) (such as DAILY), C(time) (HH:MM) and C(time_zone); empty for never.
    type: dict
    default: {}
  viewers:
    description: ARNs of users and groups who may use it.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
  - quicksight
author: Headwater
"""

EXAMPLES = r"""
- name: QuickSight knows how many orders each customer has
  quicksight_data_set_config:
    name: orders-by-customer
    data_source: orders
    query: SELECT customer, count(*) AS orders FROM "orders_db".processed GROUP BY customer
    columns: [{name: customer, type: STRING}, {name: orders, type: INTEGER}]
"""

RETURN = r"""
resource:
  description: The data set as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: orders-by-customer, data_source: orders, spice: false, refresh: {}, permissions: {}, tags: {}}
"""

from ansible.module_utils import quicksight
from ansible.module_utils.aws_resource import aws_module

SCHEDULE = "headwater"
PHYSICAL = "data"
CATALOG = "AwsDataCatalog"


def describe(client, named):
    """The data set in the options' own shape, or None."""
    answer = quicksight.answered(client.describe_data_set, **named)
    if answer is None:
        return None
    found = answer["DataSet"]
    physical = next(iter((found.get("PhysicalTableMap") or {}).values()), {})
    table, query = physical.get("RelationalTable", {}), physical.get("CustomSql", {})
    columns = table.get("InputColumns") or query.get("Columns") or []
    return {
        "name": found["DataSetId"],
        "title": found["Name"],
        "data_source": (table or query).get("DataSourceArn", "").rpartition("/")[2],
        "database": table.get("Schema", ""),
        "table": table.get("Name", ""),
        "query": query.get("SqlQuery", ""),
        "columns": [{"name": column["Name"], "type": column["Type"]} for column in columns],
        "spice": found["ImportMode"] == "SPICE",
        "refresh": refresh_of(client, named) if found["ImportMode"] == "SPICE" else {},
        "permissions": quicksight.shown_permissions(client.describe_data_set_permissions(**named).get("Permissions")),
        "tags": quicksight.tags_of(client, found["Arn"]),
    }


def refresh_of(client, named):
    """Our schedule as the option has it."""
    answer = quicksight.answered(client.describe_refresh_schedule, **named, ScheduleId=SCHEDULE)
    if answer is None:
        return {}
    frequency = answer["RefreshSchedule"]["ScheduleFrequency"]
    members = {"interval": "Interval", "time": "TimeOfTheDay", "time_zone": "Timezone"}
    return {name: frequency[member] for name, member in members.items() if member in frequency}


def schedule(refresh):
    """The option `refresh` as the API takes it."""
    members = {"interval": "Interval", "time": "TimeOfTheDay", "time_zone": "Timezone"}
    frequency = {member: refresh[name] for name, member in members.items() if name in refresh}
    return {"ScheduleId": SCHEDULE, "ScheduleFrequency": frequency, "RefreshType": "FULL_REFRESH"}


def told(after, source_arn):
    """What creating and updating spell alike."""
    columns = [{"Name": column["name"], "Type": column["type"]} for column in after["columns"]]
    if after["table"]:
        place = {"Catalog": CATALOG, "Schema": after["database"], "Name": after["table"]}
        physical = {"RelationalTable": {"DataSourceArn": source_arn, **place, "InputColumns": columns}}
    else:
        name = after["title"][:128]
        physical = {"CustomSql": {"DataSourceArn": source_arn, "Name": name, "SqlQuery": after["query"], "Columns": columns}}
    mode = "SPICE" if after["spice"] else "DIRECT_QUERY"
    return {"Name": after["title"], "PhysicalTableMap": {PHYSICAL: physical}, "ImportMode": mode}


def apply(module, client, named, arn, before, after):
    """Make AWS match `after`; a deleted data set's schedules and copy go with it."""
    if after is None:
        client.delete_data_set(**named)
        return
    prefix = arn.rpartition(":")[0]
    members = told(after, f"{prefix}:datasource/{after['data_source']}")
    if before is None:
        shared = {**quicksight.api_permissions(after["permissions"]), **quicksight.api_tags(after["tags"])}
        client.create_data_set(**named, **members, **shared)
        before = {**after, "refresh": {}}
    elif any(before[key] != after[key] for key in after if key not in ("refresh", "permissions", "tags")):
        if before["refresh"] and not after["spice"]:
            client.delete_refresh_schedule(**named, ScheduleId=SCHEDULE)
            before = {**before, "refresh": {}}
        client.update_data_set(**named, **members)
    reschedule(client, named, before["refresh"], after["refresh"])
    changes = quicksight.permission_changes(before["permissions"], after["permissions"])
    if changes:
        client.update_data_set_permissions(**named, **changes)
    quicksight.retag(client, arn, before["tags"], after["tags"])


def reschedule(client, named, before, after):
    """Make the refresh schedule that of `after`."""
    if before == after:
        return
    if not after:
        client.delete_refresh_schedule(**named, ScheduleId=SCHEDULE)
    elif before:
        client.update_refresh_schedule(**named, Schedule=schedule(after))
    else:
        client.create_refresh_schedule(**named, Schedule=schedule(after))


def problems(params):
    """What is wrong with the options, a sentence each."""
    if params["state"] == "absent":
        return []
    found = []
    if not params["data_source"]:
        found.append("data_source is missing")
    if bool(params["table"]) == bool(params["query"]):
        found.append(f"one of table ({params['table']!r}) and query ({params['query'][:40]!r}) is needed, and only one")
    if params["table"] and not params["database"]:
        found.append(f"database, that of the table {params['table']!r}, is missing")
    if not params["columns"]:
        found.append("columns is empty; QuickSight does not look for them")
    if params["refresh"] and not params["spice"]:
        found.append("refresh is for data sets in SPICE; a direct query is always new. Leave it out, or set spice: true")
    return found


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            **quicksight.OPTIONS,
            **quicksight.VIEWERS,
            "data_source": {"default": ""},
            "database": {"default": ""},
            "table": {"default": ""},
            "query": {"default": ""},
            "columns": {"type": "list", "elements": "dict", "default": []},
            "spice": {"type": "bool", "default": False},
            "refresh": {"type": "dict", "default": {}},
        }
    )
    params = module.params
    subject = f"QuickSight data set {params['name']!r}"
    if wrong := problems(params):
        module.fail_json(msg=f"{subject}: {'; '.join(wrong)}")
    wanted = {key: params[key] for key in ("data_source", "table", "query", "columns", "spice", "refresh")}
    wanted["database"] = params["database"] if params["table"] else ""
    quicksight.manage(module, subject, "dataset", "DataSetId", describe, apply, **wanted)


if __name__ == "__main__":
    main()
