"""The frame of charts that stand on an axis: grid, ticks and the labels below."""

from dashboard.charts.svg import element, percent, short, ticks
from dashboard.values import shortened

TOP, PLOT, BOTTOM = 12, 180, 28  # pixels: room above, the plot, the labels below
HEIGHT = TOP + PLOT + BOTTOM


class Axes:
    """Turns values and places into coordinates: y in pixels, x in fractions of the width."""

    def __init__(self, found, inset):
        """`inset`: how much of a step is left free at either end: 0.5 for columns, 0 for lines."""
        self.found = found
        self.ticks = ticks(found.lowest, found.highest)
        self._inset = inset
        self._length = max(found.steps - 1 + 2 * inset, 1)

    def x(self, place):
        """The middle of a step, from 0 to 1."""
        return 0.5 if self.found.steps == 1 else (place + self._inset) / self._length

    def y(self, value):
        """Pixels from the top."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(TOP + PLOT * float((high - value) / (high - low)), 2)

    def grid(self):
        """Horizontal lines with their numbers, left of the plot."""
        for tick in self.ticks:
            y = self.y(tick)
            yield element("line", {"class": "zero" if tick == 0 else "grid", "x1": 0, "x2": "100%", "y1": y, "y2": y})
            yield element("text", {"class": "tick", "x": -8, "y": y + 4, "text_anchor": "end"}, short(tick))

    def labels(self):
        """The names below: at most six, and at most three of those on a narrow screen (the others have the class `wide`)."""
        every, next_place, narrow = -(-self.found.steps // 6), 0, True
        for point in self.found.points:
            if point.place < next_place:
                continue
            attributes = {"class": "tick" if narrow else "tick wide", "x": percent(self.x(point.place)), "y": HEIGHT - 8}
            anchor = "end" if self.x(point.place) > 0.97 else "middle"
            yield element("text", attributes | {"text_anchor": anchor}, shortened(point.label, 11))
            next_place, narrow = point.place + every, not narrow
