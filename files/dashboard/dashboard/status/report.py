"""Statuses as plain values, and as the lines of a table. Pure."""

from dataclasses import asdict
from datetime import UTC

from dashboard import audit, values

HEADER = [
    "pipeline",
    "freshness",
    "last input",
    "last output",
    *(f"{name} 24h" for name in audit.COUNTS),
    "total in",
    "failed events",
    "alarms",
    "findings",
]
WORDS = {"good": "fresh", "bad": "old", "wait": "no data"}


def data(status, now):
    """A Status as plain values, ready for JSON; a part that is not known is null, and `problems` says why."""
    answers, audited = status.answers, status.answers.get("audit")
    return {
        "pipeline": status.pipeline.name,
        "title": status.pipeline.title,
        "state": status.state,
        "freshness": {
            "state": WORDS[status.freshness],
            "limit_hours": status.pipeline.freshness_hours,
            "age_seconds": round((now - audited.newest.modified).total_seconds()) if audited and audited.newest else None,
        },
        "last_input": _stored("input" in answers and not answers["input"].cut and answers["input"].newest),
        "last_output": _stored(audited and audited.newest),
        "rows_24_hours": _rows(audited and audited.day),
        "rows_total": _rows(audited and audited.total),
        "failed_events": answers.get("failures"),
        "alarms": _each(answers.get("alarms")),
        "failed_runs": _each(answers.get("runs")),
        "checks": _plain(answers.get("checks")),
        "problems": {**status.problems, **dict.fromkeys(status.running, "AWS has not answered yet")},
    }


def row(status, now):
    """A Status as texts, one for each of HEADER."""
    answers, audited = status.answers, status.answers.get("audit")
    return [
        status.pipeline.name,
        WORDS[status.freshness] if audited else "?",
        _came(answers["input"], now) if "input" in answers else _unknown(status, "input"),
        _ago(audited.newest, now) if audited else "?",
        *([f"{audited.day.counts[name]:,}" + "+" * audited.cut for name in audit.COUNTS] if audited else ["?"] * len(audit.COUNTS)),
        f"{audited.total.counts['in']:,}" if audited and audited.total else _unknown(status, "audit"),
        _failed(answers["failures"]) if "failures" in answers else _unknown(status, "failures"),
        str(len(answers["alarms"])) if "alarms" in answers else _unknown(status, "alarms"),
        _found(answers["checks"]) if "checks" in answers else _unknown(status, "checks"),
    ]


def notes(status):
    """What is wrong, a sentence each, each with the pipeline's name and the part before it."""
    bad = [line for line in status.lines if line.state == "bad"]
    said = [(line, f"{status.pipeline.name}: {line.label}: {line.text}") for line in bad]
    return [f"{head} — {more}" if more else head for line, head in said for more in (line.more or ("",))]


def _stored(stored):
    return {"key": stored.key, "at": stored.modified.astimezone(UTC).isoformat()} if stored else None


def _rows(rows):
    return {"files": rows.records, **rows.counts, "unread_files": rows.unread} if rows else None


def _plain(value):
    """A dataclass as plain values; times as ISO 8601 in UTC."""
    if value is None:
        return None
    return {name: each.astimezone(UTC).isoformat() if hasattr(each, "astimezone") else each for name, each in asdict(value).items()}


def _each(found):
    return None if found is None else [_plain(each) for each in found]


def _ago(stored, now):
    return values.age(max((now - stored.modified).total_seconds(), 0)) if stored else "never"


def _came(found, now):
    return "too many" if found.cut else _ago(found.newest, now)


def _unknown(status, part):
    """A part that is not known, or that the pipeline does not have."""
    return "?" if part in status.problems or part in status.running else "-"


def _failed(queues):
    return "?" if None in queues.values() else f"{sum(queues.values()):,}"


def _found(findings):
    if findings is None:
        return "not checked"
    return f"{findings.errors:,}" + (f" ({findings.warnings:,} warnings)" if findings.warnings else "")
