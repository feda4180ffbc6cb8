"""Alarms over metrics, with a clock that the test moves."""

import json
import uuid
from types import SimpleNamespace

import pytest

from localcloud.cloudwatch import definition
from localcloud.cloudwatch.evaluation import Evaluation
from localcloud.cloudwatch.metrics import Metrics
from localcloud.cloudwatch.queries import series_of
from localcloud.cloudwatch.store import Store
from localcloud.engine import ServiceError

NOON = 1_800_000_000 // 86400 * 86400 + 43200
REGION = "us-east-1"
METRIC = {"Namespace": "Test", "MetricName": "m", "Dimensions": [{"Name": "Server", "Value": "one"}]}
ALARM = METRIC | {
    "AlarmName": "a",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


class Watch:
    """Metrics and an alarm at a time that the test sets; nobody is notified."""

    def __init__(self, folder, **members):
        self.now = NOON
        self.metrics = Metrics(folder / "m.sqlite", lambda: self.now)
        # Another one's actions may still be written down.
        self.store = Store(folder / f"alarms-{uuid.uuid4()}.json")
        settings = SimpleNamespace(account="000000000000")
        self.evaluation = Evaluation(settings, self.metrics, self.store, None, clock=lambda: self.now)
        made = definition.record({**ALARM, **members})
        start = {"StateValue": "INSUFFICIENT_DATA", "StateReason": "new", "AlarmArn": "arn:aws:cloudwatch:::alarm:a"}
        times = {"AlarmConfigurationUpdatedTimestamp": NOON, "StateUpdatedTimestamp": NOON}
        self.store.alarms(REGION)["a"] = made | start | times

    def value(self, number, at, metric=METRIC, fine=False):
        self.metrics.add(series_of(REGION, metric), lambda each: each.add(number), at=at, fine=fine)

    def at(self, moment):
        """The alarm's state after the evaluation at a moment."""
        self.now = moment + 2
        self.evaluation.tick(moment)
        return self.store.alarms(REGION)["a"]["StateValue"]


@pytest.fixture
def watch(tmp_path):
    return lambda **members: Watch(tmp_path, **members)


def test_a_period_of_five_minutes_is_looked_at_each_minute(watch):
    site = watch()
    assert site.at(NOON) == "OK"
    site.value(1.0, NOON + 30)
    assert site.at(NOON + 60) == "ALARM"
    site.value(0.0, NOON + 400)
    assert site.at(NOON + 360) == "ALARM"
    assert site.at(NOON + 420) == "OK"
    told = [json.loads(each["HistoryData"]) for each in site.store.history(REGION) if each["HistoryItemType"] == "StateUpdate"]
    assert [each["newState"]["stateValue"] for each in told] == ["OK", "ALARM", "OK"]
    assert told[1]["newState"]["stateReasonData"]["recentDatapoints"] == [1.0]


def test_other_dimensions_are_another_metric(watch):
    site = watch()
    site.value(1.0, NOON + 30, METRIC | {"Dimensions": [{"Name": "Server", "Value": "two"}]})
    assert site.at(NOON + 60) == "OK"


def test_three_of_five(watch):
    site = watch(Period=60, EvaluationPeriods=5, DatapointsToAlarm=3)
    for minute, number in enumerate((1, 0, 1, 0)):
        site.value(float(number), NOON + 60 * minute + 1)
    assert site.at(NOON + 240) == "OK"
    site.value(1.0, NOON + 241)
    assert site.at(NOON + 300) == "ALARM"


def test_a_heartbeat_that_stops_breaches(watch):
    site = watch(
        Period=60,
        EvaluationPeriods=3,
        Statistic="Minimum",
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    for minute in range(5):
        site.value(1.0, NOON + 60 * minute + 1)
    assert site.at(NOON + 300) == "OK"
    states = [site.at(NOON + 300 + 60 * minute) for minute in range(1, 7)]
    assert states[-1] == "ALARM"
    assert states == sorted(states, key=["OK", "ALARM"].index)


def test_ten_seconds_are_evaluated_at_each_end_of_ten_seconds(watch):
    site = watch(Period=10)
    site.value(1.0, NOON + 12, fine=True)
    assert site.at(NOON + 20) == "ALARM"
    site.value(0.0, NOON + 22, fine=True)
    assert site.at(NOON + 30) == "OK"


def test_minutes_are_not_evaluated_between_their_ends(watch):
    site = watch(Period=60)
    site.value(1.0, NOON + 1)
    assert site.at(NOON + 10) == "INSUFFICIENT_DATA"


def test_a_percentile_is_compared(watch):
    members = {"Statistic": None, "ExtendedStatistic": "p90", "Threshold": 95, "Period": 60}
    site = watch(**members)
    for number in range(1, 102):
        site.value(float(number), NOON + 5)
    assert site.at(NOON + 60) == "OK"
    site.metrics.save()
    site = watch(**members | {"ExtendedStatistic": "p99"})
    assert site.at(NOON + 60) == "ALARM"


def test_too_few_values_for_a_percentile_can_be_ignored(watch):
    members = {"Statistic": None, "ExtendedStatistic": "p99", "Period": 60, "TreatMissingData": "missing"}
    site = watch(**members, EvaluateLowSampleCountPercentile="ignore")
    site.value(5.0, NOON + 5)
    assert site.at(NOON + 60) == "INSUFFICIENT_DATA"
    site.metrics.save()
    site = watch(**members)
    assert site.at(NOON + 60) == "ALARM"


def test_an_expression_is_compared(watch):
    def stat(identity, metric, shown=False):
        query = {"Metric": {**METRIC, "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": identity, "MetricStat": query, "ReturnData": shown}

    own = {"Id": "share", "Expression": "100 * errors / calls", "ReturnData": True}
    absent = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    site = watch(**absent, Metrics=[stat("errors", "e"), stat("calls", "c"), own], Threshold=10)
    site.value(1.0, NOON + 5, {**METRIC, "MetricName": "e"})
    site.value(20.0, NOON + 5, {**METRIC, "MetricName": "c"})
    assert site.at(NOON + 60) == "OK"
    site.value(3.0, NOON + 65, {**METRIC, "MetricName": "e"})
    site.value(20.0, NOON + 65, {**METRIC, "MetricName": "c"})
    assert site.at(NOON + 120) == "ALARM"


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"EvaluationPeriods": 0}, "EvaluationPeriods"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"Period": 45}, "Period"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "604800"),
        ({"Statistic": None}, "Statistic"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "p101"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ComparisonOperator"),
        ({"TreatMissingData": "bad"}, "TreatMissingData"),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "automate"),
        ({"AlarmActions": [f"arn:aws:sns:us-east-1:000000000000:t{each}" for each in range(6)]}, "at most 5"),
        ({"Metrics": [{"Id": "a", "Expression": "1"}]}, "MetricName"),
        ({"ThresholdMetricId": "x"}, "ThresholdMetricId"),
        ({"Threshold": None}, "Threshold"),
    ],
)
def test_what_no_alarm_can_be_is_refused_by_its_member(members, word):
    with pytest.raises(ServiceError) as caught:
        definition.record({**ALARM, **members})
    assert word in caught.value.message
