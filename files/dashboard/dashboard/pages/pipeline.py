"""`/<pipeline>`: all of a pipeline's panels, and the same as JSON."""

from flask import Blueprint, jsonify, render_template

from dashboard import panels
from dashboard.pages import board, checks, live, pipeline_or_404, query_arguments

blueprint = Blueprint("pipeline", __name__)


@blueprint.get("/<name>")
def show(name):
    pipeline = pipeline_or_404(name)
    asked = board().ask_checks(pipeline) if pipeline.checks_prefix else None  # goes on while the queries run
    running = board().ask_live(pipeline)
    pipeline, given, shown = _panels(name)
    shows = {"panels": shown, "live": live.built(pipeline, running), "checked": checks.in_short(asked) if asked else None}
    return render_template("pipeline.html", pipeline=pipeline, given=given, **shows)


@blueprint.get("/<name>.json")
def show_json(name):
    pipeline, _, shown = _panels(name)
    return jsonify(pipeline=pipeline.name, title=pipeline.title, panels=[panels.data(panel) for panel in shown])


def _panels(name):
    pipeline = pipeline_or_404(name)
    given, refresh = query_arguments(*pipeline.queries)
    found = board().gather(board().ask_all(pipeline, given, refresh))
    return pipeline, given, [panels.build(pipeline, *panel) for panel in found]
