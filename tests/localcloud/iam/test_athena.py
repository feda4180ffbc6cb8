"""Athena reads, writes and shows only what its caller may."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.localcloud.iam.conftest import arn, lines, refusal

BUCKET = "lake-bucket"
B = f"arn:aws:s3:::{BUCKET}"
GROUP = arn("athena", "workgroup/lake")
TABLE = [arn("glue", "catalog"), arn("glue", "database/lake"), arn("glue", "table/lake/sales")]
ATHENA = [(f"athena:{action}", GROUP) for action in ("StartQueryExecution", "GetQueryExecution", "GetQueryResults")]
QUERY = [
    *(("glue:GetDatabase", each) for each in TABLE[:2]),
    *(("glue:GetTable", each) for each in TABLE),
    *(("glue:GetPartitions", each) for each in TABLE),
    ("s3:ListBucket", B, {"StringLike": {"s3:prefix": ["sales/*"]}}),
    ("s3:GetObject", f"{B}/sales/*"),
    ("s3:GetBucketLocation", B),
    ("s3:PutObject", f"{B}/results/*"),
]
RESULT = ("s3:GetObject", f"{B}/results/*")


@pytest.fixture(scope="module")
def lake(cloud, tmp_path_factory):
    """Two partitions of one Parquet file each, and a workgroup."""
    s3, glue = cloud.client("s3"), cloud.client("glue")
    s3.create_bucket(Bucket=BUCKET)
    file = tmp_path_factory.mktemp("lake") / "part.parquet"
    pq.write_table(pa.table({"amount": pa.array([1, 2], pa.int64())}), file)
    storage = {
        "Columns": [{"Name": "amount", "Type": "bigint"}],
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    glue.create_database(DatabaseInput={"Name": "lake"})
    table = {
        "Name": "sales",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {**storage, "Location": f"s3://{BUCKET}/sales/"},
        "PartitionKeys": [{"Name": "shop", "Type": "string"}],
    }
    glue.create_table(DatabaseName="lake", TableInput=table)
    for shop in ("north", "south"):
        place = f"sales/shop={shop}/"
        s3.put_object(Bucket=BUCKET, Key=f"{place}part.parquet", Body=file.read_bytes())
        descriptor = {**storage, "Location": f"s3://{BUCKET}/{place}"}
        glue.create_partition(DatabaseName="lake", TableName="sales", PartitionInput={"Values": [shop], "StorageDescriptor": descriptor})
    cloud.client("athena").create_work_group(
        Name="lake", Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}}
    )
    return cloud


def run(athena, sql="SELECT sum(amount) FROM sales", **members):
    """The finished execution of a query."""
    started = athena.start_query_execution(QueryString=sql, WorkGroup="lake", QueryExecutionContext={"Database": "lake"}, **members)
    while True:
        found = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        time.sleep(0.02)


def test_with_exactly_what_it_needs_a_query_succeeds(lake, user):
    athena = user.may(*ATHENA, *QUERY, RESULT).client("athena")
    done = run(athena)
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    rows = athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]["Rows"]
    assert rows[1]["Data"][0]["VarCharValue"] == "6"


def test_partitions_that_are_projected_are_asked_of_nobody(lake, user):
    """The table alone says where its partitions are, so glue:GetPartitions is not needed."""
    table = lake.client("glue").get_table(DatabaseName="lake", Name="sales")["Table"]
    projection = {"projection.enabled": "true", "projection.shop.type": "enum", "projection.shop.values": "north,south,west"}
    made = {key: table[key] for key in ("TableType", "StorageDescriptor", "PartitionKeys")}
    lake.client("glue").create_table(DatabaseName="lake", TableInput={"Name": "projected", "Parameters": projection, **made})
    allowed = [
        (action, f"{resource[:-5]}projected" if resource.endswith("/sales") else resource, *rest) for action, resource, *rest in QUERY
    ]
    needed = [grant for grant in allowed if grant[0] != "glue:GetPartitions"]
    athena = user.may(*ATHENA, *needed, RESULT).client("athena")
    assert run(athena, "SELECT sum(amount) FROM projected")["Status"]["State"] == "SUCCEEDED"
    for action in ("glue:GetTable", "s3:ListBucket", "s3:GetObject"):
        user.may(*ATHENA, *[grant for grant in needed if grant[0] != action], RESULT)
        assert f"to perform: {action} on resource:" in run(athena, "SELECT sum(amount) FROM projected")["Status"]["StateChangeReason"]


@pytest.mark.parametrize("missing", QUERY, ids=[f"{action}-{resource.rpartition(':')[2]}" for action, resource, *_ in QUERY])
def test_without_any_of_it_the_query_fails_and_says_why(lake, user, missing):
    athena = user.may(*ATHENA, *[grant for grant in QUERY if grant is not missing], RESULT).client("athena")
    status = run(athena)["Status"]
    assert status["State"] == "FAILED"
    assert "Access denied when" in status["StateChangeReason"] or "Insufficient permissions" in status["StateChangeReason"]
    assert f"to perform: {missing[0]} on resource:" in status["StateChangeReason"]


def test_one_forbidden_object_among_those_read_fails_the_query(lake, user):
    allowed = [grant for grant in QUERY if grant[1] != f"{B}/sales/*"]
    athena = user.may(*ATHENA, *allowed, ("s3:GetObject", f"{B}/sales/shop=north/*"), RESULT).client("athena")
    assert "shop=south" in run(athena)["Status"]["StateChangeReason"]
    assert run(athena, "SELECT sum(amount) FROM sales WHERE shop = 'north'")["Status"]["State"] == "SUCCEEDED"


def test_results_are_shown_to_who_may_read_their_file(lake, user):
    athena = user.may(*ATHENA, *QUERY).client("athena")
    done = run(athena)
    assert "s3:GetObject" in refusal(lambda: athena.get_query_results(QueryExecutionId=done["QueryExecutionId"]))


def test_reused_results_too(lake, user):
    run(lake.client("athena"))
    athena = user.may(*ATHENA, *[grant for grant in QUERY if grant[0] != "s3:GetObject"]).client("athena")
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    assert run(athena, ResultReuseConfiguration=reuse)["Status"]["State"] == "FAILED"


def test_ddl_has_the_callers_rights(lake, user):
    athena = user.may(*ATHENA, *QUERY, RESULT).client("athena")
    for sql in ("DROP TABLE sales", "CREATE DATABASE mine", "ALTER TABLE sales DROP PARTITION (shop = 'north')"):
        status = run(athena, sql)["Status"]
        assert status["State"] == "FAILED"
        assert "Insufficient permissions to execute the query" in status["StateChangeReason"], sql
    assert len(lake.client("glue").get_partitions(DatabaseName="lake", TableName="sales")["Partitions"]) == 2


def test_queries_of_a_workgroup_are_for_who_may_use_it(lake, user):
    done = run(lake.client("athena"))
    athena = user.may(("athena:GetQueryExecution", arn("athena", "workgroup/other"))).client("athena")
    assert GROUP in refusal(lambda: athena.get_query_execution(QueryExecutionId=done["QueryExecutionId"]))
    assert GROUP in refusal(lambda: run(athena))


def test_encrypted_objects_need_their_key(lake, user):
    key = lake.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = lake.client("s3")
    body = s3.get_object(Bucket=BUCKET, Key="sales/shop=north/part.parquet")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key="sales/shop=north/part.parquet", Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    try:
        athena = user.may(*ATHENA, *QUERY, RESULT).client("athena")
        assert f"kms:Decrypt on resource: {key}" in run(athena)["Status"]["StateChangeReason"]
        user.may(*ATHENA, *QUERY, RESULT, ("kms:Decrypt", key))
        assert run(athena)["Status"]["State"] == "SUCCEEDED"
    finally:
        s3.put_object(Bucket=BUCKET, Key="sales/shop=north/part.parquet", Body=body)


def test_the_journal_tells_what_a_query_used(lake, user):
    athena = user.may(*ATHENA, *QUERY, RESULT).client("athena")
    done = run(athena)
    athena.get_query_results(QueryExecutionId=done["QueryExecutionId"])
    mine = lines(lake, principal=user.arn)
    used = {(action, resource) for line in mine for action, resource, decision in line["checks"] if decision == "allow"}
    result = f"{B}/results/{done['QueryExecutionId']}.csv"
    assert {(action, resource) for action, resource in used if action.startswith("s3:")} == {
        ("s3:ListBucket", B),
        ("s3:GetObject", f"{B}/sales/shop=north/part.parquet"),
        ("s3:GetObject", f"{B}/sales/shop=south/part.parquet"),
        ("s3:GetBucketLocation", B),
        ("s3:PutObject", result),
        ("s3:PutObject", f"{result}.metadata"),
        ("s3:GetObject", result),
    }
    assert {line["via"] for line in mine if line["service"] in ("glue", "s3") and line.get("via")} == {"athena.amazonaws.com"}
    assert next(line for line in mine if line["operation"] == "StartQueryExecution")["checks"] == [
        ["athena:StartQueryExecution", GROUP, "allow"]
    ]
