"""What became of one file, in counts."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class DisagreementError(RuntimeError):
    """Two parts of this package see the same records differently: a bug, and a reason to write nothing."""


class DayFile(NamedTuple):
    """The kept records of one day: a Parquet file and its number of rows."""

    path: Path
    rows: int


@dataclass
class Summary:
    """What became of one file. rows_in = kept + rejected.

    Attributes:
        status: "processed", or "rejected" where the file was rejected whole.
        reason: why it was rejected whole, or what is odd about it as a whole; for people. None otherwise.
        form: "lines", "array" or "documents" (records one after the other, over several lines each); "empty".
        rejected_by_reason: records by reason code.
        days: the kept records by UTC day, YYYY-MM-DD.
    """

    status: str = "processed"
    reason: str | None = None
    form: str = "empty"
    rows_in: int = 0
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    days: dict[str, DayFile] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return sum(day.rows for day in self.days.values())

    @property
    def rejected(self) -> int:
        return self.rejected_by_reason.total()

    def balance(self) -> None:
        """Raise DisagreementError unless every record is accounted for."""
        if self.rows_in != self.kept + self.rejected:
            raise DisagreementError(
                f"{self.rows_in} records in, but {self.kept} kept + {self.rejected} rejected; nothing was recorded. "
                "Please report this with the file."
            )
