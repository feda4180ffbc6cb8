"""What an inventory would cost a month on AWS."""

DOCUMENTATION = r"""
name: monthly_cost
author: Headwater
short_description: What an inventory would cost a month on AWS
description:
  - From the lists that the hosts' variables declare, how much is done with them, and a table of prices. No call of AWS.
  - What is declared and cannot be estimated is named.
positional: _input, hosts, volumes, prices, months
options:
  _input:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  hosts:
    description: Names of the hosts that count.
    type: list
    elements: str
    required: true
  volumes:
    description: How much each host does, as playbooks/vars/volumes.yml says it.
    type: dict
    required: true
  prices:
    description: What a unit of each thing costs, as files/prices/aws.yml says it.
    type: dict
    required: true
  months:
    description: Months since the first deployment that are estimated, from 1.
    type: list
    elements: int
    required: true
"""

EXAMPLES = r"""
estimate: "{{ hostvars | monthly_cost(groups['pipelines'], volumes, prices, [1, 12]) }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines), each with host, service, what, item, unit, usd of a unit, and for each month its quantity (C(quantities)) and dollars
      (C(costs)).
    - C(free), what AWS always gives an account of these, in dollars for each month.
    - C(not_estimated), a sentence for each thing that is declared and could not be estimated.
  type: dict
"""

import importlib
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ansible.errors import AnsibleFilterError

