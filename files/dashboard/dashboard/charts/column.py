"""Vertical columns: for amounts along time or another order."""

from dashboard.charts.axes import HEIGHT, Axes
from dashboard.charts.svg import element, image, percent

FILL = 0.72  # of a step's width


def draw(found, name):
    """Markup of one column for each point; months or days without one leave their room empty."""
    axes = Axes(found, inset=0.5)
    width = FILL / max(found.steps, 3)
    columns = [_column(point, axes, width) for point in found.points]
    return image(found, "Column chart", name, HEIGHT, *axes.grid(), *columns, *axes.labels())


def _column(point, axes, width):
    zero, y = axes.y(0), axes.y(point.value)
    box = {"x": percent(axes.x(point.place) - width / 2), "width": percent(width), "y": min(y, zero), "height": abs(zero - y)}
    return element(
        "g",
        {},
        element("title", {}, f"{point.label}: {point.text}"),
        element("rect", {"class": "mark", "rx": 2} | box),
    )
