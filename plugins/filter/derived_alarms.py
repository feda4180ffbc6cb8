"""Alarms of CloudWatch that follow from what a host declares."""

DOCUMENTATION = r"""
name: derived_alarms
author: Headwater
short_description: Alarms of CloudWatch that follow from what a host declares
description:
  - For each function its errors, throttles and lost events, for each queue what waits in it, for each delivery stream late and failed
    deliveries, for each REST API errors of its own, failed crawlers and jobs, findings of data checks, and the page of a server.
  - A host's own alarms (C(cloudwatch_alarms)) are not among them.
positional: _input
options:
  _input:
    description: The host's variables.
    type: dict
    required: true
"""

EXAMPLES = r"""
alarms: "{{ hostvars[inventory_hostname] | derived_alarms }}"
"""

RETURN = r"""
_value:
  description: Items as C(cloudwatch_alarms) has them.
  type: list
  elements: dict
"""

import importlib
import sys
from pathlib import Path

#: The source folder of the functions that check data.
CHECKS = "check_data_quality"
#: Firehose is late when the oldest record waits for more than two buffers, and at least for so many periods.
LEAST_FRESHNESS = 3
LONGEST_NAME = 255
#: Seconds in which a failure counts, where the host's variable alarm_period_seconds says nothing else.
PERIOD = 300


# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
RULES = importlib.import_module("derived_rules")


def items(variables, option):
    """The named items of a list that a host declares; what is no such item is left to the roles' argument specs."""
    return [item for item in variables.get(option) or [] if isinstance(item, dict) and isinstance(item.get("name"), str)]


def alarm(variables, what, resource, **more):
    """An alarm on a resource: more than nothing in a period, unless `more` says otherwise; no data is no trouble."""
    prefix = variables["name_prefix"]
    parts = [variables["pipeline_slug"], what, *([resource.removeprefix(prefix)] if resource else [])]
    name = (prefix + "-".join(parts))[:LONGEST_NAME]
    period = int(variables.get("alarm_period_seconds", PERIOD))
    return {"name": name, "statistic": "Sum", "period": period, "threshold": 0, "treat_missing_data": "notBreaching", **more}


def again(variables):
    """How events that failed are done again."""
    return f"ansible-playbook playbooks/replay-failures.yml -e pipeline={variables['inventory_hostname']}"


def of_function(variables, item):
    name = item["name"]
    metric = {"namespace": "AWS/Lambda", "dimensions": {"FunctionName": name}}
    yield alarm(
        variables,
        "errors",
        name,
        **metric,
        metric="Errors",
        description=f"The function {name} failed. An event is tried three times and then waits in the failure queue. "
        f"First read the log /aws/lambda/{name}; when it is mended: {again(variables)}",
    )
    yield alarm(
        variables,
        "throttles",
        name,
        **metric,
        metric="Throttles",
        description=f"Lambda refused to run {name} because too much ran at once. Events are tried again for six hours. "
        "First look at the account's limit of concurrent executions, and at what else uses it.",
    )
    if item.get("on_failure"):
        yield alarm(
            variables,
            "lost-events",
            name,
            **metric,
            metric="DestinationDeliveryFailures",
            description=f"Lambda could not put an event that {name} gave up on into the failure queue, so the event is lost there. "
            f"First look whether the queue exists and the function's role may send to it; then give it its input again.",
        )
    if item.get("source") == CHECKS:
        yield of_checks(variables, item)


def of_checks(variables, item):
    """The last findings stand until the next run."""
    return alarm(
        variables,
        "findings",
        "",
        namespace="Headwater",
        metric="Findings",
        dimensions={"Pipeline": (item.get("environment") or {}).get("PIPELINE", variables["inventory_hostname"])},
        statistic="Maximum",
        treat_missing_data="ignore",
        description=f"Data of {variables['inventory_hostname']} are not as they should be. First look at the findings: "
        f"ansible-playbook playbooks/check-data.yml -e pipeline={variables['inventory_hostname']}, or the page's checks.",
    )


