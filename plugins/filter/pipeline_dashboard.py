"""A pipeline's dashboard in CloudWatch, from what it declares."""

DOCUMENTATION = r"""
name: pipeline_dashboard
author: Headwater
short_description: A pipeline's dashboard in CloudWatch, from what it declares
description:
  - States of its alarms, calls, errors and durations of its functions, size and requests of its buckets, requests of its REST
    APIs, its delivery streams and queues, failed crawlers and jobs, and findings of data checks.
  - A note at its head says what it shows and who makes it.
positional: _input
options:
  _input:
    description: The host's variables.
    type: dict
    required: true
"""

EXAMPLES = r"""
body: "{{ hostvars[inventory_hostname] | pipeline_dashboard }}"
"""

RETURN = r"""
_value:
  description: The dashboard's body, in CloudWatch's structure.
  type: dict
"""

import importlib
import sys
from pathlib import Path

COLUMNS = 24
#: Most alarms that a widget shows.
MOST_ALARMS = 100
MINUTES, DAY = 300, 86_400


# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
ALARMS = importlib.import_module("derived_alarms")


def metrics(namespace, dimension, items, *names, prefix="", **options):
    """Lines of a graph: each metric of each item. `names`: metrics, each a name or (name, statistic)."""
    found = []
    for item in items:
        for name in names:
            metric, statistic = name if isinstance(name, tuple) else (name, None)
            label = item["name"].removeprefix(prefix) + (f" {(statistic or metric).lower()}" if len(names) > 1 else "")
            dimensions = [text for pair in (options.get("more") or {}).items() for text in pair]
            found.append(
                [namespace, metric, dimension, item["name"], *dimensions, {"label": label, **({"stat": statistic} if statistic else {})}]
            )
    return found


class Board:
    """Widgets one after the other, in rows of 24 columns."""

    def __init__(self, region):
        self.region, self.widgets, self.y = region, [], 0

    def row(self, height, *widgets):
        """A row of (type, properties), as wide as there are columns; widgets that are None are left out."""
        shown = [widget for widget in widgets if widget]
        for index, (kind, properties) in enumerate(shown):
            width = COLUMNS // len(shown)
            place = {"x": index * width, "y": self.y, "width": width, "height": height}
            self.widgets.append({"type": kind, **place, "properties": properties})
        self.y += height if shown else 0

    def graph(self, title, lines, statistic="Sum", period=MINUTES, **more):
        """A graph, or None where there is nothing to draw."""
        if not lines:
            return None
        properties = {"title": title, "metrics": lines, "stat": statistic, "period": period, "region": self.region}
        return "metric", {**properties, "view": "timeSeries", "stacked": False, "yAxis": {"left": {"min": 0}}, **more}


def note(variables):
    """Title and description, and who makes it."""
    made = f"Made by site.yml of {variables['project']} ({variables['environment_name']}), which undoes changes by hand."
    title = variables.get("pipeline_title") or variables["inventory_hostname"]
    return {"markdown": f"# {title}\n{variables.get('pipeline_description', '')}\n\n{made}"}


def pipeline_dashboard(variables):
    """{"start", "periodOverride", "widgets"} of a host's `variables`."""
    prefix, declared = variables["name_prefix"], lambda option: ALARMS.items(variables, option)
    functions, buckets, streams = declared("lambda_functions"), declared("s3_buckets"), declared("firehose_streams")
    board = Board(variables["aws_region"])
    board.row(3, ("text", note(variables)))
    names = [item["name"] for item in [*declared("cloudwatch_alarms"), *ALARMS.derived_alarms(variables)]]
    arns = [f"{variables['arn']['cloudwatch']}:alarm:{name}" for name in names]
    for start in range(0, len(arns), MOST_ALARMS):
        board.row(4, ("alarm", {"title": "Alarms", "alarms": arns[start : start + MOST_ALARMS]}))
    of_functions = lambda *names: metrics("AWS/Lambda", "FunctionName", functions, *names, prefix=prefix)  # noqa: E731 - one line
    board.row(
        6,
        board.graph("Invocations", of_functions("Invocations")),
        board.graph("Errors and throttles", of_functions("Errors", "Throttles")),
        board.graph("Duration (ms)", of_functions(("Duration", "Average"), ("Duration", "Maximum")), "Average"),
    )
    size = metrics("AWS/S3", "BucketName", buckets, "BucketSizeBytes", prefix=prefix, more={"StorageType": "StandardStorage"})
    count = metrics("AWS/S3", "BucketName", buckets, "NumberOfObjects", prefix=prefix, more={"StorageType": "AllStorageTypes"})
    counted = [item for item in buckets if item.get("request_metrics")]
    asked = ("AllRequests", "GetRequests", "PutRequests", "4xxErrors", "5xxErrors")
    requests = metrics("AWS/S3", "BucketName", counted, *asked, prefix=prefix, more={"FilterId": "EntireBucket"})
    # S3 says once a day how much it holds.
    board.row(
        6,
        board.graph("Bucket size (bytes)", size, "Average", DAY, start="-P14D"),
        board.graph("Objects", count, "Average", DAY, start="-P14D"),
        board.graph("S3 requests", requests),
    )
    # The stage is a dimension too, and not the same for each API.
    of_apis = lambda *names: [  # noqa: E731 - one line
        each
        for api in declared("apigateway_apis")
        for each in metrics("AWS/ApiGateway", "ApiName", [api], *names, prefix=prefix, more={"Stage": api.get("stage", "")})
    ]
    board.row(
        6,
        board.graph("Requests of APIs", of_apis("Count")),
        board.graph("Refusals and errors of APIs", of_apis("4XXError", "5XXError")),
        board.graph("Latency of APIs (ms)", of_apis(("Latency", "Average"), ("Latency", "p99"), ("IntegrationLatency", "Average"))),
    )
    of_streams = lambda *names: metrics("AWS/Firehose", "DeliveryStreamName", streams, *names, prefix=prefix)  # noqa: E731 - one line
    board.row(
        6,
        board.graph("Records received", of_streams("IncomingRecords")),
        board.graph("Age of the oldest record (s)", of_streams("DeliveryToS3.DataFreshness"), "Maximum"),
        board.graph("Deliveries that succeeded (share)", of_streams("DeliveryToS3.Success"), "Average"),
    )
    queues = metrics("AWS/SQS", "QueueName", declared("sqs_queues"), "ApproximateNumberOfMessagesVisible", prefix=prefix)
    rules = metrics("AWS/Events", "RuleName", ALARMS.RULES.derived_rules(variables), "TriggeredRules", prefix=prefix)
    board.row(
        6,
        board.graph("Failures waiting", queues, "Maximum"),
        board.graph("Failed crawlers and jobs", rules),
        board.graph("Findings of data checks", findings(variables), "Maximum", 3600),
    )
    return {"start": "-PT24H", "periodOverride": "inherit", "widgets": board.widgets}


def findings(variables):
    """The lines of the data checks' metric, as the alarm names it."""
    alarms = [each for each in ALARMS.derived_alarms(variables) if each["metric"] == "Findings"]
    return [[each["namespace"], each["metric"], *[text for pair in each["dimensions"].items() for text in pair]] for each in alarms]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"pipeline_dashboard": pipeline_dashboard}
