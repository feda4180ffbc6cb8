"""One blueprint per file, and what they share."""

from flask import abort, current_app, request

from dashboard.sql_files import ParameterError


def board():
    """The application's board.Board."""
    return current_app.extensions["dashboard"]


def pipeline_or_404(name):
    found = board().config.pipeline(name)
    if found is None:
        known = ", ".join(pipeline.name for pipeline in board().config.pipelines)
        abort(404, f"There is no pipeline of this name. There are: {known}.")
    return found


def arguments(*allowed):
    """{name: text} of the address' parameters; 400 where one is unknown or given twice."""
    for name, texts in request.args.lists():
        if name not in allowed:
            abort(400, f"{name[:40]!r} is not a parameter of this page. It takes: {', '.join(allowed) or 'none'}.")
        if len(texts) > 1:
            abort(400, f"The parameter {name} is given {len(texts)} times; give it once.")
    return request.args.to_dict()


def query_arguments(*queries):
    """(parameters of the queries that the address gives, whether to refresh); 400 with what is allowed where one is wrong."""
    parameters = {parameter.name: parameter for query in queries for parameter in query.parameters}
    given = arguments(*parameters, "refresh")
    refresh = given.pop("refresh", "0")
    if refresh not in ("0", "1"):
        abort(400, "refresh takes 1, to ask Athena again.")
    try:
        for query in queries:
            query.texts(given)
    except ParameterError as error:
        abort(400, f"{error}.")
    return given, refresh == "1"
