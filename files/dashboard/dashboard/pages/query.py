"""`/<pipeline>/<query>`: one panel with all its rows, and the same as JSON and CSV."""

import math

from flask import Blueprint, Response, abort, jsonify, render_template

from dashboard import csv_text, panels
from dashboard.pages import board, pipeline_or_404, query_arguments

blueprint = Blueprint("query", __name__)


@blueprint.get("/<name>/<query_name>")
def show(name, query_name):
    panel = _panel(name, query_name)
    status = panel.data_status if panel.state == "failed" else 200  # that there is no data yet is an answer too, for people
    return render_template("query.html", pipeline=panel.pipeline, panel=panel), status


@blueprint.get("/<name>/<query_name>.json")
def show_json(name, query_name):
    panel = _panel(name, query_name)
    data = panels.data(panel)
    if panel.data_status != 200:
        data["error"] = {"status": panel.data_status, "message": _message(panel)}
    return jsonify(data), panel.data_status, _again(panel)


@blueprint.get("/<name>/<query_name>.csv")
def show_csv(name, query_name):
    panel = _panel(name, query_name)
    if panel.data_status != 200:
        return Response(f"{_message(panel)}\n", panel.data_status, _again(panel), mimetype="text/plain")
    response = Response("".join(csv_text.lines(panel.answer.columns, panel.answer.rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{panel.pipeline.name}-{panel.query.name}.csv"'
    response.headers["X-Truncated"] = "true" if panel.answer.cut else "false"
    return response


def _panel(name, query_name):
    pipeline = pipeline_or_404(name)
    query = pipeline.query(query_name)
    if query is None:
        abort(404, f"There is no query of this name. There are: {', '.join(q.name for q in pipeline.queries)}.")
    given, refresh = query_arguments(query)
    texts = query.texts(given)
    return panels.build(pipeline, query, texts, board().ask(pipeline, query, texts, refresh).result())


def _message(panel):
    """Why there are no data, and what to do about it."""
    return f"{panel.reason} — {panel.pipeline.empty_hint}" if panel.no_table else panel.reason


def _again(panel):
    """The header that says when to ask again."""
    return {"Retry-After": str(math.ceil(board().config.error_seconds))} if panel.data_status == 503 else {}
