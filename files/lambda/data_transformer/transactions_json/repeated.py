"""Ids that are there twice in one file, found in little memory.

The first pass over a file writes 128 bits of each good record's id to a scratch file, in the records' order. At its end
those that are there again are counted out, a share of the ids at a time; if there are any, a second pass leaves them out.
"""

from array import array
from tempfile import TemporaryFile

import pyarrow as pa
import pyarrow.compute as pc

_SHARE_ROWS = 1 << 18  # ids that are looked at together


class Ids:
    """The ids of a file's good records, in their order."""

    def __init__(self, folder: str) -> None:
        # Python's keyed hash, twice: of the id, and of what begins with a byte that no text has.
        self._files = [TemporaryFile(dir=folder) for _ in range(2)]  # noqa: SIM115 - open until `close`
        self.rows = 0

    def add(self, ids: pa.Array) -> None:
        """Take an array of strings."""
        texts = ids.cast(pa.binary()).to_pylist()
        self._files[0].write(memoryview(array("q", map(hash, texts))))
        self._files[1].write(memoryview(array("q", map(hash, map(b"\xff".__add__, texts)))))
        self.rows += len(texts)

    def repeated(self) -> pa.Array:
        """The numbers, from 0 and ascending, of the records whose id an earlier one has."""
        shares = 1 << (self.rows // _SHARE_ROWS).bit_length()
        found: list[pa.Array] = []
        for share in range(shares):
            (first,) = self._share(share, shares, 1)
            if pc.count_distinct(first).as_py() == len(first):
                continue
            first, second, places = self._share(share, shares, 2)
            table = pa.table({"first": first, "second": second, "place": places})
            table = table.take(pc.sort_indices(table, [(name, "ascending") for name in table.column_names])).combine_chunks()
            first, second, places = (column.chunk(0) for column in table.columns)
            same = pc.and_(pc.equal(first[1:], first[:-1]), pc.equal(second[1:], second[:-1]))
            found.append(places[1:].filter(same))
        together = pa.concat_arrays([pa.array([], pa.int64()), *found])
        return together.take(pc.sort_indices(together))

    def close(self) -> None:
        """Let the scratch files go."""
        for file in self._files:
            file.close()

    def _share(self, share: int, shares: int, hashes: int) -> list[pa.Array]:
        """The first one or two hashes of the ids of one share; with two, their records' numbers too."""
        parts: list[list[pa.Array]] = []
        for file in self._files:
            file.seek(0)
        for start in range(0, max(self.rows, 1), _SHARE_ROWS):
            both = [_integers(file.read(8 * _SHARE_ROWS)) for file in self._files[:hashes]]
            chosen = pc.equal(pc.bit_wise_and(both[0], shares - 1), share)
            parts.append([column.filter(chosen) for column in both])
            if hashes == 2:
                parts[-1].append(pc.add(pc.indices_nonzero(chosen).cast(pa.int64()), start))
        return [pa.concat_arrays(column) for column in zip(*parts, strict=True)]


def _integers(data: bytes) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(data) // 8, [None, pa.py_buffer(data)])