HOURS = 730  # of a month; AWS's own calculator takes as many
#: Lists of roles whose items cost nothing by themselves; what is done with them is in the volumes.
FREE = {
    "apigateway_keys",
    "apigateway_usage_plans",
    "athena_named_queries",
    "athena_tables",
    "budgets_budgets",
    "ec2_key_pairs",
    "ec2_security_groups",
    "events_rules",
    "glue_databases",
    "iam_roles",
    "lambda_layers",
    "quicksight_analyses",
    "quicksight_data_sets",
    "quicksight_data_sources",
    "sns_topics",
    "sqs_queues",
}
#: Lists whose cost is all in what is done with them: the item of the price table that must be among the host's `uses`.
BY_USE = {"s3_buckets": "s3-storage", "logs_groups": "logs-ingest", "quicksight_dashboards": "quicksight-reader"}
#: Lists whose items all cost the same: what they are called, and the item of the price table.
COUNTED = {
    "cloudwatch_alarms": ("alarms", "cloudwatch-alarm"),
    "cloudwatch_dashboards": ("dashboards of CloudWatch", "cloudwatch-dashboard"),
}
#: Variables that are no lists of resources.
NOT_DECLARED = ("_", "ansible_", "dashboard_", "group", "hostvars", "vars")
#: DPUs of a Glue worker.
DPUS = {"G.025X": 0.25, "Standard": 1, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
CRAWLER_DPUS = 2
#: What AWS bills at least: minutes of a run, megabytes of a question; and the step that records are rounded up to.
CRAWLER_MINUTES = 10
JOB_MINUTES = 1
QUERY_MB = 10
RECORD_BYTES = 5000
REQUEST_METRICS = 16  # metrics of a bucket whose requests CloudWatch counts, at most


# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
#: Lists to which roles add what follows from the others: option → function of a host's variables.
DERIVED = {"cloudwatch_alarms": importlib.import_module("derived_alarms").derived_alarms}


class View:
    """A host's variables for other filters. What the page shows names other hosts, which Ansible cannot follow from here: whether it is
    said is enough."""

    def __init__(self, variables):
        self.variables = variables

    def __getitem__(self, name):
        return name in self.variables if name.startswith("dashboard_") else self.variables[name]

    def get(self, name, default=None):
        return self[name] if name in self.variables else default


@dataclass
class Host:
    """One host: what it declares (`variables`, a mapping), and what is done with it (`volumes`)."""

    name: str
    variables: dict
    volumes: dict
    rules: list  # of all hosts
    lines: list = field(default_factory=list)  # (what, item, quantity); a quantity is a number or {at_once, a_month}
    unknown: list = field(default_factory=list)

    def of(self, kind, name):
        """What the volumes say of one resource, which they name without its prefix."""
        return (self.volumes.get(kind) or {}).get(name.removeprefix(self.variables.get("name_prefix") or ""))

    def use(self, what, item, quantity):
        self.lines.append((what, item, quantity))

    def leave(self, what, why):
        self.unknown.append(f"{self.name}: {what}: {why}")


def monthly_cost(hostvars, hosts, volumes, prices, months):
    """The estimate; see RETURN. `hostvars`: {host: variables}, of which the declared lists and a few settings are read."""
    rules = [rule for host in hosts for rule in hostvars[host].get("events_rules") or []]
    lines, unknown = [], []
    for name in hosts:
        host = Host(name, hostvars[name], volumes.get(name) or {}, rules)
        estimate(host)
        for what, item, quantity in host.lines:
            if item in prices:
                lines.append(line(name, what, item, prices[item], quantity, months))
            else:
                host.leave(what, f"the price table has no {item}")
        unknown += host.unknown
    return {"months": list(months), "lines": lines, "free": free(lines, prices), "not_estimated": unknown}


def estimate(host):
    """Fill a host's lines from its lists and its volumes."""
    if not host.volumes and host.variables.get("dashboard_pipeline"):
        host.leave("what is done with it", "the volumes do not know it (playbooks/vars/volumes.yml, more_volumes)")
    used = {use["item"] for use in host.volumes.get("uses") or []}
    for option, items in declared_lists(host).items():
        if option in HANDLERS:
            for item in items:
                HANDLERS[option](host, item)
        if option in COUNTED:
            host.use(*COUNTED[option], len(items))
        if option in BY_USE and host.volumes and BY_USE[option] not in used:
            host.leave(f"{option} ({len(items)})", f"the volumes name no {BY_USE[option]}")
        if option not in FREE | {*BY_USE, *COUNTED, *HANDLERS}:
            host.leave(f"{option} ({len(items)})", "this kind of resource is not known to the estimate")
    for question in host.volumes.get("questions") or []:
        ask(host, question)
    for use in host.volumes.get("uses") or []:
        host.use(use["what"], use["item"], use["quantity"])


def declared_lists(host):
    """{option: items} of a host's lists of things with names, and of what follows from them."""
    found = {}
    for option in sorted(host.variables):
        if option.startswith(NOT_DECLARED):
            continue
        items = host.variables[option]
        if isinstance(items, list) and (named := [item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]):
            found[option] = named
    # Settings that every host of an inventory has.
    for option, derived in DERIVED.items() if "pipeline_slug" in host.variables else ():
        if more := derived(View(host.variables)):
            found[option] = found.get(option, []) + more
    return found


# --- one function a kind of resource


def function(host, item):
    """Requests and GB-seconds."""
    said, name = host.of("functions", item["name"]) or {}, item["name"]
    schedules = [rule.get("schedule") for rule in host.rules if rule.get("function") == name]
    runs = number(said["runs"]) if "runs" in said else sum(map(runs_a_month, filter(None, schedules)))
    if "seconds" not in said or not runs:
        host.leave(f"function {name}", "the volumes do not say how often and for how many seconds it runs")
        return
    seconds = runs * number(said["seconds"]) * number(item.get("memory_mb", 128)) / 1024
    host.use(f"{name}, requests", "lambda-request", runs / 1e6)
    host.use(f"{name}, running", f"lambda-{host.variables.get('lambda_architecture') or 'x86_64'}", seconds)


def crawler(host, item):
    minutes = max(CRAWLER_MINUTES, number((host.of("crawlers", item["name"]) or {}).get("minutes", 0)))
    runs = runs_a_month(item["schedule"]) if item.get("schedule") else 0
    host.use(f"crawler {item['name']}", "glue-dpu", runs * CRAWLER_DPUS * minutes / 60)


def job(host, item):
    said, worker = host.of("jobs", item["name"]) or {}, item.get("worker_type", "G.1X")
    if "minutes" not in said or worker not in DPUS:
        reason = "the volumes do not say how many minutes it runs" if worker in DPUS else f"the DPUs of the worker {worker} are not known"
        host.leave(f"job {item['name']}", reason)
        return
    runs = runs_a_month(item["schedule"]) if item.get("schedule") else 0
    minutes = max(JOB_MINUTES, number(said["minutes"]))
    host.use(f"job {item['name']}", "glue-dpu", runs * number(item.get("workers", 2)) * DPUS[worker] * minutes / 60)


def stream(host, item):
    said = host.of("streams", item["name"]) or {}
    if not {"records", "bytes"} <= set(said):
        host.leave(f"stream {item['name']}", "the volumes do not say how many records of how many bytes it takes")
        return
    billed = -(-number(said["bytes"]) // RECORD_BYTES) * RECORD_BYTES
    host.use(f"stream {item['name']}, 5 KB steps", "firehose-put", number(said["records"]) * billed / 1e9)


def rest_api(host, item):
    said = host.of("apis", item["name"]) or {}
    if "requests" not in said:
        host.leave(f"REST API {item['name']}", "the volumes do not say how many requests it takes")
        return
    host.use(f"REST API {item['name']}, requests", "apigateway-request", number(said["requests"]) / 1e6)


def key(host, item):
    """A key that is declared is made only where it is the customer key, or for one purpose that is on."""
    if item["name"] == host.variables.get("kms_customer_key") or item.get("always"):
        host.use(f"key {item['name']}", "kms-key", 1)


def instance(host, item):
    if not host.variables.get("ec2_enabled", True):
        return
    host.use(f"{item['name']}, {item['instance_type']}", f"ec2-{item['instance_type']}", HOURS)
    host.use(f"{item['name']}, volume", "ebs-gp3", number(item.get("volume_gb", 8)))
    host.use(f"{item['name']}, public IPv4 address", "ipv4", HOURS)


def bucket(host, item):
    if item.get("request_metrics"):
        # Its name ends in account and region, where they are known.
        host.use(f"requests of {item['name'].rstrip('-')}, counted", "cloudwatch-metric", REQUEST_METRICS)


def workgroup(host, item):
    if not host.volumes.get("questions"):
        host.leave(f"workgroup {item['name']}", "the volumes do not say what is asked of it")


HANDLERS = {
    "apigateway_apis": rest_api,
    "athena_workgroups": workgroup,
    "ec2_instances": instance,
    "firehose_streams": stream,
    "glue_crawlers": crawler,
    "glue_jobs": job,
    "kms_keys": key,
    "lambda_functions": function,
    "s3_buckets": bucket,
}


def ask(host, question):
    """Athena's questions: what they scan, at least ten megabytes each."""
    count, mb = number(question["count"]), question.get("mb", 0)
    host.use(f"{question['what']}, 10 MB each at least", "athena-scan", lambda month: count * max(QUERY_MB, at(mb, month)) / 1e6)


# --- numbers


def number(value):
    """Variables from a command line are texts."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"volumes: {value!r} is no number") from None


def at(quantity, month):
    """A quantity in the month of that number: its middle counts for what grows."""
    if callable(quantity):
        return quantity(month)
    if isinstance(quantity, dict):
        if not quantity or set(quantity) - {"at_once", "a_month"}:
            raise AnsibleFilterError(f"volumes: {dict(quantity)!r} must have at_once, a_month or both")
        return number(quantity.get("at_once", 0)) + number(quantity.get("a_month", 0)) * (month - 0.5)
    return number(quantity)


def line(host, what, item, price, quantity, months):
    """One line of the estimate."""
    quantities = [at(quantity, number(month)) for month in months]
    return {
        "host": host,
        "service": price["service"],
        "what": what,
        "item": item,
        "unit": price["unit"],
        "usd": price["usd"],
        "quantities": quantities,
        "costs": [amount * price["usd"] for amount in quantities],
    }


def free(lines, prices):
    """What AWS always gives of the items, in dollars for each month; never more than is used."""
    given = []
    for month in range(len(lines[0]["quantities"]) if lines else 0):
        total = 0
        for item, price in prices.items():
            used = sum(each["quantities"][month] for each in lines if each["item"] == item)
            total += min(used, price.get("free", 0)) * price["usd"]
        given.append(total)
    return given


RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
CRON = re.compile(r"cron\((.*)\)")
DAYS = HOURS / 24


def runs_a_month(schedule):
    """How often a schedule of AWS, rate(…) or cron(…), fires in a month of 730 hours."""
    text = str(schedule).strip()
    if found := RATE.fullmatch(text):
        return HOURS * 60 / (int(found[1]) * {"minute": 1, "hour": 60, "day": 1440}[found[2]])
    fields = CRON.fullmatch(text)[1].split() if CRON.fullmatch(text) else []
    if len(fields) != 6:
        raise AnsibleFilterError(f"the schedule {schedule!r} is neither rate(5 minutes) nor cron(0 3 * * ? *)")
    minutes, hours, days, months, weekdays, _ = fields
    of_days = DAYS
    if days not in "*?":
        of_days = times(days, 31)
    elif weekdays not in "*?":
        of_days = DAYS * times(weekdays, 7) / 7
    return times(minutes, 60) * times(hours, 24) * of_days * times(months, 12) / 12


def times(text, size):
    """How many values a field of cron stands for, of `size` possible ones."""
    if text in "*?":
        return size
    count = 0
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if last:
            length = int(last) - int(first) + 1 if last.isdigit() and first.isdigit() else weekday_span(first, last)
        elif step:
            length = size if first == "*" else size - int(first)
        else:
            length = 1
        count += -(-length // int(step or 1))
    return count


def weekday_span(first, last):
    """Days from one to the other, such as MON-FRI."""
    names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    return (names.index(last.upper()) - names.index(first.upper())) % 7 + 1


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"monthly_cost": monthly_cost}
