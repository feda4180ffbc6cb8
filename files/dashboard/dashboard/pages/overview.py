"""`/`: the pipelines, their health and their freshness."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template

from dashboard import panels
from dashboard.aws import AwsError
from dashboard.pages import arguments, board

blueprint = Blueprint("overview", __name__)

PATIENCE = 3  # seconds that the page waits for queries; they go on after it


@dataclass(frozen=True)
class Summary:
    """A pipeline in short. `health` and `fresh`: good | bad | wait; with words of their own."""

    pipeline: object
    health: str
    health_text: str
    reason: str
    fresh: str
    newest: datetime | None
    fresh_text: str


@blueprint.get("/")
def index():
    arguments()
    asked = [(pipeline, board().ask_all(pipeline)) for pipeline in board().config.pipelines]
    until = datetime.now(UTC) + timedelta(seconds=PATIENCE)
    summaries = []
    for pipeline, futures in asked:
        found = board().gather(futures, max((until - datetime.now(UTC)).total_seconds(), 0))
        summaries.append(_summary(pipeline, [panels.build(pipeline, *panel) for panel in found]))
    return render_template("overview.html", summaries=summaries)


def _summary(pipeline, shown):
    return Summary(pipeline, *health(shown), *_freshness(pipeline))


def health(shown):
    """(good | bad | wait, words, the first failure's reason) of a pipeline's panels."""
    failed = [panel for panel in shown if panel.state in ("failed", "stale")]
    if failed:
        return "bad", f"{len(failed)} of {len(shown)} queries fail", failed[0].reason
    running = sum(1 for panel in shown if panel.state == "running")
    if running:
        return "wait", f"{running} of {len(shown)} queries are still running", ""
    if all(panel.state == "empty" for panel in shown):
        return "wait", "No data yet", ""
    return "good", f"All {len(shown)} queries answer", ""


def _freshness(pipeline):
    """(good | bad | wait, time of the newest file or None, words)."""
    try:
        listing = board().listing(pipeline)
    except AwsError as error:
        return "bad", None, f"The audit records cannot be listed: {error}"
    if not listing.objects:
        return "wait", None, "No file processed yet"
    newest = listing.objects[0].modified
    if datetime.now(UTC) - newest > timedelta(hours=pipeline.freshness_hours):
        return "bad", newest, f"Older than {pipeline.freshness_hours:g} hours"
    return "good", newest, "Fresh"
