"""Records of data checks: what each check of a pipeline found. Pure; reading them from S3 is the board's work.

The function of files/lambda/check_data_quality writes them.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from dashboard import values

MAX_BYTES = 4 << 20  # a record has at most 20 rows of examples a check
PASSED, FOUND, FAILED = "passed", "found", "failed"


class Malformed(ValueError):
    """A record that cannot be read; the message says why."""


@dataclass(frozen=True)
class Check:
    """What became of one check. `findings`: None where it could not be run, which `error` then explains; `more`: at least so many.

    `examples`: its first rows, of typed cells; `literals`: what each `?` of the SQL stood for; `scanned` in bytes.
    """

    name: str
    title: str
    description: str
    severity: str
    remedy: str
    status: str
    findings: int | None
    more: bool
    columns: tuple
    types: tuple
    examples: tuple
    sql: str
    literals: tuple
    scanned: int
    ms: int
    error: str | None

    @property
    def health(self):
        """good, wait for warnings, or bad."""
        if self.status == PASSED:
            return "good"
        return "wait" if self.status == FOUND and self.severity == "warning" else "bad"

    @property
    def verdict(self):
        """What became of it, in words."""
        if self.status == FAILED:
            return "Could not be run"
        if self.status == PASSED:
            return "Passed"
        return f"{self.findings:,}{' or more' if self.more else ''} {'finding' if self.findings == 1 else 'findings'}"


@dataclass(frozen=True)
class Report:
    """A run of a pipeline's checks. `nothing`: there were no data to check yet."""

    ended_at: datetime
    nothing: bool
    checks: tuple

    def found(self, severity):
        """How many findings checks of a severity have."""
        return sum(check.findings or 0 for check in self.checks if check.severity == severity)

    def number(self, status):
        return sum(check.status == status for check in self.checks)

    @property
    def health(self):
        """good, bad or wait; the worst of the checks."""
        found = {check.health for check in self.checks}
        return next((health for health in ("bad", "wait") if health in found), "wait" if self.nothing else "good")

    @property
    def sentence(self):
        """The run in short."""
        if self.nothing:
            return "no data to check yet"
        parts = [f"{self.number(PASSED)} passed"]
        for severity, one, many in (("error", "finding", "findings"), ("warning", "warning", "warnings")):
            number = self.found(severity)
            parts += [f"{number:,} {one if number == 1 else many}"] if number else []
        failed = self.number(FAILED)
        parts += [f"{failed} could not be run"] if failed else []
        return ", ".join(parts)


def parse(body):
    """The Report of a record's bytes; Malformed if it is none."""
    if len(body) > MAX_BYTES:
        raise Malformed(f"the checks' record is larger than {MAX_BYTES:,} bytes")
    try:
        data = json.loads(body)
        ended_at = values.moment(data["ended_at"])
        if ended_at is None:
            raise ValueError(f"ended_at is no time: {data['ended_at']!r:.40}")
        return Report(ended_at, data["state"] == "nothing", tuple(map(_check, data["checks"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"the checks' record cannot be read: {type(error).__name__}: {str(error)[:80]}") from error


def _check(data):
    if data["status"] not in (PASSED, FOUND, FAILED) or data["severity"] not in ("error", "warning"):
        raise ValueError(f"status {data['status']!r:.40}, severity {data['severity']!r:.40}")
    types = tuple(map(str, data["types"]))
    return Check(
        **{name: _text(data[name]) for name in ("name", "title", "description", "severity", "remedy", "status", "sql")},
        findings=None if data["findings"] is None else int(data["findings"]),
        more=bool(data["more"]),
        columns=tuple(map(_text, data["columns"])),
        types=types,
        examples=tuple(tuple(_cell(cell, kind) for cell, kind in zip(row, types, strict=True)) for row in data["examples"]),
        literals=tuple(map(_text, data["execution_parameters"])),
        scanned=int(data["bytes_scanned"]),
        ms=int(data["ms"]),
        error=None if data["error"] is None else _text(data["error"]),
    )


def _cell(text, kind):
    return None if text is None else values.typed(_text(text), kind)


def _text(text):
    """JSON may carry lone surrogates, which UTF-8 cannot write."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
