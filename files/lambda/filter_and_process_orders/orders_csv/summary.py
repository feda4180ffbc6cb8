"""What became of one file, in counts."""

from collections import Counter
from dataclasses import dataclass, field


class DisagreementError(RuntimeError):
    """Two parts of this package see the same rows differently: a bug, and a reason to write nothing."""


@dataclass
class Summary:
    """What became of one file. Counts are rows; rows_in = kept + dropped + rejected.

    Attributes:
        status: "processed", or "rejected" where the file was rejected whole.
        reason: why it was rejected whole, for people; None otherwise.
        dropped_by_rule: rows by rule name.
        rejected_by_reason: rows by reason code; empty where a file was rejected whole without rows.
        extra_columns: header names that are not ours, as they were written.
    """

    status: str = "processed"
    reason: str | None = None
    rows_in: int = 0
    kept: int = 0
    dropped_by_rule: Counter[str] = field(default_factory=Counter)
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    extra_columns: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        return self.dropped_by_rule.total()

    @property
    def rejected(self) -> int:
        return self.rejected_by_reason.total()

    def balance(self) -> None:
        """Raise DisagreementError unless every row is accounted for."""
        if self.rows_in != self.kept + self.dropped + self.rejected:
            raise DisagreementError(
                f"{self.rows_in} rows in, but {self.kept} kept + {self.dropped} dropped + {self.rejected} rejected; "
                "nothing was recorded. Please report this with the file."
            )
