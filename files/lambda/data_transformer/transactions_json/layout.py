"""The quickest way: lines that are written alike, as one program writes them, are split at their quotes.

A layout is learnt from a plain line: its pieces between quotes, and which of them are values. Of a line without escapes
that has as many quotes, and that is the layout with its own values in it, the values are known without reading JSON.
What is not exactly like that is set aside.
"""

import re
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

_NUMBER = re.compile(rb"([ \t]*:[ \t]*)([0-9.]+)([ \t]*[,}][ \t]*)")


class Values(NamedTuple):
    """Of the lines that have as many pieces as the layout: `columns` by member, binary; `alike`: which lines are exactly so.
    `odd`: the numbers, from 0, of the lines that have not."""

    columns: dict[str, pa.Array]
    alike: pa.Array
    odd: list[int]


class Layout:
    """How one line is written. `learn` makes it."""

    def __init__(self, pieces: list[bytes], values: dict[int, str], around: dict[int, tuple[bytes, bytes]]) -> None:
        self._pieces, self._values, self._around = pieces, values, around
        self._names = [str(n) for n in range(len(pieces))]
        self._odd: list[int] = []
        self._parse = pacsv.ParseOptions(delimiter='"', quote_char=False, escape_char=False, invalid_row_handler=self._note_odd)
        chosen = [str(n) for n in values]
        self._convert = pacsv.ConvertOptions(
            column_types=dict.fromkeys(chosen, pa.binary()), include_columns=chosen, strings_can_be_null=False
        )

    @classmethod
    def learn(cls, line: bytes, numbers: frozenset[str]) -> Self | None:
        """The layout of a plain line (as `quick.PLAIN` says); `numbers`: its members without quotes. None if it has no use."""
        pieces = line.split(b'"')
        values: dict[int, str] = {}
        around: dict[int, tuple[bytes, bytes]] = {}
        at = 1
        while at < len(pieces) - 1:
            name = pieces[at].decode()
            if name in numbers:
                number = _NUMBER.fullmatch(pieces[at + 1])
                if number is None:
                    return None
                values[at + 1], around[at + 1] = name, (number[1], number[3])
                at += 2
            else:
                values[at + 2] = name
                at += 4
        return cls(pieces, values, around)

    def split(self, text: pa.Buffer, lines: pa.Array) -> Values | None:
        """The values of lines: whole ones, valid UTF-8, without backslash, CR and blank lines. None if there are none like it.

        `text` and `lines` (binary) are the same lines.
        """
        self._odd = odd = []
        read = pacsv.ReadOptions(use_threads=False, block_size=text.size + 1, column_names=self._names)
        table = pacsv.read_csv(pa.BufferReader(text), read, self._parse, self._convert).combine_chunks()
        if not table.num_rows or table.num_rows + len(odd) != len(lines):
            return None
        if odd:
            ends = [*odd, len(lines)]
            starts = [0, *(number + 1 for number in odd)]
            lines = pa.concat_arrays([lines[start:end] for start, end in zip(starts, ends, strict=True)])
        raw = {n: table[str(n)].chunk(0) for n in self._values}
        alike = pc.equal(pc.binary_join_element_wise(*self._filled(raw), b""), lines)
        columns: dict[str, pa.Array] = {}
        for n, name in self._values.items():
            column = raw[n]
            if n in self._around:
                before, after = self._around[n]
                alike = pc.and_(alike, pc.and_(pc.starts_with(column, before), pc.ends_with(column, after)))
                column = pc.binary_slice(column, len(before), -len(after))
            columns[name] = column
        return Values(columns, alike, odd)

    def _filled(self, raw: dict[int, pa.Array]) -> list[pa.Array | bytes]:
        """The layout, as what is to be joined to a line: fixed text and columns."""
        parts: list[pa.Array | bytes] = []
        fixed = b""
        for n, piece in enumerate(self._pieces):
            fixed += b'"' if n else b""
            if n in raw:
                parts += [fixed, raw[n]]
                fixed = b""
            else:
                fixed += piece
        return [*parts, fixed]

    def _note_odd(self, row: pacsv.InvalidRow) -> str:
        self._odd.append(row.number - 1)
        return "skip"
