"""Least privilege and controls, on one deployment: made with exactly the deployer's policy, used, looked at, removed."""

import json
import re

import pytest

from tests import deployer_policy, privileges, security_table
from tests.e2e import changes, controls
from tests.e2e.use import PASSWORD, use_everything
from tests.roles.server import Server, why_no_machines

pytestmark = [pytest.mark.timeout(1500), pytest.mark.skipif(why_no_machines() != "", reason=why_no_machines())]
PREFIX = "sec-"
BUCKET = f"{PREFIX}orders-000000000000-us-east-1"
HISTORY = f"{PREFIX}order-history-000000000000-us-east-1"
CLICKS = f"{PREFIX}clickstream-000000000000-us-east-1"
SALES = f"{PREFIX}transactions-000000000000-us-east-1"
FUNCTIONS = (
    "FilterAndProcessOrders",
    "data-generator",
    "data-transformer",
    "data-compactor",
    "orders-data-checks",
    "order-history-data-checks",
    "transactions-data-checks",
    "click-transform",
    "clickstream-data-checks",
)
ROLES = (
    "Lambda-S3-Processing-Role",
    "Glue-S3-Crawler-Role",
    "EC2-Athena-Dashboard-Role",
    "Firehose-Order-History-Role",
    "Glue-Order-History-Crawler-Role",
    "Glue-Transform-Order-History-Role",
    "EC2-Order-Source-Role",
    "Data-Generator-Role",
    "Data-Transformer-Role",
    "Data-Compactor-Role",
    "Ecommerce-Crawler-Role",
    "Orders-Data-Checks-Role",
    "Order-History-Data-Checks-Role",
    "Transactions-Data-Checks-Role",
    "APIGateway-Firehose",
    "APIGateway-Logs",
    "Firehose-Clickstream-Role",
    "Click-Transform-Role",
    "Clickstream-Data-Checks-Role",
)
#: The roles whose policy has a name of its own.
POLICIES = {"APIGateway-Firehose": "API-Firehose"}
DEPLOYER = "arn:aws:iam::000000000000:user/deployer"


def deployer_keys(site):
    """A user with the printed policies and nothing else; returns its (access key, secret)."""
    folder = site.folder / "policies"
    folder.mkdir()
    site.play("playbooks/deployer-policy.yml", policy_folder=str(folder), name_prefix=PREFIX).succeeded()
    iam = site.client("iam")
    iam.create_user(UserName="deployer")
    for file in sorted(folder.glob("*.json")):
        policy = iam.create_policy(PolicyName=file.stem, PolicyDocument=file.read_text())["Policy"]["Arn"]
        iam.attach_user_policy(UserName="deployer", PolicyArn=policy)
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("security"), without=())
    made.site.play("site.yml", "--limit", "localcloud", environment={"MACHINES": "auto"}).succeeded()
    made.site.client("s3").create_bucket(Bucket="somebodys-own")
    made.site.client("sqs").create_queue(QueueName="somebodys-own")
    try:
        yield made
    finally:
        made.site.sign_as()
        made.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def life(server):
    """The life of a deployment, by a user who has just the deployer's policy; it goes on when it is asked for more."""
    server.site.sign_as(*deployer_keys(server.site))
    server.site.settings |= {"dashboard_password": PASSWORD}
    return deployer_policy.live(server.site, PREFIX, first=())


@pytest.fixture(scope="module")
def deployed(server, life):
    """Everything is there and has been used; returns the pages' answers."""
    assert next(life) == "used"
    return use_everything(server, PREFIX, customer_key=True)


