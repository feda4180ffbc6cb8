"""The deployer's policy from what a recorded deployment asked of IAM: `python -m tests.deployer_policy` writes it anew.

The recording deploys, converges, uploads, looks for drift and tears down on a local cloud of its own, with the
customer key on and a name prefix, so that names show where the prefix goes. tests/e2e/test_security.py deploys
with exactly the policy in files/deployer-policy.json and fails on what lacks or is too much.
"""

import json
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests import privileges

ROOT = Path(__file__).resolve().parents[1]
POLICY = ROOT / "files" / "deployer-policy.json"
PREFIX = "rec-"
#: What AWS gives numbers of its own, so that a policy cannot name it.
NUMBERED = (
    (r"(:ec2:[^:]*:[^:]*:[a-z-]+/).*", r"\1*"),
    (r"(:kms:[^:]*:[^:]*:key/).*", r"\1*"),
    (r"(:lambda:[^:]*:[^:]*:layer:[^:]*:).*", r"\1*"),
    (r"(:log-group:[^:]*:log-stream:).*", r"\1*"),
    (r"(:glue:[^:]*:[^:]*:table/[^/]*/).*", r"\1*"),
    (r"(:s3:::[^/]*/[^/]*/).*", r"\1*"),
)
#: Named by the caller, not numbered.
NAMED = r":ec2:[^:]*:[^:]*:key-pair/"


def general(action, resource, account, region, prefix=PREFIX):
    """A resource of the recording as a pattern with placeholders, for any account, region and prefix."""
    if re.fullmatch(r"s3:(Delete|List|Abort).*", action):  # teardown empties buckets, whatever is in them
        resource = re.sub(r"(:s3:::[^/]*/).*", r"\1*", resource)
    if not re.search(NAMED, resource):
        for numbered, pattern in NUMBERED:
            resource = re.sub(numbered, pattern, resource)
    resource = resource.replace(account, "{account}").replace(region, "{region}").replace("arn:aws:", "arn:{partition}:")
    return resource.replace(prefix, "{prefix}").replace(prefix.replace("-", "_"), "{prefix_}")


def statements(asked, account, region):
    """Allow statements for {(action, resource)}: one for each set of resources, and one for each service that gets a role."""
    resources = defaultdict(set)
    for action, resource in asked:
        resources[action].add(general(action, resource, account, region))
    actions = defaultdict(set)
    for action, found in resources.items():
        actions[frozenset({"*"} if "*" in found else found)].add(action)
    made = [
        {"Effect": "Allow", "Action": sorted(allowed), "Resource": sorted(found)}
        for found, allowed in sorted(actions.items(), key=lambda item: (sorted(item[1]), sorted(item[0])))
    ]
    return made


def record(folder):
    """Deploy and remove everything below `folder`; returns the journal's path."""
    from tests.e2e.deployment import Deployment

    deployment = Deployment(folder)
    settings = {"customer_key": True, "name_prefix": PREFIX}
    for playbook, extra in LIFE:
        print(f"Recording {playbook}", flush=True)
        deployment.play(playbook, **settings, **extra(deployment)).succeeded()
    return deployment


def sample(deployment):
    file = deployment.folder / "orders.csv"
    file.write_text("OrderID,Customer,OrderDate,Status,Amount\n1,Ada,2026-01-02,shipped,3\n")
    return {"orders_csv": str(file)}


LIFE = (
    ("site.yml", lambda _deployment: {}),
    ("site.yml", lambda _deployment: {}),
    ("playbooks/upload-orders.yml", sample),
    ("playbooks/check-drift.yml", lambda _deployment: {}),
    ("teardown.yml", lambda _deployment: {}),
)


def main():
    with tempfile.TemporaryDirectory() as folder:
        deployment = record(Path(folder))
        try:
            asked = privileges.used(deployment.journal, r"arn:aws:iam::\d*:root")
            POLICY.write_text(json.dumps(statements(asked, "000000000000", "us-east-1"), indent=2) + "\n")
        finally:
            deployment.play("playbooks/stop-localcloud.yml")
    print(f"Wrote {POLICY.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
