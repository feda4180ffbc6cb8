"""A line: for a course over time."""

from dashboard.charts.axes import HEIGHT, TOP, Axes
from dashboard.charts.svg import element, image, percent

MOST_DOTS = 60


def draw(found, name):
    """Markup of a line through all points, with the area down to zero, and a dot for each where there is room.

    The line is broken where months or days are missing: nothing is known of them.
    """
    axes = Axes(found, inset=0.15)
    parts = list(_parts(found.points))
    dots = found.points if len(found.points) <= MOST_DOTS else [part[0] for part in parts if len(part) == 1]
    return image(
        found, "Line chart", name, HEIGHT, *axes.grid(), _course(parts, axes), *[_dot(point, axes) for point in dots], *axes.labels()
    )


def _parts(points):
    """The points in lists without a gap."""
    part = []
    for point in points:
        if part and point.place > part[-1].place + 1:
            yield part
            part = []
        part.append(point)
    yield part


def _course(parts, axes):
    """Lines and areas, in an own coordinate system 1000 wide that stretches with the page."""
    drawn, zero = [], axes.y(0)
    for part in parts:
        course = [(round(axes.x(point.place) * 1000, 2), axes.y(point.value)) for point in part]
        line = " ".join(f"{x},{y}" for x, y in course)
        area = f"{course[0][0]},{zero} {line} {course[-1][0]},{zero}"
        drawn.append(element("polygon", {"class": "area", "points": area}))
        drawn.append(element("polyline", {"class": "course", "points": line, "vector_effect": "non-scaling-stroke"}))
    return element(
        "svg",
        {"viewBox": f"0 0 1000 {HEIGHT}", "preserveAspectRatio": "none", "width": "100%", "height": HEIGHT, "x": 0, "y": 0},
        *drawn,
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
