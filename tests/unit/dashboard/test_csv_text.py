import csv
import io

import pytest
from dashboard import csv_text
from hypothesis import example, given
from hypothesis import strategies as st

# The csv module's reader counts a bare CR as a line's end only outside quotes, and it needs newline="".
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1-2", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\ufeff=1", "＝1", "-1-1", "+44 20 7946", "-", "\t1"],
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text):
    assert csv_text.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "-1.50", "12", "1e3", "-1.5e-3", "a=b", "O'Neil", "", "2025-02-01", "'=1"])
def test_numbers_and_plain_text_stay(text):
    assert csv_text.cell(text) == text


def test_values_that_are_no_text():
    assert [csv_text.cell(value) for value in (None, True, -3, -1.5)] == ["", "true", "-3", "-1.5"]


def test_lines_end_with_cr_lf_and_quote_what_needs_it():
    assert list(csv_text.lines(["a", "=b"], [('say "hi", you', "two\nlines")])) == ["a,'=b\r\n", '"say ""hi"", you","two\nlines"\r\n']


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
@example([["=cmd|' /C calc'!A0", '"\r\n,']])
def test_a_reader_gets_back_every_cell(rows):
    text = "".join(csv_text.lines(["a", "b"], rows))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b"], *[[csv_text.cell(value) for value in row] for row in rows]]


@given(TEXT)
def test_no_cell_begins_like_a_formula_unless_it_is_a_number(text):
    found = csv_text.cell(text)
    assert found.lstrip()[:1] not in ("=", "+", "@")
    assert not found.startswith("-") or float(found) <= 0
