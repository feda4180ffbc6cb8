"""Batches within the limits of PutRecordBatch, in the order of reading."""

#: Bytes of a record: 1,000 KiB, AWS's quota.
MOST_RECORD = 1_024_000


class Batch:
    """Records of one call. `records`: bytes each; `ends`: {source: offset up to which its lines are in here or before}."""

    def __init__(self, most_records, most_bytes):
        self._most_records, self._most_bytes = most_records, most_bytes
        self.records, self.ends, self.size, self.lines = [], {}, 0, 0

    def takes(self, data):
        """Is there room for this record? A single one always fits."""
        return not self.records or (len(self.records) < self._most_records and self.size + len(data) <= self._most_bytes)

    def add(self, data, source, end):
        """A record, or none (`data` None: a line that is dealt with otherwise); the source is read up to `end`."""
        self.ends[source] = end
        self.lines += 1
        if data is not None:
            self.records.append(data)
            self.size += len(data)

    @property
    def full(self):
        return len(self.records) >= self._most_records or self.size >= self._most_bytes
