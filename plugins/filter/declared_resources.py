"""Names of all resources that an inventory declares, by kind."""

DOCUMENTATION = r"""
name: declared_resources
author: Headwater
short_description: Names of all resources that an inventory declares, by kind
description:
  - What M(owned_resources) takes, from the lists that the hosts' variables declare.
positional: _input, hosts
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
"""

EXAMPLES = r"""
resources: "{{ hostvars | declared_resources(groups['pipelines']) }}"
"""

RETURN = r"""
_value:
  description: Sorted names by kind.
  type: dict
"""

import importlib
import sys
from pathlib import Path

#: The option of a role whose items have names, and the kind of resource that it makes of each.
KINDS = {
    "apigateway_apis": "REST API",
    "apigateway_keys": "API key",
    "apigateway_usage_plans": "usage plan",
    "athena_workgroups": "workgroup",
    "cloudwatch_alarms": "alarm",
    "cloudwatch_dashboards": "dashboard",
    "budgets_budgets": "budget",
    "ec2_instances": "instance",
    "ec2_key_pairs": "key pair",
    "ec2_security_groups": "security group",
    "events_rules": "rule",
    "firehose_streams": "delivery stream",
    "glue_crawlers": "crawler",
    "glue_databases": "database",
    "glue_jobs": "job",
    "iam_roles": "role",
    "kms_keys": "key",
    "lambda_functions": "function",
    "lambda_layers": "layer",
    "logs_groups": "log group",
    "quicksight_analyses": "analysis",
    "quicksight_dashboards": "published dashboard",
    "quicksight_data_sets": "data set",
    "quicksight_data_sources": "data source",
    "s3_buckets": "bucket",
    "sns_topics": "topic",
    "sqs_queues": "queue",
}

# Ansible finds filters by their paths; this is how they find each other.
sys.path.append(str(Path(__file__).parent))
#: What nobody declares, since it follows from what a host declares: {function of its variables: kind of resource}.
DERIVED = {
    importlib.import_module("derived_alarms").derived_alarms: "alarm",
    importlib.import_module("derived_rules").derived_rules: "rule",
    importlib.import_module("derived_data_sets").derived_data_sets: "data set",
}


def declared_resources(hostvars, hosts):
    """{"bucket": ["orders"], …} of what the hosts' variables declare; kinds that nobody declares are left out.

    Items that are no resources (not a mapping, or without a name) are left to the roles' argument specs.
    """
    found = {}
    for host in hosts:
        for option, kind in KINDS.items():
            items = hostvars[host].get(option) or []
            named = [item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]
            found.setdefault(kind, set()).update(item["name"] for item in named)
            if kind == "job":  # a trigger bears the name of the job that it starts
                found.setdefault("trigger", set()).update(item["name"] for item in named if item.get("schedule"))
            if kind == "role":
                found.setdefault("instance profile", set()).update(item["name"] for item in named if item.get("instance_profile"))
        for derived, kind in DERIVED.items():
            found.setdefault(kind, set()).update(item["name"] for item in derived(hostvars[host]))
    return {kind: sorted(names) for kind, names in sorted(found.items()) if names}


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"declared_resources": declared_resources}
