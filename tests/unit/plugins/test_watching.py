"""Rules, alarms and dashboards that follow from what a host declares."""

import json

import pytest

from tests.unit.plugins.plugin_files import filter_named

SETTINGS = {
    "inventory_hostname": "order_history",
    "pipeline_slug": "order-history",
    "name_prefix": "dev-",
    "aws_region": "eu-central-1",
    "project": "headwater",
    "environment_name": "dev",
    "alerts_topic": "dev-pipeline-failure-alerts",
    "arn": {"cloudwatch": "arn:aws:cloudwatch:eu-central-1:123456789012"},
    "pipeline_title": "Order history",
    "pipeline_description": "Lines that stream.",
}


def alarms(**declared):
    """{name: alarm} of a host."""
    return {each["name"]: each for each in filter_named("derived_alarms")({**SETTINGS, **declared})}


def names(**declared):
    return list(alarms(**declared))


def test_a_host_without_anything_has_nothing():
    assert alarms(lambda_functions=[], glue_jobs=None) == {}
    assert filter_named("derived_rules")(SETTINGS) == []


def test_a_function_has_errors_throttles_and_lost_events():
    found = alarms(lambda_functions=[{"name": "dev-transform", "on_failure": "arn:aws:sqs:x:y:dev-failed"}, {"name": "bare"}])
    assert list(found) == [
        "dev-order-history-errors-transform",
        "dev-order-history-throttles-transform",
        "dev-order-history-lost-events-transform",
        "dev-order-history-errors-bare",
        "dev-order-history-throttles-bare",
    ]
    errors = found["dev-order-history-errors-transform"]
    assert errors == {
        "name": "dev-order-history-errors-transform",
        "namespace": "AWS/Lambda",
        "metric": "Errors",
        "dimensions": {"FunctionName": "dev-transform"},
        "statistic": "Sum",
        "period": 300,
        "threshold": 0,
        "treat_missing_data": "notBreaching",
        "description": errors["description"],
    }
    assert "playbooks/replay-failures.yml -e pipeline=order_history" in errors["description"]
    assert found["dev-order-history-throttles-bare"]["metric"] == "Throttles"
    assert found["dev-order-history-lost-events-transform"]["metric"] == "DestinationDeliveryFailures"


def test_what_waits_in_a_queue_stays_an_alarm_while_the_queue_sends_no_data():
    (found,) = alarms(sqs_queues=[{"name": "dev-failed"}]).values()
    assert (found["metric"], found["statistic"], found["treat_missing_data"]) == ("ApproximateNumberOfMessagesVisible", "Maximum", "ignore")


@pytest.mark.parametrize(("buffer", "limit"), [({}, 900), ({"buffer_seconds": 60}, 900), ({"buffer_seconds": "900"}, 1800)])
def test_a_stream_is_late_after_two_buffers_and_fifteen_minutes(buffer, limit):
    found = alarms(firehose_streams=[{"name": "dev-lines", **buffer}])
    assert list(found) == ["dev-order-history-late-delivery-lines", "dev-order-history-failed-delivery-lines"]
    assert found["dev-order-history-late-delivery-lines"]["threshold"] == limit
    failed = found["dev-order-history-failed-delivery-lines"]
    assert (failed["metric"], failed["comparison"], failed["threshold"]) == ("DeliveryToS3.Success", "LessThanThreshold", 1)


def test_a_stream_with_a_function_has_one_more():
    assert names(firehose_streams=[{"name": "s", "transform": {"function_arn": "x"}}])[-1] == "dev-order-history-failed-transform-s"


@pytest.mark.parametrize(("period", "buffer", "limit"), [(60, 30, 180), ("60", 600, 1200), (600, 60, 1800)])
def test_a_stream_is_late_after_three_periods_at_least(period, buffer, limit):
    found = alarms(firehose_streams=[{"name": "s", "buffer_seconds": buffer}], alarm_period_seconds=period)
    assert found["dev-order-history-late-delivery-s"]["threshold"] == limit


