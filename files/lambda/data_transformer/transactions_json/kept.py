"""Good records as Parquet files, one for each day."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from transactions_json.quick import SCHEMA
from transactions_json.summary import DayFile

GROUP_ROWS = 65_536  # of a row group; and of all days together, what waits in memory
_WORDS = ["customer_id", "product_id", "product_name", "category", "year", "month", "day", "hour", "day_of_week", "quantity", "price"]


class Kept:
    """Writes records below `folder`, in their order within each day. No more than `most_days` days."""

    def __init__(self, folder: Path, most_days: int) -> None:
        self._folder, self._most_days = folder, most_days
        self._days: dict[str, _Day] = {}
        self._waiting = 0

    def admits(self, days: pa.Array) -> pa.Array:
        """Which records may be added, by their days (date32): those of the first `most_days` different ones."""
        for day in pc.unique(days).to_pylist():
            if len(self._days) < self._most_days and day.isoformat() not in self._days:
                self._days[day.isoformat()] = _Day(self._folder / f"{day}.parquet")
        if len(self._days) < self._most_days:
            return pa.array([True], pa.bool_()).take(pa.nulls(len(days), pa.int64()).fill_null(0))
        return pc.is_in(days.cast(pa.string()), pa.array(self._days.keys(), pa.string()))

    def add(self, batch: pa.RecordBatch, days: pa.Array) -> None:
        """Write admitted records."""
        counts = pc.value_counts(days).to_pylist()
        if len(counts) > 1:
            order = pc.sort_indices(days)  # which is stable
            batch, counts = batch.take(order), sorted(counts, key=lambda each: each["values"])
        start = 0
        for each in counts:
            day = self._days[each["values"].isoformat()]
            day.add(batch.slice(start, each["counts"]))
            start += each["counts"]
            self._waiting += each["counts"]
        while self._waiting >= GROUP_ROWS:
            largest = max(self._days.values(), key=lambda day: day.waiting)
            self._waiting -= largest.waiting
            largest.write()
            pa.default_memory_pool().release_unused()

    def close(self) -> dict[str, DayFile]:
        """Write what is left; the files by day, in the days' order. A day that was admitted and got no record has none."""
        return {name: DayFile(day.path, day.close()) for name, day in sorted(self._days.items()) if day.rows}

    def abandon(self) -> None:
        """Close the files; what is in them is of no use."""
        for day in self._days.values():
            day.close()


class _Day:
    """One day's file."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows, self.waiting = path, 0, 0
        self._batches: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self.rows += batch.num_rows
        self.waiting += batch.num_rows

    def write(self) -> None:
        if not self.waiting:
            return
        if self._writer is None:
            # Times in milliseconds, the finest that Athena keeps; no Arrow schema inside, so that readers take the plain types.
            self._writer = pq.ParquetWriter(
                str(self.path), SCHEMA, compression="zstd", use_dictionary=_WORDS, store_schema=False, store_decimal_as_integer=True
            )
        self._writer.write_table(pa.Table.from_batches(self._batches), row_group_size=GROUP_ROWS)
        self._batches, self.waiting = [], 0

    def close(self) -> int:
        """The number of its rows."""
        self.write()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        return self.rows
