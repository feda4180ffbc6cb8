#!/usr/bin/python
"""Manage an Amazon CloudWatch alarm on one metric."""

DOCUMENTATION = r"""
module: cloudwatch_alarm_config
short_description: Manage an Amazon CloudWatch alarm on one metric
description:
  - Create, update or delete an alarm. Its state and history stay when it is updated.
  - Unlike M(amazon.aws.cloudwatch_metric_alarm) it has tags, in the call that creates the alarm; it sees that actions were switched off
    and that a metric was replaced by an expression, and shows in check mode which field differs.
options:
  name:
    description: Name of the alarm.
    type: str
    required: true
  description:
    description: What the alarm means and what to do first; it is part of the message.
    type: str
    default: ""
  namespace:
    description: Namespace of the metric, such as C(AWS/Lambda).
    type: str
  metric:
    description: Name of the metric.
    type: str
  dimensions:
    description: Dimensions of the metric by their names.
    type: dict
    default: {}
  statistic:
    description: SampleCount, Average, Sum, Minimum, Maximum, or a percentile such as C(p99).
    type: str
    default: Sum
  period:
    description: Seconds of a datapoint; 10, 30 or a multiple of 60.
    type: int
    default: 300
  evaluation_periods:
    description: Number of periods that are looked at.
    type: int
    default: 1
  datapoints_to_alarm:
    description: Number of datapoints among them that must breach; 0 for all.
    type: int
    default: 0
  threshold:
    description: What the statistic is compared with.
    type: float
    default: 0
  comparison:
    description: How it breaches the threshold.
    type: str
    choices:
      - GreaterThanThreshold
      - GreaterThanOrEqualToThreshold
      - LessThanThreshold
      - LessThanOrEqualToThreshold
    default: GreaterThanThreshold
  treat_missing_data:
    description: What a period without data counts as.
    type: str
    choices: [breaching, notBreaching, ignore, missing]
    default: missing
  alarm_actions:
    description: ARNs of what is told when the alarm is raised.
    type: list
    elements: str
    default: []
  ok_actions:
    description: ARNs of what is told when all is well again.
    type: list
    elements: str
    default: []
  insufficient_data_actions:
    description: ARNs of what is told when there is too little data to judge.
    type: list
    elements: str
    default: []
  tags:
    description: All tags of the alarm; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: Somebody is told when the function fails
  cloudwatch_alarm_config:
    name: orders-errors-FilterAndProcessOrders
    description: The function failed. Read its log first.
    namespace: AWS/Lambda
    metric: Errors
    dimensions: {FunctionName: FilterAndProcessOrders}
    treat_missing_data: notBreaching
    alarm_actions: ["arn:aws:sns:eu-central-1:123456789012:pipeline-failure-alerts"]
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The alarm as it is, or in check mode would be, without its state; empty when absent.
  type: dict
  returned: always
  sample: {name: orders-errors, metric: Errors, namespace: AWS/Lambda, dimensions: {FunctionName: orders}, actions_enabled: true}
"""

from ansible.module_utils.aws_resource import arn_of, aws_module, aws_tags, converge, plain_tags, tag_changes

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
COMPARISONS = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold")
#: What changes an alarm's meaning and no option can say. Other members of AWS's answer are its state, or defaults that AWS adds in time.
OTHER = ("Metrics", "Unit", "ThresholdMetricId", "EvaluateLowSampleCountPercentile")
SETTINGS = (
    "name",
    "description",
    "namespace",
    "metric",
    "dimensions",
    "statistic",
    "period",
    "evaluation_periods",
    "datapoints_to_alarm",
    "threshold",
    "comparison",
    "treat_missing_data",
    "alarm_actions",
    "ok_actions",
    "insufficient_data_actions",
    "tags",
)


