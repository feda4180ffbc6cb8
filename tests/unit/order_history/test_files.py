"""Which task writes what, and the files that come of it."""

import gzip
import json
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from order_history import audit, files, judging, rejects, table
from pyspark.sql import functions as F

from tests.unit.order_history.support import frame, line


def test_a_large_partition_is_cut_into_equal_parts_and_small_ones_share_a_task():
    counts = {("d", "UK", "1"): 1000, ("d", "FR", "1"): 10, ("d", "DE", "1"): 10}
    plan = files.plan(counts, parallelism=2, rows_per_file=300)
    assert plan.tasks == 4
    assert len(set(plan.parts["d", "UK", "1"])) == 4
    assert len(plan.parts["d", "FR", "1"]) == len(plan.parts["d", "DE", "1"]) == 1


def test_little_data_starts_few_tasks_and_much_uses_all_cores():
    many = {("d", "UK", str(day)): 200 for day in range(300)}
    assert files.plan({("d", "UK", "1"): 5}, 200).tasks == 1
    assert files.plan(many, 200).tasks == 3
    assert files.plan(dict.fromkeys(many, 10_000), 8).tasks == 16
    assert files.plan({}, 8).tasks == 0
    loads = [0] * 3
    for tasks in files.plan(many, 200).parts.values():
        loads[tasks[0]] += 1
    assert max(loads) - min(loads) <= 1


@pytest.fixture(scope="module")
def written(spark, tmp_path_factory):
    """Four partitions written by a plan of files of at most 100 rows: {folder: files}."""
    lines = [line(StockCode=f"P{n}", Country=c) for c, rows in (("UK", 300), ("a/b", 5), ("Côte d’Ivoire", 7)) for n in range(rows)]
    lines.append(line(InvoiceDate="2010-12-02 00:00:00"))
    judged = judging.judge(frame(spark, lines), False)
    counts = audit.count(judged, ["2026-11-21"])["2026-11-21"]
    plan = files.plan({("2026-11-21", *key): rows for key, rows in counts.partitions.items()}, 2, rows_per_file=100)
    ordered = files.laid_out(spark, judged.where(F.col("outcome") == judging.KEPT), plan, "run-1")
    folder = tmp_path_factory.mktemp("curated")
    files.write(table.with_columns(ordered, Decimal("1"), Decimal("100")), str(folder))
    return folder


def test_each_partition_has_as_many_files_as_it_needs(written):
    found = {}
    for path in written.rglob("*.parquet"):
        found.setdefault(path.parent.relative_to(written).as_posix(), []).append(pq.read_metadata(path).num_rows)
    folder = "country_partition={}/date_partition={}/version=run-1/arrived=2026-11-21"
    assert {name: (len(rows), sum(rows)) for name, rows in found.items()} == {
        folder.format("UK", "2010-12-01"): (3, 300),
        folder.format("a%2Fb", "2010-12-01"): (1, 5),
        folder.format("Côte d’Ivoire", "2010-12-01"): (1, 7),
        folder.format("United Kingdom", "2010-12-02"): (1, 1),
    }
    assert max(found[folder.format("UK", "2010-12-01")]) < 150
    assert not list(written.rglob("_*"))


def test_a_file_has_the_tables_columns_in_order_and_sorted_rows(written):
    path = next(path for path in written.rglob("*.parquet") if "UK" in str(path))
    found = pq.read_table(path, partitioning=None)
    assert found.column_names == list(table.COLUMNS)
    products = found["stockcode"].to_pylist()
    assert products == sorted(products)
    assert pq.read_metadata(path).row_group(0).column(0).compression == "ZSTD"


def test_counts_add_up_and_unmapped_countries_are_named(spark):
    lines = [line(), line(Quantity="0"), line(UnitPrice="0"), line(Country="Atlantis"), line(Country="atlantis"), "x", line(Quantity="x")]
    judged = judging.judge(frame(spark, lines), False)
    counts = audit.count(judged, ["2026-11-20", "2026-11-21"])
    day = counts["2026-11-21"]
    assert (day.lines, day.kept, sum(day.dropped.values()), day.rejected) == (7, 3, 2, 2)
    assert counts["2026-11-20"] == audit.Day()
    record = audit.record(
        "2026-11-21",
        day,
        bucket="b",
        folder="raw/year=2026/month=11/day=21/",
        files=7,
        size=100,
        run="r",
        event_time="2026-11-21T00:00:00Z",
        settings={},
        outputs={"processed": None, "rejected": None},
    )
    assert record["rows"] == {"in": 7, "kept": 3, "dropped": 2, "rejected": 2}
    assert record["dropped_by_rule"] == {"quantity_not_positive": 1, "unit_price_not_positive": 1}
    assert record["rejected_by_reason"] == {"not_a_json_object": 1, "quantity_not_a_number": 1}
    assert record["unmapped_countries"] == {"Atlantis": 1, "atlantis": 1}
    assert record["rejected_by_file"] == {"5": 1, "6": 1}


def test_rejected_lines_and_damaged_files_become_json_lines(spark, tmp_path):
    judged = judging.judge(frame(spark, [line(), 'a "quoted" \r', b"\xff"]), False)
    found = rejects.lines(spark, judged, {"s3://b/raw/x.gz": ("2026-11-20", "it ends within its member 1")}, "r-1")
    rejects.write(found, str(tmp_path / "rejected"), 2)

    def read(day):
        paths = (tmp_path / "rejected" / f"arrived={day}" / "run=r-1").glob("*.txt")
        return [json.loads(text) for path in paths for text in path.read_text().split("\n") if text]

    assert sorted(read("2026-11-21"), key=lambda each: each["file"]) == [
        {"file": "1", "reasons": ["not_a_json_object"], "text": 'a "quoted" \r'},
        {"file": "2", "reasons": ["not_utf8"], "text_base64": "/w=="},
    ]
    assert read("2026-11-20") == [{"file": "s3://b/raw/x.gz", "reasons": ["file_damaged"], "message": "it ends within its member 1"}]


def test_what_is_wrong_with_a_gzip_file():
    whole = gzip.compress(b"x" * 3_000_000) + gzip.compress(b"y")
    assert rejects.gzip_problem(whole) is None
    assert rejects.gzip_problem(b"") is None
    assert "ends within its member 2" in rejects.gzip_problem(whole[:-3])
    assert "ends within its member 1" in rejects.gzip_problem(whole[:100])
    assert "member 1 is damaged" in rejects.gzip_problem(b"not gzip at all")
    assert "member 3 is damaged" in rejects.gzip_problem(whole + b"garbage")
    wrong_sum = bytearray(gzip.compress(b"hello"))
    wrong_sum[-6] ^= 1
    assert "member 1 is damaged" in rejects.gzip_problem(bytes(wrong_sum))
