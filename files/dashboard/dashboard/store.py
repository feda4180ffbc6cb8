"""The last good answers on disk, so that a restart while Athena is away does not empty the page.

One JSON file for each question. A disk that is full or a file that cannot be read costs the answer and a line in the
log, never a page.
"""

import hashlib
import json
import logging
import os
import re
import tempfile
import threading
import time
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dashboard.queries import Answer

log = logging.getLogger(__name__)

VERSION = 1
KEPT_SECONDS = 7 * 86_400
FILES, BYTES = 500, 64 << 20  # together; the oldest go first
LARGEST = 8 << 20  # bytes of one answer
_NAME = re.compile(r"[0-9a-f]{64}\.json")
_PART = re.compile(r"\.[0-9a-z_]+\.part")


class Store:
    """Answers in `folder`. A question is a list of texts that says all on which its answer depends.

    Only what this class wrote is read or removed; everything else in the folder is left alone.
    """

    def __init__(self, folder, clock=time.time):
        self._folder = Path(folder)
        self._clock = clock
        self._failing = False
        self._lock = threading.Lock()

    def save(self, question, answer):
        """Keep an Answer; what goes wrong is told once, in the log."""
        try:
            text = json.dumps({"version": VERSION, "question": question, "answer": _plain(answer)}, separators=(",", ":"))
            with self._lock:
                if len(text) <= LARGEST:
                    self._write(self._path(question), text)
                self._tidy()
        except (OSError, ValueError, TypeError) as error:
            if self._note(failing=True):
                log.warning("answers cannot be kept in %s: %s; the page goes on without", self._folder, error)
        else:
            self._note(failing=False)

    def _note(self, failing):
        """Is this the first failure in a row? A page's queries end at the same time."""
        with self._lock:
            first, self._failing = failing and not self._failing, failing
        return first

    def load(self, question):
        """(Answer, its age in seconds), or None if there is none or it is too old."""
        path = self._path(question)
        try:
            if path.stat().st_size > LARGEST:
                return None
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["version"] != VERSION or found["question"] != question:
                return None
            answer = _answer(found["answer"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidOperation) as error:
            log.warning("%s is ignored: %r", path, error)
            return None
        age = self._clock() - answer.finished_at.timestamp()
        return (answer, age) if 0 <= age < KEPT_SECONDS else None

    def _path(self, question):
        return self._folder / f"{hashlib.sha256(json.dumps(question).encode()).hexdigest()}.json"

    def _write(self, path, text):
        descriptor, part = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    def _tidy(self):
        """Remove what is too old, too much, or was left by a death in the middle of writing."""
        now, left = self._clock(), []
        for entry in os.scandir(self._folder):
            if not entry.is_file(follow_symlinks=False):
                continue
            status = entry.stat()
            age = now - status.st_mtime
            if _NAME.fullmatch(entry.name):
                left.append((age, status.st_size, entry.path))
            elif _PART.fullmatch(entry.name) and age > 3600:
                os.unlink(entry.path)
        size = 0
        for number, (age, length, path) in enumerate(sorted(left)):
            size += length
            if age > KEPT_SECONDS or number >= FILES or size > BYTES:
                os.unlink(path)


def _plain(answer):
    values = {field.name: getattr(answer, field.name) for field in fields(Answer)}
    return values | {"finished_at": answer.finished_at.isoformat(), "cost": str(answer.cost)}


def _answer(found):
    """The Answer that `_plain` gave; raises where the types are not those."""
    values = {field.name: found[field.name] for field in fields(Answer)}
    for name, kind in (("cut", bool), ("reused", bool), ("execution_id", str), ("engine_ms", int), ("scanned", int)):
        if not isinstance(values[name], kind):
            raise TypeError(f"{name} is {values[name]!r:.40}")
    columns, types, rows = (values[name] for name in ("columns", "types", "rows"))
    if not all(isinstance(text, str) for text in (*columns, *types)) or len(columns) != len(types):
        raise TypeError("columns and types do not fit")
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise TypeError("rows do not fit the columns")
    if not all(value is None or isinstance(value, (str, int, float)) for row in rows for value in row):
        raise TypeError("a cell is no plain value")
    return Answer(
        **values
        | {
            "columns": tuple(columns),
            "types": tuple(types),
            "rows": tuple(map(tuple, rows)),
            "finished_at": datetime.fromisoformat(values["finished_at"]).astimezone(UTC),
            "run_seconds": float(values["run_seconds"]),
            "cost": Decimal(values["cost"]),
        }
    )
