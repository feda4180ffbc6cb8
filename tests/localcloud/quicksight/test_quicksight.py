"""QuickSight in the local cloud: a store that refuses what AWS would refuse."""

import boto3
import pytest
from botocore.config import Config

from tests.local_cloud import Cloud, create_role, wait_for
from tests.localcloud.quicksight.conftest import ACCOUNT, ARN, AUTHORS, READERS, a_query

OWN = {"AwsAccountId": ACCOUNT}
VIEWER = ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"]


def refused(client, code, operation, **arguments):
    """The message of the refusal."""
    with pytest.raises(client.exceptions.ClientError) as error:
        getattr(client, operation)(**arguments)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


def definition(data_set, column="customer", kind="CategoricalDimensionField"):
    """A definition with one bar chart."""
    dimension = {kind: {"FieldId": "x", "Column": {"DataSetIdentifier": "orders", "ColumnName": column}}}
    value = {"FieldId": "y", "Column": {"DataSetIdentifier": "orders", "ColumnName": "orders"}}
    wells = {"Category": [dimension], "Values": [{"NumericalMeasureField": value}]}
    chart = {"VisualId": "chart", "ChartConfiguration": {"FieldWells": {"BarChartAggregatedFieldWells": wells}}}
    place = {"ElementId": "chart", "ElementType": "VISUAL", "ColumnSpan": 18, "RowSpan": 10}
    sheet = {"SheetId": "sheet", "Visuals": [{"BarChartVisual": chart}]}
    sheet["Layouts"] = [{"Configuration": {"GridLayout": {"Elements": [place]}}}]
    return {"DataSetIdentifierDeclarations": [{"Identifier": "orders", "DataSetArn": data_set}], "Sheets": [sheet]}


# -- the account


def test_before_a_subscription_everything_says_so(before):
    assert before == {
        "list_data_sets": "UnsupportedUserEditionException",
        "list_users": "ResourceNotFoundException",
        "describe_account_subscription": "ResourceNotFoundException",
    }


def test_identities_are_asked_for_in_their_region_only(cloud, client):
    elsewhere = boto3.client(
        "quicksight",
        endpoint_url=cloud.url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )
    said = refused(elsewhere, "AccessDeniedException", "list_users", **OWN, Namespace="default")
    assert "endpoint eu-west-1, but your identity region is us-east-1" in said
    assert elsewhere.list_data_sets(**OWN)["DataSetSummaries"] == []


def test_another_account_is_refused(client):
    refused(client, "AccessDeniedException", "list_data_sets", AwsAccountId="111111111111")


def test_an_operation_that_is_not_here_says_where_to_read(client):
    assert "docs/local-cloud.md" in refused(client, "UnsupportedOperation", "list_themes", **OWN)


# -- data sources and data sets


def test_a_data_source_whose_role_cannot_be_had_has_failed_with_the_reason(cloud, client, name):
    role, identity = create_role(cloud.client("iam"), name("role"), "glue.amazonaws.com")["Arn"], name("source")
    parameters = {"AthenaParameters": {"RoleArn": role}}
    made = client.create_data_source(**OWN, DataSourceId=identity, Name="s", Type="ATHENA", DataSourceParameters=parameters)
    assert made["CreationStatus"] == "CREATION_IN_PROGRESS"
    found = client.describe_data_source(**OWN, DataSourceId=identity)["DataSource"]
    assert (found["Status"], found["ErrorInfo"]["Type"]) == ("CREATION_FAILED", "ACCESS_DENIED")
    assert role in found["ErrorInfo"]["Message"]


def test_a_data_set_needs_its_data_source_and_columns_that_differ(client, name, source):
    identity = name("set")
    refused(client, "ResourceNotFoundException", "create_data_set", **OWN, **a_query(identity, f"{ARN}:datasource/nowhere"))
    twice = a_query(identity, source)
    twice["PhysicalTableMap"]["data"]["CustomSql"]["Columns"].append({"Name": "Customer", "Type": "STRING"})
    assert "twice" in refused(client, "InvalidParameterValueException", "create_data_set", **OWN, **twice)
    client.create_data_set(**OWN, **a_query(identity, source))
    refused(client, "ResourceExistsException", "create_data_set", **OWN, **a_query(identity, source))


def test_lists_have_pages(client, name, source):
    made = {client.create_data_set(**OWN, **a_query(name("set"), source))["DataSetId"] for _ in range(3)}
    pages = list(client.get_paginator("list_data_sets").paginate(**OWN, PaginationConfig={"PageSize": 2}))
    assert all(len(page["DataSetSummaries"]) <= 2 for page in pages)
    assert made <= {each["DataSetId"] for page in pages for each in page["DataSetSummaries"]}


