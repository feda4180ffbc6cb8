"""What becomes of a pipeline's checks, in plain values: no AWS, no clock, no environment.

A check is a SQL file whose rows are findings (sql_files.Query with a severity). An Answer is what Athena said to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NAMESPACE = "Headwater"
#: The metric that counts the findings of each severity; only errors are alarmed.
METRICS = {"error": "Findings", "warning": "Warnings"}
MAX_EXAMPLES = 20  # rows of a check that are kept in the record
MAX_CELL = 200  # characters of a cell that are kept
MAX_DATA = 1000  # of one PutMetricData

PASSED, FOUND, FAILED = "passed", "found", "failed"
CHECKED, NOTHING = "checked", "nothing"


class UnknownParameterError(ValueError):
    """Values were given for parameters that no check has, or values that they do not take."""


@dataclass(frozen=True)
class Answer:
    """What came of a check's query. `error`: why there is no answer, or None.

    `rows`: the first MAX_EXAMPLES rows as texts, None for null; `count`: how many there are, or at least are if `more`;
    `scanned` in bytes; `ms` of Athena's own time.
    """

    columns: tuple = ()
    types: tuple = ()
    rows: tuple = ()
    count: int = 0
    more: bool = False
    execution_id: str | None = None
    scanned: int = 0
    ms: int = 0
    error: str | None = None

    @property
    def status(self) -> str:
        if self.error is not None:
            return FAILED
        return FOUND if self.count else PASSED


def parameters(checks: Iterable, *given: Mapping | None) -> dict[str, dict[str, str]]:
    """{check: {parameter: text}}: the defaults of the files, over which goes each of `given` in turn.

    A parameter's value holds for every check that has a parameter of that name.

    Raises:
        UnknownParameterError: with everything that is wrong.
    """
    checks = list(checks)
    values = {name: str(value) for each in given for name, value in (each or {}).items()}
    known = {parameter.name for check in checks for parameter in check.parameters}
    wrong = [f"{name!r} is a parameter of no check; known are {', '.join(sorted(known)) or 'none'}" for name in sorted(set(values) - known)]
    found = {}
    for check in checks:
        try:
            found[check.name] = check.texts(values)
        except ValueError as error:
            wrong.append(f"{check.name}: {error}")
    if wrong:
        raise UnknownParameterError("; ".join(wrong))
    return found


def record(pipeline: str, run: str, begun: datetime, ended: datetime, checks: Iterable, texts: Mapping, answers: Mapping | None) -> dict:
    """What is kept of a run, as JSON takes it.

    Args:
        run: what the caller calls this run.
        texts: {check: {parameter: text}}.
        answers: {check: Answer}; None where there was nothing to check yet.
    """
    told = [] if answers is None else [_told(check, texts[check.name], answers[check.name]) for check in checks]
    return {
        "pipeline": pipeline,
        "run": run,
        "state": NOTHING if answers is None else CHECKED,
        "begun_at": iso(begun),
        "ended_at": iso(ended),
        "totals": {
            "checks": len(told),
            PASSED: sum(each["status"] == PASSED for each in told),
            FAILED: sum(each["status"] == FAILED for each in told),
            "findings": sum(each["findings"] or 0 for each in told if each["severity"] == "error"),
            "warnings": sum(each["findings"] or 0 for each in told if each["severity"] == "warning"),
            "bytes_scanned": sum(each["bytes_scanned"] for each in told),
        },
        "checks": told,
    }


def _told(check, texts: Mapping, answer: Answer) -> dict:
    return {
        "name": check.name,
        "title": check.title(texts),
        "description": check.description_of(texts),
        "severity": check.severity,
        "remedy": check.remedy,
        "status": answer.status,
        "findings": None if answer.status == FAILED else answer.count,
        "more": answer.more,
        "columns": list(answer.columns),
        "types": list(answer.types),
        "examples": [[_short(cell) for cell in row] for row in answer.rows[:MAX_EXAMPLES]],
        "sql": check.sql,
        "parameters": dict(texts),
        "execution_parameters": check.literals(texts),
        "query_execution_id": answer.execution_id,
        "bytes_scanned": answer.scanned,
        "ms": answer.ms,
        "error": answer.error,
    }


def _short(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= MAX_CELL else cell[: MAX_CELL - 1] + "…"


def metric_data(found: Mapping, at: datetime) -> list[dict]:
    """CloudWatch's MetricData of a record.

    Each check's number of findings, and their sum for the pipeline. A check that could not be run says nothing, and no
    sum of 0 is told while one is missing: it would say that all is well.
    """
    data, pipeline = [], {"Name": "Pipeline", "Value": found["pipeline"]}

    def datum(severity, value, *dimensions):
        data.append(
            {"MetricName": METRICS[severity], "Dimensions": list(dimensions), "Timestamp": at, "Value": float(value), "Unit": "Count"}
        )

    for severity in METRICS:
        numbers = [(each["name"], each["findings"]) for each in found["checks"] if each["severity"] == severity]
        total = sum(number or 0 for _, number in numbers)
        if total or all(number is not None for _, number in numbers):
            datum(severity, total, pipeline)
        for name, number in numbers:
            if number is not None:
                datum(severity, number, pipeline, {"Name": "Check", "Value": name})
    return data


def failures(found: Mapping) -> str:
    """The checks of a record that could not be run, with their reasons; empty where all were."""
    return "; ".join(f"{each['name']} ({each['error']})" for each in found["checks"] if each["status"] == FAILED)


def summary(found: Mapping, key: str) -> dict:
    """A record in short: what the function answers and logs. `key`: where the record lies."""
    return {"pipeline": found["pipeline"], "state": found["state"], "key": key, "totals": found["totals"]}


def record_name(begun: datetime) -> str:
    """The name of a run's record: `20261121T050000.123Z.json`."""
    return begun.astimezone(UTC).strftime("%Y%m%dT%H%M%S.") + f"{begun.microsecond // 1000:03}Z.json"


def iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
