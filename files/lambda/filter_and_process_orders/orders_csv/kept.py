"""Kept rows as a Parquet file."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from s3_inputs.stream import Writable

ROW_GROUP_ROWS = 131_072


class Kept:
    """Writes kept rows in row groups of ROW_GROUP_ROWS; opens the file only when there is a row."""

    def __init__(self, open_sink: Callable[[], Writable]) -> None:
        self._open_sink = open_sink
        self._sink: _Sink | None = None
        self._writer: pq.ParquetWriter | None = None
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROW_GROUP_ROWS:
            self._write(self._rows - self._rows % ROW_GROUP_ROWS)
            pa.default_memory_pool().release_unused()  # of what the row group took, now that nothing holds it

    def close(self) -> None:
        self._write(self._rows)
        if self._writer is not None:
            self._writer.close()

    def abandon(self) -> None:
        """Write no more: pyarrow's writer would still write its footer when it is collected."""
        if self._sink is not None:
            self._sink.detach()

    def _write(self, count: int) -> None:
        if not count:
            return
        pa.default_memory_pool().release_unused()  # else what the allocator holds back creeps up over a long file
        table = pa.Table.from_batches(self._batches)
        if self._writer is None:
            self._sink = _Sink(self._open_sink())
            # No Arrow schema inside: readers take the plain Parquet types and never hear of the status' dictionary.
            self._writer = pq.ParquetWriter(
                pa.PythonFile(self._sink, mode="w"),
                table.schema,
                compression="zstd",
                use_dictionary=["customer", "status", "order_date"],
                store_schema=False,
                store_decimal_as_integer=True,
            )
        self._writer.write_table(table.slice(0, count), row_group_size=ROW_GROUP_ROWS)
        rest = table.slice(count)
        self._batches, self._rows = rest.to_batches(), rest.num_rows


class _Sink:
    """What pyarrow wants of a Python file to write to. Closing the real one is its owner's business."""

    closed = False

    def __init__(self, sink: Writable) -> None:
        self.write = sink.write

    def detach(self) -> None:
        self.write = len

    def flush(self) -> None: ...

    def close(self) -> None: ...
