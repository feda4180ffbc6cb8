"""Workgroups and named queries, beyond their life."""

from tests.modules.call_recorder import lost
from tests.modules.cases import table
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

GROUP = {"output_location": "s3://results/enriched/"}


@on("local")
def test_a_cutoff_below_athenas_least_is_refused_before_anything_is_asked(aws):
    outcome = refused(
        "athena_workgroup", "bytes_scanned_cutoff is 9999999", "10000000", name=unique("group"), bytes_scanned_cutoff=9_999_999, **GROUP
    )
    assert outcome.calls == []


@on("local")
def test_a_request_that_breaks_awss_model_is_never_sent(aws):
    refused("athena_workgroup", "'no/name' does not match", check=True, name="no/name", **GROUP)


@on("local")
def test_a_workgroup_goes_with_its_named_queries(aws):
    name, athena = unique("group"), aws.client("athena")
    done("athena_workgroup", name=name, **GROUP)
    athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)
    done("athena_workgroup", name=name, state="absent", **GROUP)
    done("athena_workgroup", name=name, **GROUP)
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == []


@on("local")
def test_a_change_that_aws_does_not_show_is_an_error_that_names_the_fields(aws, answers):
    name = unique("group")
    done("athena_workgroup", name=name, **GROUP)
    answers["athena:UpdateWorkGroup"] = lost()
    options = {"name": name, "publish_metrics": False, "description": "new", "wait_timeout": 0, **GROUP}
    outcome = refused("athena_workgroup", f"Athena workgroup '{name}': after 0 s AWS still differs", **options)
    assert outcome.msg.endswith("description is '', not 'new'; publish_metrics is True, not False")


@on("moto")
def test_a_workgroup_that_is_as_wanted_stays_as_it_is(aws):
    """All that moto can: it has no UpdateWorkGroup, and answers an empty GetWorkGroup for one that is not there."""
    name, athena = unique("group"), aws.client("athena")
    assert "WorkGroup" not in athena.get_work_group(WorkGroup=name)
    settings = {
        "ResultConfiguration": {"OutputLocation": GROUP["output_location"], "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}},
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "BytesScannedCutoffPerQuery": 1_000_000_000,
        "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
    }
    athena.create_work_group(Name=name, Configuration=settings, Tags=[{"Key": "a", "Value": "b"}])
    for check in (True, False):
        same = done("athena_workgroup", check, name=name, tags={"a": "b"}, **GROUP)
        assert not same.changed
        assert same.writes == []
    other = done("athena_workgroup", check=True, name=name, enforce=False, **GROUP)
    assert other.differing == {"enforce", "tags"}


@on("local")
def test_copies_of_a_named_query_are_removed(aws):
    group, athena = unique("group"), aws.client("athena")
    athena.create_work_group(Name=group)
    query = {"Name": "q", "Database": "d", "QueryString": "SELECT 1", "WorkGroup": group, "Description": "one"}
    for _ in range(3):
        athena.create_named_query(**query)
    athena.create_named_query(**{**query, "Name": "another"})
    options = {"name": "q", "database": "d", "query": "SELECT 1", "workgroup": group, "description": "one"}
    outcome = done("athena_named_query", **options)
    assert outcome.changed
    assert outcome.differing == {"copies"}
    assert outcome.writes == ["athena:DeleteNamedQuery"] * 2
    assert len(athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]) == 2
    assert not done("athena_named_query", **options).changed


@on("local")
def test_a_named_query_of_another_database_is_replaced(aws):
    group, athena = unique("group"), aws.client("athena")
    athena.create_work_group(Name=group)
    options = {"name": "q", "query": "SELECT 1", "workgroup": group}
    done("athena_named_query", database="old", **options)
    outcome = done("athena_named_query", database="new", **options)
    assert outcome.differing == {"database"}
    assert outcome.writes == ["athena:DeleteNamedQuery", "athena:CreateNamedQuery"]
    (found,) = athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]
    assert athena.get_named_query(NamedQueryId=found)["NamedQuery"]["Database"] == "new"


@on("local")
def test_more_queries_than_a_page_holds_are_all_seen(aws):
    group, athena = unique("group"), aws.client("athena")
    athena.create_work_group(Name=group)
    for number in range(60):
        athena.create_named_query(Name=f"q{number:02}", Database="d", QueryString="SELECT 1", WorkGroup=group)
    for name in ("q00", "q59"):
        outcome = done("athena_named_query", name=name, database="d", query="SELECT 1", workgroup=group)
        assert not outcome.changed
        assert outcome.calls.count("athena:ListNamedQueries") == 2


@on("local")
def test_before_its_workgroup_exists_a_named_query_can_be_checked_and_removed(aws):
    options = {"name": "q", "database": "d", "query": "SELECT 1", "workgroup": unique("group")}
    assert done("athena_named_query", check=True, **options).changed
    assert not done("athena_named_query", state="absent", **options).changed


@on("local")
def test_a_table_whose_statement_changed_keeps_its_partitions(aws):
    options, glue = table(aws, None), aws.client("glue")
    done("athena_table", **options)
    place = {"DatabaseName": options["database"], "TableName": "lines"}
    storage = glue.get_table(DatabaseName=options["database"], Name="lines")["Table"]["StorageDescriptor"]
    glue.create_partition(**place, PartitionInput={"Values": ["2026-11-21"], "StorageDescriptor": storage})
    done("athena_table", **{**options, "statement": options["statement"].replace("a int", "a int, b string")})
    assert [partition["Values"] for partition in glue.get_partitions(**place)["Partitions"]] == [["2026-11-21"]]
    columns = glue.get_table(DatabaseName=options["database"], Name="lines")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == ["a", "b"]
    assert [found["Name"] for found in glue.get_tables(DatabaseName=options["database"])["TableList"]] == ["lines"]


@on("local")
def test_a_table_changed_by_hand_is_told_by_field_and_set_right(aws):
    options, glue = table(aws, None), aws.client("glue")
    done("athena_table", **options)
    now = glue.get_table(DatabaseName=options["database"], Name="lines")["Table"]
    by_hand = {key: now[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    by_hand["StorageDescriptor"]["Location"] = "s3://elsewhere/"
    glue.update_table(DatabaseName=options["database"], TableInput=by_hand)
    told = done("athena_table", True, **options)
    assert told.changed
    assert (told.result["diff"]["before"]["location"], told.result["diff"]["after"]["location"][-7:]) == ("s3://elsewhere/", "/lines/")
    assert done("athena_table", **options).changed
    assert not done("athena_table", **options).changed


@on("local")
def test_a_table_needs_its_own_statement_and_says_why_one_failed(aws):
    options = table(aws, None)
    refused("athena_table", "must be its CREATE EXTERNAL TABLE, but is 'SELECT 1'", **{**options, "statement": "SELECT 1"})
    refused("athena_table", "but is that of 'lines'", **{**options, "name": "others"})
    aws.client("glue").delete_database(Name=options["database"])
    refused("athena_table", "the statement failed: ", **options)
