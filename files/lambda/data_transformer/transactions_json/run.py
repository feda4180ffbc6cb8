"""One pass over one file: every byte of it belongs to a record, and every record is accounted for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from s3_inputs.rejects import Rejects
from s3_inputs.stream import Writable

from transactions_json.cutting import BLANK
from transactions_json.kept import Kept
from transactions_json.quick import Judge, columns
from transactions_json.records import Piece, Reader, Records
from transactions_json.repeated import Ids
from transactions_json.rules import Problem, Product, Row, judge
from transactions_json.summary import Summary


class Run:
    """Reads a file's blocks to their end.

    Args:
        repeated: numbers of the good records whose id an earlier one has, ascending, as `Ids.repeated` tells after a first
            pass; None in the first one.
    """

    def __init__(self, products: Mapping[str, Product], folder: Path, rejects: Writable, most_days: int, repeated: pa.Array | None) -> None:
        self._products, self._judge = products, Judge(products)
        self._kept, self._rejects, self._summary = Kept(folder, most_days), Rejects(rejects), Summary()
        self._most_days = most_days
        self._repeated = repeated
        self._good = 0  # records so far that the rules found good
        self.ids = Ids(str(folder)) if repeated is None else None

    def run(self, blocks: Iterator[bytes], reader: Reader) -> Summary:
        """Write what the blocks hold."""
        for item in reader.read(blocks):
            if isinstance(item, Piece):
                self._reject_piece(item)
            else:
                self._take(item)
        summary = self._summary
        summary.form = reader.form or "empty"
        if reader.form is None:
            summary.reason = "the file is empty"
        elif reader.open_array:
            summary.reason = "the array is not closed: the file may have been cut off. Upload it again, whole."
        self._rejects.flush()
        summary.days = self._kept.close()
        summary.balance()
        return summary

    def abandon(self) -> None:
        """Close what is open; the files are of no use."""
        self._kept.abandon()
        if self.ids:
            self.ids.close()

    def _take(self, records: Records) -> None:
        verdict = self._judge.judge(records.data, records.text)
        batch, places = verdict.kept, verdict.places
        problems: dict[int, Problem] = {}
        blanks: list[int] = []
        good: list[Row] = []
        good_places: list[int] = []
        others = records.data.take(pa.array(verdict.others, pa.uint64())).to_pylist()
        for place, data in zip(verdict.others, others, strict=True):
            if not data.strip(BLANK):
                blanks.append(place)
                continue
            try:
                good.append(judge(data, self._products))
                good_places.append(place)
            except Problem as problem:
                problems[place] = problem
        if good:
            places = pa.concat_arrays([places.cast(pa.uint64()), pa.array(good_places, pa.uint64())])
            order = pc.sort_indices(places)
            places = places.take(order)
            batch = pa.Table.from_batches([batch, columns(good)]).take(order).combine_chunks().to_batches()[0]
        if len(places):
            self._keep(batch, places, problems)
        self._write(records, problems, blanks)

    def _keep(self, batch: pa.RecordBatch, places: pa.Array, problems: dict[int, Problem]) -> None:
        """Keep the good records but those of a repeated id, or of too many days; these become problems."""
        first, self._good = self._good, self._good + batch.num_rows
        if self.ids:
            self.ids.add(batch["transaction_id"])
        elif len(self._repeated):
            numbers = pa.array(range(first, self._good), pa.int64())
            again = pc.is_in(numbers, self._repeated)
            for row in pc.indices_nonzero(again).to_pylist():
                name = batch["transaction_id"][row].as_py()
                message = f"an earlier record of this file has the transaction_id {name!r}"
                problems[places[row].as_py()] = Problem("transaction_id_repeated", message)
            batch, places = batch.filter(pc.invert(again)), places.filter(pc.invert(again))
        days = batch["timestamp"].cast(pa.date32(), safe=False)
        admitted = self._kept.admits(days)
        if not pc.all(admitted).as_py():
            for row in pc.indices_nonzero(pc.invert(admitted)).to_pylist():
                message = (
                    f"the file has records of more than {self._most_days} days; this one is of a further one, {days[row]}. Split the file."
                )
                problems[places[row].as_py()] = Problem("too_many_days", message)
            batch, days = batch.filter(admitted), days.filter(admitted)
        self._kept.add(batch, days)

    def _write(self, records: Records, problems: dict[int, Problem], blanks: list[int]) -> None:
        """Count the records and write the rejected ones."""
        before = 0
        for place, problem in sorted(problems.items()):
            while before < len(blanks) and blanks[before] < place:
                before += 1
            row = self._summary.rows_in + place - before + 1
            data = records.data[place].as_py().removesuffix(b"\r")
            self._rejects.add(row, records.lines[place], problem.code, problem.message, data)
            self._summary.rejected_by_reason[problem.code] += 1
        self._summary.rows_in += len(records.data) - len(blanks)

    def _reject_piece(self, piece: Piece) -> None:
        if piece.part == 1:
            self._summary.rows_in += 1
            self._summary.rejected_by_reason[piece.code] += 1
        self._rejects.add(self._summary.rows_in, piece.line, piece.code, piece.message, piece.data, piece.part, piece.last)
