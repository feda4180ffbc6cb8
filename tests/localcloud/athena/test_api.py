"""Athena's API: workgroups, saved queries, executions, results."""

import json
import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

SLOW = "SELECT count(*) FROM unnest(sequence(1, 30000)) a (x) CROSS JOIN unnest(sequence(1, 30000)) b (y) WHERE (x * y) % 7919 = 1"


@pytest.fixture
def group(athena, bucket):
    """make(**configuration) creates a workgroup and returns its name."""
    made = []

    def make(**configuration):
        name = f"wg-{uuid.uuid4().hex[:8]}"
        configuration.setdefault("ResultConfiguration", {"OutputLocation": f"s3://{bucket}/group/"})
        athena.create_work_group(Name=name, Configuration=configuration, Description="a test's")
        made.append(name)
        return name

    yield make
    for name in made:
        if name in {item["Name"] for item in athena.list_work_groups()["WorkGroups"]}:
            athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


@pytest.fixture
def unchecked(cloud):
    """A client that checks nothing itself."""
    return boto3.client(
        "athena",
        endpoint_url=f"http://127.0.0.1:{cloud.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"max_attempts": 1}),
    )


def refused(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# --- workgroups


def test_a_workgroups_life(athena, group, bucket):
    name = group(BytesScannedCutoffPerQuery=10_000_000)
    found = athena.get_work_group(WorkGroup=name)["WorkGroup"]
    assert (found["State"], found["Description"]) == ("ENABLED", "a test's")
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is True
    assert found["Configuration"]["BytesScannedCutoffPerQuery"] == 10_000_000
    assert found["Configuration"]["EngineVersion"] == {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
    assert abs(found["CreationTime"].timestamp() - time.time()) < 60
    updates = {
        "RemoveBytesScannedCutoffPerQuery": True,
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": True,
        "ResultConfigurationUpdates": {
            "OutputLocation": f"s3://{bucket}/moved/",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
        },
    }
    athena.update_work_group(WorkGroup=name, ConfigurationUpdates=updates, Description="changed", State="DISABLED")
    found = athena.get_work_group(WorkGroup=name)["WorkGroup"]
    configuration = found["Configuration"]
    assert (found["State"], found["Description"], "BytesScannedCutoffPerQuery" in configuration) == ("DISABLED", "changed", False)
    assert configuration["ResultConfiguration"] == {
        "OutputLocation": f"s3://{bucket}/moved/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    assert (configuration["PublishCloudWatchMetricsEnabled"], configuration["RequesterPaysEnabled"]) == (True, True)
    athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"ResultConfigurationUpdates": {"RemoveEncryptionConfiguration": True}})
    assert "EncryptionConfiguration" not in athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]["ResultConfiguration"]
    athena.delete_work_group(WorkGroup=name)
    assert refused(athena.get_work_group, WorkGroup=name) == ("InvalidRequestException", f"WorkGroup {name} is not found.")


def test_a_workgroup_is_created_once(athena, group):
    assert refused(athena.create_work_group, Name=group())[1].endswith("is already created")


def test_primary_is_there_and_stays(athena):
    assert athena.get_work_group(WorkGroup="primary")["WorkGroup"]["State"] == "ENABLED"
    assert refused(athena.delete_work_group, WorkGroup="primary")[0] == "InvalidRequestException"


def test_a_disabled_workgroup_takes_no_query(athena, ask, group):
    name = group()
    athena.update_work_group(WorkGroup=name, State="DISABLED")
    assert refused(ask.start, "SELECT 1", WorkGroup=name) == ("InvalidRequestException", f"WorkGroup {name} is disabled.")


def test_enforced_settings_override_the_clients(ask, group, bucket):
    enforced, free = group(), group(EnforceWorkGroupConfiguration=False)
    wish = {"OutputLocation": f"s3://{bucket}/mine/"}
    for name, folder in ((enforced, "group"), (free, "mine")):
        execution = ask.ok("SELECT 1", WorkGroup=name, ResultConfiguration=wish).execution
        assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{bucket}/{folder}/{execution['QueryExecutionId']}.csv"


def test_without_an_output_location_a_query_is_refused(athena):
    code, message = refused(athena.start_query_execution, QueryString="SELECT 1")
    assert (code, message.startswith("No output location provided")) == ("InvalidRequestException", True)


