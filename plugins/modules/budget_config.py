#!/usr/bin/python
"""Manage a monthly AWS budget with its alerts and tags."""

DOCUMENTATION = r"""
module: budget_config
short_description: Manage a monthly AWS budget with its alerts and tags
description:
  - Create, update or delete a budget of costs in US dollars for each month, with a diff.
  - The tags are in the call that creates the budget, so that a run which is cut off leaves no budget of nobody.
  - AWS Budgets is one service for all regions; boto3 finds its endpoint whatever the region is.
  - What somebody else set on the budget and this module does not know, such as kinds of costs, stays as it is.
options:
  name:
    description: Name of the budget.
    type: str
    required: true
  limit_usd:
    description: Dollars a month.
    type: float
  cost_filters:
    description:
      - Which costs count, as AWS names them, such as C(TagKeyValue) with C(user:project$headwater); empty for the whole account.
      - A tag filters nothing in until somebody has activated it as a cost allocation tag in the account's billing settings.
    type: dict
    default: {}
  alerts:
    description: When somebody is told; none twice.
    type: list
    elements: dict
    default: []
    suboptions:
      type:
        description: Whether actual costs count, or those that AWS expects until the end of the month.
        type: str
        choices: [actual, forecasted]
        required: true
      percent:
        description: Percentage of the limit above which somebody is told.
        type: float
        required: true
  topic_arn:
    description: ARN of the SNS topic that alerts go to; its policy must let C(budgets.amazonaws.com) publish.
    type: str
    default: ""
  emails:
    description: Addresses that alerts go to as well, ten at most.
    type: list
    elements: str
    default: []
  tags:
    description: All tags of the budget; others are removed.
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
- name: The topic is told when the month has cost 40 dollars, or is expected to cost 50
  budget_config:
    name: headwater
    limit_usd: 50
    alerts: [{type: actual, percent: 80}, {type: forecasted, percent: 100}]
    topic_arn: arn:aws:sns:us-east-1:123456789012:pipeline-failure-alerts
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The budget as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample:
    name: headwater
    limit_usd: 50.0
    cost_filters: {}
    alerts: [{type: actual, percent: 80.0, topic_arn: "", emails: [someone@example.com]}]
    tags: {project: headwater}
"""

from ansible.module_utils.aws_resource import ClientError, aws_module, aws_tags, converge, is_missing, plain_tags, tag_changes

#: What AWS computes itself, and takes in no call.
COMPUTED = ("CalculatedSpend", "LastUpdatedTime", "HealthStatus")


class Budgets:
    """The budgets of one account, in the options' own shape."""

    def __init__(self, client, account, partition):
        self.client, self.account, self.partition = client, account, partition

    def arn(self, name):
        """A budget's ARN; it has no region."""
        return f"arn:{self.partition}:budgets::{self.account}:budget/{name}"

    def found(self, name):
        """The budget as AWS has it, or None."""
        try:
            return self.client.describe_budget(AccountId=self.account, BudgetName=name)["Budget"]
        except ClientError as error:
            if is_missing(error, "NotFoundException"):
                return None
            raise

    def describe(self, name):
        """The budget in the shape of `resource`, or None."""
        found = self.found(name)
        if found is None:
            return None
        of_it = {"AccountId": self.account, "BudgetName": name}
        pages = self.client.get_paginator("describe_notifications_for_budget").paginate(**of_it)
        notifications = [each for page in pages for each in page["Notifications"]]
        return {
            "name": name,
            "limit_usd": float(found["BudgetLimit"]["Amount"]),
            "cost_filters": found.get("CostFilters", {}),
            "alerts": ordered(self.alert(of_it, notification) for notification in notifications),
            "tags": plain_tags(self.client.list_tags_for_resource(ResourceARN=self.arn(name)).get("ResourceTags")),
        }

    def alert(self, of_it, notification):
        """One alert with who is told."""
        identity = {key: value for key, value in notification.items() if key != "NotificationState"}
        pages = self.client.get_paginator("describe_subscribers_for_notification").paginate(**of_it, Notification=identity)
        subscribers = [each for page in pages for each in page["Subscribers"]]
        addresses = {kind: sorted(each["Address"] for each in subscribers if each["SubscriptionType"] == kind) for kind in ("SNS", "EMAIL")}
        percent = notification["Threshold"]
        if notification.get("ThresholdType", "PERCENTAGE") != "PERCENTAGE" or notification["ComparisonOperator"] != "GREATER_THAN":
            # No alert of ours, so its like is never declared, and it goes.
            return {"type": "other", "percent": percent, "notification": identity}
        return {
            "type": notification["NotificationType"].lower(),
            "percent": float(percent),
            "topic_arn": "".join(addresses["SNS"]),
            "emails": addresses["EMAIL"],
        }

    def apply(self, before, after):
        """Make AWS match `after`."""
        if after is None:
            self.client.delete_budget(AccountId=self.account, BudgetName=before["name"])
        elif before is None:
            made = {"BudgetName": after["name"], "BudgetType": "COST", "TimeUnit": "MONTHLY", **members(after)}
            alerts = [{"Notification": notification(alert), "Subscribers": subscribers(alert)} for alert in after["alerts"]]
            tags = {"ResourceTags": aws_tags(after["tags"])} if after["tags"] else {}
            self.client.create_budget(AccountId=self.account, Budget=made, NotificationsWithSubscribers=alerts, **tags)
        else:
            self.update(before, after)

    def update(self, before, after):
        """Change limit, alerts and tags, each only when it differs."""
        name = after["name"]
        if members(before) != members(after):
            kept = {key: value for key, value in self.found(name).items() if key not in (*COMPUTED, "CostFilters")}
            self.client.update_budget(AccountId=self.account, NewBudget={**kept, **members(after)})
        of_it = {"AccountId": self.account, "BudgetName": name}
        for alert in before["alerts"]:
            if alert not in after["alerts"]:
                self.client.delete_notification(**of_it, Notification=notification(alert))
        for alert in after["alerts"]:
            if alert not in before["alerts"]:
                self.client.create_notification(**of_it, Notification=notification(alert), Subscribers=subscribers(alert))
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        if to_set:
            self.client.tag_resource(ResourceARN=self.arn(name), ResourceTags=aws_tags(to_set))
        if to_remove:
            self.client.untag_resource(ResourceARN=self.arn(name), ResourceTagKeys=to_remove)


