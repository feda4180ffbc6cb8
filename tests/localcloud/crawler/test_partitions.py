"""Partitions in the catalog: what MiniStack alone gets wrong."""

import pytest
from botocore.exceptions import ClientError

KEYS = [{"Name": "year", "Type": "int"}, {"Name": "region", "Type": "string"}]


@pytest.fixture
def table(site):
    """A table with 30 partitions: years 2000 to 2009 in three regions."""
    storage = {"Columns": [{"Name": "a", "Type": "int"}], "Location": f"s3://{site.bucket}/t/"}
    site.glue.create_table(DatabaseName=site.database, TableInput={"Name": "t", "PartitionKeys": KEYS, "StorageDescriptor": storage})
    inputs = [
        {"Values": [str(year), region], "StorageDescriptor": storage} for year in range(2009, 1999, -1) for region in ("us", "eu", "ap")
    ]
    site.glue.batch_create_partition(DatabaseName=site.database, TableName="t", PartitionInputList=inputs)
    return {"DatabaseName": site.database, "TableName": "t"}


def values(answer):
    return [tuple(partition["Values"]) for partition in answer["Partitions"]]


def test_an_expression_chooses_partitions(glue, table):
    answer = glue.get_partitions(**table, Expression="year >= 2008 AND region IN ('us', 'eu')")
    assert values(answer) == [("2008", "eu"), ("2008", "us"), ("2009", "eu"), ("2009", "us")]
    with pytest.raises(ClientError, match=r"InvalidInputException.*town"):
        glue.get_partitions(**table, Expression="town = 'Rome'")


def test_pages(glue, table):
    seen, token = [], {}
    while True:
        answer = glue.get_partitions(**table, MaxResults=7, **token)
        seen += values(answer)
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert len(seen) == len(set(seen)) == 30


def test_a_page_goes_on_after_a_partition_that_is_gone_meanwhile(glue, table):
    first = glue.get_partitions(**table, MaxResults=3)
    glue.delete_partition(**table, PartitionValues=list(values(first)[-1]))
    second = glue.get_partitions(**table, MaxResults=3, NextToken=first["NextToken"])
    assert values(second)[0] == ("2001", "ap")


def test_segments_share_out_all_partitions(glue, table):
    parts = [values(glue.get_partitions(**table, Segment={"SegmentNumber": at, "TotalSegments": 3})) for at in range(3)]
    assert sum(map(len, parts)) == 30
    assert len({each for part in parts for each in part}) == 30
    assert all(parts)


def test_columns_can_be_left_out(glue, table):
    answer = glue.get_partitions(**table, ExcludeColumnSchema=True, MaxResults=1)
    assert "Columns" not in answer["Partitions"][0]["StorageDescriptor"]
    assert answer["Partitions"][0]["StorageDescriptor"]["Location"].endswith("/t/")


def test_a_partition_is_updated_and_deleted(glue, table):
    glue.update_partition(
        **table, PartitionValueList=["2000", "us"], PartitionInput={"Values": ["2000", "us"], "Parameters": {"note": "changed"}}
    )
    assert glue.get_partition(**table, PartitionValues=["2000", "us"])["Partition"]["Parameters"] == {"note": "changed"}
    answer = glue.batch_delete_partition(**table, PartitionsToDelete=[{"Values": ["2000", "us"]}, {"Values": ["1999", "us"]}])
    assert [error["PartitionValues"] for error in answer["Errors"]] == [["1999", "us"]]
    for call in (
        lambda: glue.get_partition(**table, PartitionValues=["2000", "us"]),
        lambda: glue.delete_partition(**table, PartitionValues=["2000", "us"]),
        lambda: glue.update_partition(**table, PartitionValueList=["2000", "us"], PartitionInput={"Values": ["2000", "us"]}),
    ):
        with pytest.raises(ClientError, match="EntityNotFoundException"):
            call()


def test_partitions_need_a_table_and_a_value_for_each_key(glue, table):
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.create_partition(DatabaseName=table["DatabaseName"], TableName="missing", PartitionInput={"Values": ["1"]})
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_partitions(DatabaseName=table["DatabaseName"], TableName="missing")
    with pytest.raises(ClientError, match="InvalidInputException"):
        glue.create_partition(**table, PartitionInput={"Values": ["1"]})
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        glue.create_partition(**table, PartitionInput={"Values": ["2000", "us"]})
