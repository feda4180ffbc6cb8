"""EventBridge's rules: schedules, patterns, targets, and what they tell of themselves."""

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from localcloud import eventbridge_targets
from tests.local_cloud import create_role, wait_for
from tests.localcloud.cloudwatch.sites import ACCOUNT, REGION, allow, arn, function, messages, queue, rule, total, waiting

FAILING = "def handler(event, context):\n    raise ValueError('broken on purpose')\n"


def pattern(**members):
    return {"EventPattern": json.dumps(members)}


def send(cloud, kind, detail):
    entry = {"Source": "test", "DetailType": kind, "Detail": json.dumps(detail)}
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    "schedule", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 seconds)", "cron(0 2 * * *)", "cron(0 2 * * * *)"]
)
def test_schedules_that_aws_refuses_are_refused(cloud, name, schedule):
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        cloud.client("events").put_rule(Name=name("rule"), ScheduleExpression=schedule)


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "cron(30 1 * * ? *)"])
def test_schedules_that_aws_takes_are_taken(cloud, name, schedule):
    cloud.client("events").put_rule(Name=name("rule"), ScheduleExpression=schedule)


def test_a_rule_with_targets_is_not_deleted(cloud, name):
    called = name("rule")
    rule(cloud, called, {"Arn": queue(cloud, name("queue"), "events")}, ScheduleExpression="rate(1 hour)")
    with pytest.raises(ClientError, match="has targets"):
        cloud.client("events").delete_rule(Name=called)
    cloud.client("events").remove_targets(Rule=called, Ids=["t"])
    cloud.client("events").delete_rule(Name=called)


def test_patterns_choose_and_transformers_say_it_in_a_sentence(cloud, name):
    inbox, called = queue(cloud, name("queue"), "events"), name("rule")
    transformer = {
        "InputPathsMap": {"job": "$.detail.jobName", "state": "$.detail.state", "at": "$.time"},
        "InputTemplate": '"Job <job> is <state> (rule <aws.events.rule-name>)."',
    }
    chosen = pattern(source=["test"], detail={"jobName": [{"prefix": "mine-"}], "state": ["FAILED", "TIMEOUT"]})
    rule(cloud, called, {"Arn": inbox, "InputTransformer": transformer}, **chosen)
    for job, state in (("mine-1", "SUCCEEDED"), ("yours-1", "FAILED"), ("mine-2", "TIMEOUT")):
        send(cloud, "Job", {"jobName": job, "state": state})
    assert messages(cloud, inbox, 1) == [f'"Job mine-2 is TIMEOUT (rule {called})."']
    assert waiting(cloud, inbox) == 0
    for metric in ("MatchedEvents", "TriggeredRules", "Invocations"):
        assert total(cloud, "AWS/Events", metric, RuleName=called) == 1
    assert total(cloud, "AWS/Events", "FailedInvocations", RuleName=called) == 0


def test_targets_that_let_nobody_in_fail_and_the_event_is_a_dead_letter(cloud, name):
    closed, letters = queue(cloud, name("closed")), queue(cloud, name("letters"), "events")
    default = cloud.client("sns").create_topic(Name=name("topic"))["TopicArn"]
    foreign = function(cloud, name("function"), FAILING)
    for target, word in (
        (closed, "policy of the queue"),
        (default, "topic's policy"),
        (foreign, "policy of the function"),
        (arn("sqs", "x"), "no queue"),
    ):
        called, kind = name("rule"), name("kind")
        rule_arn = rule(cloud, called, {"Arn": target, "DeadLetterConfig": {"Arn": letters}}, **pattern(**{"detail-type": [kind]}))
        send(cloud, kind, {"a": 1})
        url = f"{cloud.url}/{ACCOUNT}/{letters.rpartition(':')[2]}"
        [letter] = cloud.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
        told = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
        cloud.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
        assert (json.loads(letter["Body"])["detail"], told["RULE_ARN"], told["TARGET_ARN"]) == ({"a": 1}, rule_arn, target)
        assert word in told["ERROR_MESSAGE"]
        assert total(cloud, "AWS/Events", "FailedInvocations", RuleName=called) == 1


def test_a_topic_that_lets_events_in_gets_them(cloud, name):
    inbox = queue(cloud, name("queue"), "sns")
    topic = cloud.client("sns").create_topic(Name=name("topic"), Attributes={"Policy": allow("events", "sns:Publish")})["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"})
    kind = name("kind")
    rule(cloud, name("rule"), {"Arn": topic, "Input": '"hello"'}, **pattern(**{"detail-type": [kind]}))
    send(cloud, kind, {})
    assert messages(cloud, inbox, 1) == ['"hello"']


def test_a_function_that_fails_is_tried_three_times_and_its_event_is_kept(cloud, name):
    failed, called, kind = queue(cloud, name("failed")), name("function"), name("kind")
    target = function(cloud, called, FAILING, "events", allow=["sqs:SendMessage"])
    destination = {"OnFailure": {"Destination": failed}}
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=called, DestinationConfig=destination)
    rule(cloud, name("rule"), {"Arn": target}, **pattern(**{"detail-type": [kind]}))
    send(cloud, kind, {"order": 7})
    [record] = map(json.loads, messages(cloud, failed, 1))
    assert record["requestPayload"]["detail"] == {"order": 7}
    assert record["requestContext"]["functionArn"] == f"{target}:$LATEST"
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == ("RetriesExhausted", 3)
    assert record["responsePayload"]["errorMessage"] == "broken on purpose"
    counts = {
        each: total(cloud, "AWS/Lambda", each, FunctionName=called)
        for each in ("Invocations", "Errors", "AsyncEventsReceived", "AsyncEventsDropped")
    }
    assert counts == {"Invocations": 3, "Errors": 3, "AsyncEventsReceived": 1, "AsyncEventsDropped": 1}
    assert total(cloud, "AWS/Lambda", "DestinationDeliveryFailures", FunctionName=called) == 0


