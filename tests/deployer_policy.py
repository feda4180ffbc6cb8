"""The deployer's policy from what a recorded deployment asked of IAM: `python -m tests.deployer_policy` writes it anew.

The recording lives through LIFE on a local cloud of its own, with the customer key on and a name prefix, so that
names show where the prefix goes. tests/e2e/test_security.py lives through the same with exactly the policy in
files/deployer-policy.json, and fails on what lacks or is too much.
"""

import json
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from localcloud.gateway import permissions
from localcloud.iam import passing
from tests import privileges
from tests.e2e import quicksight
from tests.e2e.changes import change_everything

ROOT = Path(__file__).resolve().parents[1]
POLICY = ROOT / "files" / "deployer-policy.json"
PREFIX = "rec-"
SETTINGS = {"customer_key": True, "monthly_budget_usd": 50, **quicksight.SETTINGS}
#: Settings that somebody changes in the second year; each takes calls that nothing else does.
OTHER_SETTINGS = {
    "customer_key": False,
    "logs_retention_days": 7,
    "lambda_retries": 1,
    "monthly_budget_usd": 60,
    "alerts_email": "somebody@example.com",
    "s3_abort_upload_days": 3,
    "allowed_cidrs": ["10.0.0.0/8", "192.168.0.0/16"],
    "quicksight_viewers": [],
    "quicksight_authors": [],
}
#: What AWS gives numbers of its own, so that a policy cannot name it.
NUMBERED = (
    (r"(:ec2:[^:]*:[^:]*:(?!key-pair/)[a-z-]+/).*", r"\1*"),
    (r"(:kms:[^:]*:[^:]*:key/).*", r"\1*"),
    (r"(:lambda:[^:]*:[^:]*:layer:[^:]*:).*", r"\1*"),
    (r"(:log-group:API-Gateway-Execution-Logs_).*", r"\1*"),
    (r"(:log-group:[^:]*:)log-stream:.*", r"\1*"),
    (r"(:glue:[^:]*:[^:]*:table/[^/]*/).*", r"\1*"),
    (r"(:s3:::[^/]*/[^/]*/).*", r"\1*"),
    # Alarms are many; their names begin with their host's.
    (r"(:cloudwatch:[^:]*:[^:]*:alarm:[^:]*?(?:orders|order-history|transactions|clickstream|dashboard)-).*", r"\1*"),
    (r"(:apigateway:[^:]*::/(?:restapis|apikeys|usageplans|tags)/).*", r"\1*"),
    # Each panel has a data set, whose name begins with its pipeline's; whom dashboards are shared with is a setting.
    (r"(:quicksight:[^:]*:[^:]*:dataset/.*?(?:order-history|clickstream)-).*", r"\1*"),
    (r"(:quicksight:[^:]*:[^:]*:(?:group|user)/[^/]*/).*", r"\1*"),
    # A policy that somebody attached to a role, to be taken away again.
    (r"(:iam:[^:]*:[^:]*:policy/).*", r"\1*"),
)
#: The proof of teardown tries these on what is somebody else's, and is content with a refusal.
TRIED = re.compile(r"[a-z0-9]+:(List(Tags.*|(Role|Policy|InstanceProfile|Queue|Resource)Tags)|GetTags|GetBucketTagging)")
OURS = {"StringEquals": {"aws:ResourceTag/project": "{project}"}}
MADE_OURS = {"StringEquals": {"aws:RequestTag/project": "{project}"}}
#: What happened to one of these may happen to each of them.
ALIKE = (
    r"arn:.*:iam:.*:role/.*",
    r"arn:[^:]*:s3:::[^/]*",
    r"arn:[^:]*:s3:::[^/]*/\*",
    *(rf"arn:.*:glue:.*:{kind}/{{prefix_?}}.*" for kind in ("crawler", "database", "table", "userDefinedFunction")),
    r"arn:.*:athena:.*:workgroup/.*",
    r"arn:.*:logs:.*:log-group:[^:]*\{prefix\}[^:]*:\*",
    r"arn:.*:logs:.*:log-group:[^:]*\{prefix\}[^:]*",
    r"arn:.*:ec2:.*:key-pair/.*",
    *(rf"arn:.*:{kind}\{{prefix\}}.*" for kind in ("lambda:.*:function:", "sqs:.*:", "events:.*:rule/")),
    *(rf"arn:.*:cloudwatch:.*:{kind}\{{prefix\}}.*" for kind in ("alarm:", "dashboard/")),
    *(rf"arn:.*:quicksight:.*:{kind}/\{{prefix\}}.*" for kind in ("analysis", "dashboard", "dataset", "datasource")),
)


def general(action, resource, account, region, prefix=PREFIX):
    """A resource of the recording as a pattern with placeholders, for any account, region and prefix."""
    if re.fullmatch(r"s3:(Delete|List|Abort).*", action):  # teardown empties buckets, whatever is in them
        resource = re.sub(r"(:s3:::[^/]*/).*", r"\1*", resource)
    for numbered, pattern in NUMBERED:
        resource = re.sub(numbered, pattern, resource)
    resource = resource.replace(account, "{account}").replace(region, "{region}").replace("arn:aws:", "arn:{partition}:")
    return resource.replace(prefix, "{prefix}").replace(prefix.replace("-", "_"), "{prefix_}")


