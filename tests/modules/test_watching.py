"""Alarms, dashboards, rules and topics, in what is no part of every resource's life."""

import json

from tests.modules.call_recorder import error, lost
from tests.modules.cases import CASES, body
from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused, run


def made(name, aws, folder, **more):
    """A resource of a case; returns its options."""
    options = {**CASES[name].prepare(aws, folder), **more}
    done(name, **options)
    return options


# -- alarms


@on("local")  # moto begins anew
def test_an_alarm_keeps_its_state_when_it_is_changed(aws, tmp_path):
    options = made("cloudwatch_alarm_config", aws, tmp_path)
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=options["name"], StateValue="ALARM", StateReason="tried")
    done("cloudwatch_alarm_config", **{**options, "description": "Another text"})
    (found,) = cloudwatch.describe_alarms(AlarmNames=[options["name"]])["MetricAlarms"]
    assert (found["AlarmDescription"], found["StateValue"]) == ("Another text", "ALARM")


@on()
def test_actions_that_were_switched_off_are_switched_on_again(aws, tmp_path):
    options = made("cloudwatch_alarm_config", aws, tmp_path)
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=[options["name"]])
    planned = done("cloudwatch_alarm_config", check=True, **options)
    assert planned.differing == {"actions_enabled"}
    done("cloudwatch_alarm_config", **options)
    (found,) = cloudwatch.describe_alarms(AlarmNames=[options["name"]])["MetricAlarms"]
    assert found["ActionsEnabled"]


@on("moto")
def test_an_alarm_needs_a_metric(aws):
    refused("cloudwatch_alarm_config", "namespace, metric", name=unique("alarm"))


@on("moto")
def test_an_alarm_on_an_expression_is_told_and_put_right(aws, tmp_path):
    options = CASES["cloudwatch_alarm_config"].prepare(aws, tmp_path)
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=options["name"],
        Metrics=[{"Id": "a", "MetricStat": stat, "ReturnData": False}, {"Id": "b", "Expression": "a * 2"}],
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    planned = done("cloudwatch_alarm_config", check=True, **options)
    assert [query["Id"] for query in planned.before["other"]["Metrics"]] == ["a", "b"]
    assert "other" not in done("cloudwatch_alarm_config", **options).after


# -- dashboards


@on("local")
def test_what_cloudwatch_has_against_a_body_is_told_with_its_place(aws):
    wrong = body("x")
    wrong["widgets"][0]["width"] = 25
    refused("cloudwatch_dashboard", "/widgets/0/width", name=unique("dashboard"), body=wrong)


@on("local")
def test_what_cloudwatch_takes_with_a_remark_is_a_warning(aws, answers):
    name, remark = unique("dashboard"), {"DataPath": "/widgets/0", "Message": "will not render"}
    answers["cloudwatch:PutDashboard"] = lost({"DashboardValidationMessages": [remark]})
    outcome = run("cloudwatch_dashboard", name=name, body=body("x"), wait_timeout=0)
    assert outcome.warnings == [f"CloudWatch dashboard '{name}' may not show everything: /widgets/0: will not render"]


# -- rules


@on("moto")
def test_a_rule_needs_a_schedule_or_a_pattern(aws):
    refused("events_rule_config", "neither schedule nor pattern", name=unique("rule"))


@on()
def test_a_target_that_was_refused_is_an_error(aws, tmp_path, answers):
    options = CASES["events_rule_config"].prepare(aws, tmp_path)
    entry = {"TargetId": "generator", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "somebody else was quicker"}
    answers["events:PutTargets"] = lost({"FailedEntryCount": 1, "FailedEntries": [entry]})
    refused("events_rule_config", "generator: somebody else was quicker", **options)


@on()
def test_more_than_ten_targets_of_a_rule_are_set_and_removed(aws):
    targets = [{"id": f"t{number:02}", "arn": aws.arn("sqs", f"q{number}")} for number in range(12)]
    options = {"name": unique("rule"), "schedule": "rate(1 hour)", "targets": targets}
    assert len(done("events_rule_config", **options).after["targets"]) == 12
    assert done("events_rule_config", **{**options, "targets": targets[:1]}).differing == {"targets"}
    assert [each["Id"] for each in aws.client("events").list_targets_by_rule(Rule=options["name"])["Targets"]] == ["t00"]


@on()
def test_a_setting_of_a_target_that_the_module_does_not_know_is_told_and_taken_back(aws, tmp_path):
    options = made("events_rule_config", aws, tmp_path)
    target = {"Id": "generator", "Arn": aws.arn("lambda", "function:generator"), "InputPath": "$.detail"}
    aws.client("events").put_targets(Rule=options["name"], Targets=[target])
    planned = done("events_rule_config", check=True, **options)
    assert planned.before["targets"][0]["other"] == {"InputPath": "$.detail"}
    assert "other" not in done("events_rule_config", **options).after["targets"][0]


