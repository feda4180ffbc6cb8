"""What the page's own questions scanned and cost today, by UTC's day; on disk, so that a restart does not forget the morning.

One file a day, a line of JSON for each answer. It is only appended to, so two processes that overlap at a new release both count.
A disk that is full or a line that cannot be read costs that line and a word in the log, never a page.
"""

import json
import logging
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

log = logging.getLogger(__name__)

_FILE = re.compile(r"spending-\d{4}-\d\d-\d\d\.jsonl")


@dataclass(frozen=True)
class Spent:
    """Answers that Athena gave, the bytes that it scanned for them, and dollars (Decimal) at its list price."""

    answers: int = 0
    scanned: int = 0
    cost: Decimal = Decimal(0)

    def __add__(self, other):
        return Spent(self.answers + other.answers, self.scanned + other.scanned, self.cost + other.cost)


class Spending:
    """Counts in `folder`, or for this process alone where it is None. `now()`: a datetime with a zone."""

    def __init__(self, folder=None, now=lambda: datetime.now(UTC)):
        self._folder = Path(folder) if folder else None
        self._now = now
        self._lock = threading.Lock()
        self._day, self._read, self._by_pipeline = None, 0, {}
        self._failing = False

    def add(self, pipeline, answer):
        """Count a queries.Answer of the pipeline of that name."""
        with self._lock:
            day = self._today()
            line = json.dumps({"pipeline": pipeline, "scanned": answer.scanned, "cost": str(answer.cost)})
            if not self._append(day, line):
                self._count(pipeline, Spent(1, answer.scanned, answer.cost))

    def today(self):
        """{pipeline: Spent} of the day, which other processes may have added to."""
        with self._lock:
            self._catch_up(self._today())
            return dict(self._by_pipeline)

    def total(self):
        """The Spent of all pipelines today."""
        return sum(self.today().values(), Spent())

    def _today(self):
        """The day as text; on a new one all counts begin anew, and files of other days go."""
        day = self._now().astimezone(UTC).date().isoformat()
        if day != self._day:
            self._day, self._read, self._by_pipeline = day, 0, {}
            self._tidy(day)
        return day

    def _path(self, day):
        return self._folder / f"spending-{day}.jsonl"

    def _append(self, day, line):
        """Write a line of its own, whatever a death in the middle of writing left before it; did that work?"""
        if self._folder is None:
            return False
        try:
            descriptor = os.open(self._path(day), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(f"\n{line}\n".encode())
        except OSError as error:
            self._tell(error)
            return False
        self._failing = False
        return True

    def _catch_up(self, day):
        """Count the whole lines that are new in the file."""
        if self._folder is None:
            return
        try:
            with self._path(day).open("rb") as file:
                file.seek(self._read)
                new = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            self._tell(error)
            return
        whole, _, _ = new.rpartition(b"\n")
        self._read += len(whole)
        for line in whole.splitlines():
            self._count_line(line)

    def _count_line(self, line):
        if not line.strip():
            return
        try:
            found = json.loads(line)
            pipeline, scanned, cost = found["pipeline"], found["scanned"], Decimal(found["cost"])
            if not isinstance(pipeline, str) or type(scanned) is not int or scanned < 0 or not cost.is_finite() or cost < 0:
                raise ValueError("no pipeline, bytes and dollars")
        except (ValueError, TypeError, KeyError, RecursionError, InvalidOperation) as error:
            log.warning("a line of %s is ignored: %r", self._path(self._day), error)
            return
        self._count(pipeline, Spent(1, scanned, cost))

    def _count(self, pipeline, spent):
        self._by_pipeline[pipeline] = self._by_pipeline.get(pipeline, Spent()) + spent

    def _tidy(self, day):
        """Remove the files of other days."""
        try:
            for path in self._folder.iterdir() if self._folder else ():
                if _FILE.fullmatch(path.name) and path != self._path(day):
                    path.unlink(missing_ok=True)
        except OSError as error:
            self._tell(error)

    def _tell(self, error):
        """A word in the log at the first failure in a row."""
        if not self._failing:
            log.warning("what questions cost cannot be kept in %s: %s; the page counts from its start", self._folder, error)
        self._failing = True
