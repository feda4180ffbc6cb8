"""For machines: is the process alive, can it work, and its numbers."""

from flask import Blueprint, Response, jsonify

from dashboard.pages import board

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz():
    """The process answers; nothing of AWS is asked."""
    return Response("ok\n", mimetype="text/plain")


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
    return Response(board().metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
