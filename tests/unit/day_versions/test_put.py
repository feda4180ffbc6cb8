"""What a writer is told, and what he writes, day by day; the races are in tests/unit/compactor."""

import pytest

from tests.unit.compactor.table import BUCKET, DAY, GONE, Table, parquet

V0 = f"processed/date={DAY}/v0"


def test_the_first_file_registers_the_day_with_the_tables_columns():
    table = Table("a")
    partition = table.cloud.partitions[DAY]
    assert partition["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/{V0}/"
    assert partition["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "string"}]
    assert list(table.cloud.objects) == [f"{V0}/a.parquet"]


def test_a_replay_writes_nothing():
    table = Table("a", "b")
    before = dict(table.cloud.objects)
    assert table.put("a", "1") == "same"
    table.compact()
    merged = dict(table.cloud.objects)
    assert table.put("a", "1") == "same"
    assert table.cloud.objects == merged != before


def test_a_replaced_input_is_replaced_where_it_lies_and_waits_where_it_is_merged():
    table = Table("a", "b")
    assert table.put("a", "2") == "written"
    table.compact()
    assert table.put("a", "3") == "changed"
    assert table.put("a", "3") == "changed"
    assert f"changed/date={DAY}/a.parquet" in table.cloud.objects
    table.compact()
    assert table.put("a", "3") == "same"
    assert table.rows()["a 3 0"] == 1


def test_an_input_that_was_replaced_back_before_compaction_stays_as_it_was():
    table = Table("a", "b")
    table.compact()
    assert [table.put("a", etag) for etag in ("2", "1")] == ["changed", "changed"]
    table.compact()
    assert table.rows()["a 1 0"] == 1


def test_a_path_is_taken_as_well_as_bytes(tmp_path):
    table = Table("a")
    (tmp_path / "file").write_bytes(parquet("b", "1"))
    table.allowed["b"] = {None, "1"}
    assert table.days().put(DAY, "b", "1", tmp_path / "file") == "written"
    assert table.rows()["b 1 2"] == 1


def test_removal_is_a_file_without_rows_and_a_day_that_never_was_stays_unknown():
    table = Table("a", "b")
    table.allowed["a"] = {"1", None}
    assert table.days().remove(DAY, "a", "2", parquet("a", GONE)) == "written"
    assert "a 1 0" not in table.rows()
    assert table.days().remove("2020-01-01", "a", "2", parquet("a", GONE)) == "same"
    assert list(table.cloud.partitions) == [DAY]


@pytest.mark.parametrize(("day", "name"), [("yesterday", "a"), (DAY, "a/b")])
def test_a_wrong_day_or_name_is_refused_before_anything_is_asked(day, name):
    table = Table()
    with pytest.raises(ValueError, match="must be"):
        table.days().put(day, name, "1", b"")
    assert table.cloud.objects == {}