def members(resource):
    """Limit and filters as the API takes them; the amount is text."""
    limit = {"BudgetLimit": {"Amount": f"{resource['limit_usd']:.2f}", "Unit": "USD"}}
    return limit | ({"CostFilters": resource["cost_filters"]} if resource["cost_filters"] else {})


def notification(alert):
    """An alert as the API takes it."""
    if "notification" in alert:
        return alert["notification"]
    return {
        "NotificationType": alert["type"].upper(),
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": alert["percent"],
        "ThresholdType": "PERCENTAGE",
    }


def subscribers(alert):
    """Who is told, as the API takes it."""
    topic = [{"SubscriptionType": "SNS", "Address": alert["topic_arn"]}] if alert["topic_arn"] else []
    return topic + [{"SubscriptionType": "EMAIL", "Address": address} for address in alert["emails"]]


def ordered(alerts):
    """Alerts in the one order that they are compared in."""
    return sorted(alerts, key=lambda alert: (alert["type"], alert["percent"]))


def problems(params):
    """What is wrong with the options, a sentence each."""
    said = [(alert["type"], alert["percent"]) for alert in params["alerts"]]
    if params["limit_usd"] is None or params["limit_usd"] < 0.01:
        yield f"limit_usd is {params['limit_usd']}; a budget needs at least 0.01 (state: absent removes it)"
    if len(set(said)) < len(said):
        yield f"alerts has the same twice: {', '.join(f'{kind} {percent:g} %' for kind, percent in sorted(said))}"
    if said and not params["topic_arn"] and not params["emails"]:
        yield "alerts reach nobody; give topic_arn or emails, or no alerts"
    if len(params["emails"]) > 10:
        yield f"emails has {len(params['emails'])} addresses; AWS takes ten"


def main():
    """Compare, then act only on a difference."""
    alert = {"type": {"choices": ["actual", "forecasted"], "required": True}, "percent": {"type": "float", "required": True}}
    module = aws_module(
        {
            "name": {"required": True},
            "limit_usd": {"type": "float"},
            "cost_filters": {"type": "dict", "default": {}},
            "alerts": {"type": "list", "elements": "dict", "default": [], "options": alert},
            "topic_arn": {"default": ""},
            "emails": {"type": "list", "elements": "str", "default": []},
            "tags": {"type": "dict", "default": {}},
        }
    )
    params = module.params
    wrong = list(problems(params)) if params["state"] == "present" else []
    if wrong:
        module.fail_json(msg=f"Budget {params['name']!r}: {'; '.join(wrong)}")
    told = {"topic_arn": params["topic_arn"], "emails": sorted(set(params["emails"]))}
    wanted = {
        "name": params["name"],
        "limit_usd": round(params["limit_usd"] or 0, 2),
        "cost_filters": params["cost_filters"],
        "alerts": ordered({"type": alert["type"], "percent": alert["percent"], **told} for alert in params["alerts"]),
        "tags": params["tags"],
    }
    caller = module.client("sts").get_caller_identity()
    budgets = Budgets(module.client("budgets"), caller["Account"], caller["Arn"].split(":")[1])
    converge(module, f"Budget {wanted['name']!r}", lambda: budgets.describe(wanted["name"]), budgets.apply, wanted)


if __name__ == "__main__":
    main()
