"""The function in the local cloud, from its zip and with its role's rights: what it keeps, counts and raises."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.data_checks import checks
from tests.localcloud.checks import tables
from tests.localcloud.checks.deployed import deploy, invoke, statements

FAULTY, BROKEN, EMPTY = "checks-faulty", "checks-broken", "checks-empty"


@pytest.fixture(scope="module", autouse=True)
def buckets(cloud):
    for name in (FAULTY, BROKEN, EMPTY):
        cloud.client("s3").create_bucket(Bucket=name)


@pytest.fixture(scope="module")
def faulty(cloud, samples):
    """The function over orders of which one is there twice, one has no customer and one a negative amount."""
    rows = [*samples["orders"], samples["orders"][0], {**samples["orders"][1], "order_id": "N1", "customer": ""}]
    rows.append({**samples["orders"][1], "order_id": "N2", "amount": Decimal("-3.00")})
    tables.create(cloud, "orders", "faulty_orders", FAULTY, rows)
    return deploy(cloud, "orders-data-checks", "orders", FAULTY, "faulty_orders", "faulty_orders/")


def record(cloud, bucket, key="checks/latest.json"):
    return json.load(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def maxima(cloud, metric, **dimensions):
    """The metric's maxima of the last hours, each once."""
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Headwater",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=datetime.now(UTC) - timedelta(hours=2),
        EndTime=datetime.now(UTC) + timedelta(minutes=5),
        Period=3600,
        Statistics=["Maximum"],
    )
    return {point["Maximum"] for point in found["Datapoints"]}


def test_findings_are_kept_and_counted(cloud, faulty):
    answer, error = invoke(cloud, faulty, {"run": "by hand", "id": "what a schedule's event has besides"})
    assert error is None
    assert answer["totals"] | {"bytes_scanned": 0} == {
        "checks": 6,
        "passed": 3,
        "failed": 0,
        "findings": 2,
        "warnings": 1,
        "bytes_scanned": 0,
    }
    kept = record(cloud, FAULTY, answer["key"])
    assert kept == record(cloud, FAULTY)
    assert (kept["pipeline"], kept["run"], kept["state"]) == ("orders", "by hand", "checked")
    found = {each["name"]: each for each in kept["checks"]}
    assert list(found) == [check.name for check in checks("orders")]
    negative = found["impossible_values"]
    assert (negative["status"], negative["findings"], negative["error"]) == ("found", 1, None)
    assert dict(zip(negative["columns"], negative["examples"][0], strict=True))["fault"] == "negative amount"
    assert negative["bytes_scanned"] > 0
    assert "SELECT" in negative["sql"]
    assert found["freshness"]["description"] == "The newest order is dated more than 7 days ago."
    assert maxima(cloud, "Findings", Pipeline="orders") == {2}
    assert maxima(cloud, "Findings", Pipeline="orders", Check="duplicate_orders") == {1}
    assert maxima(cloud, "Warnings", Pipeline="orders") == {1}
    assert maxima(cloud, "Warnings", Pipeline="orders", Check="orders_without_customer") == {1}
    assert maxima(cloud, "Findings", Pipeline="orders", Check="orders_without_customer") == set()


def test_an_events_parameters_go_over_those_of_the_function(cloud, faulty):
    answer, _ = invoke(cloud, faulty, {"parameters": {"fresh_days": -1}})
    freshness = next(each for each in record(cloud, FAULTY, answer["key"])["checks"] if each["name"] == "freshness")
    assert (freshness["status"], freshness["parameters"]) == ("found", {"fresh_days": "-1"})


def test_unknown_parameters_are_an_error_before_anything_is_asked(cloud, faulty):
    before = record(cloud, FAULTY)
    answer, error = invoke(cloud, faulty, {"parameters": {"fresh_dais": 1, "days": "many"}})
    assert answer is None
    assert "'fresh_dais' is a parameter of no check; known are days, fresh_days, gap_days" in error
    assert "days must be a whole number" in error
    assert record(cloud, FAULTY) == before