def test_an_api_that_fails_is_told_with_what_its_answers_mean():
    (found,) = alarms(apigateway_apis=[{"name": "dev-clicks", "stage": "v1", "log_group": "/aws/apigateway/dev-clicks"}]).values()
    assert found["name"] == "dev-order-history-server-errors-clicks"
    assert (found["namespace"], found["metric"], found["statistic"], found["threshold"]) == ("AWS/ApiGateway", "5XXError", "Sum", 0)
    assert found["dimensions"] == {"ApiName": "dev-clicks", "Stage": "v1"}
    assert "First read the log /aws/apigateway/dev-clicks: 502 says" in found["description"]


def test_failed_crawlers_and_jobs_are_told_by_rules_and_counted_by_alarms():
    declared = {"glue_crawlers": [{"name": "dev-raw"}], "glue_jobs": [{"name": "dev-a"}, {"name": "dev-b"}]}
    crawlers, jobs = filter_named("derived_rules")({**SETTINGS, **declared})
    assert crawlers["name"] == "dev-order-history-failed-crawlers"
    assert crawlers["pattern"] == {
        "source": ["aws.glue"],
        "detail-type": ["Glue Crawler State Change"],
        "detail": {"crawlerName": ["dev-raw"], "state": ["Failed"]},
    }
    assert jobs["pattern"]["detail"] == {"jobName": ["dev-a", "dev-b"], "state": ["FAILED", "TIMEOUT", "ERROR"]}
    assert jobs["topic"] == "dev-pipeline-failure-alerts"
    found = alarms(**declared)
    assert [each["dimensions"] for each in found.values()] == [{"RuleName": crawlers["name"]}, {"RuleName": jobs["name"]}]
    assert "dev-a or dev-b failed" in found["dev-order-history-failed-jobs"]["description"]


def test_a_rules_message_is_one_sentence_of_its_events_values():
    (rule,) = filter_named("derived_rules")({**SETTINGS, "glue_jobs": [{"name": "dev-a"}]})
    text = json.loads(rule["input_template"])  # EventBridge takes text in double quotes, or JSON
    for name in rule["input_paths"]:
        assert f"<{name}>" in text
    assert "playbooks/run-etl.yml" in text


def test_findings_are_those_of_the_checks_own_metric():
    checks = {"name": "dev-checks", "source": "check_data_quality", "environment": {"PIPELINE": "dev-order_history"}}
    found = alarms(lambda_functions=[checks])["dev-order-history-findings"]
    assert found["dimensions"] == {"Pipeline": "dev-order_history"}
    assert (found["statistic"], found["period"], found["treat_missing_data"]) == ("Maximum", 300, "ignore")


def test_the_period_of_alarms_is_a_setting_but_for_that_of_the_page():
    declared = {**EVERYTHING, "dashboard_heartbeat_server": "dev-Server"}
    found = alarms(**declared, alarm_period_seconds=60)
    assert {each["period"] for each in found.values()} == {60}
    assert {name for name, each in alarms(**declared).items() if each["period"] != 300} == {"dev-order-history-unhealthy-page"}


def test_a_page_that_says_nothing_is_not_well():
    assert alarms(dashboard_heartbeat_server="") == {}
    (found,) = alarms(dashboard_heartbeat_server="dev-Server").values()
    assert found["dimensions"] == {"Server": "dev-Server"}
    assert (found["period"], found["evaluation_periods"], found["treat_missing_data"]) == (60, 3, "breaching")


EVERYTHING = {
    "lambda_functions": [{"name": f"dev-function-{n}", "on_failure": "q", "source": "check_data_quality"} for n in range(40)],
    "s3_buckets": [{"name": "dev-plain"}, {"name": "dev-counted", "request_metrics": True}],
    "sqs_queues": [{"name": "dev-failed"}],
    "firehose_streams": [{"name": "dev-lines", "transform": {"function_arn": "x"}}],
    "apigateway_apis": [{"name": "dev-clicks", "stage": "v1"}, {"name": "dev-more", "stage": "v2"}],
    "glue_crawlers": [{"name": "dev-raw"}],
    "glue_jobs": [{"name": "dev-etl"}],
    "cloudwatch_alarms": [{"name": "dev-its-own"}],
}


