"""How pipelines do, as a playbook shows it: asked of a cloud by the page's own code."""

import json
import os

import pytest
from dashboard.aws import Aws

from tests.local_cloud import ROOT, create_role
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused
from tests.unit.dashboard.sample import CONFIG, audit_record


@pytest.fixture
def pipeline(aws):
    """The configuration of a pipeline that has everything, and an input of which 3 of 200 rows were rejected."""
    given = {**CONFIG["pipelines"][0], "bucket": aws.bucket(), "failure_queues": [unique("failed")], "alarm_prefix": f"{unique('alarm')}-"}
    given |= {"crawlers": [unique("crawler")], "jobs": [unique("job")]}
    aws.client("sqs").create_queue(QueueName=given["failure_queues"][0])
    s3 = aws.client("s3")
    s3.put_object(Bucket=given["bucket"], Key="raw/a.csv", Body=b"a")
    s3.put_object(Bucket=given["bucket"], Key="audit/a.json", Body=audit_record())
    return given


def asked(*pipelines, **more):
    return done("pipeline_status_info", pipelines=list(pipelines), repository=str(ROOT), region="us-east-1", **more)


@on()
def test_a_pipeline_is_shown_as_it_is_and_nothing_is_changed(aws, pipeline):
    aws.client("sqs").send_message(
        QueueUrl=aws.client("sqs").get_queue_url(QueueName=pipeline["failure_queues"][0])["QueueUrl"], MessageBody="x"
    )
    cloudwatch, name = aws.client("cloudwatch"), f"{pipeline['alarm_prefix']}errors"
    for alarm in (name, unique("other")):
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="Headwater",
            MetricName=alarm,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="1 datapoint was greater than 0")
    outcome = asked(pipeline, check=True)
    assert not outcome.changed
    assert outcome.writes == []
    (status,) = outcome.result["statuses"]
    assert status["problems"] == {}
    assert status["rows_24_hours"] == {"files": 1, "in": 200, "kept": 140, "dropped": 57, "rejected": 3, "unread_files": 0}
    assert status["last_input"]["key"] == "raw/a.csv"
    assert status["failed_events"] == {pipeline["failure_queues"][0]: 1}
    assert [alarm["name"] for alarm in status["alarms"]] == [name]
    assert status["failed_runs"] == []
    assert outcome.result["table"][0].startswith("pipeline")
    assert any("1 datapoint was greater than 0" in note for note in outcome.result["notes"])


@on("local")
def test_a_failed_job_and_a_failed_crawler_are_named_with_what_runs_them_again(aws, pipeline):
    glue, iam = aws.client("glue"), aws.client("iam")
    crawler, _ = aws.crawler(role=create_role(iam, unique("powerless"))["RoleName"])  # may read nothing
    glue.start_crawler(Name=crawler)
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
        pass
    again = {crawler: "ansible-playbook playbooks/upload-orders.yml"}
    outcome = asked({**pipeline, "crawlers": [crawler], "run_again": again})
    (failed,) = outcome.result["statuses"][0]["failed_runs"]
    assert (failed["kind"], failed["name"], failed["state"], failed["again"]) == ("crawler", crawler, "FAILED", again[crawler])
    assert f"crawler {crawler} failed" in " ".join(outcome.result["notes"])


@on("moto")
def test_what_cannot_be_asked_is_told_and_the_others_are_shown(aws, pipeline, answers):
    answers["sqs:GetQueueUrl"] = lambda: (
        403,
        {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}},
    )
    outcome = asked(pipeline, {**pipeline, "name": "order_history", "bucket": "not-there"})
    first, second = outcome.result["statuses"]
    assert first["problems"] == {"failures": "AccessDenied: no"}
    assert second["problems"].keys() == {"failures", "audit", "input", "checks"}
    assert json.dumps(outcome.result)


@on()
def test_a_listing_can_begin_after_a_key(aws):
    bucket = aws.bucket()
    for key in ("audit/20261119T1", "audit/20261120T1", "audit/20261121T1", "other/1"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    found, more = Aws("us-east-1", os.environ.get("AWS_ENDPOINT_URL")).objects(bucket, "audit/", 10, "audit/20261120")
    assert ([stored.key for stored in found], more) == (["audit/20261120T1", "audit/20261121T1"], False)


def test_a_wrong_pipeline_is_named_with_all_that_is_wrong():
    given = {**CONFIG["pipelines"][0], "bucket": "B", "alarms": "x"}
    refused(
        "pipeline_status_info",
        "pipelines[0].alarms is not a setting",
        "pipelines[0].bucket must be a bucket's name",
        pipelines=[given],
        repository=str(ROOT),
        region="us-east-1",
    )
    refused("pipeline_status_info", "is not the dashboard's code", pipelines=[], repository="/nowhere", region="us-east-1")