def condition(service, operation, action, resource):
    """What must hold besides, where a pattern would allow too much: which service gets a role, whose a numbered resource is."""
    if action == "iam:PassRole":
        to = permissions.SERVICE if service == "apigateway" else passing.ROLES[service, operation].to
        return {"StringEquals": {"iam:PassedToService": to}}
    if action == "ec2:CreateTags" and operation != "CreateTags":
        return {"StringEquals": {"ec2:CreateAction": operation}}
    if re.search(r":ec2:.*:(subnet|image)/", resource) or resource == "*":
        return {}
    if action == "ec2:RunInstances" and re.search(r":(instance|volume|network-interface)/", resource):
        return MADE_OURS
    if action == "ec2:CreateSecurityGroup":
        return MADE_OURS if ":security-group/" in resource else {}
    if re.search(r":ec2:.*:(instance|security-group|volume|network-interface)/|:kms:.*:key/", resource):
        return OURS
    if re.search(r":apigateway:.*::/(restapis|apikeys|usageplans)/", resource):
        return OURS
    return {}


def asked_for(journal, principal):
    """{(service, operation, action, resource)} that were allowed to `principal`, a regular expression for its ARN."""
    found = set()
    for call in privileges.calls(journal, principal):
        for action, resource, decision, *_ in call["checks"]:
            if decision == "allow":
                found.add((call["service"], call["operation"], action, resource))
    return found


def statements(asked, account="000000000000", region="us-east-1", prefix=PREFIX):
    """Allow statements for `asked_for`: one for each set of resources and condition."""
    resources = defaultdict(set)
    for service, operation, action, resource in asked:
        pattern = general(action, resource, account, region, prefix)
        if TRIED.fullmatch(action) and not re.search(r"\{prefix_?\}|:(instance|security-group|key)/", pattern):
            continue
        resources[action, json.dumps(condition(service, operation, action, resource))].add(pattern)
    everything = set().union(*resources.values())
    actions = defaultdict(set)
    for (action, besides), found in resources.items():
        if action != "iam:PassRole":
            found |= {
                one for kind in ALIKE for one in everything if re.fullmatch(kind, one) and any(re.fullmatch(kind, it) for it in found)
            }
        actions[frozenset({"*"} if "*" in found else found), besides].add(action)
    return [
        {"Effect": "Allow", "Action": sorted(allowed), "Resource": sorted(found)}
        | ({"Condition": json.loads(besides)} if besides != "{}" else {})
        for (found, besides), allowed in sorted(actions.items(), key=lambda item: (sorted(item[1]), sorted(item[0][0])))
    ]


# -- a deployment's life


def orders(deployment):
    """A file of orders to upload."""
    file = deployment.folder / "orders.csv"
    file.write_text("OrderID,Customer,OrderDate,Status,Amount\n1,Ada,2026-01-02,shipped,3\n")
    return str(file)


def lines(deployment):
    """A file of order history to send: two lines, of which one is no line."""
    file = deployment.folder / "lines.csv"
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    file.write_text(f"{header}\n1,A,MUG,2,2026-01-02 10:00:00,3.50,17850.0,France\n2,A,MUG,2,2026-02-30 10:00:00,3.50,17850.0,France\n")
    return str(file)


#: What configures servers over SSH asks AWS nothing.
ON_SERVERS = ("--skip-tags", "dashboard,log_generator,kinesis_agent")


def live(deployment, prefix, first=ON_SERVERS):
    """Deploy, use, change by hand (as root) and by settings, look for drift, and remove; `first`: arguments of the first run.

    Yields "used", then what check-drift said of the changes by hand, then "removed".
    """

    def play(playbook, *arguments, **settings):
        print(f"{playbook} {' '.join(arguments)} {settings}", flush=True)
        everything = {"name_prefix": prefix, **SETTINGS, **settings}
        return deployment.play(playbook, *arguments, environment={"MACHINES": "auto"}, **everything).succeeded()

    quicksight.subscribe(deployment.client("quicksight"))
    play("site.yml", *first)
    play("playbooks/upload-orders.yml", orders_csv=orders(deployment))
    play("playbooks/replay-history.yml", source=lines(deployment), via="firehose")
    play("playbooks/generate-transactions.yml", hours=1)
    play("playbooks/compact-transactions.yml")
    play("playbooks/send-clicks.yml", clicks=600)  # one of five hundred has a date that is none
    play("playbooks/check-data.yml", pipeline="transactions")
    play("playbooks/replay-failures.yml")
    play("playbooks/show-status.yml")
    yield "used"
    change_everything(deployment.client, prefix)
    drifted = deployment.play("playbooks/check-drift.yml", *ON_SERVERS, environment={"MACHINES": "auto"}, name_prefix=prefix, **SETTINGS)
    assert drifted.code != 0, drifted.text[-3000:]
    yield drifted.text
    play("site.yml", *ON_SERVERS)
    play("site.yml", *ON_SERVERS, **OTHER_SETTINGS)
    play("playbooks/check-drift.yml", *ON_SERVERS, **OTHER_SETTINGS)  # fails if anything would be changed again
    play("teardown.yml")
    yield "removed"


def sign_as_a_deployer(deployment):
    """Deploy as a user who may do everything, so that what root does by hand is not the recording's."""
    iam = deployment.client("iam")
    iam.create_user(UserName="deployer")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="deployer", PolicyName="everything", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    deployment.sign_as(key["AccessKeyId"], key["SecretAccessKey"])


def main():
    from tests.e2e.deployment import Deployment

    folder = Path(tempfile.mkdtemp(prefix="deployer-policy-"))
    deployment = Deployment(folder, without=())
    try:
        deployment.play("site.yml", "--limit", "localcloud").succeeded()
        sign_as_a_deployer(deployment)
        for _ in live(deployment, PREFIX):
            pass
        POLICY.write_text(json.dumps(statements(asked_for(deployment.journal, r"arn:aws:iam::\d*:user/deployer")), indent=2) + "\n")
    finally:
        deployment.sign_as()
        deployment.play("playbooks/stop-localcloud.yml", environment={"MACHINES": "auto"})
    shutil.rmtree(folder)
    print(f"Wrote {POLICY.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
