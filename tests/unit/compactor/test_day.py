"""One day's compaction: what it reports, mends, leaves and refuses."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from compacting.day import RestlessDayError
from compacting.merging import SchemaError
from compacting.planning import ForeignFileError
from day_versions import DroppedDayError, ForeignDayError, LostManifestError

from tests.unit.compactor.actors import Actor, counting
from tests.unit.compactor.table import BUCKET, DAY, Killed, Table, parquet

CHANGED = f"changed/date={DAY}/a.parquet"


def location(table):
    return table.cloud.partitions[DAY]["StorageDescriptor"]["Location"]


def move(table, to):
    table.cloud.partitions[DAY]["StorageDescriptor"]["Location"] = to


def calls_until(make, name, nth=1):
    calls = []
    make().compact(counting(calls))
    return [number for number, each in enumerate(calls) if each == name][nth - 1]


def test_a_report_says_what_was_done():
    table = Table("a", "b", "c")
    report = table.compact()
    assert (report.files_before, report.files_after, report.rows, report.inputs, report.replaced) == (3, 1, 9, 3, 0)
    assert report.version in location(table)
    assert report.bytes_after == sum(len(each["Body"]) for each in table.visible().values())


@pytest.mark.parametrize("names", ["a", "ab"])
def test_what_is_one_file_is_left_alone(names):
    table = Table(*names)
    if len(names) > 1:
        table.compact()
    before = dict(table.cloud.objects)
    assert table.compact().version is None
    assert table.cloud.objects == before


def test_a_day_nobody_registered_is_an_error():
    with pytest.raises(KeyError, match="not registered"):
        Table().compact()


def test_what_was_merged_and_not_yet_deleted_is_not_merged_again():
    def make():
        table = Table("a", "b")
        table.compact()
        table.put("a", "2")
        return table

    table = make()
    with pytest.raises(Killed):
        table.compact(counting([], kill_before=calls_until(make, "delete_object")))
    assert CHANGED in table.cloud.objects
    assert table.compact().version is None
    assert CHANGED not in table.cloud.objects


def late_and_dead(table, run, name="n"):
    """A transformer that looked before the announcement, writes after the last look before the switch, and dies."""
    transformer = Actor(lambda gate: table.put(name, "1", gate))
    transformer.step(3)  # it knows of one version only, and that no file is there
    run.step(calls_until(lambda: Table("a", "b"), "update_partition", 2))
    transformer.step(1)
    transformer.kill()


def test_what_a_dead_transformer_left_in_the_old_version_is_brought_over():
    table = Table("a", "b")
    run = Actor(table.compact)
    late_and_dead(table, run)
    run.finish()
    assert table.rows()["n 1 0"] == 1


def test_what_a_dead_transformer_left_in_the_old_version_is_brought_over_by_the_next_run_too():
    table = Table("a", "b")
    run = Actor(table.compact)
    late_and_dead(table, run)
    run.step()
    run.kill()
    assert "n 1 0" not in table.rows()
    assert table.compact().brought_over == 1
    assert table.rows()["n 1 0"] == 1


def test_what_is_brought_over_never_replaces_a_newer_file():
    table = Table("a", "b")
    run = Actor(table.compact)
    late_and_dead(table, run)
    copies = []

    def gate(name, effect):
        if name == "copy_object":
            table.put("n", "2")  # the retry, of an input that was replaced meanwhile
            copies.append(name)
        return effect()

    run.step()
    run.kill()
    table.compact(gate)
    assert copies
    assert table.rows()["n 2 0"] == 1
    assert "n 1 0" not in table.rows()


def test_a_day_that_does_not_rest_is_left_as_it_is_and_said():
    table = Table("a", "b")
    etags, announced = iter(range(2, 100)), []

    def gate(name, effect):
        if name == "update_partition" and not announced:
            announced.append(table.put("a", str(next(etags))))
        elif name in ("list_objects_v2", "get_object") and announced:
            table.put("a", str(next(etags)))
        return effect()

    with pytest.raises(RestlessDayError, match="3 times"):
        table.compact(gate)
    assert location(table).endswith("/v0/")
    assert "headwater_next" not in table.cloud.partitions[DAY]["Parameters"]
    # A file of it still waits to replace rows; what comes now has to come after that.
    assert table.put("a", "100") == "changed"
    table.settle()
    assert table.rows()["a 100 0"] == 1


def test_a_merged_file_that_is_lost_is_an_error_and_nothing_is_switched():
    table = Table("a", "b")
    table.compact()
    table.put("c", "1")
    lost = next(key for key in table.visible() if "merged" in key)
    table.cloud.watch = lambda: None
    del table.cloud.objects[lost]
    before = location(table)
    with pytest.raises(ForeignFileError, match=r"lacks merged-0001\.parquet"):
        table.compact()
    assert location(table) == before


def test_a_manifest_that_is_lost_stops_writers_and_compaction():
    table = Table("a", "b")
    table.compact()
    del table.cloud.objects[next(key for key in table.cloud.objects if key.endswith("_merged.json"))]
    for action in (table.compact, lambda: table.put("a", "1")):
        with pytest.raises(LostManifestError, match="earlier versions"):
            action()


@pytest.mark.parametrize("file", ["merged-0001.parquet", "notes.txt"])
def test_a_file_that_nobody_knows_is_an_error(file):
    table = Table("a", "b")
    table.cloud.watch = lambda: None
    table.cloud.store(f"processed/date={DAY}/v0/{file}", parquet("x", "1"))
    with pytest.raises(ForeignFileError, match=file):
        table.compact()


def test_files_with_other_columns_are_an_error():
    table = Table("a", "b")
    table.cloud.watch = lambda: None
    file = io.BytesIO()
    pq.write_table(pa.table({"other": [1]}), file)
    table.cloud.store(f"processed/date={DAY}/v0/c.parquet", file.getvalue())
    with pytest.raises(SchemaError, match="id, other"):
        table.compact()


def test_a_partition_elsewhere_is_an_error_to_all():
    table = Table("a")
    table.cloud.watch = lambda: None
    move(table, f"s3://{BUCKET}/elsewhere/")
    for action in (table.compact, lambda: table.put("a", "1")):
        with pytest.raises(ForeignDayError, match="elsewhere"):
            action()


def test_a_partition_that_was_dropped_is_not_begun_anew_over_what_it_had():
    table = Table("a", "b")
    table.compact()
    table.cloud.watch = lambda: None
    del table.cloud.partitions[DAY]
    with pytest.raises(DroppedDayError, match="Add it again"):
        table.put("c", "1")
    assert DAY not in table.cloud.partitions


def test_other_parameters_of_a_partition_stay():
    table = Table("a", "b")
    table.cloud.partitions[DAY]["Parameters"]["owner"] = "somebody"
    table.compact()
    assert table.cloud.partitions[DAY]["Parameters"]["owner"] == "somebody"


def test_old_versions_stay_for_an_hour_and_then_go():
    table = Table("a", "b")
    table.compact()
    table.cloud.wait(minutes=59)
    assert table.compact().deleted == 0
    table.cloud.wait(minutes=1)
    assert table.compact().deleted == 2
    assert all(location(table).endswith(key.split("/")[2] + "/") for key in table.cloud.objects)
