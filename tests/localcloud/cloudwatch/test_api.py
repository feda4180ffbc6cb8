"""CloudWatch's API: by plain boto3, and in its two other protocols."""

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.localcloud.cloudwatch.sites import user

NOW = datetime.now(UTC)
SPAN = {"StartTime": NOW - timedelta(minutes=10), "EndTime": NOW + timedelta(minutes=10)}
ONE = [{"Name": "Server", "Value": "one"}]


def alarm(name, **members):
    return {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.5,
        "ComparisonOperator": "GreaterThanThreshold",
    } | members


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]


@pytest.fixture(scope="module")
def watch(cloud):
    return cloud.client("cloudwatch")


def test_values_come_back_in_each_form_in_which_they_are_put(watch, name):
    namespace = name("space")
    data = [
        {"MetricName": "m", "Dimensions": ONE, "Value": 2.0, "Unit": "Seconds", "Timestamp": NOW},
        {"MetricName": "m", "Dimensions": ONE, "Values": [1.0, 4.0], "Counts": [3.0, 1.0], "Unit": "Seconds", "Timestamp": NOW},
        {"MetricName": "s", "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 5}, "Timestamp": NOW},
    ]
    watch.put_metric_data(Namespace=namespace, MetricData=data)
    names = ["SampleCount", "Sum", "Minimum", "Maximum", "Average"]
    asked = {"Namespace": namespace, "Period": 60, "Statistics": names, **SPAN}
    [point] = watch.get_metric_statistics(MetricName="m", Dimensions=ONE, ExtendedStatistics=["p50"], **asked)["Datapoints"]
    assert [point[each] for each in names] == [5, 9, 1, 4, 1.8]
    assert (point["Unit"], point["ExtendedStatistics"], point["Timestamp"]) == ("Seconds", {"p50": 1}, NOW.replace(second=0, microsecond=0))
    [point] = watch.get_metric_statistics(MetricName="s", **asked)["Datapoints"]
    assert [point[each] for each in names] == [4, 10, 1, 5, 2.5]
    assert watch.get_metric_statistics(MetricName="m", **asked)["Datapoints"] == [], "without its dimensions it is another metric"


def test_metric_data_are_selected_computed_and_ordered(watch, name):
    namespace = name("space")
    data = [{"MetricName": "m", "Value": float(each), "Timestamp": NOW - timedelta(minutes=each)} for each in range(3)]
    watch.put_metric_data(Namespace=namespace, MetricData=data)
    stat = {"Metric": {"Namespace": namespace, "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m1", "MetricStat": stat, "ReturnData": False}, {"Id": "e1", "Expression": "10 * m1", "Label": "ten"}]
    [found] = watch.get_metric_data(MetricDataQueries=queries, ScanBy="TimestampAscending", **SPAN)["MetricDataResults"]
    assert (found["Id"], found["Label"], found["StatusCode"], found["Values"]) == ("e1", "ten", "Complete", [20, 10, 0])
    [found] = watch.get_metric_data(MetricDataQueries=queries, **SPAN)["MetricDataResults"]
    assert found["Values"] == [0, 10, 20]
    told = refused(watch.get_metric_data, MetricDataQueries=[{"Id": "s", "Expression": "SEARCH('{A,B}', 'Sum')"}], **SPAN)
    assert "not in the local cloud" in told["Message"]


def test_metrics_are_listed_by_namespace_name_and_dimension(watch, name):
    namespace = name("space")
    several = [{"MetricName": f"m{each}", "Dimensions": ONE, "Value": 1.0} for each in range(600)]
    watch.put_metric_data(Namespace=namespace, MetricData=several)
    pages = list(watch.get_paginator("list_metrics").paginate(Namespace=namespace))
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    filters = [{"Name": "Server", "Value": "two"}]
    assert watch.list_metrics(Namespace=namespace, Dimensions=filters)["Metrics"] == []
    assert watch.list_metrics(Namespace=namespace, MetricName="m7", Dimensions=[{"Name": "Server"}])["Metrics"] == [
        {"Namespace": namespace, "MetricName": "m7", "Dimensions": ONE}
    ]


@pytest.mark.parametrize(
    ("namespace", "datum", "word"),
    [
        ("AWS/Lambda", {"Value": 1.0}, "AWS/Lambda"),
        ("Test", {"Value": float("nan")}, "NaN"),
        ("Test", {"Value": 1.0, "Timestamp": NOW - timedelta(days=15)}, "two weeks"),
        ("Test", {"Value": 1.0, "Timestamp": NOW + timedelta(hours=3)}, "two hours"),
        ("Test", {"Value": 1.0, "Values": [1.0]}, "exactly one"),
        ("Test", {}, "exactly one"),
        ("Test", {"Values": [1.0, 2.0], "Counts": [1.0]}, "Counts"),
    ],
)
def test_values_that_cloudwatch_does_not_take_are_refused(watch, namespace, datum, word):
    assert word in refused(watch.put_metric_data, Namespace=namespace, MetricData=[{"MetricName": "refused", **datum}])["Message"]
    assert watch.list_metrics(MetricName="refused")["Metrics"] == []


def test_an_alarm_is_described_as_it_was_put(watch, name):
    given = alarm(
        name("alarm"), AlarmDescription="what to do", Dimensions=ONE, DatapointsToAlarm=1, TreatMissingData="ignore", Unit="Count"
    )
    watch.put_metric_alarm(**given, Tags=[{"Key": "project", "Value": "headwater"}])
    [found] = watch.describe_alarms(AlarmNames=[given["AlarmName"]])["MetricAlarms"]
    assert given.items() <= found.items()
    assert (found["StateValue"], found["ActionsEnabled"], found["OKActions"]) == ("INSUFFICIENT_DATA", True, [])
    assert watch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "project", "Value": "headwater"}]
    watch.tag_resource(ResourceARN=found["AlarmArn"], Tags=[{"Key": "more", "Value": "1"}])
    watch.untag_resource(ResourceARN=found["AlarmArn"], TagKeys=["project"])
    assert watch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "more", "Value": "1"}]


