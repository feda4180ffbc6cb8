"""What a dashboard's body may say, by CloudWatch's "Dashboard body structure and syntax"; pure."""

import json

_TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "container")
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_OPTIONS = {"label", "color", "stat", "period", "yAxis", "visible", "id", "expression", "region", "accountId", "namespace", "metric"}
_COLUMNS, _ROWS = 24, 1000


def problems(text):
    """[{DataPath, Message}] of a body; empty if CloudWatch would take it."""
    try:
        body = json.loads(text)
    except ValueError as error:
        return [_at("", f"The field DashboardBody must be a valid JSON object: {error}")]
    if not isinstance(body, dict):
        return [_at("", "The field DashboardBody must be a valid JSON object")]
    widgets = body.get("widgets", [] if body else None)
    if not isinstance(widgets, list):
        return [_at("/widgets", "Should be an array of widgets")]
    if len(widgets) > 500:
        return [_at("/widgets", f"Should NOT have more than 500 items, these are {len(widgets)}")]
    return [problem for at, widget in enumerate(widgets) for problem in _widget(widget, f"/widgets/{at}")]


def _at(path, message):
    return {"DataPath": path, "Message": message}


def _widget(widget, path):
    if not isinstance(widget, dict):
        return [_at(path, "Should be an object")]
    kind, properties = widget.get("type"), widget.get("properties")
    found = []
    if kind not in _TYPES:
        found.append(_at(f"{path}/type", f"Should be one of {', '.join(_TYPES)}, this is {kind!r}"))
    found += _place(widget, path)
    if not isinstance(properties, dict):
        return [*found, _at(path, "Should have required property 'properties'")]
    check = {"metric": _metric, "text": _text, "alarm": _alarm, "log": _log}.get(kind)
    return found + (check(properties, f"{path}/properties") if check else [])


def _place(widget, path):
    found = []
    for member, least, most in (("x", 0, _COLUMNS - 1), ("y", 0, None), ("width", 1, _COLUMNS), ("height", 1, _ROWS)):
        value = widget.get(member)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
            upper = f" and <= {most}" if most is not None else ""
            found.append(_at(f"{path}/{member}", f"Should be an integer >= {least}{upper}, this is {value!r}"))
    if not found and widget.get("x", 0) + widget.get("width", 6) > _COLUMNS:
        found.append(_at(path, f"x and width go beyond the {_COLUMNS} columns: {widget.get('x', 0)} + {widget.get('width', 6)}"))
    return found


def _metric(properties, path):
    found = []
    metrics, annotations = properties.get("metrics"), properties.get("annotations") or {}
    if not isinstance(metrics, list) and not annotations.get("alarms"):
        found.append(_at(path, "Should have required property 'metrics', or an alarm under 'annotations'"))
    if not isinstance(properties.get("region"), str):
        found.append(_at(path, "Should have required property 'region'"))
    if properties.get("view", "timeSeries") not in _VIEWS:
        found.append(_at(f"{path}/view", f"Should be one of {', '.join(_VIEWS)}, this is {properties['view']!r}"))
    period = properties.get("period", 300)
    if not isinstance(period, int) or (period not in (1, 5, 10, 20, 30) and (period < 60 or period % 60)):
        found.append(_at(f"{path}/period", f"Should be 1, 5, 10, 20, 30 or a multiple of 60, this is {period!r}"))
    for at, row in enumerate(metrics if isinstance(metrics, list) else ()):
        found += _row(row, f"{path}/metrics/{at}", first=at == 0)
    return found


def _row(row, path, first):
    """[Namespace, MetricName, name, value, …, {options}], or [{expression}]; `.` and `...` repeat the row before."""
    if not isinstance(row, list) or not row:
        return [_at(path, "Should be an array with a metric or an expression")]
    *names, last = row
    options = last if isinstance(last, dict) else {}
    names = names if isinstance(last, dict) else row
    wrong = [(at, name) for at, name in enumerate(names) if not isinstance(name, str)]
    found = [_at(f"{path}/{at}", f'Invalid metric field type, only "String" type is allowed, this is {name!r}') for at, name in wrong]
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        found.append(_at(f"{path}/{len(names)}/{unknown[0]}", f"Should NOT have additional property {unknown[0]!r}"))
    if not names:
        return found if "expression" in options else [*found, _at(path, "Should name a metric or have an expression")]
    if not found and "..." not in names and (len(names) < 2 or len(names) % 2):
        found.append(_at(path, "Should be Namespace and MetricName and then a value for each dimension's name"))
    if first and not found and any(name in (".", "...") for name in names):
        found.append(_at(path, "The first metric cannot repeat one before it"))
    return found


def _text(properties, path):
    return [] if isinstance(properties.get("markdown"), str) else [_at(path, "Should have required property 'markdown'")]


def _alarm(properties, path):
    arns = properties.get("alarms")
    if not isinstance(arns, list) or not arns or len(arns) > 100:
        return [_at(f"{path}/alarms", "Should be an array of 1 to 100 ARNs of alarms")]
    wrong = [at for at, arn in enumerate(arns) if not isinstance(arn, str) or ":alarm:" not in arn]
    return [_at(f"{path}/alarms/{at}", f"Should be the ARN of an alarm, this is {arns[at]!r}") for at in wrong]


def _log(properties, path):
    absent = [name for name in ("query", "region") if not isinstance(properties.get(name), str)]
    return [_at(path, f"Should have required property {name!r}") for name in absent]
