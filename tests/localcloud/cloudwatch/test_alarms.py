"""The rules by which an alarm goes to a state, with the tables of CloudWatch's documentation."""

import pytest

from localcloud.cloudwatch import alarms
from localcloud.cloudwatch.alarms import ALARM, INSUFFICIENT_DATA, OK, Rule

KEPT = "the state before"


def points(text):
    """`0 - X`: not breaching, missing, breaching."""
    return [{"0": 0.0, "X": 9.0, "-": None}[each] for each in text.split()]


def state(text, missing, needed=3, periods=3):
    rule = Rule("GreaterThanThreshold", 1.0, periods, needed, missing)
    return alarms.state(rule, points(text), KEPT)


#: data → state where missing data are missing, ignored, breaching, not breaching
ALL_OF_THREE = {
    "0 - X - X": (OK, OK, OK, OK),
    "- - - - 0": (OK, OK, OK, OK),
    "- - - - -": (INSUFFICIENT_DATA, KEPT, ALARM, OK),
    "0 X X - X": (ALARM, ALARM, ALARM, ALARM),
    "- - X - -": (ALARM, KEPT, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (OK, OK, ALARM, OK),
    "- - - - 0": (OK, OK, ALARM, OK),
    "- - - X -": (ALARM, KEPT, ALARM, OK),
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize("missing", TREATMENTS)
@pytest.mark.parametrize(("needed", "table"), [(3, ALL_OF_THREE), (2, TWO_OF_THREE)])
def test_missing_data_are_treated_as_documented(missing, needed, table):
    at = TREATMENTS.index(missing)
    found = {data: state(data, missing, needed) for data in table}
    assert found == {data: states[at] for data, states in table.items()}


@pytest.mark.parametrize("data", ["- - - - X", "- - - X -"])
def test_one_breaching_point_among_missing_ones_does_not_alarm_too_early(data):
    assert state(data, "missing") == KEPT


def test_the_newest_data_decide_where_there_are_enough_of_them():
    assert state("X X 0 0 0", "breaching") == OK
    assert state("0 0 X X X", "notBreaching") == ALARM
    assert state("X X X - -", "notBreaching") == ALARM, "real data are used before what is assumed for missing ones"


def test_one_of_one_alarms_at_the_first_breaching_point():
    assert state("- - X", "notBreaching", needed=1, periods=1) == ALARM
    assert state("X - 0", "breaching", needed=1, periods=1) == OK


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6.0]),
        ("GreaterThanOrEqualToThreshold", [5.0, 6.0]),
        ("LessThanThreshold", [4.0]),
        ("LessThanOrEqualToThreshold", [4.0, 5.0]),
    ],
)
def test_each_comparison_has_its_side_of_the_threshold(comparison, breaching):
    rule = Rule(comparison, 5.0, 1, 1)
    assert [value for value in (4.0, 5.0, 6.0) if alarms.state(rule, [value], OK) == ALARM] == breaching


def test_reasons_are_sentences_of_cloudwatch():
    rule = Rule("GreaterThanThreshold", 0.0, 1, 1, "notBreaching")
    told = alarms.reason(rule, [None, None, 2.0], [0, 300, 600], ALARM, OK)
    assert told == (
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (01/01/70 00:10:00)] was greater than the threshold (0.0) "
        "(minimum 1 datapoint for OK -> ALARM transition)."
    )
    told = alarms.reason(rule, [None, None, None], [0, 300, 600], OK, ALARM)
    assert told == ("Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].")