def test_names_are_unique_and_names_and_descriptions_short_enough():
    found = filter_named("derived_alarms")({**SETTINGS, **EVERYTHING, "lambda_functions": EVERYTHING["lambda_functions"][:1]})
    assert len({each["name"] for each in found}) == len(found) == 12
    long = filter_named("derived_alarms")({**SETTINGS, "sqs_queues": [{"name": "q" * 300}]})
    assert [len(each["name"]) for each in long] == [255]
    assert all(0 < len(each["description"]) <= 1024 for each in found)


def test_all_that_follows_is_among_what_is_declared():
    hostvars = {"order_history": {**SETTINGS, **EVERYTHING}}
    resources = filter_named("declared_resources")(hostvars, ["order_history"])
    derived = {each["name"] for each in filter_named("derived_alarms")(hostvars["order_history"])}
    assert set(resources["alarm"]) == {*derived, "dev-its-own"}
    assert resources["rule"] == ["dev-order-history-failed-crawlers", "dev-order-history-failed-jobs"]
    assert {*resources["alarm"], *resources["rule"]} <= set(filter_named("declared_names")(hostvars, ["order_history"]))


# -- the dashboard


def board(**declared):
    return filter_named("pipeline_dashboard")({**SETTINGS, **declared})


def titles(body):
    return [widget["properties"].get("title") for widget in body["widgets"]]


def test_the_dashboard_shows_what_the_pipeline_has():
    assert titles(board(lambda_functions=[{"name": "f"}], s3_buckets=[{"name": "b", "request_metrics": True}])) == [
        None,
        "Alarms",
        "Invocations",
        "Errors and throttles",
        "Duration (ms)",
        "Bucket size (bytes)",
        "Objects",
        "S3 requests",
    ]
    assert titles(board()) == [None]


def test_requests_are_shown_of_buckets_whose_requests_are_counted():
    (requests,) = [widget for widget in board(**EVERYTHING)["widgets"] if widget["properties"].get("title") == "S3 requests"]
    assert {line[3] for line in requests["properties"]["metrics"]} == {"dev-counted"}


def test_each_api_is_shown_with_its_stage():
    shown = {widget["properties"].get("title"): widget["properties"].get("metrics") for widget in board(**EVERYTHING)["widgets"]}
    assert [line[:6] for line in shown["Requests of APIs"]] == [
        ["AWS/ApiGateway", "Count", "ApiName", "dev-clicks", "Stage", "v1"],
        ["AWS/ApiGateway", "Count", "ApiName", "dev-more", "Stage", "v2"],
    ]
    assert [line[1] for line in shown["Latency of APIs (ms)"]] == ["Latency", "Latency", "IntegrationLatency"] * 2


def test_widgets_lie_in_24_columns_and_nowhere_over_each_other():
    cells = set()
    for widget in board(**EVERYTHING)["widgets"]:
        covered = {
            (x, y) for x in range(widget["x"], widget["x"] + widget["width"]) for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not covered & cells
        cells |= covered
    assert {x for x, _ in cells} == set(range(24))


def test_every_alarm_is_shown_at_most_a_hundred_in_a_widget():
    shown = [widget["properties"]["alarms"] for widget in board(**EVERYTHING)["widgets"] if widget["type"] == "alarm"]
    assert all(len(arns) <= 100 for arns in shown)
    alarms_of = filter_named("derived_alarms")({**SETTINGS, **EVERYTHING})
    expected = {
        f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}" for name in ["dev-its-own", *(each["name"] for each in alarms_of)]
    }
    assert {arn for arns in shown for arn in arns} == expected


def test_cloudwatch_has_nothing_against_the_body():
    from localcloud.cloudwatch.dashboards import problems

    assert problems(json.dumps(board(**EVERYTHING))) == []
