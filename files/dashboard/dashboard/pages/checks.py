"""`/<pipeline>/checks`: what the last checks of a pipeline's data found, and the same as JSON and CSV."""

from concurrent.futures import wait

from flask import Blueprint, Response, abort, jsonify, render_template

from dashboard import csv_text
from dashboard.aws import AwsError
from dashboard.cache import Busy
from dashboard.checks import Malformed
from dashboard.pages import arguments, board, pipeline_or_404
from dashboard.panels import INTERNAL

blueprint = Blueprint("checks", __name__)

PATIENCE = 3  # seconds that a page of something else waits for the record
COLUMNS = ("check", "title", "severity", "status", "findings", "more", "bytes_scanned", "ms", "error", "ended_at")


@blueprint.get("/<name>/checks")
def show(name):
    pipeline, report, problem = _asked(name)
    return render_template("checks.html", pipeline=pipeline, report=report, problem=problem)


@blueprint.get("/<name>/checks.json")
def show_json(name):
    pipeline, report, problem = _asked(name)
    told = {"pipeline": pipeline.name, "problem": problem, "state": "unknown" if problem else "never", "ended_at": None, "checks": []}
    if report:
        told |= {
            "state": "nothing" if report.nothing else "checked",
            "health": report.health,
            "ended_at": report.ended_at.isoformat(),
            "totals": {
                **{status: report.number(status) for status in ("passed", "found", "failed")},
                "findings": report.found("error"),
                "warnings": report.found("warning"),
            },
            "checks": [_data(check) for check in report.checks],
        }
    return jsonify(told), 502 if problem else 200


@blueprint.get("/<name>/checks.csv")
def show_csv(name):
    pipeline, report, problem = _asked(name)
    if problem:
        return Response(f"{problem}\n", 502, mimetype="text/plain")
    rows = [
        (c.name, c.title, c.severity, c.status, c.findings, c.more, c.scanned, c.ms, c.error, report.ended_at.isoformat())
        for c in (report.checks if report else ())
    ]
    response = Response("".join(csv_text.lines(COLUMNS, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{pipeline.name}-checks.csv"'
    return response


def in_short(future):
    """(checks.Report or None, why there is none or empty) of what Board.ask_checks gave, for a page of something else."""
    wait([future], timeout=PATIENCE)
    if not future.done():
        return None, "S3 has not answered yet"
    snapshot = future.result()
    if snapshot.error is None:
        return snapshot.value, ""
    return None, str(snapshot.error) if isinstance(snapshot.error, AwsError | Busy | Malformed) else INTERNAL


def _asked(name):
    """(pipeline, Report or None where none was made, what is wrong with the record or None)"""
    pipeline = pipeline_or_404(name)
    arguments()
    if not pipeline.checks_prefix:
        abort(404, "This pipeline has no data checks.")
    snapshot = board().ask_checks(pipeline).result()
    if isinstance(snapshot.error, Malformed):
        return pipeline, None, str(snapshot.error)
    if snapshot.error:
        raise snapshot.error
    return pipeline, snapshot.value, None


def _data(check):
    return {
        "name": check.name,
        "title": check.title,
        "description": check.description,
        "severity": check.severity,
        "remedy": check.remedy,
        "status": check.status,
        "findings": check.findings,
        "more": check.more,
        "columns": check.columns,
        "types": check.types,
        "examples": check.examples,
        "sql": check.sql,
        "execution_parameters": check.literals,
        "bytes_scanned": check.scanned,
        "ms": check.ms,
        "error": check.error,
    }
