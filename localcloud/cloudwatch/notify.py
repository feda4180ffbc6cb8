"""What an alarm sends when its state changes: CloudWatch's JSON to a topic or a function, and an event on the default bus."""

import json
from datetime import UTC, datetime
from functools import cache

import botocore.session

from localcloud.cloudwatch import definition

PRINCIPAL = "cloudwatch.amazonaws.com"
_SUBJECT = 100  # characters of an SNS subject


@cache
def region_name(region):
    """`US East (N. Virginia)`."""
    data = botocore.session.get_session().get_component("data_loader").load_data("endpoints")
    found = (each["regions"].get(region, {}).get("description") for each in data["partitions"])
    return next(filter(None, found), region)


def stamp(moment):
    """`2026-11-21T15:50:00.123+0000`, as CloudWatch writes moments."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def subject(alarm, region):
    return f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {region_name(region)}'[:_SUBJECT]


def message(alarm, old, region, account):
    """The message to a topic, as a dict; `old`: the state before."""
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": stamp(alarm["StateUpdatedTimestamp"]),
        "Region": region_name(region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old,
        "OKActions": alarm["OKActions"],
        "AlarmActions": alarm["AlarmActions"],
        "InsufficientDataActions": alarm["InsufficientDataActions"],
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm):
    shared = {
        "Period": definition.period(alarm),
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if "DatapointsToAlarm" in alarm else {}),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in alarm:
        return {**shared, "Metrics": alarm["Metrics"]}
    extended = "ExtendedStatistic" in alarm
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": alarm["ExtendedStatistic"]} if extended else {"Statistic": alarm["Statistic"].upper()}),
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in alarm["Dimensions"]],
        **shared,
    }


def state_of(alarm):
    """The alarm's state as events and functions are told it."""
    told = {"value": alarm["StateValue"], "reason": alarm["StateReason"], "timestamp": stamp(alarm["StateUpdatedTimestamp"])}
    return told | ({"reasonData": alarm["StateReasonData"]} if alarm.get("StateReasonData") else {})


def change(alarm, before):
    """`alarmData` of a function's event, and the detail of the event on the bus; `before`: `state_of` the alarm before."""
    found, _ = definition.queries_of(alarm)
    metrics = [
        {
            "id": identity,
            "returnData": query.get("ReturnData", True),
            **({"metricStat": _stat(query["MetricStat"])} if "MetricStat" in query else {"expression": query["Expression"]}),
        }
        for identity, query in found.items()
    ]
    settings = {"metrics": metrics} | ({"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {})
    return {"alarmName": alarm["AlarmName"], "state": state_of(alarm), "previousState": before, "configuration": settings}


def _stat(stat):
    metric = stat["Metric"]
    named = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
    return {
        "metric": {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": named},
        "period": stat["Period"],
        "stat": stat["Stat"],
    }


class Actions:
    """Carries out an alarm's actions. `clients(service, region)`: boto3 clients with the service's own rights."""

    def __init__(self, settings, clients):
        self.settings, self.clients = settings, clients

    def act(self, alarm, old, before, action, region):
        """Do one action; returns None, or why it failed."""
        service = action.split(":")[2]
        try:
            return self._to_topic(alarm, old, action, region) if service == "sns" else self._to_function(alarm, before, action, region)
        except Exception as error:  # what goes wrong with one alarm's action must not stop the others
            return f"{type(error).__name__}: {error}"

    def _to_topic(self, alarm, old, topic, region):
        from localcloud.iam import topics

        account = self.settings.account
        refused = topics.refusal(topic, PRINCIPAL, alarm["AlarmArn"], account, region)
        if refused:
            return refused
        text = json.dumps(message(alarm, old, region, account))
        self.clients("sns", topic.split(":")[3]).publish(TopicArn=topic, Subject=subject(alarm, region), Message=text)
        return None

    def _to_function(self, alarm, before, function, region):
        from localcloud.iam import deliveries

        account = self.settings.account
        if not deliveries.may_invoke(function, "lambda.alarms.cloudwatch.amazonaws.com", alarm["AlarmArn"], account, region):
            return f"CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on resource: {function}"
        event = {
            "source": "aws.cloudwatch",
            "alarmArn": alarm["AlarmArn"],
            "accountId": account,
            "time": stamp(alarm["StateUpdatedTimestamp"]),
            "region": region,
            "alarmData": change(alarm, before),
        }
        self.clients("lambda", region).invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
        return None
