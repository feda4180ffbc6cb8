"""Parameter mappings: what `'text'`, `method.request.…`, `context.…`, `stageVariables.…` stand for. Pure."""

from localcloud.gateway.serving import documents, java, paths
from localcloud.gateway.serving.refusals import lookup, of_request


def value(expression, request, path_parameters, context, stage_variables):
    """The text of a mapping into the integration's request; None if there is nothing to map."""
    static = _common(expression, context, stage_variables)
    if static is not None:
        return static[0]
    if expression.startswith("method.request.body"):
        return _of_body(request.text, expression.removeprefix("method.request.body"))
    return of_request(expression, request, path_parameters)


def of_answer(expression, headers, text, context, stage_variables):
    """The text of a mapping into the method's response. `headers`: {name in small letters: value} of the integration's."""
    static = _common(expression, context, stage_variables)
    if static is not None:
        return static[0]
    if expression.startswith("integration.response.body"):
        return _of_body(text, expression.removeprefix("integration.response.body"))
    _, _, place, name = (expression.split(".", 3) + [""] * 4)[:4]
    return headers.get(name.lower()) if place in ("header", "multivalueheader") else None


def _common(expression, context, stage_variables):
    """(value,) of what needs no message; None of what does."""
    if len(expression) > 1 and expression.startswith("'") and expression.endswith("'"):
        return (expression[1:-1],)
    if expression.startswith("context."):
        found = lookup(context, expression.removeprefix("context."))
        return (None if found is None else java.text(found),)
    if expression.startswith("stageVariables."):
        return (stage_variables.get(expression.removeprefix("stageVariables.")),)
    return None


def _of_body(text, path):
    """A body, or what a JSONPath behind it leads to, whose `$.` is left out."""
    if not path:
        return text
    try:
        found = paths.find(documents.read(text), "$." + path.removeprefix(".").removeprefix("$."))
    except documents.NoJson:
        return None
    if found is paths.MISSING or found is None:
        return None
    return documents.write(found) if isinstance(found, dict | list) else java.text(found)
