"""Horizontal bars: for categories, whose names can be long."""

from dashboard import values
from dashboard.charts.svg import element, image, percent

ROW, BAR, LINE = 46, 14, 36  # pixels, pixels, characters that a phone shows side by side


def draw(found, name):
    """Markup of one bar for each point: its name and number above it, both kept apart on a narrow screen."""
    low, high = min(found.lowest, 0), max(found.highest, 0)
    span = (high - low) or 1
    rows = [_row(point, number * ROW, -low / span, point.value / span) for number, point in enumerate(found.points)]
    return image(found, "Bar chart", name, len(found.points) * ROW, *rows)


def _row(point, top, zero, length):
    """`zero` and `length` are fractions of the width; a negative length runs to the left."""
    return element(
        "g",
        {},
        element("title", {}, f"{point.label}: {point.text}"),
        element("text", {"class": "name", "x": 0, "y": top + 17}, values.shortened(point.label, max(LINE - len(point.text), 6))),
        element("text", {"class": "number", "x": "100%", "y": top + 17, "text_anchor": "end"}, point.text),
        element("rect", {"class": "track", "x": 0, "y": top + 25, "width": "100%", "height": BAR, "rx": 3}),
        element(
            "rect",
            {"class": "mark", "x": percent(zero + min(length, 0)), "y": top + 25, "width": percent(abs(length)), "height": BAR, "rx": 3},
        ),
    )
