"""For machines: is the process alive, can it work, and its numbers."""

import os

from flask import Blueprint, Response, jsonify

from dashboard.guard import is_from_here
from dashboard.pages import board
from dashboard.spending import Spent

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz():
    """The process answers; nothing of AWS is asked. On loopback it tells its release, which is nobody else's affair."""
    release = os.environ.get("DASHBOARD_RELEASE") if is_from_here() else None
    return jsonify(ok=True, **({"release": release} if release else {}))


@blueprint.get("/readyz")
def readyz():
    """Every pipeline's workgroup can be reached and is enabled; otherwise 503 and what is wrong."""
    problems = board().problems()
    response = jsonify(ready=not problems, problems=problems)
    response.status_code = 503 if problems else 200
    return response


@blueprint.get("/metrics")
def metrics():
    """Prometheus's text format."""
    today = board().spending.today()
    for pipeline in board().config.pipelines:
        spent = today.get(pipeline.name, Spent())
        board().metrics.show("dashboard_spent_today_dollars", float(spent.cost), pipeline=pipeline.name)
        board().metrics.show("dashboard_scanned_today_bytes", spent.scanned, pipeline=pipeline.name)
    return Response(board().metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
