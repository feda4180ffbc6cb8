"""`_merged.json`: which inputs' rows are in a version's merged files, and where. Plain values.

It is written before anybody is told of its version, and never changed.
"""

import json
from dataclasses import dataclass, field
from typing import NamedTuple


class Rows(NamedTuple):
    """A stretch of rows in a merged file: `first` counts from 0."""

    file: str
    first: int
    count: int


@dataclass(frozen=True)
class Input:
    """What was merged of an input: the `etag` of its source, and its rows; none where it has none of that day."""

    etag: str
    rows: tuple = ()

    @property
    def count(self):
        return sum(each.count for each in self.rows)


@dataclass(frozen=True)
class Manifest:
    """`inputs`: {name: Input}. `files`: {name of a merged file: its number of rows}."""

    inputs: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)

    def dump(self):
        """As bytes of JSON, the same for the same content."""
        inputs = {name: {"etag": each.etag, "rows": [list(rows) for rows in each.rows]} for name, each in sorted(self.inputs.items())}
        return json.dumps({"files": dict(sorted(self.files.items())), "inputs": inputs}, indent=1).encode()

    @classmethod
    def load(cls, data):
        """From bytes of JSON."""
        found = json.loads(data)
        inputs = {name: Input(each["etag"], tuple(Rows(*rows) for rows in each["rows"])) for name, each in found["inputs"].items()}
        return cls(inputs, found["files"])


NOTHING = Manifest()
