"""What the templates use to write values."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from dashboard import values


def register(app):
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        shown=values.shown,
        visible=values.visible,
        heading=values.heading,
        size=values.size,
        duration=values.duration,
        dollars=values.dollars,
        age=values.age,
        since=since,
        query=query,
        clock=clock,
        count=lambda number: f"{number:,}",
    )
    app.jinja_env.globals.update(numeric=values.is_numeric)


def query(url, pairs, refresh=False):
    """`url` with a query string of `pairs`, whose names may be any (so they cannot be arguments of url_for)."""
    text = urlencode({**pairs, **({"refresh": "1"} if refresh else {})})
    return f"{url}?{text}" if text else url


def since(when):
    """How long ago a datetime is, in words."""
    return values.age(max((datetime.now(UTC) - when).total_seconds(), 0))


def clock(when, zone=True):
    """A datetime in UTC: `2025-04-22 09:30:00 UTC`, or without the zone where that is said elsewhere."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" + " UTC" * zone)
