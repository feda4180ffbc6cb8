"""Budgets: what is refused before AWS is asked, and what others set on a budget."""

import pytest

from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

ALERT = {"type": "actual", "percent": 80}


def declared(aws, **changes):
    return {"name": unique("budget"), "limit_usd": 50, "alerts": [ALERT], "topic_arn": aws.arn("sns", "alerts"), **changes}


def budget(aws, name):
    return aws.client("budgets").describe_budget(AccountId=aws.account, BudgetName=name)["Budget"]


@on("moto")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit_usd": 0}, ["limit_usd is 0.0", "state: absent"]),
        ({"limit_usd": None}, ["limit_usd is None"]),
        ({"alerts": [ALERT, ALERT]}, ["the same twice", "actual 80 %"]),
        ({"topic_arn": ""}, ["reach nobody", "topic_arn or emails"]),
        ({"emails": [f"{number}@example.com" for number in range(11)]}, ["11 addresses"]),
    ],
)
def test_what_aws_would_not_take_is_refused_with_what_to_do(aws, changes, words):
    options = {key: value for key, value in declared(aws, **changes).items() if value is not None}
    refused("budget_config", *words, check=True, **options)


@on("local")
def test_it_tells_the_topic_and_the_addresses_when_asked_without_the_module(aws):
    options = declared(aws, emails=["b@example.com", "a@example.com", "a@example.com"])
    done("budget_config", **options)
    client, of_it = aws.client("budgets"), {"AccountId": aws.account, "BudgetName": options["name"]}
    (notification,) = client.describe_notifications_for_budget(**of_it)["Notifications"]
    assert notification["ComparisonOperator"] == "GREATER_THAN"
    assert (notification["NotificationType"], notification["Threshold"], notification["ThresholdType"]) == ("ACTUAL", 80.0, "PERCENTAGE")
    told = client.describe_subscribers_for_notification(**of_it, Notification=notification)["Subscribers"]
    assert sorted((each["SubscriptionType"], each["Address"]) for each in told) == [
        ("EMAIL", "a@example.com"),
        ("EMAIL", "b@example.com"),
        ("SNS", aws.arn("sns", "alerts")),
    ]
    assert budget(aws, options["name"])["TimeUnit"] == "MONTHLY"


@on("local")
def test_what_the_module_does_not_know_stays(aws):
    options = declared(aws)
    done("budget_config", **options)
    client, name = aws.client("budgets"), options["name"]
    theirs = budget(aws, name) | {"CostTypes": {"IncludeTax": False}}
    sent = {key: value for key, value in theirs.items() if key not in ("CalculatedSpend", "LastUpdatedTime")}
    client.update_budget(AccountId=aws.account, NewBudget=sent)
    assert not done("budget_config", **options).changed
    done("budget_config", **{**options, "limit_usd": 60})
    found = budget(aws, name)
    assert (found["CostTypes"], found["BudgetLimit"]["Amount"]) == ({"IncludeTax": False}, "60.00")
    assert found["TimePeriod"] == theirs["TimePeriod"]


@on("local")
def test_an_alert_that_somebody_added_goes(aws):
    options = declared(aws)
    done("budget_config", **options)
    added = {"NotificationType": "ACTUAL", "ComparisonOperator": "LESS_THAN", "Threshold": 5.0, "ThresholdType": "ABSOLUTE_VALUE"}
    client, of_it = aws.client("budgets"), {"AccountId": aws.account, "BudgetName": options["name"]}
    client.create_notification(**of_it, Notification=added, Subscribers=[{"SubscriptionType": "EMAIL", "Address": "x@example.com"}])
    planned = done("budget_config", check=True, **options)
    assert planned.differing == {"alerts"}
    done("budget_config", **options)
    assert len(client.describe_notifications_for_budget(**of_it)["Notifications"]) == 1
    assert not done("budget_config", **options).changed


@on("local")
def test_nothing_is_spent_here(aws):
    """docs/local-cloud.md says so: no alert ever comes."""
    options = declared(aws, limit_usd=0.01)
    done("budget_config", **options)
    assert float(budget(aws, options["name"])["CalculatedSpend"]["ActualSpend"]["Amount"]) == 0
