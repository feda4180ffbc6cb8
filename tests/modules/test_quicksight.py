"""What of QuickSight's modules their cases do not show: refusals, versions, what AWS does slowly or not at all."""

import pytest

from tests.local_cloud import create_role
from tests.modules import call_recorder, quicksight_cloud
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

ACCOUNT = {"AwsAccountId": "000000000000"}


@pytest.fixture
def client(aws):
    quicksight_cloud.people(aws)
    return aws.client("quicksight")


# -- the account


@on("local")
def test_a_subscribed_account_with_all_who_are_meant_is_no_problem(aws, client):
    found = done("quicksight_account_info", principals=[quicksight_cloud.READERS, quicksight_cloud.JANE, quicksight_cloud.EVERYBODY])
    assert not found.changed
    assert found.writes == []
    assert found.result["subscribed"]
    assert (found.result["edition"], found.result["identity_region"]) == ("ENTERPRISE", "us-east-1")


@on("moto")
def test_an_account_without_subscription_is_told_how_to_subscribe_and_what_that_means(aws, answers):
    answers["quicksight:DescribeAccountSubscription"] = call_recorder.error(404, "ResourceNotFoundException", "not subscribed")
    said = refused("quicksight_account_info", "123456789012 is not subscribed", "create-account-subscription", "costs by the month")
    assert said.result["subscribed"] is False


@on("local")
def test_the_region_of_the_identities_is_found_and_named(aws, client):
    said = refused("quicksight_account_info", "quicksight_identity_region: us-east-1", identity_region="eu-west-1")
    assert said.result["identity_region"] == "us-east-1"


@on("local")
def test_everybody_who_is_not_there_is_named_at_once(aws, client):
    nobody = "arn:aws:quicksight:us-east-1:000000000000:group/default/nobody"
    elsewhere = quicksight_cloud.READERS.replace("us-east-1", "eu-west-1")
    said = refused("quicksight_account_info", "no group nobody", "lies in eu-west-1", "'jane'", principals=[nobody, elsewhere, "jane"])
    assert len(said.result["problems"]) == 3


@on("moto")
def test_the_standard_edition_is_refused(aws, answers):
    told = {"AccountInfo": {"Edition": "STANDARD", "AccountSubscriptionStatus": "ACCOUNT_CREATED"}}
    answers["quicksight:DescribeAccountSubscription"] = call_recorder.lost(told)
    refused("quicksight_account_info", "Standard edition")


@on("moto")
def test_who_may_not_ask_is_told_so(aws, answers):
    answers["quicksight:DescribeAccountSubscription"] = call_recorder.error(403, "AccessDeniedException", "You may not")
    refused("quicksight_account_info", "could not be found out", "docs/security.md", "You may not")


# -- data sources


@on("local")
def test_a_role_that_does_not_trust_quicksight_is_the_reason_that_is_told(aws, client):
    role = create_role(aws.client("iam"), unique("role"), "glue.amazonaws.com")["Arn"]
    name = unique("source")
    refused("quicksight_data_source_config", "CREATION_FAILED", "assume role", role, name=name, role_arn=role, wait_timeout=0)
    # What failed is there, and is set right by the next run.
    again = done("quicksight_data_source_config", name=name)
    assert again.differing == {"works", "role_arn"}
    assert client.describe_data_source(**ACCOUNT, DataSourceId=name)["DataSource"]["Status"] == "UPDATE_SUCCESSFUL"


@on("local")
def test_a_workgroup_that_is_not_there_is_the_reason_that_is_told(aws, client):
    refused("quicksight_data_source_config", "CREATION_FAILED", "nowhere", name=unique("source"), workgroup="nowhere")


# -- data sets


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ("data_source is missing", "one of table", "columns is empty")),
        ({"table": "t", "query": "SELECT 1"}, ("and only one",)),
        ({"table": "t"}, ("database",)),
        ({"query": "SELECT 1", "refresh": {"interval": "DAILY"}}, ("spice: true",)),
    ],
)
@on("moto")
def test_a_data_set_that_cannot_be_is_refused_with_every_reason(aws, options, words):
    refused("quicksight_data_set_config", *words, check=True, name="a", **options)