def test_filling_spice_runs_the_query_and_counts_its_rows(client, name, source):
    sql = "SELECT c AS customer, 1 AS orders, current_date AS day FROM (VALUES 'a', 'b', 'c') AS t (c)"
    made = client.create_data_set(**OWN, **a_query(name("set"), source, sql, "SPICE"))

    def ended(data_set, ingestion):
        found = client.describe_ingestion(**OWN, DataSetId=data_set, IngestionId=ingestion)["Ingestion"]
        return found if found["IngestionStatus"] in ("COMPLETED", "FAILED") else None

    first = wait_for(lambda: ended(made["DataSetId"], made["IngestionId"]), "the ingestion")
    assert (first["IngestionStatus"], first["RowInfo"]["RowsIngested"]) == ("COMPLETED", 3)

    wrong = client.create_data_set(**OWN, **a_query(name("set"), source, "SELECT customer FROM nowhere.nothing", "SPICE"))
    failed = wait_for(lambda: ended(wrong["DataSetId"], wrong["IngestionId"]), "the ingestion")
    assert failed["IngestionStatus"] == "FAILED"
    assert "nothing" in failed["ErrorInfo"]["Message"] or "nowhere" in failed["ErrorInfo"]["Message"]


def test_a_direct_query_is_never_refreshed(client, data_set):
    identity = data_set.rpartition("/")[2]
    refused(client, "InvalidParameterValueException", "create_ingestion", **OWN, DataSetId=identity, IngestionId="i")
    schedule = {"ScheduleId": "s", "ScheduleFrequency": {"Interval": "DAILY"}, "RefreshType": "FULL_REFRESH"}
    refused(client, "InvalidParameterValueException", "create_refresh_schedule", **OWN, DataSetId=identity, Schedule=schedule)


# -- what shows


@pytest.mark.parametrize(
    ("change", "kind", "word"),
    [
        ({"column": "missing"}, "COLUMN_REPLACEMENT_MISSING", "missing"),
        ({"kind": "DateDimensionField"}, "COLUMN_TYPE_MISMATCH", "STRING"),
        ({"column": "day"}, "COLUMN_TYPE_MISMATCH", "DATETIME"),
    ],
)
def test_a_definition_whose_columns_are_wrong_fails_with_the_reason(client, name, data_set, change, kind, word):
    identity = name("dashboard")
    client.create_dashboard(**OWN, DashboardId=identity, Name="d", Definition=definition(data_set, **change))
    version = client.describe_dashboard(**OWN, DashboardId=identity)["Dashboard"]["Version"]
    assert version["Status"] == "CREATION_FAILED"
    (error,) = version["Errors"]
    assert error["Type"] == kind
    assert word in error["Message"]


def test_a_data_set_that_is_not_there_fails_a_definition(client, name):
    identity = name("analysis")
    client.create_analysis(**OWN, AnalysisId=identity, Name="a", Definition=definition(f"{ARN}:dataset/nowhere"))
    (error,) = client.describe_analysis(**OWN, AnalysisId=identity)["Analysis"]["Errors"]
    assert error["Type"] == "DATA_SET_NOT_FOUND"


def undeclared(made):
    made["DataSetIdentifierDeclarations"][0]["Identifier"] = "others"


def placed_elsewhere(made):
    made["Sheets"][0]["Layouts"][0]["Configuration"]["GridLayout"]["Elements"][0]["ElementId"] = "nothing"


def doubled(made):
    made["Sheets"][0]["Visuals"] *= 2


@pytest.mark.parametrize(
    ("spoil", "word"), [(undeclared, "not declared"), (placed_elsewhere, "no visual of it"), (doubled, "VisualId is there twice")]
)
def test_a_definition_that_contradicts_itself_is_refused(client, name, data_set, spoil, word):
    made = definition(data_set)
    spoil(made)
    call = {"DashboardId": name("dashboard"), "Name": "d", "Definition": made}
    assert word in refused(client, "InvalidParameterValueException", "create_dashboard", **OWN, **call)


def test_a_version_is_shown_only_once_it_is_published(client, name, data_set):
    call = {**OWN, "DashboardId": name("dashboard")}
    client.create_dashboard(**call, Name="first", Definition=definition(data_set), VersionDescription="one")
    client.update_dashboard(**call, Name="second", Definition=definition(data_set), VersionDescription="two")
    shown = lambda **more: client.describe_dashboard(**call, **more)["Dashboard"]  # noqa: E731 - one line
    assert (shown()["Version"]["VersionNumber"], shown()["Name"]) == (1, "first")
    assert shown(VersionNumber=2)["Version"]["Description"] == "two"
    client.update_dashboard_published_version(**call, VersionNumber=2)
    assert (shown()["Version"]["VersionNumber"], shown()["Name"]) == (2, "second")
    assert client.describe_dashboard_definition(**call)["Definition"] == definition(data_set)