def test_the_cutoff_cancels_a_query(ask, group, s3, bucket):
    s3.put_object(Bucket=bucket, Key="big/x.csv", Body=b"0123456789" * 1_000_001)
    ask.ok(f"CREATE EXTERNAL TABLE big (a string) ROW FORMAT DELIMITED LOCATION 's3://{bucket}/big/'")
    outcome = ask("SELECT count(*) FROM big", WorkGroup=group(BytesScannedCutoffPerQuery=10_000_000))
    assert (outcome.state, outcome.reason) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert ask.ok("SELECT count(*) FROM big", WorkGroup=group(BytesScannedCutoffPerQuery=10_000_010)).rows == [("1",)]


def test_a_cutoff_below_ten_million_is_refused(unchecked):
    code, message = refused(unchecked.create_work_group, Name="too-low", Configuration={"BytesScannedCutoffPerQuery": 9_999_999})
    assert (code, "greater than or equal to 10000000" in message) == ("InvalidRequestException", True)


def test_tags(athena, group):
    arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{group()}"
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "3"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "3"}]
    assert refused(athena.list_tags_for_resource, ResourceARN=arn + "x")[0] == "ResourceNotFoundException"


def test_a_workgroup_with_queries_goes_only_recursively(athena, group):
    name = group()
    identity = athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"]
    athena.create_prepared_statement(StatementName="pq", WorkGroup=name, QueryStatement="SELECT 1")
    assert refused(athena.delete_work_group, WorkGroup=name)[1] == f"WorkGroup {name} is not empty"
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    assert refused(athena.get_named_query, NamedQueryId=identity)[0] == "InvalidRequestException"


# --- named queries and prepared statements


def test_named_queries(athena, group):
    name, token = group(), uuid.uuid4().hex
    arguments = {
        "Name": "q",
        "Database": "d",
        "QueryString": "SELECT 1",
        "WorkGroup": name,
        "Description": "text",
        "ClientRequestToken": token,
    }
    identity = athena.create_named_query(**arguments)["NamedQueryId"]
    assert athena.create_named_query(**arguments)["NamedQueryId"] == identity
    assert refused(athena.create_named_query, **{**arguments, "QueryString": "SELECT 2"})[1] == "Idempotent parameters do not match"
    athena.update_named_query(NamedQueryId=identity, Name="renamed", QueryString="SELECT 3")
    expected = {
        "Name": "renamed",
        "Database": "d",
        "QueryString": "SELECT 3",
        "NamedQueryId": identity,
        "WorkGroup": name,
        "Description": "text",
    }
    assert athena.get_named_query(NamedQueryId=identity)["NamedQuery"] == expected
    missing = str(uuid.uuid4())
    batch = athena.batch_get_named_query(NamedQueryIds=[identity, missing])
    assert batch["NamedQueries"] == [expected]
    assert batch["UnprocessedNamedQueryIds"][0]["NamedQueryId"] == missing
    others = [
        athena.create_named_query(Name=f"q{i}", Database="d", QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"] for i in range(4)
    ]
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=name, PaginationConfig={"PageSize": 2})
    assert [item for page in pages for item in page["NamedQueryIds"]] == [identity, *others]
    athena.delete_named_query(NamedQueryId=identity)
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == others


def test_prepared_statements(athena, ask, group):
    name = group()
    athena.create_prepared_statement(StatementName="pq", WorkGroup=name, QueryStatement="SELECT ? || 'b', ? + 1", Description="two")
    assert ask.ok("EXECUTE pq USING 'a', 41", WorkGroup=name).rows == [("ab", "42")]
    assert ask.ok("EXECUTE pq", WorkGroup=name, ExecutionParameters=["'x'", "1"]).rows == [("xb", "2")]
    athena.update_prepared_statement(StatementName="pq", WorkGroup=name, QueryStatement="SELECT 7 AS seven")
    found = athena.get_prepared_statement(StatementName="pq", WorkGroup=name)["PreparedStatement"]
    assert (found["QueryStatement"], found["Description"]) == ("SELECT 7 AS seven", "two")
    assert [item["StatementName"] for item in athena.list_prepared_statements(WorkGroup=name)["PreparedStatements"]] == ["pq"]
    batch = athena.batch_get_prepared_statement(WorkGroup=name, PreparedStatementNames=["pq", "none"])
    assert (len(batch["PreparedStatements"]), batch["UnprocessedPreparedStatementNames"][0]["StatementName"]) == (1, "none")
    athena.delete_prepared_statement(StatementName="pq", WorkGroup=name)
    assert refused(athena.get_prepared_statement, StatementName="pq", WorkGroup=name)[0] == "ResourceNotFoundException"


