"""Where the rows of one file go, and the counts of them."""

from collections.abc import Callable

from s3_inputs.rejects import Rejects
from s3_inputs.stream import Writable

from orders_csv.judging import Verdict
from orders_csv.kept import Kept
from orders_csv.summary import Summary


class Ledger:
    """Writes kept rows as Parquet and rejected ones as JSON lines, and counts them all in `summary`."""

    def __init__(self, open_kept: Callable[[], Writable], rejects: Writable) -> None:
        self.summary = Summary()
        self.rejects = Rejects(rejects)
        self._kept = Kept(open_kept)

    def enter(self, verdict: Verdict | None, rows: int) -> None:
        """Count `rows` rows and write those that the verdict about them keeps; None: there was none to judge."""
        self.summary.rows_in += rows
        if verdict is None or verdict.kept is None:
            return
        for status, count in verdict.dropped.items():
            self.summary.dropped_by_rule[f"old_{status}"] += count
        self.summary.kept += verdict.kept.num_rows
        if verdict.kept.num_rows:
            self._kept.add(verdict.kept)

    def reject(self, row: int, line: int, code: str, message: str, data: bytes) -> None:
        """Write one of the rows that `enter` counts, and count its reason."""
        self.summary.rejected_by_reason[code] += 1
        self.rejects.add(row, line, code, message, data)

    def enter_rejected(self, code: str) -> int:
        """Count a row that its caller writes to `rejects`; return its number."""
        self.summary.rows_in += 1
        self.summary.rejected_by_reason[code] += 1
        return self.summary.rows_in

    def reject_file(self, reason: str) -> None:
        self.summary.status, self.summary.reason = "rejected", reason

    def close(self) -> Summary:
        """Write what is left, and check that the counts add up."""
        self._kept.close()
        self.rejects.flush()
        self.summary.balance()
        return self.summary

    def abandon(self) -> None:
        """Write no more kept rows, the file's end included."""
        self._kept.abandon()
