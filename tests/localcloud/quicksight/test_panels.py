"""What is told QuickSight of the page's panels is what Athena answers: each query runs, with those columns of those types."""

import contextlib

import pytest

from tests.local_cloud import ROOT, wait_for
from tests.localcloud.quicksight.conftest import ACCOUNT, ARN
from tests.unit.plugins.plugin_files import filter_named, load

FOLDERS = sorted(path.parent.name for path in (ROOT / "sql").glob("*/create_table.sql"))
#: Athena's names of types → QuickSight's.
TYPES = {
    "varchar": "STRING",
    "char": "STRING",
    "tinyint": "INTEGER",
    "smallint": "INTEGER",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "decimal": "DECIMAL",
    "double": "DECIMAL",
    "float": "DECIMAL",
    "date": "DATETIME",
    "timestamp": "DATETIME",
    "boolean": "BOOLEAN",
}


def item(folder):
    return {"name": folder, "title": folder.title(), "data_source": folder, "database": f"{folder}_db", "sql": folder}


def ran(athena, workgroup, sql):
    """The columns of a query's answer: [(name, QuickSight's type)]."""
    run = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]

    def status():
        found = athena.get_query_execution(QueryExecutionId=run)["QueryExecution"]["Status"]
        return found if found["State"] in ("SUCCEEDED", "FAILED") else None

    ended = wait_for(status, "the query's end", 60)
    assert ended["State"] == "SUCCEEDED", f"{ended}\n{sql}"
    columns = athena.get_query_results(QueryExecutionId=run)["ResultSet"].get("ResultSetMetadata", {}).get("ColumnInfo", [])
    return [(column["Name"], TYPES[column["Type"].partition("(")[0]]) for column in columns]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_panel_is_what_athena_answers(cloud, client, workgroup, folder):
    athena, glue, s3 = (cloud.client(service) for service in ("athena", "glue", "s3"))
    glue.create_database(DatabaseInput={"Name": f"{folder}_db"})
    bucket = f"data-{folder.replace('_', '-')}"
    s3.create_bucket(Bucket=bucket)
    derived = load("filter", "derived_data_sets")
    statement = derived.statement(f"{folder}/create_table.sql")
    statement = statement.replace("${location}", f"s3://{bucket}/data/").replace("EXISTS ", f"EXISTS {folder}_db.", 1)
    ran(athena, workgroup, statement)

    table = filter_named("quicksight_table")(f"{folder}/create_table.sql")
    whole = ran(athena, workgroup, f"SELECT * FROM {folder}_db.{table['table']}")
    assert whole == [(column["name"], column["type"]) for column in table["columns"]]

    made = filter_named("derived_data_sets")({"quicksight_dashboards": [item(folder)]})
    assert made
    for data_set in made:
        assert ran(athena, workgroup, data_set["query"]) == [(column["name"], column["type"]) for column in data_set["columns"]]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_dashboard_is_taken(client, source, folder):
    for data_set in filter_named("derived_data_sets")({"quicksight_dashboards": [item(folder)]}):
        columns = [{"Name": column["name"], "Type": column["type"]} for column in data_set["columns"]]
        physical = {"CustomSql": {"DataSourceArn": source, "Name": "panel", "SqlQuery": data_set["query"], "Columns": columns}}
        given = {"DataSetId": data_set["name"], "Name": data_set["title"], "ImportMode": "DIRECT_QUERY"}
        with contextlib.suppress(client.exceptions.ResourceExistsException):
            client.create_data_set(AwsAccountId=ACCOUNT, PhysicalTableMap={"data": physical}, **given)
    definition = filter_named("quicksight_definition")(item(folder), f"{ARN}:dataset/")
    client.create_dashboard(AwsAccountId=ACCOUNT, DashboardId=folder, Name=folder, Definition=definition)
    version = client.describe_dashboard(AwsAccountId=ACCOUNT, DashboardId=folder)["Dashboard"]["Version"]
    assert version["Status"] == "CREATION_SUCCESSFUL", version["Errors"]