def test_prepare_execute_deallocate(ask, group):
    name = group()
    ask.ok("PREPARE s FROM SELECT sum(x) FROM (VALUES 1, 2, 3) v (x) WHERE x > ?", WorkGroup=name)
    assert ask.ok("EXECUTE s USING 1", WorkGroup=name).rows == [("5",)]
    ask.ok("DEALLOCATE PREPARE s", WorkGroup=name)
    assert refused(ask.start, "EXECUTE s USING 1", WorkGroup=name)[0] == "InvalidRequestException"


# --- parameters


@pytest.mark.parametrize(
    ("parameter", "shown"),
    [
        ("'2025-02'", "2025-02"),
        ("42", "42"),
        ("-1.5", "-1.5"),
        ("date '2025-01-01'", "2025-01-01"),
        ("'it''s; --'", "it's; --"),
        ("NULL", None),
        ("cast(1 as bigint)", "1"),
    ],
)
def test_execution_parameters_are_literals(ask, parameter, shown):
    assert ask.ok("SELECT ?", ExecutionParameters=[parameter]).rows == [(shown,)]


@pytest.mark.parametrize("parameter", ["2025-02'", "x", "(SELECT 1)", "1) UNION (SELECT 2", "1, 2", "?"])
def test_other_parameters_are_refused(ask, parameter):
    assert ask.fails("SELECT ?", ExecutionParameters=[parameter]).startswith("INVALID_PARAMETER_USAGE")


def test_parameters_bind_in_order(ask):
    sql = "WITH x AS (SELECT ? AS a) SELECT a, ?, (SELECT ?) FROM x WHERE a = ? ORDER BY ? || 'z' LIMIT 1"
    assert ask.ok(sql, ExecutionParameters=["'1'", "'2'", "'3'", "'1'", "'5'"]).rows == [("1", "2", "3")]


def test_the_number_of_parameters_must_fit(ask):
    reason = ask.fails("SELECT ?, ?", ExecutionParameters=["1"])
    assert reason == "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 1"


# --- executions


