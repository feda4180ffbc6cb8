"""Files into fewer: sizes, order, whose rows are where, and memory."""

import io
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from compacting.merging import Merger, SchemaError, add_part, add_single
from day_versions.manifest import Rows

from tests.unit.compactor.conftest import LAMBDA


class Sink(io.BytesIO):
    """A file that keeps its bytes after it was closed."""

    data = None

    def close(self):
        self.data = self.getvalue()

    def abort(self):
        self.data = b"aborted"


def parquet(values, **options):
    file = io.BytesIO()
    pq.write_table(values if isinstance(values, pa.Table) else pa.table({"n": pa.array(values, pa.int64())}), file, **options)
    return io.BytesIO(file.getvalue())


def merged(inputs, limit=1 << 20, **options):
    """({file: values}, Merger) of {name: values}."""
    sinks = {}
    merger = Merger(lambda file: sinks.setdefault(file, Sink()), limit, **options)
    for name, values in inputs.items():
        add_single(merger, name, parquet(values), name)
    merger.finish()
    return {file: pq.read_table(io.BytesIO(sink.data))["n"].to_pylist() for file, sink in sinks.items()}, merger, sinks


def test_inputs_follow_each_other_and_each_has_its_rows():
    files, merger, _ = merged({"a": [1, 2], "b": [], "c": [3]})
    assert files == {"merged-0001.parquet": [1, 2, 3]}
    assert merger.files == {"merged-0001.parquet": 3}
    assert merger.inputs == {"a": [Rows("merged-0001.parquet", 0, 2)], "c": [Rows("merged-0001.parquet", 2, 1)]}


def test_a_file_that_would_grow_too_large_is_followed_by_another():
    size = 50_000
    values = {"a": list(range(size)), "b": list(range(size, 2 * size))}
    files, merger, sinks = merged(values, limit=200_000, group_rows=10_000)
    assert len(files) > 2
    assert all(len(sink.data) <= 200_000 for sink in sinks.values())
    assert [value for file in sorted(files) for value in files[file]] == list(range(2 * size))
    assert [sum(rows.count for rows in merger.inputs[name]) for name in "ab"] == [size, size]
    for name in "ab":
        found = [value for rows in merger.inputs[name] for value in files[rows.file][rows.first : rows.first + rows.count]]
        assert found == values[name]


def test_numbers_of_files_go_on_where_others_were_taken_over():
    assert list(merged({"a": [1]}, taken=2)[0]) == ["merged-0003.parquet"]


def test_no_rows_make_no_file():
    files, merger, _ = merged({"a": []})
    assert (files, merger.files, merger.inputs) == ({}, {}, {})


def test_of_a_merged_file_only_what_is_kept_is_taken():
    kept = [(Rows("f", 1, 2), "a"), (Rows("f", 30_000, 20_000), "b"), (Rows("f", 59_999, 1), "c")]
    sinks = {}
    merger = Merger(lambda file: sinks.setdefault(file, Sink()), 1 << 30)
    assert add_part(merger, kept, parquet(list(range(60_000))), "f") == 20_003
    merger.finish()
    values = pq.read_table(io.BytesIO(sinks["merged-0001.parquet"].data))["n"].to_pylist()
    assert values == [1, 2, *range(30_000, 50_000), 59_999]
    assert [merger.inputs[name] for name in "abc"] == [
        [Rows("merged-0001.parquet", 0, 2)],
        [Rows("merged-0001.parquet", 2, 20_000)],
        [Rows("merged-0001.parquet", 20_002, 1)],
    ]


def test_a_merged_file_that_is_too_short_gives_fewer_rows_than_were_kept():
    merger = Merger(lambda file: Sink(), 1 << 20)
    assert add_part(merger, [(Rows("f", 0, 5), "a")], parquet([1, 2]), "f") == 2


def test_types_survive_as_they_are():
    columns = {
        "at": pa.array([datetime(2026, 11, 21, 1, 2, 3, 456000)], pa.timestamp("ms")),
        "price": pa.array([Decimal("0.10")], pa.decimal128(10, 2)),
        "on": pa.array([date(2026, 11, 21)], pa.date32()),
        "text": pa.array([None], pa.string()),
        "number": pa.array([1], pa.int32()),
    }
    before = parquet(pa.table(columns))
    sink = Sink()
    merger = Merger(lambda file: sink, 1 << 20)
    add_single(merger, "a", io.BytesIO(before.getvalue()), "a")
    merger.finish()
    after = pq.ParquetFile(io.BytesIO(sink.data))
    assert after.schema_arrow.equals(pq.ParquetFile(before).schema_arrow)
    assert [after.schema.column(n).physical_type for n in range(5)] == [
        pq.ParquetFile(before).schema.column(n).physical_type for n in range(5)
    ]
    assert after.read().to_pylist() == pa.table(columns).to_pylist()


def test_columns_in_another_order_and_of_a_narrower_type_fit():
    sink = Sink()
    merger = Merger(lambda file: sink, 1 << 20)
    add_single(merger, "a", parquet(pa.table({"x": pa.array([1], pa.int64()), "y": ["one"]})), "a")
    add_single(merger, "b", parquet(pa.table({"y": ["two"], "x": pa.array([2], pa.int32())})), "b")
    merger.finish()
    assert pq.read_table(io.BytesIO(sink.data)).to_pylist() == [{"x": 1, "y": "one"}, {"x": 2, "y": "two"}]


@pytest.mark.parametrize("other", [pa.table({"n": ["text"]}), pa.table({"n": pa.array([2**40]), "more": [1]})], ids=["type", "column"])
def test_what_does_not_fit_is_an_error_that_names_the_file(other):
    merger = Merger(lambda file: Sink(), 1 << 20)
    add_single(merger, "a", parquet(pa.table({"n": pa.array([1], pa.int32())})), "a")
    with pytest.raises(SchemaError, match="second file"):
        add_single(merger, "b", parquet(other), "second file")


MEMORY = r"""
import io, re, sys
sys.path[:0] = sys.argv[2:]
import pyarrow as pa, pyarrow.parquet as pq
from compacting.merging import Merger, add_single
rows = int(sys.argv[1])
path = sys.argv[4] + "/large.parquet"
with pq.ParquetWriter(path, pa.schema({"id": pa.string(), "n": pa.int64()})) as writer:
    for start in range(0, rows, 100_000):
        numbers = range(start, start + 100_000)
        writer.write_table(pa.table({"id": [f"{n:032x}" for n in numbers], "n": pa.array(numbers, pa.int64())}))
class Nothing:
    def write(self, data): pass
    def close(self): pass
pa.default_memory_pool().release_unused()
merger = Merger(lambda file: Nothing(), 256 << 20)
assert add_single(merger, "a", open(path, "rb"), "a") == rows
merger.finish()
# Of this program alone: ru_maxrss would begin with what the process had that started it.
print(int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    paths = [str(LAMBDA), str(LAMBDA / "data_compactor"), str(tmp_path)]
    peaks = [
        int(subprocess.run([sys.executable, "-c", MEMORY, str(rows), *paths], capture_output=True, text=True, check=True).stdout)
        for rows in (200_000, 1_000_000)
    ]
    assert peaks[1] < peaks[0] + 60
    assert peaks[1] < 400
