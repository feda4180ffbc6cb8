"""What a dashboard's body may say."""

import json

import pytest

from localcloud.cloudwatch.dashboards import problems


def metric(*metrics, **properties):
    return {
        "type": "metric",
        "x": 0,
        "y": 0,
        "width": 12,
        "height": 6,
        "properties": {"metrics": list(metrics), "region": "us-east-1", **properties},
    }


GOOD = [
    metric(
        ["AWS/Lambda", "Invocations", "FunctionName", "f", {"stat": "Sum"}],
        [".", "Errors", ".", "."],
        ["...", {"stat": "p99"}],
        [{"expression": "m1/m2", "id": "e1", "label": "share"}],
        title="Functions",
        view="timeSeries",
        period=300,
        stat="Sum",
    ),
    {"type": "text", "properties": {"markdown": "# Hello"}},
    {"type": "alarm", "x": 12, "y": 0, "width": 12, "height": 3, "properties": {"alarms": ["arn:aws:cloudwatch:us-east-1:0:alarm:a"]}},
]


def test_a_body_as_documented_has_no_problems():
    assert problems(json.dumps({"widgets": GOOD, "periodOverride": "inherit"})) == []
    assert problems('{"widgets": []}') == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("no json", ""),
        ("[]", ""),
        ({"widgets": {}}, "/widgets"),
        ({"widgets": [{"type": "metrics", "properties": {}}]}, "/widgets/0/type"),
        ({"widgets": [{"type": "text"}]}, "/widgets/0"),
        ({"widgets": [{"type": "text", "properties": {}}]}, "/widgets/0/properties"),
        ({"widgets": [{**GOOD[0], "width": 25}]}, "/widgets/0/width"),
        ({"widgets": [{**GOOD[0], "x": 20}]}, "/widgets/0"),
        ({"widgets": [metric(["AWS/Lambda"])]}, "/widgets/0/properties/metrics/0"),
        ({"widgets": [metric(["AWS/Lambda", "Errors", "FunctionName"])]}, "/widgets/0/properties/metrics/0"),
        ({"widgets": [metric(["AWS/Lambda", 1])]}, "/widgets/0/properties/metrics/0/1"),
        ({"widgets": [metric(["...", {"stat": "Sum"}])]}, "/widgets/0/properties/metrics/0"),
        ({"widgets": [metric(["A", "B", {"statistic": "Sum"}])]}, "/widgets/0/properties/metrics/0/2/statistic"),
        ({"widgets": [metric(["A", "B"], period=45)]}, "/widgets/0/properties/period"),
        ({"widgets": [metric(["A", "B"], view="lines")]}, "/widgets/0/properties/view"),
        ({"widgets": [metric(["A", "B"], region=None)]}, "/widgets/0/properties"),
        ({"widgets": [{"type": "alarm", "properties": {"alarms": ["a"]}}]}, "/widgets/0/properties/alarms/0"),
    ],
)
def test_what_cloudwatch_refuses_is_named_by_its_place(body, path):
    found = problems(body if isinstance(body, str) else json.dumps(body))
    assert [each["DataPath"] for each in found] == [path]