def test_an_execution_in_full(ask, athena, bucket):
    execution = ask.ok("SELECT 1 AS one")
    found = execution.execution
    assert (found["Query"], found["StatementType"], found["SubstatementType"]) == ("SELECT 1 AS one", "DML", "SELECT")
    assert found["QueryExecutionContext"] == {"Database": ask.database}
    assert found["WorkGroup"] == "primary"
    assert found["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert found["Status"]["SubmissionDateTime"] <= found["Status"]["CompletionDateTime"]
    statistics = found["Statistics"]
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] >= 0
    assert statistics["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    runtime = athena.get_query_runtime_statistics(QueryExecutionId=found["QueryExecutionId"])["QueryRuntimeStatistics"]
    assert runtime["Rows"]["OutputRows"] == 1
    assert runtime["Timeline"]["TotalExecutionTimeInMillis"] == statistics["TotalExecutionTimeInMillis"]
    column = {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": "one",
        "Label": "one",
        "Type": "integer",
        "Precision": 10,
        "Scale": 0,
    }
    assert execution.columns == [{**column, "Nullable": "UNKNOWN", "CaseSensitive": False}]


def test_the_result_file_is_as_athenas(ask, s3, bucket):
    execution = ask.ok("SELECT 'a\"b' AS \"Text\", NULL AS n, 1.50 AS d, '' AS empty, 'x' || chr(10) || 'y' AS lines").execution
    key = f"results/{execution['QueryExecutionId']}.csv"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{bucket}/{key}"
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == '"text","n","d","empty","lines"\n"a""b",,"1.50","","x\ny"\n'
    assert s3.head_object(Bucket=bucket, Key=f"{key}.metadata")["ContentLength"] > 0


def test_paging(ask, athena, unchecked):
    identity = ask.ok("SELECT x FROM unnest(sequence(1, 2500)) u (x) ORDER BY x").execution["QueryExecutionId"]
    first = athena.get_query_results(QueryExecutionId=identity)
    assert [len(first["ResultSet"]["Rows"]), first["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"]] == [1000, "x"]
    second = athena.get_query_results(QueryExecutionId=identity, NextToken=first["NextToken"])
    assert second["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"] == "1000"
    third = athena.get_query_results(QueryExecutionId=identity, NextToken=second["NextToken"])
    assert (len(third["ResultSet"]["Rows"]), "NextToken" in third) == (501, False)
    small = athena.get_query_results(QueryExecutionId=identity, MaxResults=1)
    assert len(small["ResultSet"]["Rows"]) == 1
    assert refused(unchecked.get_query_results, QueryExecutionId=identity, MaxResults=1001)[0] == "InvalidRequestException"
    assert refused(athena.get_query_results, QueryExecutionId=identity, NextToken="nonsense")[0] == "InvalidRequestException"


def test_a_thousand_rows_fill_two_pages(ask):
    assert len(ask.ok("SELECT x FROM unnest(sequence(1, 1000)) u (x)").rows) == 1000
    assert ask.ok("SELECT x FROM unnest(sequence(1, 5)) u (x) WHERE x > 9").rows == []


def test_results_of_a_failed_query_are_refused(ask, athena):
    outcome = ask("SELECT 1 / 0")
    assert (outcome.state, outcome.reason) == ("FAILED", "DIVISION_BY_ZERO: Division by zero")
    assert outcome.execution["Status"]["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1000,
        "Retryable": False,
        "ErrorMessage": outcome.reason,
    }
    code, message = refused(athena.get_query_results, QueryExecutionId=outcome.execution["QueryExecutionId"])
    assert (code, message) == ("InvalidRequestException", "Query did not finish successfully. Final query state: FAILED")


def test_an_unknown_execution(athena):
    missing = str(uuid.uuid4())
    assert refused(athena.get_query_execution, QueryExecutionId=missing) == (
        "InvalidRequestException",
        f"QueryExecution {missing} was not found",
    )


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELEC 1", "line 1:1"),
        ("SELECT a FROM\nt WHERE WHERE", "line 2"),
        ("SELECT a, FROM t", "line 1:11"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("SELECT a::int", "line 1:9"),
        ("  ", "line 1:1"),
    ],
)
def test_what_is_no_sql_is_refused_at_once(ask, sql, place):
    code, message = refused(ask.start, sql)
    assert (code, place in message) == ("InvalidRequestException", True), message


def test_stopping_a_query(ask, athena):
    identity = ask.start(SLOW)
    while athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.005)
    begun = time.time()
    athena.stop_query_execution(QueryExecutionId=identity)
    execution = ask.wait(identity)
    assert (execution["Status"]["State"], execution["Status"]["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
    assert time.time() - begun < 5
    athena.stop_query_execution(QueryExecutionId=identity)


def test_queries_run_side_by_side(ask, athena):
    slow = ask.start(SLOW)
    assert ask.ok("SELECT 1").rows == [("1",)]
    state = athena.get_query_execution(QueryExecutionId=slow)["QueryExecution"]["Status"]["State"]
    athena.stop_query_execution(QueryExecutionId=slow)
    assert state == "RUNNING"


def test_the_same_token_is_the_same_execution(ask):
    token = uuid.uuid4().hex
    first = ask.start("SELECT 1", ClientRequestToken=token)
    assert ask.start("SELECT 1", ClientRequestToken=token) == first
    assert refused(ask.start, "SELECT 2", ClientRequestToken=token)[1] == "Idempotent parameters do not match"


def test_result_reuse(ask):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    sql = f"SELECT 1 AS a, '{uuid.uuid4()}' AS b"
    first = ask.ok(sql, ResultReuseConfiguration=reuse)
    assert first.execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] is False
    second = ask.ok(sql, ResultReuseConfiguration=reuse)
    assert second.execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] is True
    assert (second.rows, second.columns, second.scanned) == (first.rows, first.columns, 0)
    assert ask.ok(sql).execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] is False