@on("local")
def test_leaving_spice_takes_the_schedule_along(aws, client):
    options = {
        "name": unique("set"),
        "data_source": quicksight_cloud.data_source(aws),
        "query": "SELECT 1 AS one",
        "columns": [{"name": "one", "type": "INTEGER"}],
    }
    done("quicksight_data_set_config", **options, spice=True, refresh={"interval": "HOURLY"})
    left = done("quicksight_data_set_config", **options)
    assert left.differing == {"spice", "refresh"}
    assert client.list_refresh_schedules(**ACCOUNT, DataSetId=options["name"])["RefreshSchedules"] == []


# -- dashboards


@on("local")
def test_a_change_is_a_new_version_that_is_published(aws, client):
    name, definition = unique("dashboard"), quicksight_cloud.definition(aws)
    done("quicksight_dashboard_config", name=name, definition=definition)
    definition["Sheets"][0]["Name"] = "Another"
    changed = done("quicksight_dashboard_config", name=name, definition=definition)
    assert changed.differing == {"definition"}
    assert client.describe_dashboard(**ACCOUNT, DashboardId=name)["Dashboard"]["Version"]["VersionNumber"] == 2
    assert len(client.list_dashboard_versions(**ACCOUNT, DashboardId=name)["DashboardVersionSummaryList"]) == 2


@on("local")
def test_a_definition_that_quicksight_refuses_is_told_and_the_old_version_stays(aws, client):
    name, definition = unique("dashboard"), quicksight_cloud.definition(aws)
    done("quicksight_dashboard_config", name=name, definition=definition)
    wrong = quicksight_cloud.definition(aws, column="missing")
    refused("quicksight_dashboard_config", "version 2", "no column missing", name=name, definition=wrong)
    assert client.describe_dashboard(**ACCOUNT, DashboardId=name)["Dashboard"]["Version"]["VersionNumber"] == 1
    assert not done("quicksight_dashboard_config", name=name, definition=definition).changed


@on("local")
def test_a_version_that_somebody_published_by_hand_is_replaced(aws, client):
    name, definition = unique("dashboard"), quicksight_cloud.definition(aws)
    done("quicksight_dashboard_config", name=name, definition=definition)
    client.update_dashboard(**ACCOUNT, DashboardId=name, Name=name, Definition=definition)
    client.update_dashboard_published_version(**ACCOUNT, DashboardId=name, VersionNumber=2)
    replaced = done("quicksight_dashboard_config", name=name, definition=definition)
    assert replaced.differing == {"definition"}
    assert not done("quicksight_dashboard_config", name=name, definition=definition).changed


@on("local")
def test_a_dashboard_that_was_refused_when_it_was_made_is_made_by_the_next_run(aws, client):
    name = unique("dashboard")
    wrong = quicksight_cloud.definition(aws, column="missing")
    refused("quicksight_dashboard_config", "CREATION_FAILED", "no column missing", name=name, definition=wrong)
    assert done("quicksight_dashboard_config", name=name, definition=quicksight_cloud.definition(aws)).changed


# -- analyses


@on("local")
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_analysis_that_waits_to_be_restored_does_not_stand_in_the_way(aws, client, state):
    name, definition = unique("analysis"), quicksight_cloud.definition(aws)
    done("quicksight_analysis_config", name=name, definition=definition)
    client.delete_analysis(**ACCOUNT, AnalysisId=name)
    again = done("quicksight_analysis_config", name=name, definition=definition, state=state)
    assert again.before["deleted"]
    left = [found for found in client.list_analyses(**ACCOUNT)["AnalysisSummaryList"] if found["AnalysisId"] == name]
    assert [found["Status"] for found in left] == (["CREATION_SUCCESSFUL"] if state == "present" else [])
