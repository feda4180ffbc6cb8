"""A pipeline's Status, made of what the questions answered. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PARTS = ("input", "audit", "failures", "alarms", "runs", "checks")


@dataclass(frozen=True)
class Line:
    """One line of a status: `state` is good, bad or wait; `when` is a datetime or None; `more` are sentences that go with it."""

    label: str
    state: str
    text: str
    when: datetime | None = None
    more: tuple = ()


@dataclass(frozen=True)
class Status:
    """`answers`: {part: answer} of the parts that answered; `problems`: {part: why it did not}; the others were not asked or still run.

    `freshness`: good, bad or wait, for data that are fresh, too old, or not there (or not known).
    """

    pipeline: object
    answers: dict
    problems: dict
    running: tuple
    freshness: str
    lines: tuple

    @property
    def state(self):
        """The worst of the lines: bad, wait or good."""
        states = {line.state for line in self.lines}
        return next((state for state in ("bad", "wait") if state in states), "good")


def build(pipeline, found, now):
    """The Status of {part: (answer, why there is none), or None where the question still runs}. `now`: an aware datetime."""
    answers = {name: each[0] for name, each in found.items() if each and each[1] is None}
    problems = {name: each[1] for name, each in found.items() if each and each[1] is not None}
    running = tuple(name for name, each in found.items() if each is None)
    lines = [
        Line(LABELS[name], "wait", "AWS has not answered yet")
        if name in running
        else Line(LABELS[name], "bad", "Unknown", more=(problems[name],))
        if name in problems
        else LINES[name](pipeline, answers[name], now)
        for name in PARTS
        if name in found
    ]
    audited = answers.get("audit")
    return Status(pipeline, answers, problems, running, freshness(pipeline, audited and audited.newest, now), tuple(lines))


def freshness(pipeline, stored, now):
    """good | bad | wait of the newest audit record (None: there is none)."""
    if stored is None:
        return "wait"
    return "bad" if now - stored.modified > timedelta(hours=pipeline.freshness_hours) else "good"


def rows_text(rows):
    """`200 in, 140 kept, 57 dropped, 3 rejected`."""
    return ", ".join(f"{count:,} {name}" for name, count in rows.counts.items())


def lost(rows):
    """Rows in that are neither kept, dropped nor rejected."""
    return rows.counts["in"] - rows.counts["kept"] - rows.counts["dropped"] - rows.counts["rejected"]


def _input(_pipeline, found, _now):
    if found.cut:
        return Line(LABELS["input"], "wait", "There are too many to know")
    if found.newest is None:
        return Line(LABELS["input"], "wait", "Nothing yet")
    return Line(LABELS["input"], "good", "Arrived", found.newest.modified, (found.newest.key,))


def _audit(_pipeline, audited, _now):
    if audited.newest is None:
        return Line(LABELS["audit"], "wait", "None yet")
    more = []
    if audited.total:
        more.append(f"In total: {rows_text(audited.total)}")
    if audited.cut:
        more.append(f"Only the newest {audited.day.records:,} files are counted")
    if audited.day.unread:
        more.append(f"Audit records that cannot be read: {audited.day.unread:,}")
    if lost(audited.day):
        more.append(f"Rows that are unaccounted for: {lost(audited.day):,}")
    state = "bad" if audited.day.unread or lost(audited.day) else "good"
    return Line(LABELS["audit"], state, rows_text(audited.day) if audited.day.records else "No file", None, tuple(more))


def _failures(_pipeline, queues, _now):
    missing = [queue for queue, count in queues.items() if count is None]
    count = sum(number or 0 for number in queues.values())
    if missing:
        return Line(LABELS["failures"], "bad", "Unknown", more=tuple(f"There is no queue {queue}" for queue in missing))
    if not count:
        return Line(LABELS["failures"], "good", "None wait")
    hint = "After a mend: ansible-playbook playbooks/replay-failures.yml"
    return Line(LABELS["failures"], "bad", f"{count:,} {'waits' if count == 1 else 'wait'}", more=(hint,))


def _alarms(_pipeline, alarms, _now):
    if not alarms:
        return Line(LABELS["alarms"], "good", "None")
    return Line(LABELS["alarms"], "bad", f"{len(alarms)} in ALARM", more=tuple(f"{alarm.name}: {alarm.reason}" for alarm in alarms))


def _runs(_pipeline, failed, _now):
    if not failed:
        return Line(LABELS["runs"], "good", "The last ones succeeded")
    more = (
        f"{run.kind} {run.name} {run.state.lower()}: {run.reason or 'no reason given'}" + (f" — {run.again}" if run.again else "")
        for run in failed
    )
    return Line(LABELS["runs"], "bad", f"{len(failed)} failed", failed[0].at, tuple(more))


def _checks(_pipeline, found, _now):
    if found is None:
        return Line(LABELS["checks"], "wait", "Not checked yet")
    more = tuple(f"Found by {name}" for name in found.names) + tuple(f"{name} could not be run" for name in found.broken)
    if found.errors or found.broken:
        return Line(LABELS["checks"], "bad", f"Findings: {found.errors:,}", found.at, more)
    if found.warnings:
        return Line(LABELS["checks"], "wait", f"Warnings: {found.warnings:,}", found.at, more)
    return Line(LABELS["checks"], "good", "No findings", found.at)


LABELS = {
    "input": "Last input",
    "audit": "Rows, 24 hours",
    "failures": "Failed events",
    "alarms": "Alarms",
    "runs": "Jobs, crawlers",
    "checks": "Data checks",
}
LINES = {"input": _input, "audit": _audit, "failures": _failures, "alarms": _alarms, "runs": _runs, "checks": _checks}
