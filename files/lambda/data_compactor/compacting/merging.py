"""Parquet files into few larger ones, by pyarrow: a stream, whatever the files' size."""

from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
from day_versions.manifest import Rows
from day_versions.names import merged_file

GROUP_ROWS = 1 << 17
GROUP_BYTES = 32 << 20  # of a row group in memory
_BATCH_ROWS = 1 << 14
_READ_AHEAD = 1 << 20  # of each column


class SchemaError(ValueError):
    """A file's columns are not those of the others."""


def batches(file):
    """The record batches of a Parquet file, in order; memory does not grow with the file or its row groups."""
    reader = pq.ParquetFile(file, buffer_size=_READ_AHEAD, pre_buffer=False)
    yield reader.schema_arrow.remove_metadata(), None
    for batch in reader.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
        yield None, batch


class Merger:
    """Takes rows and writes them into files of at most `limit` bytes.

    Args:
        create: (file name) → a file with `write`, `close` and `abort`.
        limit: bytes; only a single row group that is larger makes a larger file.
        taken: how many merged files the version has already.
    """

    def __init__(self, create, limit, taken=0, group_rows=GROUP_ROWS):
        self._create, self._limit, self._number, self._group_rows = create, limit, taken, group_rows
        self._schema, self._sink, self._writer = None, None, None
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
        self.files, self.inputs = {}, {}

    def add_schema(self, schema, origin):
        """The columns of the file that comes next; the first file decides. `origin` names it in errors."""
        if self._schema is None:
            self._schema = schema
        elif set(schema.names) != set(self._schema.names):
            unlike = sorted(set(schema.names) ^ set(self._schema.names))
            raise SchemaError(f"{origin} differs from the day's other files in the columns {', '.join(unlike)}; replay its input")

    def add(self, name, batch, origin):
        """Append a record batch of the input `name`."""
        if not batch.num_rows:
            return
        try:
            batch = batch.select(self._schema.names).cast(self._schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SchemaError(f"{origin} does not fit the day's other files: {error}; replay its input") from error
        self._waiting.append((name, batch))
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= self._group_rows or self._waiting_bytes >= GROUP_BYTES:
            self._write()

    def finish(self):
        """Make the last file visible. Then `files` is {name: rows}, and `inputs` {name: [Rows]}."""
        self._write()
        self._close()

    def abort(self):
        if self._sink:
            self._sink.abort()

    def _write(self):
        if not self._waiting:
            return
        # A row group never takes more room in a file than in memory.
        if self._writer and self._sink.written + self._waiting_bytes > self._limit:
            self._close()
        if self._writer is None:
            self._number += 1
            self._file = merged_file(self._number)
            self.files[self._file] = 0
            self._sink = _Counted(self._create(self._file))
            self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        for name, batch in self._waiting:
            self._count(name, batch.num_rows)
        self._writer.write_table(pa.Table.from_batches([batch for _, batch in self._waiting]), row_group_size=self._waiting_rows)
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0

    def _count(self, name, rows):
        first, known = self.files[self._file], self.inputs.setdefault(name, [])
        self.files[self._file] += rows
        if known and known[-1].file == self._file and known[-1].first + known[-1].count == first:
            known[-1] = known[-1]._replace(count=known[-1].count + rows)
        else:
            known.append(Rows(self._file, first, rows))

    def _close(self):
        if self._writer:
            self._writer.close()
            self._sink.publish()
        self._writer = self._sink = None


class _Counted:
    """A sink for pyarrow, which closes it itself; what it was given becomes visible by `publish` only."""

    closed = False

    def __init__(self, file):
        self._file, self.written = file, 0

    def write(self, data):
        self.written += len(data)
        self._file.write(data)
        return len(data)

    def flush(self):
        pass

    def close(self):
        pass

    def publish(self):
        self._file.close()

    def abort(self):
        self._file.abort()


def add_single(merger, name, file, origin):
    """Give all rows of an input's own file to the merger; returns their number."""
    rows = 0
    with closing(file):
        for schema, batch in batches(file):
            if schema is not None:
                merger.add_schema(schema, origin)
            else:
                rows += batch.num_rows
                merger.add(name, batch, origin)
    return rows


def add_part(merger, kept, file, origin):
    """Give those rows of a merged file to the merger that are `kept`: [(Rows, name)] by their first row; returns their number."""
    at, rows, kept = 0, 0, list(kept)
    with closing(file):
        for schema, batch in batches(file):
            if schema is not None:
                merger.add_schema(schema, origin)
                continue
            end = at + batch.num_rows
            while kept and kept[0][0].first < end:
                stretch, name = kept[0]
                first, last = max(stretch.first, at), min(stretch.first + stretch.count, end)
                merger.add(name, batch.slice(first - at, last - first), origin)
                rows += last - first
                if stretch.first + stretch.count > end:
                    break
                kept.pop(0)
            at = end
    return rows
