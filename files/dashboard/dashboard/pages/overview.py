"""`/`: the pipelines, their health, their freshness and how they do; `/status.json`: the same as data."""

from concurrent.futures import wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, jsonify, render_template

from dashboard import panels
from dashboard.aws import AwsError
from dashboard.cache import Busy
from dashboard.pages import arguments, board
from dashboard.status import model, report

blueprint = Blueprint("overview", __name__)

PATIENCE = 3  # seconds that the page waits for AWS; what is asked goes on after it


@dataclass(frozen=True)
class Summary:
    """A pipeline in short. `health` and `fresh`: good | bad | wait; with words of their own."""

    pipeline: object
    health: str
    health_text: str
    reason: str
    panels: list
    fresh: str
    fresh_text: str
    newest: datetime | None = None
    fresh_reason: str = ""
    status: model.Status | None = None


@blueprint.get("/")
def index():
    arguments()
    asked = [
        (pipeline, board().ask_all(pipeline), board().ask_listing(pipeline), board().ask_status(pipeline))
        for pipeline in board().config.pipelines
    ]
    queries = [future for _, panel, *_ in asked for *_, future in panel]
    wait(queries + [listing for *_, listing, _ in asked] + [part for *_, parts in asked for part in parts.values()], timeout=PATIENCE)
    summaries = []
    for pipeline, futures, listing, parts in asked:
        shown = [panels.build(pipeline, *found) for found in board().gather(futures, 0)]
        newest = freshness(pipeline, listing.result() if listing.done() else None, datetime.now(UTC))
        summaries.append(Summary(pipeline, *health(shown), shown, *newest, status=status(pipeline, parts)))
    return render_template("overview.html", summaries=summaries, spent=board().spending.total())


@blueprint.get("/status.json")
def show_json():
    arguments()
    asked = [(pipeline, board().ask_status(pipeline)) for pipeline in board().config.pipelines]
    wait([part for _, parts in asked for part in parts.values()], timeout=PATIENCE)
    now = datetime.now(UTC)
    return jsonify(at=now.isoformat(), pipelines=[report.data(status(pipeline, parts), now) for pipeline, parts in asked])


def status(pipeline, parts):
    """The model.Status of what Board.ask_status gave, without waiting; an old answer counts as none, once asking again failed."""
    found = {name: part.result() if part.done() else None for name, part in parts.items()}
    return model.build(pipeline, {name: each and (each.value, reason(each.error)) for name, each in found.items()}, datetime.now(UTC))


def reason(error):
    """Why a part is not known, for people; None if it is."""
    if error is None:
        return None
    return str(error) if isinstance(error, AwsError | Busy | ValueError) else panels.INTERNAL


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


def freshness(pipeline, snapshot, now):
    """(good | bad | wait, words, time of the newest file, why it is not known) from a Snapshot of a Listing (None: still asked)."""
    if snapshot is None:
        return "wait", "S3 has not answered yet"
    if snapshot.error:
        return "bad", "Unknown", None, f"The audit records cannot be listed. {snapshot.error}"
    if not snapshot.value.objects:
        return "wait", "No file processed yet"
    newest = snapshot.value.objects[0].modified
    if now - newest > timedelta(hours=pipeline.freshness_hours):
        return "bad", f"Older than {pipeline.freshness_hours:g} hours", newest
    return "good", "Fresh", newest
