"""What our modules of QuickSight share: who may do what, tags by ARN, and waiting for a state."""

import hashlib
import json
import time

from ansible.module_utils.aws_resource import ClientError, aws_tags, converge, is_missing, plain_tags, tag_changes

MISSING = ("ResourceNotFoundException", "UnsupportedUserEditionException")  # the latter where the account is not subscribed
#: What one grants by sharing a resource, for readers and for owners, who change it. The sets are QuickSight's own.
_READ_SOURCE = ("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource")
_READ_SET = ("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion", "ListIngestions")
_READ_DASHBOARD = ("DescribeDashboard", "ListDashboardVersions", "QueryDashboard")
_CHANGE_DASHBOARD = ("UpdateDashboard", "DeleteDashboard", "UpdateDashboardPublishedVersion")
ACTIONS = {
    ("datasource", "viewer"): _READ_SOURCE,
    ("datasource", "owner"): (*_READ_SOURCE, "UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"),
    ("dataset", "viewer"): _READ_SET,
    ("dataset", "owner"): (
        *_READ_SET,
        "UpdateDataSet",
        "DeleteDataSet",
        "CreateIngestion",
        "CancelIngestion",
        "UpdateDataSetPermissions",
    ),
    ("dashboard", "viewer"): _READ_DASHBOARD,
    ("dashboard", "owner"): (*_READ_DASHBOARD, *_CHANGE_DASHBOARD, "DescribeDashboardPermissions", "UpdateDashboardPermissions"),
    # An analysis is for those who change it.
    ("analysis", "owner"): (
        "DescribeAnalysis",
        "QueryAnalysis",
        "UpdateAnalysis",
        "DeleteAnalysis",
        "RestoreAnalysis",
        "DescribeAnalysisPermissions",
        "UpdateAnalysisPermissions",
    ),
}
#: Options that every module has; doc_fragments/quicksight.py describes them.
OPTIONS = {
    "name": {"required": True},
    "title": {"default": ""},
    "owners": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {}},
}
VIEWERS = {"viewers": {"type": "list", "elements": "str", "default": []}}


def manage(module, subject, kind, member, described, apply, **wanted):
    """Make an item of QuickSight what is wanted and exit the module; acts only on a difference.

    `subject`: what errors call it. `kind`: as in its ARN, such as "dataset"; `member`: what the API calls its id, such as "DataSetId".
    `described(client, named)`: what is there, or None; `named`: what names it to the API. `apply(module, client, named, arn, before,
    after)`: the calls. `wanted`: what its module has besides the options that all have.
    """
    params = module.params
    common = {
        "name": params["name"],
        "title": params["title"] or params["name"],
        "permissions": wanted_permissions(kind, params.get("viewers", []), params["owners"]),
        "tags": params["tags"],
    }
    client = module.client("quicksight")
    partition, account = account_of(module)
    named = {"AwsAccountId": account, member: params["name"]}
    arn = f"arn:{partition}:quicksight:{module.region}:{account}:{kind}/{params['name']}"
    converge(
        module,
        subject,
        lambda: described(client, named),
        lambda before, after: apply(module, client, named, arn, before, after),
        common | wanted,
    )


def account_of(module):
    """(partition, account's number) of the caller."""
    caller = module.client("sts").get_caller_identity()
    return caller["Arn"].split(":")[1], caller["Account"]


def wanted_permissions(kind, viewers, owners):
    """{principal's ARN: sorted actions}; an owner who is a viewer too is an owner."""
    named = {**dict.fromkeys(viewers, "viewer"), **dict.fromkeys(owners, "owner")}
    return {arn: sorted(f"quicksight:{action}" for action in ACTIONS[kind, part]) for arn, part in sorted(named.items())}


def shown_permissions(found):
    """Permissions as the API lists them, in the shape of `wanted_permissions`."""
    return {each["Principal"]: sorted(each["Actions"]) for each in sorted(found or [], key=lambda each: each["Principal"])}


def api_permissions(permissions):
    """The API's list; nothing where nobody is granted anything, since it takes no empty list."""
    return {"Permissions": _entries(permissions)} if permissions else {}


def _entries(permissions):
    return [{"Principal": arn, "Actions": actions} for arn, actions in permissions.items()]


def permission_changes(before, after):
    """GrantPermissions and RevokePermissions that turn `before` into `after`; empty where they are the same."""
    revoked = {arn: [action for action in actions if action not in after.get(arn, ())] for arn, actions in before.items()}
    granted = {arn: actions for arn, actions in after.items() if before.get(arn) != actions}
    changes = {
        "GrantPermissions": _entries(granted),
        "RevokePermissions": _entries({arn: actions for arn, actions in revoked.items() if actions}),
    }
    return {name: entries for name, entries in changes.items() if entries}


def api_tags(tags):
    """The API's Tags; nothing where there are none."""
    return {"Tags": aws_tags(tags)} if tags else {}


def tags_of(client, arn):
    """A resource's tags."""
    return plain_tags(client.list_tags_for_resource(ResourceArn=arn).get("Tags"))


def retag(client, arn, before, after):
    """Make a resource's tags those of `after`."""
    to_set, to_remove = tag_changes(before, after)
    if to_set:
        client.tag_resource(ResourceArn=arn, Tags=aws_tags(to_set))
    if to_remove:
        client.untag_resource(ResourceArn=arn, TagKeys=to_remove)


def answered(call, **arguments):
    """A describe call's answer; None where there is no such resource."""
    try:
        return call(**arguments)
    except ClientError as error:
        if is_missing(error, *MISSING):
            return None
        raise


def settled(module, subject, state, seconds=None):
    """Wait until QuickSight has done what it was asked; the module fails with its reasons.

    `state()`: (status, list of errors as text).
    """
    deadline, pause = time.monotonic() + (seconds or module.params["wait_timeout"]), 0.2
    while True:
        status, errors = state()
        if status.endswith("_FAILED"):
            told = "\n".join(f"  - {error}" for error in errors) or "  - QuickSight gives no reason"
            module.fail_json(msg=f"{subject}: QuickSight says {status}:\n{told}", errors=errors)
        if not status.endswith("_IN_PROGRESS"):
            return
        if time.monotonic() > deadline:
            module.fail_json(msg=f"{subject}: it is still {status}; wait longer with wait_timeout")
        time.sleep(pause)
        pause = min(pause * 2, 2)


def errors_of(found):
    """Errors of a dashboard's version or an analysis as text."""
    return [f"{error.get('Type', '')}: {error.get('Message', '')}" for error in found.get("Errors") or []]


def fingerprint(definition):
    """What a definition is known by: QuickSight answers one with defaults of its own added, so that it cannot be compared itself."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:16]


def visuals(definition):
    """["BarChartVisual regional-revenue-bar-1", …] in the sheets' order, for people who read a diff."""
    return [
        f"{kind} {body['VisualId']}"
        for sheet in definition.get("Sheets") or []
        for visual in sheet.get("Visuals") or []
        for kind, body in visual.items()
        if body
    ]
