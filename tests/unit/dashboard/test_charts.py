import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from dashboard import charts
from dashboard.charts import points, svg
from dashboard.sql_files import Chart
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dashboard.fake_aws import table
from tests.unit.dashboard.sample import HOSTILE


def drawn(kind, rows, types=("varchar", "decimal(12,2)")):
    """(parsed SVG, note); parsing proves that the markup is well-formed."""
    markup, note = charts.draw(Chart(kind, "name", "amount"), table(("name", "amount"), types, rows), "c")
    return ET.fromstring(markup), note


def marks(image):
    return [{**rect.attrib} for rect in image.iter("rect") if rect.get("class") == "mark"]


@pytest.mark.parametrize("kind", ["bar", "column", "line"])
def test_every_chart_says_what_it_shows(kind):
    image, note = drawn(kind, [("a", "1.00"), ("b", "2.50")])
    title, text = image.find("title"), image.find("desc")
    assert image.get("role") == "img"
    assert image.get("aria-labelledby") == f"{title.get('id')} {text.get('id')}"
    assert title.text == "Amount by Name"
    assert "2 values, from 1.00 (a) to 2.50 (b)" in text.text
    assert note == ""


@pytest.mark.parametrize("kind", ["bar", "column", "line"])
@pytest.mark.parametrize(
    "rows", [[(HOSTILE, "1.00")], [("a", "0.00")], [("a", "-1.00"), ("b", "-2.00")], [(None, "1"), ("", "2")], [("a", "1")] * 500]
)
def test_any_rows_make_well_formed_finite_markup(kind, rows):
    markup, _ = charts.draw(Chart(kind, "name", "amount"), table(("name", "amount"), ("varchar", "decimal(12,2)"), rows), "c")
    assert "<script" not in markup
    assert not re.search(r'"(?:nan|inf|-?\d+e)', markup, re.IGNORECASE)
    assert " style=" not in markup
    ET.fromstring(markup)


NAMES = st.text() | st.none() | st.dates().map(str)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str) | st.floats()


@given(st.sampled_from(["bar", "column", "line"]), st.lists(st.tuples(NAMES, AMOUNTS)))
def test_no_rows_can_break_a_chart(kind, rows):
    markup, _ = charts.draw(Chart(kind, "name", "amount"), table(("name", "amount"), ("varchar", "double"), rows), "c")
    if markup is not None:
        ticks = [text.text for text in ET.fromstring(markup).iter("text") if text.get("class").startswith("tick")]
        assert all(len(text) < 30 for text in ticks)


def test_bars_are_as_long_as_their_numbers():
    found = marks(drawn("bar", [("a", "200.00"), ("b", "50.00"), ("c", "-50.00")])[0])
    assert [(bar["x"], bar["width"]) for bar in found] == [("20%", "80%"), ("20%", "20%"), ("0%", "20%")]


def test_columns_stand_on_zero_and_leave_room_for_missing_months():
    image, _ = drawn("column", [("2025-01", "10"), ("2025-02", "5"), ("2025-04", "10")])
    first, second, fourth = marks(image)
    assert float(first["height"]) == 2 * float(second["height"])
    middles = [float(mark["x"][:-1]) + float(mark["width"][:-1]) / 2 for mark in (first, second, fourth)]
    assert middles == pytest.approx([12.5, 37.5, 87.5], abs=0.01)
    assert {float(mark["y"]) + float(mark["height"]) for mark in (first, second, fourth)} == {float(first["y"]) + float(first["height"])}


def test_a_line_is_broken_where_months_are_missing():
    image, _ = drawn("line", [("2025-01", "10"), ("2025-02", "5"), ("2025-04", "10")])
    assert [len(line.get("points").split()) for line in image.iter("polyline")] == [2, 1]


def test_a_series_by_the_week_is_whole():
    image, _ = drawn("line", [("2025-01-06", "1"), ("2025-01-13", "2"), ("2025-01-20", "3")])
    assert len(list(image.iter("polyline"))) == 1


def test_too_many_rows_are_cut_and_said_so():
    image, note = drawn("bar", [(f"c{n}", "1") for n in range(1234)])
    assert len(marks(image)) == 20
    assert next(image.iter("text")).text == "c0"
    assert note == "The chart shows the first 20 of 1,234 rows."
    _, note = drawn("column", [(f"{1990 + n // 12}-{n % 12 + 1:02}", "1") for n in range(100)])
    assert note == "The chart shows the last 60 of 100 rows."


def test_rows_without_a_number_are_left_out():
    found = points.read(
        Chart("bar", "name", "amount"), table(("name", "amount"), ("varchar", "double"), [("a", None), ("b", "NaN"), ("c", 2.5)])
    )
    assert [(point.label, point.value) for point in found.points] == [("c", Decimal("2.5"))]
    assert charts.draw(Chart("bar", "name", "amount"), table(("name", "amount"), ("varchar", "double"), [("a", None)]), "c")[0] is None


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="'total'; the query gives name, amount"):
        charts.draw(Chart("bar", "name", "total"), table(("name", "amount"), ("varchar", "bigint"), [("a", 1)]), "c")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("0", "22", "0 10 20 30"),
        ("3", "97", "0 50 100"),
        ("-5", "12", "-5 0 5 10 15"),
        ("0", "0", "0 1"),
        ("0", "0.07", "0 0.02 0.04 0.06 0.08"),
    ],
)
def test_ticks_are_round_and_span_the_values(low, high, expected):
    assert [Decimal(text) for text in expected.split()] == svg.ticks(Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("1500", "1.5k"),
        ("-2000000", "-2M"),
        ("20", "20"),
        ("0.020", "0.02"),
        ("1E+3", "1k"),
        ("1E+20", "1e+20"),
        ("2E-9", "2e-9"),
    ],
)
def test_short_numbers(number, text):
    assert svg.short(Decimal(number)) == text


def test_labels_of_months_and_days():
    assert [points.label(name) for name in ("2025-02", "2025-02-03", None, " ", "2025-13")] == [
        "Feb 2025",
        "3 Feb 2025",
        "(none)",
        "(blank)",
        "2025-13",
    ]