def test_a_version_that_failed_cannot_be_published(client, name, data_set):
    call = {**OWN, "DashboardId": name("dashboard")}
    client.create_dashboard(**call, Name="d", Definition=definition(data_set))
    client.update_dashboard(**call, Name="d", Definition=definition(data_set, column="missing"))
    refused(client, "ConflictException", "update_dashboard_published_version", **call, VersionNumber=2)


def test_a_deleted_analysis_keeps_its_id_until_it_is_deleted_by_force(client, name, data_set):
    call = {**OWN, "AnalysisId": name("analysis")}
    create = {**call, "Name": "a", "Definition": definition(data_set)}
    client.create_analysis(**create)
    client.delete_analysis(**call)
    assert client.describe_analysis(**call)["Analysis"]["Status"] == "DELETED"
    refused(client, "ResourceExistsException", "create_analysis", **create)
    client.restore_analysis(**call)
    client.delete_analysis(**call, ForceDeleteWithoutRecovery=True)
    client.create_analysis(**create)


# -- who may what


def test_permissions_are_whole_sets_for_people_who_exist(client, name, data_set):
    call = {**OWN, "DashboardId": name("dashboard")}
    client.create_dashboard(**call, Name="d", Definition=definition(data_set), Permissions=[{"Principal": READERS, "Actions": VIEWER}])
    update = lambda principal, actions: {**call, "GrantPermissions": [{"Principal": principal, "Actions": actions}]}  # noqa: E731 - one line
    code, operation = "InvalidParameterValueException", "update_dashboard_permissions"
    assert "unsupported permission sets" in refused(client, code, operation, **update(AUTHORS, VIEWER[:1]))
    assert "is not found" in refused(client, code, operation, **update(f"{ARN}:group/default/nobody", VIEWER))
    client.update_dashboard_permissions(**update(f"{ARN}:namespace/default", VIEWER))
    client.update_dashboard_permissions(**call, RevokePermissions=[{"Principal": READERS, "Actions": VIEWER}])
    (left,) = client.describe_dashboard_permissions(**call)["Permissions"]
    assert left["Principal"].endswith(":namespace/default")


def test_tags_are_by_arn(client, data_set):
    client.tag_resource(ResourceArn=data_set, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceArn=data_set, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceArn=data_set)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused(client, "ResourceNotFoundException", "list_tags_for_resource", ResourceArn=f"{ARN}:dataset/nowhere")


def test_iam_is_asked_for_the_data_set_and_for_what_is_passed(client, caller, name, source, data_set):
    identity = name("set")
    create = {"Action": "quicksight:CreateDataSet", "Resource": f"{ARN}:dataset/{identity}"}
    call = {**OWN, **a_query(identity, source)}
    assert "quicksight:PassDataSource" in refused(caller(create), "AccessDeniedException", "create_data_set", **call)
    caller(create, {"Action": "quicksight:PassDataSource", "Resource": source}).create_data_set(**call)
    tagged = {"Action": "quicksight:ListTagsForResource", "Resource": data_set}
    assert caller(tagged).list_tags_for_resource(ResourceArn=data_set)["Tags"] == []
    other = f"{ARN}:dataset/{identity}"
    assert other in refused(caller(tagged), "AccessDeniedException", "list_tags_for_resource", ResourceArn=other)


def test_a_role_for_a_data_source_must_be_passed_to_quicksight(cloud, client, caller, name):
    role = create_role(cloud.client("iam"), name("role"), "quicksight.amazonaws.com")["Arn"]
    call = {"DataSourceId": name("source"), "Name": "s", "Type": "ATHENA", "DataSourceParameters": {"AthenaParameters": {"RoleArn": role}}}
    create = {"Action": "quicksight:CreateDataSource", "Resource": "*"}
    assert "iam:PassRole" in refused(caller(create), "AccessDeniedException", "create_data_source", **OWN, **call)
    passing = {
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": "quicksight.amazonaws.com"}},
    }
    caller(create, passing).create_data_source(**OWN, **call)


def test_everything_is_there_after_a_kill(tmp_path):
    with Cloud(tmp_path) as cloud:
        made = {"AuthenticationMethod": "IAM_ONLY", "AccountName": "a1", "NotificationEmail": "a@example.com"}
        cloud.client("quicksight").create_account_subscription(**OWN, **made)
        cloud.client("quicksight").create_group(**OWN, Namespace="default", GroupName="readers")
        cloud.stop(kill=True)
        cloud.start()
        (group,) = cloud.client("quicksight").list_groups(**OWN, Namespace="default")["GroupList"]
        assert group["GroupName"] == "readers"