def test_an_update_replaces_the_settings_and_keeps_state_and_tags(watch, name):
    given = alarm(name("alarm"), AlarmDescription="old", Tags=[{"Key": "a", "Value": "b"}])
    watch.put_metric_alarm(**given)
    watch.set_alarm_state(AlarmName=given["AlarmName"], StateValue="OK", StateReason="by hand")
    watch.put_metric_alarm(**alarm(given["AlarmName"], Threshold=7))
    [found] = watch.describe_alarms(AlarmNames=[given["AlarmName"]])["MetricAlarms"]
    assert (found["Threshold"], found["StateValue"], found["StateReason"]) == (7, "OK", "by hand")
    assert "AlarmDescription" not in found
    assert watch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    items = watch.describe_alarm_history(AlarmName=given["AlarmName"], ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [each["HistoryItemType"] for each in items] == ["ConfigurationUpdate", "StateUpdate", "ConfigurationUpdate"]


def test_alarms_are_found_by_prefix_state_metric_and_pages(watch, name):
    prefix = name("many")
    for number in range(7):
        watch.put_metric_alarm(**alarm(f"{prefix}-{number}", MetricName=prefix, Dimensions=ONE if number else []))
    watch.set_alarm_state(AlarmName=f"{prefix}-3", StateValue="ALARM", StateReason="x")
    pages = watch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 3})
    assert [len(page["MetricAlarms"]) for page in pages] == [3, 3, 1]
    found = watch.describe_alarms(AlarmNamePrefix=prefix, StateValue="ALARM")["MetricAlarms"]
    assert [each["AlarmName"] for each in found] == [f"{prefix}-3"]
    assert len(watch.describe_alarms_for_metric(MetricName=prefix, Namespace="Test", Dimensions=ONE)["MetricAlarms"]) == 6
    names = [f"{prefix}-{number}" for number in range(7)]
    watch.disable_alarm_actions(AlarmNames=names)
    assert not any(each["ActionsEnabled"] for each in watch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"])
    watch.delete_alarms(AlarmNames=names)
    assert watch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"] == []


def test_a_dashboard_lives_and_ends(watch, name):
    body, called = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]}), name("board")
    assert watch.put_dashboard(DashboardName=called, DashboardBody=body)["DashboardValidationMessages"] == []
    found = watch.get_dashboard(DashboardName=called)
    assert (found["DashboardBody"], found["DashboardArn"]) == (body, f"arn:aws:cloudwatch::000000000000:dashboard/{called}")
    [entry] = watch.list_dashboards(DashboardNamePrefix=called)["DashboardEntries"]
    assert entry["Size"] == len(body)
    wrong = refused(watch.put_dashboard, DashboardName=called, DashboardBody='{"widgets": [{"type": "x", "properties": {}}]}')
    assert wrong["Code"] == "InvalidParameterInput"
    assert "/widgets/0/type" in wrong["Message"]
    assert watch.get_dashboard(DashboardName=called)["DashboardBody"] == body
    watch.delete_dashboards(DashboardNames=[called])
    assert refused(watch.get_dashboard, DashboardName=called)["Code"] == "ResourceNotFound"
    assert refused(watch.delete_dashboards, DashboardNames=[called])["Code"] == "ResourceNotFound"


