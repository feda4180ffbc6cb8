"""Warm modules tell and do the same as stock Ansible: results, diffs, check mode, errors. Each test goes on from the one before."""

import json

import pytest

from tests.e2e.deployment import Deployment

pytestmark = pytest.mark.timeout(600)
BUCKET = "orders-000000000000-us-east-1"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("warm"))
    try:
        deployment.play("site.yml").succeeded()
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml")


#: `location` is a presigned URL, which holds the time.
VOLATILE = {"response_metadata", "duration", "invocation", "location"}


def told(played):
    """What Ansible's JSON callback tells of a run: {(play, task, host): result}, without times and request ids.

    Nor does it hold what the lock's tasks tell: which process deploys, and after a failed run whose lock was taken over.
    """
    text = played.text
    document = json.loads(text[text.index('{\n    "custom_stats"') : text.rindex("}") + 1])
    return {
        (play["play"]["name"], task["task"]["name"], index, host): settled(result)
        for play in document["plays"]
        for index, task in enumerate(play["tasks"])
        for host, result in task["hosts"].items()
        if not task["task"]["name"].startswith("lock : ")
    }


def settled(value):
    """A result without what differs from one run to the next."""
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [settled(item) for item in value]
    return value


def listed(value):
    """A list, of one where it is none."""
    return value if isinstance(value, list) else [value]


def results(told):
    """What modules said, item by item."""
    return [each for result in told.values() for each in result.get("results", [result])]


def both_ways(site, *arguments, **settings):
    """The same run with warm modules and without, as `told`."""
    as_json = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    runs = [site.play("site.yml", *arguments, environment={"HEADWATER_WARM": warm, **as_json}, **settings) for warm in ("1", "0")]
    assert runs[0].code == runs[1].code, runs[0].text[-3000:] + runs[1].text[-3000:]
    return [told(run) for run in runs]


def test_drift_is_named_and_mended_the_same_with_warm_modules_as_without(site):
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True}
    site.client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
    managed = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    site.client("iam").attach_role_policy(RoleName="Lambda-S3-Processing-Role", PolicyArn=managed)
    warm, stock = both_ways(site, "--check", "--diff", "--limit", "orders")
    assert warm == stock
    assert len(warm) > 25
    changed = [result for result in results(warm) if result.get("changed")]
    assert len(changed) == 2
    before = json.dumps([each["before"] for result in changed for each in listed(result["diff"])])
    assert '"BlockPublicPolicy": false' in before
    assert managed in before
    assert site.play("site.yml", "--limit", "orders").succeeded().changed == 2
    assert all(site.client("s3").get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())


def test_runs_that_change_nothing_tell_the_same_with_warm_modules_as_without(site):
    warm, stock = both_ways(site, "--limit", "shared,dashboard")
    assert warm == stock
    assert not any(result.get("changed") for result in warm.values())


def test_errors_are_the_same_with_warm_modules_as_without(site):
    too_little = {"name": "orders", "output_location": "s3://x/", "bytes_scanned_cutoff": 5}
    refused = {"name": "no such/name", "output_location": "s3://x/"}
    warm, stock = both_ways(site, "--tags", "athena", "--limit", "orders", athena_workgroups=[too_little, refused])
    assert warm == stock
    ours, aws = list(warm.values())[-1]["results"]
    assert "bytes_scanned_cutoff is 5" in ours["msg"]
    assert "no such/name" in aws["msg"]
