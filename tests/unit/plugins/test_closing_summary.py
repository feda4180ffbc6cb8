"""The closing box."""

from types import SimpleNamespace

import pytest

from tests.unit.plugins.plugin_files import load

summary = load("callback", "closing_summary")


def test_a_box_aligns_titles_and_texts():
    assert summary.box([("A", "one"), ("Long", "two")]) == [
        "┌───────────┐",
        "│ A     one │",
        "│ Long  two │",
        "└───────────┘",
    ]


def test_a_long_text_is_folded_under_itself_and_a_long_word_is_never_cut():
    words = "word " * 40
    address = "http://127.0.0.1:5000/" + "x" * 150
    lines = summary.box([("Title", words.strip()), ("Page", address), ("Empty", "")])
    assert len({len(line) for line in lines}) == 1
    assert sum(line.count("word") for line in lines) == 40
    assert lines[2].startswith("│        word")
    assert any(address in line for line in lines)
    assert any(line.startswith("│ Empty ") for line in lines)


def test_lines_to_copy_are_not_folded():
    command = "curl " + "--header x " * 20
    lines = summary.box([("Query", [command, "or else"])])
    assert lines[1] == f"│ Query  {command} │"
    assert lines[2].startswith("│        or else ")
    assert len({len(line) for line in lines}) == 1


class Display:
    """Collects what would be shown."""

    def __init__(self):
        self.lines, self.verbosity = [], 0

    def display(self, line):
        self.lines.append(line)


def end(custom, failures=(), dark=()):
    """What the callback shows at the end of a run."""
    callback = summary.CallbackModule(display=Display())
    hosts = {"orders": 1}
    stats = SimpleNamespace(custom=custom, failures=hosts if failures else {}, dark=hosts if dark else {})
    callback.v2_playbook_on_stats(stats)
    return callback._display.lines


BOX = {"_run": {"closing_box": [{"title": "Dashboard", "text": "http://127.0.0.1:5000"}]}}


def test_it_shows_what_a_play_left():
    assert "│ Dashboard  http://127.0.0.1:5000 │" in end(BOX)


def test_what_has_an_order_comes_first_and_the_rest_as_it_was_left():
    rows = [
        {"title": "Second", "order": 2, "lines": ["a", "b"]},
        {"title": "First", "order": 1, "text": "x"},
        {"title": "Then", "text": "y"},
        {"title": "Last", "text": "z"},
    ]
    shown = end({"_run": {"closing_box": rows}})
    assert [line.split()[1] for line in shown[1:-1]] == ["First", "Second", "b", "Then", "Last"]


def test_after_a_failure_it_shows_what_nobody_could_know_otherwise():
    rows = [{"title": "Dashboard", "text": "https://203.0.113.7"}, {"title": "Sign in", "text": "viewer, password x", "always": True}]
    shown = end({"_run": {"closing_box": rows}}, failures=[1])
    assert "│ Sign in  viewer, password x │" in shown
    assert "Dashboard" not in "".join(shown)


WITHOUT = [{"custom": {}}, {"custom": {"_run": {}}}, {"custom": BOX, "failures": [1]}, {"custom": BOX, "dark": [1]}]


@pytest.mark.parametrize("without", WITHOUT)
def test_a_run_without_a_box_or_with_a_failure_shows_nothing(without):
    assert end(**without) == []
