"""Rules of EventBridge that follow from what a host declares: they tell of failed crawlers and jobs."""

DOCUMENTATION = r"""
name: derived_rules
author: Headwater
short_description: Rules of EventBridge that follow from what a host declares
description:
  - A rule for the host's crawlers and one for its jobs; each tells the alerts topic in a sentence what failed. CloudWatch has no metric
    of failed crawlers and jobs, so their alarms count how often these rules fire.
positional: _input
options:
  _input:
    description: The host's variables.
    type: dict
    required: true
"""

EXAMPLES = r"""
rules: "{{ hostvars[inventory_hostname] | derived_rules }}"
"""

RETURN = r"""
_value:
  description: Items as C(events_rules) has them.
  type: list
  elements: dict
"""

#: What Glue tells EventBridge of each option's items, and where to look first.
#: https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
KINDS = {
    "glue_crawlers": {
        "what": "failed-crawlers",
        "one": "crawler",
        "detail-type": "Glue Crawler State Change",
        "member": "crawlerName",
        "states": ["Failed"],
        "first": "Its log is in /aws-glue/crawlers.",
    },
    "glue_jobs": {
        "what": "failed-jobs",
        "one": "job",
        "detail-type": "Glue Job State Change",
        "member": "jobName",
        "states": ["FAILED", "TIMEOUT", "ERROR"],
        "first": "Its log says why; ansible-playbook playbooks/run-etl.yml runs it again.",
    },
}


def derived_rules(variables):
    """[{"name", "description", "pattern", "topic", "input_paths", "input_template"}] of a host's `variables`."""
    found = []
    for option, kind in KINDS.items():
        names = [item["name"] for item in variables.get(option) or [] if isinstance(item, dict) and isinstance(item.get("name"), str)]
        if names:
            host = variables["inventory_hostname"]
            detail = {kind["member"]: names, "state": kind["states"]}
            found.append(
                {
                    "name": f"{variables['name_prefix']}{variables['pipeline_slug']}-{kind['what']}",
                    "description": f"Tells of {kind['one']}s of {host} that failed",
                    "pattern": {"source": ["aws.glue"], "detail-type": [kind["detail-type"]], "detail": detail},
                    "topic": variables["alerts_topic"],
                    # Not the reason: EventBridge puts values in as they are, and a quotation mark in one would break the text.
                    "input_paths": {"name": f"$.detail.{kind['member']}", "state": "$.detail.state", "at": "$.time"},
                    "input_template": f'"The {kind["one"]} <name> of {host} ended as <state> at <at>. {kind["first"]}"',
                }
            )
    return found


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"derived_rules": derived_rules}
