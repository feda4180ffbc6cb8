"""A line: for a course over time."""

from dashboard.charts.axes import HEIGHT, TOP, Axes
from dashboard.charts.svg import element, image, percent

MOST_DOTS = 60


def draw(found, name):
    """Markup of a line through all points, with the area down to zero, and a dot for each where there is room."""
    axes = Axes(found, inset=0.15)
    dots = [_dot(point, axes) for point in found.points] if len(found.points) <= MOST_DOTS else []
    return image(found, "Line chart", name, HEIGHT, *axes.grid(), _course(found, axes), *dots, *axes.labels())


def _course(found, axes):
    """Line and area, in an own coordinate system 1000 wide that stretches with the page."""
    course = [(round(axes.x(point.place) * 1000, 2), axes.y(point.value)) for point in found.points]
    line = " ".join(f"{x},{y}" for x, y in course)
    zero = axes.y(0)
    area = f"{course[0][0]},{zero} {line} {course[-1][0]},{zero}"
    return element(
        "svg",
        {"viewBox": f"0 0 1000 {HEIGHT}", "preserveAspectRatio": "none", "width": "100%", "height": HEIGHT, "x": 0, "y": 0},
        element("polygon", {"class": "area", "points": area}),
        element("polyline", {"class": "course", "points": line, "vector_effect": "non-scaling-stroke"}),
    )


def _dot(point, axes):
    y = axes.y(point.value)
    return element(
        "g",
        {},
        element("title", {}, f"{point.label}: {point.text}"),
        element("circle", {"class": "dot", "cx": percent(axes.x(point.place)), "cy": y, "r": 4}),
        element("circle", {"class": "reach", "cx": percent(axes.x(point.place)), "cy": max(y, TOP), "r": 12}),
    )