def of_queue(variables, item):
    # A queue that nobody uses sends no data after some hours; what waits in it waits still.
    yield alarm(
        variables,
        "failures-waiting",
        item["name"],
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": item["name"]},
        statistic="Maximum",
        treat_missing_data="ignore",
        description=f"Events that a function gave up on wait in {item['name']}, for fourteen days. "
        f"First mend what made them fail; then: {again(variables)}",
    )


def of_stream(variables, item):
    name = item["name"]
    metric = {"namespace": "AWS/Firehose", "dimensions": {"DeliveryStreamName": name}}
    limit = max(LEAST_FRESHNESS * int(variables.get("alarm_period_seconds", PERIOD)), 2 * int(item.get("buffer_seconds", 300)))
    first = f"First read the log /aws/kinesisfirehose/{name}, and look whether its role may write to the bucket."
    yield alarm(
        variables,
        "late-delivery",
        name,
        **metric,
        metric="DeliveryToS3.DataFreshness",
        statistic="Maximum",
        threshold=limit,
        description=f"The oldest record in the delivery stream {name} waits for more than {limit} seconds. {first}",
    )
    failures = {"statistic": "Minimum", "threshold": 1, "comparison": "LessThanThreshold"}
    yield alarm(
        variables,
        "failed-delivery",
        name,
        **metric,
        **failures,
        metric="DeliveryToS3.Success",
        description=f"The delivery stream {name} could not write to its bucket; it tries again for a day. {first}",
    )
    if item.get("transform"):
        yield alarm(
            variables,
            "failed-transform",
            name,
            **metric,
            **failures,
            metric="ExecuteProcessing.Success",
            description=f"The delivery stream {name} could not call the function that transforms its records; after three tries they go "
            "to the error prefix as they came. First read the function's log.",
        )


def of_api(variables, item):
    name, stage = item["name"], item.get("stage", "")
    first = f"First read the log {item['log_group']}" if item.get("log_group") else "First call it by hand"
    yield alarm(
        variables,
        "server-errors",
        name,
        namespace="AWS/ApiGateway",
        metric="5XXError",
        dimensions={"ApiName": name, "Stage": stage},
        description=f"The REST API {name} answered with a status of 500 or more, so what was sent is not stored unless it was sent again. "
        f"{first}: 502 says that the stream refused, 503 that it was not "
        "available, 504 that it did not answer, 500 that the stage is wrong.",
    )


def of_rules(variables):
    """Failed crawlers and jobs, counted by the rules that tell of them."""
    for rule in RULES.derived_rules(variables):
        names = next(names for member, names in rule["pattern"]["detail"].items() if member != "state")
        yield alarm(
            variables,
            rule["name"].removeprefix(f"{variables['name_prefix']}{variables['pipeline_slug']}-"),
            "",
            namespace="AWS/Events",
            metric="TriggeredRules",
            dimensions={"RuleName": rule["name"]},
            description=f"{' or '.join(names)} failed; a message of the rule {rule['name']} says which, and where its log is. "
            "First read that; ansible-playbook playbooks/show-status.yml names what runs it again.",
        )


def of_page(variables):
    """A server whose page says each minute that it is well (the option dashboard_heartbeat_server)."""
    server = variables.get("dashboard_heartbeat_server")
    if server:
        yield alarm(
            variables,
            "unhealthy-page",
            "",
            namespace="Headwater",
            metric="PageHealthy",
            dimensions={"Server": server},
            statistic="Minimum",
            period=60,
            evaluation_periods=3,
            threshold=1,
            comparison="LessThanThreshold",
            treat_missing_data="breaching",
            description=f"The page on {server} has not said for three minutes that it is well. First look whether the "
            "server runs; then on it: journalctl -u headwater-dashboard. ansible-playbook site.yml puts it right.",
        )


#: option → alarms of one of its items. A further kind of resource joins with a line.
EACH = {"lambda_functions": of_function, "sqs_queues": of_queue, "firehose_streams": of_stream, "apigateway_apis": of_api}
WHOLE = (of_rules, of_page)


def derived_alarms(variables):
    """[{"name", "description", "namespace", "metric", "dimensions", …}] of a host's `variables`."""
    found = [each for option, of in EACH.items() for item in items(variables, option) for each in of(variables, item)]
    return found + [each for of in WHOLE for each in of(variables)]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"derived_alarms": derived_alarms}
