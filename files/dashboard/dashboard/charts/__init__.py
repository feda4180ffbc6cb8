"""Charts as SVG text, made of a query's rows. Pure: rows in, markup out."""

from dashboard.charts import bar, column, line, points

DRAW = {"bar": bar.draw, "column": column.draw, "line": line.draw}


def draw(chart, answer, name):
    """The chart's (Markup, note): note says what it leaves out, or is empty.

    `chart`: a sql_files.Chart. `answer` has columns, types and typed rows. `name`: prefix of the ids in the SVG, unique on the
    page. ValueError, with a message for people, if a column of the chart is not among the answer's.
    """
    found = points.read(chart, answer)
    if not found.points:
        return None, "There is nothing to draw: no row has a number here."
    return DRAW[chart.kind](found, name), found.note
