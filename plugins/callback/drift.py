"""What a run in check mode would change, resource by resource and field by field."""

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: drift
type: aggregate
author: Headwater
short_description: Write down what a run in check mode would change
description:
  - Collects the diffs of all results and, after the recap, writes them as JSON to the file that HEADWATER_DRIFT_FILE names, a list of
    sentences and of resource, field, declared and found. Without that variable it does nothing.
  - playbooks/check-drift.yml runs site.yml with it.
"""

#: Modules whose archives are caches on this machine, and nothing that is deployed.
CACHES = {"python_archive", "wheel_archive"}
LONGEST = 300
ABSENT = object()


# -- stock modules, whose diffs are AWS's answers on one side and options on the other


def targets(permission):
    """Whom a security group's permission lets in or out, in a fixed order, such as ["10.0.0.0/8", "sg-1 (their description)"]."""
    kinds = {
        "ip_ranges": "cidr_ip",
        "ipv6_ranges": "cidr_ipv6",
        "prefix_list_ids": "prefix_list_id",
        "user_id_group_pairs": "group_id",
    }
    for kind, name in kinds.items():
        for target in permission.get(kind) or []:
            text = str(target.get(name) or target.get("group_name"))
            yield f"{text} ({target['description']})" if target.get("description") else text


def rules(permissions):
    """{"tcp 22": ["10.0.0.0/8"]} of a security group's permissions, whatever their order and the spelling of their ports."""
    found = {}
    for permission in permissions or []:
        protocol = str(permission.get("ip_protocol"))
        span = "-".join(dict.fromkeys(str(permission[end]) for end in ("from_port", "to_port") if permission.get(end) is not None))
        found.setdefault(f"{'all' if protocol == '-1' else protocol} {span}".strip(), set()).update(targets(permission))
    return {rule: sorted(whom) for rule, whom in found.items() if whom}


def security_group(shown):
    """amazon.aws.ec2_security_group's side of a diff in the shape of ours."""
    return {
        "name": shown.get("group_name"),
        "description": shown.get("description") or "",
        "ingress": rules(shown.get("ip_permissions")),
        "egress": rules(shown.get("ip_permissions_egress")),
        "tags": shown.get("tags") or {},
    }


def instance_profile(shown):
    """amazon.aws.iam_instance_profile's side of a diff in the shape of ours; a profile has one role at most."""
    held = [role.get("role_name") for role in shown.get("roles") or []]
    return {
        "name": shown.get("instance_profile_name"),
        "path": shown.get("path") or "/",
        "role": held[0] if held else ABSENT,
        "tags": shown.get("tags") or {},
    }


#: Module: (what it makes, one side of its diff in the shape of ours).
STOCK = {
    "amazon.aws.ec2_security_group": ("Security group", security_group),
    "amazon.aws.iam_instance_profile": ("Instance profile", instance_profile),
}


def translated(module, diff):
    """A diff as our own modules show it: with the resource's name, and fields alike on both sides."""
    if module not in STOCK:
        return diff
    kind, shape = STOCK[module]
    before, after = (shape(diff[side]) if diff.get(side) else {} for side in ("before", "after"))
    name = (before or after).get("name")
    return {"before": before, "after": after, **({"before_header": f"{kind} {name!r}"} if name else {})}


# -- all modules


def flat(value, path=""):
    """{path: value} of everything below, such as {"tags.project": "headwater", "policy.Statement[0].Effect": "Deny"}."""
    if isinstance(value, dict) and value:
        return {key: item for name, below in value.items() for key, item in flat(below, f"{path}.{name}" if path else str(name)).items()}
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return {key: item for index, below in enumerate(value) for key, item in flat(below, f"{path}[{index}]").items()}
    return {path: value}


def is_parent(field, fields):
    """Is it empty on one side only, where the other side has fields below it?"""
    return any(other.startswith((f"{field}.", f"{field}[")) for other in fields)


def word(value):
    """A value in a sentence."""
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def differences(resource, before, after):
    """[{"resource", "field", "declared", "found", "text"}] between what is there and what is declared."""
    if not before or not after:
        text = f"{resource}: does not exist" if not before else f"{resource}: exists, although it is declared absent"
        return [{"resource": resource, "field": None, "declared": bool(after), "found": bool(before), "text": text}]
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [{"resource": resource, "field": "content", "declared": None, "found": None, "text": f"{resource}: content differs"}]
    found, declared = flat(before), flat(after)
    fields = {field for field in {*found, *declared} if not is_parent(field, {*found, *declared})}
    return [
        {
            "resource": resource,
            "field": field,
            "declared": None if declared.get(field, ABSENT) is ABSENT else declared[field],
            "found": None if found.get(field, ABSENT) is ABSENT else found[field],
            "text": f"{resource}: {field}: declared {word(declared.get(field, ABSENT))}, found {word(found.get(field, ABSENT))}",
        }
        for field in sorted(fields)
        if found.get(field, ABSENT) != declared.get(field, ABSENT)
    ]


def of_result(task_name, result, module=""):
    """The differences that one result of a module tells; one that shows none of its own leaves just the task's name."""
    label = result.get("_ansible_item_label")
    called = f"{task_name} ({label})" if label else task_name
    diffs = result.get("diff") or []
    told = []
    for diff in (translated(module, each) for each in (diffs if isinstance(diffs, list) else [diffs])):
        if "before" in diff or "after" in diff:
            resource = diff.get("before_header") or diff.get("after_header") or called
            told += differences(resource, diff.get("before"), diff.get("after"))
    return told or [{"resource": called, "field": None, "declared": None, "found": None, "text": f"{called}: would be changed"}]


class CallbackModule(CallbackBase):
    """Collects while the run goes on, writes at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "drift"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.file, self.found = os.environ.get("HEADWATER_DRIFT_FILE"), []

    def v2_runner_item_on_ok(self, result):
        self._collect(result)

    def v2_runner_on_ok(self, result):
        if "results" not in result.result:  # a loop's items have been told one by one
            self._collect(result)

    def _collect(self, result):
        # The local cloud is AWS's stand-in and no part of what is deployed.
        stand_in = any(group.name == "localclouds" for group in result.host.get_groups())
        if self.file and result.result.get("changed") and result.task.action not in CACHES and not stand_in:
            self.found += of_result(result.task.name, result.result, result.task.action)

    def v2_playbook_on_stats(self, stats):
        if self.file:
            path = Path(self.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(json.dumps(self.found, indent=1, default=str) + "\n")