@pytest.fixture(scope="module")
def aws(server, deployed):
    """What was deployed, for the controls."""
    site = server.site
    found = site.client("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])
    return controls.Deployed(
        client=site.client,
        account="000000000000",
        buckets=[BUCKET, HISTORY, SALES, CLICKS, f"{PREFIX}artifacts-000000000000-us-east-1"],
        functions=[PREFIX + name for name in FUNCTIONS],
        roles=[PREFIX + role for role in ROLES],
        workgroups=[f"{PREFIX}orders", f"{PREFIX}order_history", f"{PREFIX}transactions", f"{PREFIX}clickstream"],
        keys=[site.client("kms").describe_key(KeyId=f"alias/{PREFIX}headwater")["KeyMetadata"]["Arn"]],
        instances=[instance["InstanceId"] for reservation in found["Reservations"] for instance in reservation["Instances"]],
        crawlers=[f"{PREFIX}orders_processed_crawler", f"{PREFIX}order-history-crawler", f"{PREFIX}ecommerce-crawler"],
        jobs=[f"{PREFIX}transform-order-history"],
        streams=[f"{PREFIX}tbsm-red-fire", f"{PREFIX}clickstream"],
        apis=[each["id"] for each in site.client("apigateway").get_rest_apis()["items"]],
        topics=[f"arn:aws:sns:us-east-1:000000000000:{PREFIX}pipeline-failure-alerts"],
        alarms=[each["AlarmName"] for each in site.client("cloudwatch").describe_alarms(AlarmNamePrefix=PREFIX)["MetricAlarms"]],
        log_groups=[
            *(f"/aws/lambda/{PREFIX}{name}" for name in FUNCTIONS),
            f"/aws/kinesisfirehose/{PREFIX}tbsm-red-fire",
            f"/aws/kinesisfirehose/{PREFIX}clickstream",
            f"/aws/apigateway/{PREFIX}clickstream-ingest-poc",
            f"/aws-glue/jobs/{PREFIX}transform-order-history/output",
            f"/aws-glue/jobs/{PREFIX}transform-order-history/error",
        ],
    )


def test_every_page_answers(deployed):
    assert set(deployed.values()) == {200}, deployed


def test_there_is_something_of_each_kind_to_look_at(aws):
    assert all([aws.buckets, aws.functions, aws.roles, aws.workgroups, aws.keys, aws.crawlers, aws.jobs, aws.streams, aws.log_groups])
    assert all([aws.topics, aws.alarms, aws.apis])
    assert len(aws.instances) == 2


@pytest.mark.parametrize("identity", sorted(controls.CHECKS))
def test_control(identity, aws):
    assert controls.CHECKS[identity](aws) == []


def test_objects_results_and_logs_are_encrypted_with_the_customer_key(server, aws):
    s3 = server.site.client("s3")
    orders = [(BUCKET, prefix) for prefix in ("raw/", "processed/", "rejected/", "audit/", "enriched/")]
    history = [(HISTORY, prefix) for prefix in ("raw/", "curated/", "rejected/", "audit/", "results/", "checks/")]
    sales = [(SALES, prefix) for prefix in ("raw/", "processed/", "rejected/", "audit/", "results/", "compactions/")]
    clicks = [(CLICKS, prefix) for prefix in ("clicks/", "rejected/", "audit/", "results/", "checks/")]
    for bucket, prefix in orders + history + sales + clicks:
        keys = list(server.site.objects(bucket, prefix))
        assert keys, (bucket, prefix)
        heads = [s3.head_object(Bucket=bucket, Key=key) for key in keys]
        assert {(head["ServerSideEncryption"], head["SSEKMSKeyId"]) for head in heads} == {("aws:kms", aws.keys[0])}, (bucket, prefix)
    for name in aws.log_groups:
        (group,) = server.site.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert group["kmsKeyId"] == aws.keys[0]


# -- each role


def sessions(role):
    """The ARNs of a role's sessions, as a regular expression."""
    return rf"arn:aws:sts::\d+:assumed-role/{PREFIX}{role}/.*"


def statements(server, role):
    policy = {"RoleName": PREFIX + role, "PolicyName": PREFIX + POLICIES.get(role, role)}
    return server.site.client("iam").get_role_policy(**policy)["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_granted_all_that_it_uses(server, deployed, role):
    granted = privileges.grants({"Statement": statements(server, role)})
    asked = privileges.used(server.site.journal, sessions(role))
    assert asked
    assert privileges.ungranted(granted, asked) == []
    assert privileges.denied(server.site.journal, sessions(role)) == set()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_uses_all_that_it_is_granted(server, deployed, role):
    """Each action of each statement was asked for, on one of its resources at least, or the document says why not."""
    asked = privileges.used(server.site.journal, sessions(role))
    unused = set()
    for statement in statements(server, role):
        for action in statement["Action"]:
            one = {privileges.Grant(action, resource) for resource in statement["Resource"]}
            unused |= {action} if privileges.unused(one, asked) == sorted(one) else set()
    excused = {action for row in security_table.rows() if row.role == role and row.is_unused_here for action in row.actions}
    assert unused == excused


@pytest.mark.parametrize("role", ROLES)
def test_the_document_tells_what_a_role_may_do_and_why(server, deployed, role):
    deployed_rows = {row.without_reason for row in security_table.as_rows(PREFIX + role, statements(server, role), PREFIX)}
    told = [row for row in security_table.rows() if row.role == role]
    lacking = deployed_rows - {row.without_reason for row in told}
    assert not lacking, "docs/security.md lacks:\n" + "\n".join(security_table.text(row) for row in sorted(lacking, key=str))
    assert {row.without_reason for row in told} == deployed_rows
    assert [row for row in told if not row.why] == []


# -- what goes on; these last, since they change and remove


#: Kinds of which nothing else may be said than what was changed: their diffs come from elsewhere, or were made for it.
EXACT = {"instance profile": "Instance profile ", "key": "KMS key ", "key pair": "Key pair ", "security group": "Security group "}


def test_drift_of_every_kind_is_named_the_servers_too(server, life, deployed):
    server.site.settings.pop("dashboard_password")
    next(life)
    said = [difference["text"] for difference in json.loads((server.site.state / "drift.json").read_text())]
    expected = changes.drifted(PREFIX)
    assert [line for lines in expected.values() for line in lines if not any(text.startswith(line) for text in said)] == [], said
    for kind, beginning in EXACT.items():
        about = [text for text in said if text.startswith(beginning)]
        assert [text for text in about if not text.startswith(tuple(expected[kind]))] == []


def test_the_deployers_policy_is_just_what_deploying_takes(server, life, deployed):
    assert list(life) == ["removed"]
    journal, documents = server.site.journal, sorted((server.site.folder / "policies").glob("*.json"))
    refused = {(action, resource) for action, resource in privileges.denied(journal, re.escape(DEPLOYER))}
    assert {one for one in refused if not deployer_policy.TRIED.fullmatch(one[0]) or PREFIX in one[1]} == set()
    assert any("somebodys-own" in resource for _, resource in refused), "nobody else's resources were looked at"

    granted = {grant.action for file in documents for grant in privileges.grants(privileges.read(file))}
    assert granted == {action for action, _ in privileges.used(journal, re.escape(DEPLOYER))}