def test_a_failure_that_cannot_be_delivered_is_counted(cloud, name):
    failed, called = queue(cloud, name("failed")), name("function")
    function(cloud, called, FAILING)  # its role may not send
    config = {"DestinationConfig": {"OnFailure": {"Destination": failed}}, "MaximumRetryAttempts": 0}
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=called, **config)
    cloud.client("lambda").invoke(FunctionName=called, InvocationType="Event", Payload=b"{}")
    wait_for(lambda: total(cloud, "AWS/Lambda", "DestinationDeliveryFailures", FunctionName=called) == 1, "the failure of the delivery")
    assert waiting(cloud, failed) == 0


def test_a_crawler_that_succeeds_and_one_that_fails_are_events(cloud, name):
    inbox, bucket = queue(cloud, name("queue"), "events"), name("bucket")
    good, bad, database = name("crawler"), name("crawler"), name("db").replace("-", "_")
    rule(cloud, name("rule"), {"Arn": inbox}, **pattern(source=["aws.glue"], detail={"crawlerName": [good, bad]}))
    cloud.client("s3").create_bucket(Bucket=bucket)
    cloud.client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"a,b\n1,2\n")
    able = create_role(cloud.client("iam"), name("role"), "glue.amazonaws.com", ["s3:*", "glue:*", "logs:*"])
    unable = create_role(cloud.client("iam"), name("role"), "glue.amazonaws.com", ["logs:*"])
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    for crawler, role in ((good, able), (bad, unable)):
        targets = {"S3Targets": [{"Path": f"s3://{bucket}/in/"}]}
        glue.create_crawler(Name=crawler, Role=role["Arn"], DatabaseName=database, Targets=targets)
        glue.start_crawler(Name=crawler)
    events = [json.loads(each) for each in messages(cloud, inbox, 4)]
    assert {(each["source"], each["detail-type"]) for each in events} == {("aws.glue", "Glue Crawler State Change")}
    told = {(each["detail"]["crawlerName"], each["detail"]["state"]): each["detail"] for each in events}
    assert set(told) == {(good, "Started"), (bad, "Started"), (good, "Succeeded"), (bad, "Failed")}
    assert (told[good, "Succeeded"]["tablesCreated"], told[good, "Succeeded"]["accountId"]) == ("1", ACCOUNT)
    assert "AccessDenied" in told[bad, "Failed"]["errorMessage"]
    assert {each["region"] for each in events} == {REGION}


def test_a_job_that_fails_is_an_event(cloud, name):
    inbox, job = queue(cloud, name("queue"), "events"), name("job")
    role = create_role(cloud.client("iam"), name("role"), "glue.amazonaws.com", ["logs:*"])
    rule(cloud, name("rule"), {"Arn": inbox}, **pattern(source=["aws.glue"], detail={"jobName": [job], "state": ["FAILED", "TIMEOUT"]}))
    command = {"Name": "glueetl", "ScriptLocation": "s3://nowhere-at-all/job.py", "PythonVersion": "3"}
    glue = cloud.client("glue")
    glue.create_job(Name=job, Role=role["Arn"], Command=command, GlueVersion="4.0", WorkerType="G.1X", NumberOfWorkers=2)
    # Without its role a run fails before anything is started.
    cloud.client("iam").delete_role_policy(RoleName=role["RoleName"], PolicyName="allow")
    cloud.client("iam").delete_role(RoleName=role["RoleName"])
    run = glue.start_job_run(JobName=job)["JobRunId"]
    [event] = map(json.loads, messages(cloud, inbox, 1))
    detail = event["detail"]
    assert (event["detail-type"], detail["jobRunId"], detail["state"], detail["severity"]) == (
        "Glue Job State Change",
        run,
        "FAILED",
        "ERROR",
    )
    assert detail["message"]


def test_rates_keep_their_beat_and_what_was_missed_stays_missed(monkeypatch):
    """A rule made at second 30, looked at every 1.01 seconds from second 1000 on: it fires at 30 + 60·n, and not at the start."""
    now, key, fires = [1000.0], ("account", "region", "default|r"), []
    bus = SimpleNamespace(
        _rule_last_fired={},
        _rules=SimpleNamespace(_data={key: {"ScheduleExpression": "rate(1 minute)", "CreationTime": 30}}),
        _parse_rate_seconds=lambda text: 60 if text == "rate(1 minute)" else None,
    )

    def tick():  # as MiniStack does it
        if now[0] - bus._rule_last_fired[key] >= 60:
            bus._rule_last_fired[key] = now[0]
            fires.append(now[0])

    monkeypatch.setattr(eventbridge_targets, "time", SimpleNamespace(time=lambda: now[0]))
    look = eventbridge_targets._on_time(bus, tick)
    while now[0] < 1600:
        look()
        now[0] += 1.01
    assert [int(each // 60 * 60 + 30) for each in fires] == list(range(1050, 1600, 60))
    assert all(each % 60 < 31.1 for each in fires)