# -- topics


MAIL = {"protocol": "email", "endpoint": "somebody@example.org"}


def listed(*subscriptions):
    """SNS's answer for subscriptions of (protocol, endpoint, ARN)."""
    return lost(
        {
            "Subscriptions": [
                {"Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn, "TopicArn": "arn:aws:sns:us-east-1:1:t", "Owner": "1"}
                for protocol, endpoint, arn in subscriptions
            ]
        }
    )


@on("moto")
def test_a_mail_address_that_waits_is_told_apart_and_not_asked_again(aws, tmp_path, answers):
    options = {**made("sns_topic_config", aws, tmp_path, subscriptions=[]), "subscriptions": [MAIL]}
    answers["sns:ListSubscriptionsByTopic"] = listed((*MAIL.values(), "PendingConfirmation"))
    for check in (True, False):
        outcome = done("sns_topic_config", check=check, **options)
        assert not outcome.changed
        assert outcome.writes == []
        assert outcome.result["unconfirmed"] == ["email somebody@example.org"]
        (warning,) = outcome.warnings
        assert "email somebody@example.org must be confirmed" in warning


@on("moto")
def test_one_that_is_confirmed_is_left_without_a_word(aws, tmp_path, answers):
    options = {**made("sns_topic_config", aws, tmp_path, subscriptions=[]), "subscriptions": [MAIL]}
    answers["sns:ListSubscriptionsByTopic"] = listed((*MAIL.values(), "arn:aws:sns:us-east-1:1:t:2"))
    outcome = done("sns_topic_config", **options)
    assert (outcome.changed, outcome.result["unconfirmed"], outcome.warnings) == (False, [], [])


@on("moto")
def test_one_that_expired_is_asked_again(aws, tmp_path, answers):
    options = {**made("sns_topic_config", aws, tmp_path, subscriptions=[]), "subscriptions": [MAIL]}
    answers["sns:ListSubscriptionsByTopic"] = listed((*MAIL.values(), "Deleted"))
    outcome = run("sns_topic_config", **options, wait_timeout=0)
    assert outcome.writes == ["sns:Subscribe"]


@on()
def test_other_subscriptions_stay_unless_they_are_to_be_purged(aws, tmp_path):
    options = made("sns_topic_config", aws, tmp_path)
    sns, topic, somebodys = aws.client("sns"), aws.arn("sns", options["name"]), aws.arn("sqs", "somebodys")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=somebodys)
    outcome = done("sns_topic_config", **options)
    assert (outcome.changed, outcome.result["others"]) == (False, [f"sqs {somebodys}"])

    purging = {**options, "purge_subscriptions": True}
    assert done("sns_topic_config", check=True, **purging).differing == {"subscriptions"}
    outcome = done("sns_topic_config", **purging)
    assert (outcome.writes, outcome.result["others"]) == (["sns:Unsubscribe"], [])
    assert [each["Endpoint"] for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == [aws.arn("sqs", "alerts")]
    assert not done("sns_topic_config", **purging).changed


@on("moto")
def test_a_topic_is_made_with_its_key_policy_and_tags_in_one_call(aws, tmp_path):
    options = CASES["sns_topic_config"].prepare(aws, tmp_path)
    assert done("sns_topic_config", **options).writes == ["sns:CreateTopic", "sns:Subscribe"]
    attributes = aws.client("sns").get_topic_attributes(TopicArn=aws.arn("sns", options["name"]))["Attributes"]
    assert attributes["KmsMasterKeyId"] == "alias/alerts"
    assert json.loads(attributes["Policy"]) == options["policy"]


@on("moto")
def test_a_topic_that_may_not_be_looked_at_is_an_error(aws, tmp_path, answers):
    options = CASES["sns_topic_config"].prepare(aws, tmp_path)
    answers["sns:GetTopicAttributes"] = error(403, "AuthorizationError", "no")
    refused("sns_topic_config", f"SNS topic '{options['name']}'", "AuthorizationError", **options)


# -- permissions of rules


@on()
def test_a_rule_may_invoke_a_function_without_naming_an_account(aws):
    function, _ = aws.function()
    options = {
        "function_name": function,
        "statement_id": "events-schedule",
        "principal": "events.amazonaws.com",
        "source_arn": aws.arn("events", "rule/schedule"),
    }
    done("lambda_permission", **options)
    assert not done("lambda_permission", **options).changed
    (statement,) = json.loads(aws.client("lambda").get_policy(FunctionName=function)["Policy"])["Statement"]
    assert [key for test in statement["Condition"].values() for key in test] == ["AWS:SourceArn"]