def test_what_is_not_there_says_so(watch):
    for call, given in (
        (watch.put_composite_alarm, {"AlarmName": "c", "AlarmRule": "ALARM(x)"}),
        (watch.put_anomaly_detector, {"Namespace": "n", "MetricName": "m", "Stat": "Sum"}),
        (watch.list_metric_streams, {}),
    ):
        assert "not in the local cloud" in refused(call, **given)["Message"]


def signed(cloud, body, headers, path="/"):
    """(status, body) of a request in a protocol that boto3 does not speak any more."""
    request = AWSRequest("POST", cloud.url + path, data=body, headers=headers)
    SigV4Auth(Credentials("test", "test"), "monitoring", "us-east-1").add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, data=body, headers=dict(request.headers), method="POST")) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_query_protocol_is_spoken_too(cloud, name):
    called = name("alarm")
    given = {"Action": "PutMetricAlarm", "Version": "2010-08-01", **alarm(called), "Dimensions.member.1.Name": "Server"}
    given["Dimensions.member.1.Value"] = "<one>"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert signed(cloud, urllib.parse.urlencode(given).encode(), headers)[0] == 200
    asked = {"Action": "DescribeAlarms", "AlarmNames.member.1": called}
    status, text = signed(cloud, urllib.parse.urlencode(asked).encode(), headers)
    assert (status, "<Value>&lt;one&gt;</Value>" in text, "<Threshold>1.5</Threshold>" in text) == (200, True, True)
    status, text = signed(cloud, b"Action=PutMetricAlarm&AlarmName=x", headers)
    assert (status, "<Code>ValidationError</Code>" in text) == (400, True)


def test_the_json_protocol_is_spoken_too(cloud, name):
    called = name("alarm")

    def call(action, **given):
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"GraniteServiceVersion20100801.{action}"}
        status, text = signed(cloud, json.dumps(given).encode(), headers)
        return status, json.loads(text)

    assert call("PutMetricAlarm", **alarm(called)) == (200, {})
    status, told = call("DescribeAlarms", AlarmNames=[called])
    assert (status, told["MetricAlarms"][0]["AlarmName"]) == (200, called)
    assert isinstance(told["MetricAlarms"][0]["StateUpdatedTimestamp"], float)
    status, told = call("PutMetricAlarm", AlarmName="x")
    assert (status, told["__type"].rpartition("#")[2]) == (400, "ValidationException")


def test_alarms_and_dashboards_are_granted_by_their_arns_and_values_by_their_namespace(cloud, name):
    limited = user(
        cloud,
        name("user"),
        "cloudwatch",
        ("cloudwatch:PutMetricData", "*", {"StringEquals": {"cloudwatch:namespace": "Headwater"}}),
        ("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:us-east-1:000000000000:alarm:mine-*"),
        ("cloudwatch:GetDashboard", "arn:aws:cloudwatch::000000000000:dashboard/mine"),
    )
    data = [{"MetricName": "m", "Value": 1.0}]
    limited.put_metric_data(Namespace="Headwater", MetricData=data)
    assert refused(limited.put_metric_data, Namespace="Other", MetricData=data)["Code"].startswith("AccessDenied")
    many = [{"MetricName": "m", "Values": [float(each) for each in range(150)]}] * 20  # so much that botocore compresses it
    limited.put_metric_data(Namespace="Headwater", MetricData=many)
    assert refused(limited.put_metric_data, Namespace="Other", MetricData=many)["Code"].startswith("AccessDenied")
    limited.put_metric_alarm(**alarm("mine-1"))
    told = refused(limited.put_metric_alarm, **alarm("yours-1"))
    assert "cloudwatch:PutMetricAlarm on resource: arn:aws:cloudwatch:us-east-1:000000000000:alarm:yours-1" in told["Message"]
    assert refused(limited.put_metric_alarm, **alarm("mine-2"), Tags=[{"Key": "a", "Value": "b"}])["Code"].startswith("AccessDenied")
    assert refused(limited.get_dashboard, DashboardName="mine")["Code"] == "ResourceNotFound"
    assert refused(limited.get_dashboard, DashboardName="yours")["Code"].startswith("AccessDenied")
