"""Metric math."""

import pytest

from localcloud.cloudwatch import expressions

A, B = {0: 1.0, 60: 2.0, 120: 4.0}, {0: 10.0, 120: 0.0}
TIMES = [0, 60, 120]


def evaluate(text):
    return expressions.evaluate(text, {"m1": A, "m2": B}, TIMES, {"m1": 60, "m2": 60}, ["m1", "m2"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m1 * 2 + 1", {0: 3.0, 60: 5.0, 120: 9.0}),
        ("m1 / m2", {0: 0.1}),  # no data where one side has none, or by zero
        ("-m1", {0: -1.0, 60: -2.0, 120: -4.0}),
        ("m1 ^ 2", {0: 1.0, 60: 4.0, 120: 16.0}),
        ("FILL(m2, 0)", {0: 10.0, 60: 0.0, 120: 0.0}),
        ("FILL(m2, REPEAT)", {0: 10.0, 60: 10.0, 120: 0.0}),
        ("FILL(m2, m1)", {0: 10.0, 60: 2.0, 120: 0.0}),
        ("SUM([m1, m2])", {0: 11.0, 60: 2.0, 120: 4.0}),
        ("SUM(METRICS())", {0: 11.0, 60: 2.0, 120: 4.0}),
        ("MAX(METRICS()) - MIN(METRICS())", {0: 9.0, 60: 0.0, 120: 4.0}),
        ("SUM(m1)", {0: 7.0, 60: 7.0, 120: 7.0}),
        ("IF(m1 > 1, m1, 0)", {0: 0.0, 60: 2.0, 120: 4.0}),
        ("IF(m1 > 1 AND m2 < 5, 1, 0)", {0: 0.0, 120: 1.0}),
        ("m1 > 1 || m2 > 5", {0: 1.0, 120: 1.0}),
        ("RATE(m1)", {60: 1 / 60, 120: 2 / 60}),
        ("DIFF(m1)", {60: 1.0, 120: 2.0}),
        ("RUNNING_SUM(m1)", {0: 1.0, 60: 3.0, 120: 7.0}),
        ("m1 / PERIOD(m1)", {0: 1 / 60, 60: 2 / 60, 120: 4 / 60}),
        ("ABS(CEIL(m1 - 1.5))", {0: 0.0, 60: 1.0, 120: 3.0}),
        ("TIME_SERIES(3)", {0: 3.0, 60: 3.0, 120: 3.0}),
    ],
)
def test_expressions_give_what_cloudwatch_documents(text, found):
    assert evaluate(text) == pytest.approx(found)


@pytest.mark.parametrize(
    "text",
    [
        "SEARCH('{AWS/Lambda,FunctionName}', 'Sum')",
        "SELECT AVG(x) FROM y",
        "ANOMALY_DETECTION_BAND(m1)",
        "m1 +",
        "SLICE(m1)",
        "m3 * 2",
        "METRICS()",
        "m1.real",
        "FILL(m1, LINEAR)",
        "__import__('os')",
    ],
)
def test_what_is_not_known_is_refused_by_name(text):
    with pytest.raises(expressions.ExpressionError) as caught:
        evaluate(text)
    assert text.split("(")[0].split(" ")[0] in str(caught.value)