def test_a_check_that_cannot_be_run_is_an_error_after_the_others_are_kept(cloud, samples):
    """The table lacks a column, as after a mistaken change of what writes it."""
    tables.create(cloud, "orders", "broken_orders", BROKEN, samples["orders"])
    table = cloud.client("glue").get_table(DatabaseName="broken_orders", Name="filtered_orders")["Table"]
    storage = table["StorageDescriptor"]
    storage["Columns"] = [column for column in storage["Columns"] if column["Name"] != "status"]
    told = {key: table[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys")}
    cloud.client("glue").update_table(DatabaseName="broken_orders", TableInput=told | {"StorageDescriptor": storage})
    name = deploy(cloud, "broken-data-checks", "orders", BROKEN, "broken_orders", "broken_orders/", PIPELINE="broken")
    answer, error = invoke(cloud, name, {"run": "r1"})
    assert answer is None
    assert "2 of 6 checks could not be run: impossible_values (COLUMN_NOT_FOUND" in error
    assert "; orders_without_customer (COLUMN_NOT_FOUND" in error
    assert f"s3://{BROKEN}/checks/" in error
    kept = record(cloud, BROKEN)
    assert kept["totals"]["passed"] == 4
    failed = next(each for each in kept["checks"] if each["name"] == "impossible_values")
    assert (failed["status"], failed["findings"]) == ("failed", None)
    assert maxima(cloud, "Findings", Pipeline="broken") == set()  # nobody says that all is well
    assert maxima(cloud, "Findings", Pipeline="broken", Check="duplicate_orders") == {0}
    assert maxima(cloud, "Warnings", Pipeline="broken") == set()
    assert maxima(cloud, "Warnings", Pipeline="broken", Check="freshness") == {0}


@pytest.mark.parametrize("pipeline", ["orders", "transactions", "clickstream"])
def test_nothing_loaded_is_nothing_to_check(cloud, pipeline):
    """The crawler has not made the table of orders yet; the others are there, without a partition or, if projected, an object."""
    database = f"empty_{pipeline}"
    if pipeline != "orders":
        tables.create(cloud, pipeline, database, EMPTY, [])
    else:
        cloud.client("glue").create_database(DatabaseInput={"Name": database})
    name = deploy(cloud, f"empty-{pipeline}", pipeline, EMPTY, database, f"{database}/", PIPELINE=database)
    answer, error = invoke(cloud, name)
    assert error is None
    assert answer["state"] == "nothing"
    assert record(cloud, EMPTY, answer["key"])["checks"] == []
    assert maxima(cloud, "Findings", Pipeline=database) == {0}


def test_the_checks_of_every_pipeline_run_with_their_roles_rights(cloud, samples):
    for pipeline in ("order_history", "transactions", "clickstream"):
        bucket = f"checks-{pipeline.replace('_', '-')}"
        cloud.client("s3").create_bucket(Bucket=bucket)
        tables.create(cloud, pipeline, f"good_{pipeline}", bucket, samples[pipeline])
        name = deploy(cloud, f"good-{pipeline}", pipeline, bucket, f"good_{pipeline}", f"good_{pipeline}/")
        answer, error = invoke(cloud, name)
        assert error is None
        assert answer["totals"]["passed"] == answer["totals"]["checks"] == 8


def test_wrong_settings_are_told_at_once(cloud):
    name = deploy(cloud, "unset", "orders", EMPTY, "empty_orders_2", "x/", WORKGROUP="", AT_ONCE="0", PARAMETERS="[")
    _, error = invoke(cloud, name)
    assert "WORKGROUP is not set; AT_ONCE is '0'; it must be a whole number from 1; PARAMETERS is '['" in error


@pytest.mark.parametrize("number", [1, 300])
def test_a_policy_bounds_metrics_by_their_namespace(cloud, number):
    """Of many metrics botocore compresses the request."""
    iam, user = cloud.client("iam"), f"counter-{number}"
    iam.create_user(UserName=user)
    allowed = [each for each in statements("b", "d", "w", "x/", "r/") if each["Action"] == ["cloudwatch:PutMetricData"]]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in allowed]}
    iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    client = boto3.client("cloudwatch", endpoint_url=cloud.url, region_name="us-east-1", **keys)
    data = [{"MetricName": f"metric with a long name {n}", "Value": 1.0, "Unit": "Count"} for n in range(number)]
    client.put_metric_data(Namespace="Headwater", MetricData=data)
    with pytest.raises(ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        client.put_metric_data(Namespace="Elsewhere", MetricData=data)
