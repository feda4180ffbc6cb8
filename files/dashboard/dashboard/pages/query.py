"""`/<pipeline>/<query>`: one panel with all its rows, and the same as JSON and CSV."""

from flask import Blueprint, Response, abort, jsonify, render_template

from dashboard import csv_text, panels
from dashboard.pages import board, pipeline_or_404, query_arguments

blueprint = Blueprint("query", __name__)


@blueprint.get("/<name>/<query_name>")
def show(name, query_name):
    panel = _panel(name, query_name)
    return render_template("query.html", pipeline=panel.pipeline, panel=panel), 502 if panel.state == "failed" else 200


@blueprint.get("/<name>/<query_name>.json")
def show_json(name, query_name):
    panel = _panel(name, query_name)
    if panel.answer is not None:
        return jsonify(panels.data(panel))
    status, message = _no_answer(panel)
    response = jsonify(panels.data(panel) | {"error": {"status": status, "message": message}})
    response.status_code = status
    return response


@blueprint.get("/<name>/<query_name>.csv")
def show_csv(name, query_name):
    panel = _panel(name, query_name)
    if panel.answer is None:
        status, message = _no_answer(panel)
        return Response(f"{message}\n", status, mimetype="text/plain")
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


def _no_answer(panel):
    """(status, message): 503 where the data is not there yet, 502 where Athena refused."""
    return (503, f"{panel.reason} — {panel.pipeline.empty_hint}") if panel.no_table else (502, panel.reason)
