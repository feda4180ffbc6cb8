"""What resources of QuickSight need in the local cloud: a subscription, users and groups, a data source, a definition."""

import contextlib

from tests.modules.clouds import unique

_PREFIX = "arn:aws:quicksight:us-east-1:000000000000"
READERS, AUTHORS = f"{_PREFIX}:group/default/readers", f"{_PREFIX}:group/default/authors"
JANE, EVERYBODY = f"{_PREFIX}:user/default/jane", f"{_PREFIX}:namespace/default"


def people(aws):
    """Subscribe the account and register who the permissions name, once."""
    client, common = aws.client("quicksight"), {"AwsAccountId": aws.account}
    space = {**common, "Namespace": "default"}
    with contextlib.suppress(client.exceptions.ResourceExistsException):
        client.create_account_subscription(
            **common, Edition="ENTERPRISE", AuthenticationMethod="IAM_AND_QUICKSIGHT", AccountName="a1", NotificationEmail="a@example.com"
        )
    for name in ("readers", "authors"):
        with contextlib.suppress(client.exceptions.ResourceExistsException):
            client.create_group(**space, GroupName=name)
    with contextlib.suppress(client.exceptions.ResourceExistsException):
        client.register_user(**space, IdentityType="QUICKSIGHT", Email="jane@example.com", UserRole="READER", UserName="jane")


def data_source(aws):
    """A new data source's id, on the workgroup primary with the service's own rights."""
    people(aws)
    name = unique("source")
    aws.client("quicksight").create_data_source(
        AwsAccountId=aws.account,
        DataSourceId=name,
        Name=name,
        Type="ATHENA",
        DataSourceParameters={"AthenaParameters": {"WorkGroup": "primary"}},
    )
    return name


def a_table(aws, name, *columns):
    """Arguments of CreateDataSet for a table with these columns, all texts, of a new data source."""
    named = [{"Name": column, "Type": "STRING"} for column in columns]
    source = f"{_PREFIX}:datasource/{data_source(aws)}"
    table = {"RelationalTable": {"DataSourceArn": source, "Schema": "db", "Name": "t", "InputColumns": named}}
    return {"DataSetId": name, "Name": name, "PhysicalTableMap": {"data": table}, "ImportMode": "DIRECT_QUERY"}


def data_set(aws, *columns):
    """The ARN of a new data set with these columns, all texts."""
    return aws.client("quicksight").create_data_set(AwsAccountId=aws.account, **a_table(aws, unique("set"), *columns))["Arn"]


def definition(aws, column="customer"):
    """A definition of one sheet with one table of a data set that has the column `customer`."""
    declared = [{"Identifier": "orders", "DataSetArn": data_set(aws, "customer")}]
    field = {"FieldId": "field", "Column": {"DataSetIdentifier": "orders", "ColumnName": column}}
    wells = {"FieldWells": {"TableUnaggregatedFieldWells": {"Values": [field]}}}
    visual = {"TableVisual": {"VisualId": "table", "ChartConfiguration": wells}}
    return {"DataSetIdentifierDeclarations": declared, "Sheets": [{"SheetId": "sheet", "Visuals": [visual]}]}