def test_listing_and_batches(ask, athena, group):
    name = group()
    identities = [ask.ok("SELECT 1", WorkGroup=name).execution["QueryExecutionId"] for _ in range(3)]
    pages = athena.get_paginator("list_query_executions").paginate(WorkGroup=name, PaginationConfig={"PageSize": 2})
    assert [item for page in pages for item in page["QueryExecutionIds"]] == identities[::-1]
    batch = athena.batch_get_query_execution(QueryExecutionIds=[identities[0], "none"])
    assert (len(batch["QueryExecutions"]), batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"]) == (1, "none")


def test_a_result_bucket_that_is_not_there(ask):
    reason = ask.fails("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket-here/x/"})
    assert "no-such-bucket-here" in reason
    assert refused(ask.start, "SELECT 1", ResultConfiguration={"OutputLocation": "/tmp/x"})[0] == "InvalidRequestException"


def test_an_expected_owner_that_is_another(ask, bucket):
    reason = ask.fails("SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{bucket}/", "ExpectedBucketOwner": "111111111111"})
    assert reason.startswith("ACCESS_DENIED")


def test_requests_are_held_against_the_model(unchecked):
    assert "QueryString" in refused(unchecked.start_query_execution)[1]
    assert "must be a string" in refused(unchecked.get_work_group, WorkGroup=5)[1]
    assert "enum value set" in refused(unchecked.update_work_group, WorkGroup="primary", State="SLEEPING")[1]
    assert refused(unchecked.create_notebook, WorkGroup="primary", Name="x")[0] == "UnknownOperationException"


def test_catalogs(athena, ask, glue):
    assert athena.list_data_catalogs()["DataCatalogsSummary"] == [
        {"CatalogName": "AwsDataCatalog", "Type": "GLUE", "Status": "CREATE_COMPLETE"}
    ]
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert ask.database in [
        item["Name"]
        for page in athena.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
        for item in page["DatabaseList"]
    ]
    ask.ok("CREATE EXTERNAL TABLE t (a int COMMENT 'an a') PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://x-bucket/t/'")
    found = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=ask.database, TableName="t")["TableMetadata"]
    assert found["Columns"] == [{"Name": "a", "Type": "int", "Comment": "an a"}]
    assert (found["PartitionKeys"], found["TableType"]) == ([{"Name": "p", "Type": "string"}], "EXTERNAL_TABLE")
    listed = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=ask.database, Expression="^t$")["TableMetadataList"]
    assert [item["Name"] for item in listed] == ["t"]
    assert athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=ask.database)["Database"]["Name"] == ask.database
    assert (
        refused(athena.get_table_metadata, CatalogName="AwsDataCatalog", DatabaseName=ask.database, TableName="none")[0]
        == "MetadataException"
    )


def test_all_survives_a_restart(another_cloud, asker):
    cloud = another_cloud
    athena, s3 = cloud.client("athena"), cloud.client("s3")
    s3.create_bucket(Bucket="restart-results")
    athena.create_work_group(Name="kept", Configuration={"ResultConfiguration": {"OutputLocation": "s3://restart-results/"}})
    named = athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup="kept")["NamedQueryId"]
    athena.create_prepared_statement(StatementName="pq", WorkGroup="kept", QueryStatement="SELECT 2")
    sql = "SELECT 'a,\"b' AS x, NULL AS n, '' AS e, 'l' || chr(10) || 'm' AS y"
    before = asker("d", None, athena).ok(sql, WorkGroup="kept")
    identity = before.execution["QueryExecutionId"]
    cloud.stop()
    cloud.start()
    athena = cloud.client("athena")
    assert athena.get_named_query(NamedQueryId=named)["NamedQuery"]["Name"] == "q"
    assert athena.get_prepared_statement(StatementName="pq", WorkGroup="kept")["PreparedStatement"]["QueryStatement"] == "SELECT 2"
    assert athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"] == before.execution
    page = athena.get_query_results(QueryExecutionId=identity)["ResultSet"]
    assert [cell.get("VarCharValue") for cell in page["Rows"][1]["Data"]] == ['a,"b', None, "", "l\nm"]
    assert athena.list_query_executions(WorkGroup="kept")["QueryExecutionIds"] == [identity]
    assert athena.get_query_runtime_statistics(QueryExecutionId=identity)["QueryRuntimeStatistics"]["Rows"]["OutputRows"] == 1


def test_the_metadata_file_names_the_columns(ask, s3, bucket):
    execution = ask.ok("SELECT 1.5 AS d").execution
    body = s3.get_object(Bucket=bucket, Key=f"results/{execution['QueryExecutionId']}.csv.metadata")["Body"].read()
    assert [column["Type"] for column in json.loads(body)["columns"]] == ["decimal"]
