"""A day as the catalog has it: its version, the one that is being made ready, and those it had. Plain values."""

from dataclasses import dataclass, field, replace
from datetime import datetime

#: Parameters of a partition: the version that will be switched to, and {version: until when} as text.
NEXT, SUPERSEDED = "headwater_next", "headwater_superseded"


@dataclass(frozen=True)
class Day:
    """`current`: the version that readers see. `next`: the version that writers must fill as well, or None.
    `superseded`: {version: aware time of the switch away from it}."""

    current: str
    next: str | None = None
    superseded: dict = field(default_factory=dict)

    @property
    def versions(self):
        """The versions that a file has to be in, the one that readers see first."""
        return [self.current, self.next] if self.next else [self.current]

    def announcing(self, version):
        return replace(self, next=version)

    def switched(self, now, grace):
        """After the switch to `next`; versions that were superseded longer than `grace` ago are forgotten."""
        kept = {version: until for version, until in self.superseded.items() if now - until < grace}
        return Day(self.next, None, kept | {self.current: now})

    def parameters(self):
        """As parameters of the partition."""
        superseded = ",".join(f"{version}@{until.isoformat()}" for version, until in sorted(self.superseded.items()))
        return ({NEXT: self.next} if self.next else {}) | ({SUPERSEDED: superseded} if superseded else {})

    @classmethod
    def read(cls, current, parameters):
        superseded = [each.split("@") for each in parameters.get(SUPERSEDED, "").split(",") if each]
        return cls(current, parameters.get(NEXT) or None, {version: datetime.fromisoformat(until) for version, until in superseded})
