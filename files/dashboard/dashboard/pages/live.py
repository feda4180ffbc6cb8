"""`/<pipeline>/<query>/part`: what a live panel shows now, as a piece of HTML that static/live.js puts in its place."""

from flask import Blueprint, abort, render_template

from dashboard import panels
from dashboard.pages import arguments, board, pipeline_or_404
from dashboard.security import allow_scripts

blueprint = Blueprint("live", __name__)


@blueprint.get("/<name>/<query_name>/part")
def part(name, query_name):
    pipeline = pipeline_or_404(name)
    arguments()
    query = next((query for query in pipeline.live if query.name == query_name), None)
    if query is None:
        abort(404, "There is no live panel of this name.")
    panel = panels.build(pipeline, query, {}, board().ask(pipeline, query, {}).result())
    return render_template("live_part.html", pipeline=pipeline, panel=panel)


def built(pipeline, asked):
    """The Panels of what Board.ask_live gave; a page that shows some may run the script that keeps them new."""
    shown = [panels.build(pipeline, *found) for found in board().gather(asked)]
    if shown:
        allow_scripts()
    return shown
