"""Tables of plain text."""

from tests.unit.plugins.plugin_files import load

table = load("module_utils", "text_table")


def test_columns_are_as_wide_as_what_stands_in_them():
    assert table.lines(["a", "long header"], [["x" * 5, "1"], ["y", "22"]]) == [
        "a      long header",
        "-----  -----------",
        "xxxxx  1",
        "y      22",
    ]


def test_long_cells_are_cut_rows_beyond_the_limit_counted_and_nothing_acts_on_the_terminal():
    made = table.lines(["a"], [["x" * 20], ["\x1b[31mred\nnext"], ["gone"]], limit=2, width=10)
    assert made[2:] == ["xxxxxxxxx…", "[31mred n…", "... and 1 more"]
