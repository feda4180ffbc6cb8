"""Least privilege and controls, on one deployment: made with exactly the deployer's policy, used, looked at, removed."""

import json
import re

import pytest

from tests import privileges
from tests.deployer_policy import POLICY
from tests.e2e import controls
from tests.e2e.deployment import Deployment
from tests.e2e.use import use_everything

pytestmark = pytest.mark.timeout(600)
PREFIX = "sec-"
SETTINGS = {"name_prefix": PREFIX, "customer_key": True}
BUCKET = f"{PREFIX}orders-000000000000-us-east-1"
ROLES = ("Lambda-S3-Processing-Role", "Glue-S3-Crawler-Role", "EC2-Athena-Dashboard-Role")
DEPLOYER = "arn:aws:iam::000000000000:user/deployer"


def deployer_keys(deployment, folder):
    """A user with the printed policies and nothing else; returns its (access key, secret)."""
    deployment.play("playbooks/deployer-policy.yml", policy_folder=str(folder), **SETTINGS).succeeded()
    iam = deployment.client("iam")
    iam.create_user(UserName="deployer")
    for file in sorted(folder.glob("*.json")):
        policy = iam.create_policy(PolicyName=file.stem, PolicyDocument=file.read_text())["Policy"]["Arn"]
        iam.attach_user_policy(UserName="deployer", PolicyArn=policy)
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """Everything, deployed and used, by a user who has just the deployer's policy."""
    folder = tmp_path_factory.mktemp("security")
    made = Deployment(folder)
    made.play("site.yml", "--limit", "localcloud").succeeded()
    made.sign_as(*deployer_keys(made, folder))
    try:
        made.play("site.yml", **SETTINGS).succeeded()
        use_everything(made, PREFIX)
        yield made
    finally:
        made.sign_as()
        made.play("teardown.yml", **SETTINGS)
        made.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def aws(deployed):
    """What was deployed, for the controls."""
    tagged = [
        instance["InstanceId"]
        for reservation in deployed.client("ec2").describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] == "running"
    ]
    kms = deployed.client("kms")
    return controls.Deployed(
        client=deployed.client,
        account="000000000000",
        buckets=[BUCKET, f"{PREFIX}artifacts-000000000000-us-east-1"],
        functions=[f"{PREFIX}FilterAndProcessOrders"],
        roles=[PREFIX + role for role in ROLES],
        workgroups=[f"{PREFIX}orders"],
        keys=[kms.describe_key(KeyId=f"alias/{PREFIX}headwater")["KeyMetadata"]["Arn"]],
        instances=tagged,
        crawlers=[f"{PREFIX}orders_processed_crawler"],
        log_groups=[f"/aws/lambda/{PREFIX}FilterAndProcessOrders"],
    )


def test_there_is_one_of_each_kind_to_look_at(aws):
    assert all([aws.buckets, aws.functions, aws.roles, aws.workgroups, aws.keys, aws.instances, aws.crawlers, aws.log_groups])


@pytest.mark.parametrize("identity", sorted(controls.CHECKS))
def test_control(identity, aws):
    assert controls.CHECKS[identity](aws) == []


def test_objects_results_and_logs_are_encrypted_with_the_customer_key(deployed, aws):
    s3 = deployed.client("s3")
    for prefix in ("raw/", "processed/", "audit/", "enriched/"):
        keys = list(deployed.objects(BUCKET, prefix))
        assert keys, prefix
        heads = [s3.head_object(Bucket=BUCKET, Key=key) for key in keys]
        assert {(head["ServerSideEncryption"], head["SSEKMSKeyId"]) for head in heads} == {("aws:kms", aws.keys[0])}
    (group,) = deployed.client("logs").describe_log_groups(logGroupNamePrefix=aws.log_groups[0])["logGroups"]
    assert group["kmsKeyId"] == aws.keys[0]


# -- each role


def role_statements(deployed, role):
    document = deployed.client("iam").get_role_policy(RoleName=PREFIX + role, PolicyName=PREFIX + role)["PolicyDocument"]
    return document["Statement"]


def declared_reasons(deployed):
    """{(role, action): reason} of the grants that are unused here, or wider than one resource, on purpose."""
    from tests.structure.security_table import reasons

    return reasons()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_uses_all_that_it_is_granted_and_is_granted_all_that_it_uses(deployed, role):
    granted = privileges.grants({"Statement": role_statements(deployed, role)})
    asked = privileges.used(deployed.journal, rf"arn:aws:sts::\d+:assumed-role/{PREFIX}{role}/.*")
    assert asked
    assert privileges.ungranted(granted, asked) == []
    excused = {action for one, action in declared_reasons(deployed) if one == role}
    assert [grant for grant in privileges.unused(granted, asked) if grant.action not in excused] == []


@pytest.mark.parametrize("role", ROLES)
def test_nothing_was_refused_to_a_role(deployed, role):
    assert privileges.denied(deployed.journal, rf"arn:aws:sts::\d+:assumed-role/{PREFIX}{role}/.*") == set()


# -- who deploys; last, since it tears down


def test_the_deployers_policy_is_just_what_deploying_takes(deployed):
    again = deployed.play("site.yml", **SETTINGS).succeeded()
    assert again.changed == 0
    deployed.play("playbooks/check-drift.yml", **SETTINGS).succeeded()
    deployed.play("teardown.yml", **SETTINGS).succeeded()
    deployed.play("teardown.yml", **SETTINGS).succeeded()

    assert privileges.denied(deployed.journal, re.escape(DEPLOYER)) == set()
    asked = privileges.used(deployed.journal, re.escape(DEPLOYER))
    statements = json.loads((deployed.folder / "headwater-deployer-1.json").read_text())["Statement"]
    for file in sorted(deployed.folder.glob("headwater-deployer-[2-9].json")):
        statements += json.loads(file.read_text())["Statement"]
    assert privileges.unused(privileges.grants({"Statement": statements}), asked) == []
    assert POLICY.exists()