def describe(cloudwatch, name):
    """The alarm in the shape of `wanted`, or None; what the options cannot say, such as an expression, stays visible under `other`."""
    found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"]).get("MetricAlarms")
    if not found:
        return None
    alarm = found[0]
    shown = {
        "name": name,
        "description": alarm.get("AlarmDescription") or "",
        "namespace": alarm.get("Namespace") or "",
        "metric": alarm.get("MetricName") or "",
        "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
        "statistic": alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "",
        "period": alarm.get("Period") or 0,
        "evaluation_periods": alarm["EvaluationPeriods"],
        "datapoints_to_alarm": alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        "threshold": float(alarm.get("Threshold") or 0),
        "comparison": alarm["ComparisonOperator"],
        "treat_missing_data": alarm.get("TreatMissingData") or "missing",
        "actions_enabled": alarm.get("ActionsEnabled", True),
        "alarm_actions": sorted(alarm.get("AlarmActions") or []),
        "ok_actions": sorted(alarm.get("OKActions") or []),
        "insufficient_data_actions": sorted(alarm.get("InsufficientDataActions") or []),
        "tags": plain_tags(cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get("Tags")),
    }
    other = {key: alarm[key] for key in OTHER if alarm.get(key)}
    return {**shown, "other": other} if other else shown


def apply(cloudwatch, arn, before, after):
    """Make AWS match `after`; `arn()`: the alarm's."""
    if after is None:
        cloudwatch.delete_alarms(AlarmNames=[before["name"]])
        return
    if before is None:
        cloudwatch.put_metric_alarm(**settings(after), **({"Tags": aws_tags(after["tags"])} if after["tags"] else {}))
        return
    without_tags = [{key: value for key, value in side.items() if key != "tags"} for side in (before, after)]
    if without_tags[0] != without_tags[1]:
        cloudwatch.put_metric_alarm(**settings(after))
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    if to_set:
        cloudwatch.tag_resource(ResourceARN=arn(), Tags=aws_tags(to_set))
    if to_remove:
        cloudwatch.untag_resource(ResourceARN=arn(), TagKeys=to_remove)


def settings(after):
    """All settings as the API takes them, since those that are left out are reset."""
    statistic = "Statistic" if after["statistic"] in STATISTICS else "ExtendedStatistic"
    return {
        "AlarmName": after["name"],
        "AlarmDescription": after["description"],
        "Namespace": after["namespace"],
        "MetricName": after["metric"],
        "Dimensions": [{"Name": name, "Value": value} for name, value in sorted(after["dimensions"].items())],
        statistic: after["statistic"],
        "Period": after["period"],
        "EvaluationPeriods": after["evaluation_periods"],
        "DatapointsToAlarm": after["datapoints_to_alarm"],
        "Threshold": after["threshold"],
        "ComparisonOperator": after["comparison"],
        "TreatMissingData": after["treat_missing_data"],
        "ActionsEnabled": after["actions_enabled"],
        "AlarmActions": after["alarm_actions"],
        "OKActions": after["ok_actions"],
        "InsufficientDataActions": after["insufficient_data_actions"],
    }


def wanted_alarm(params):
    """The options in the shape that `describe` gives."""
    wanted = {key: params[key] for key in SETTINGS}
    wanted["dimensions"] = {name: str(value) for name, value in params["dimensions"].items()}
    wanted["datapoints_to_alarm"] = params["datapoints_to_alarm"] or params["evaluation_periods"]
    for actions in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
        wanted[actions] = sorted(params[actions])
    return {**wanted, "actions_enabled": True}


def main():
    """Compare, then act only on a difference."""
    arns = {"type": "list", "elements": "str", "default": []}
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "namespace": {},
            "metric": {},
            "dimensions": {"type": "dict", "default": {}},
            "statistic": {"default": "Sum"},
            "period": {"type": "int", "default": 300},
            "evaluation_periods": {"type": "int", "default": 1},
            "datapoints_to_alarm": {"type": "int", "default": 0},
            "threshold": {"type": "float", "default": 0.0},
            "comparison": {"choices": list(COMPARISONS), "default": COMPARISONS[0]},
            "treat_missing_data": {"choices": ["breaching", "notBreaching", "ignore", "missing"], "default": "missing"},
            "alarm_actions": arns,
            "ok_actions": arns,
            "insufficient_data_actions": arns,
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["namespace", "metric"])],
    )
    cloudwatch = module.client("cloudwatch")
    wanted = wanted_alarm(module.params)
    converge(
        module,
        f"CloudWatch alarm {wanted['name']!r}",
        lambda: describe(cloudwatch, wanted["name"]),
        lambda before, after: apply(cloudwatch, lambda: arn_of(module, "cloudwatch", f"alarm:{wanted['name']}"), before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
