"""The inventory for AWS, played against the local cloud as if it were AWS: other region, other architecture, a prefix to all names.

The server is a machine of the local cloud, which stands for AWS in one more point: it is told where AWS's endpoint is.
"""

import pytest

from tests.e2e.deployment import Deployment
from tests.roles.server import Server, shown_fingerprint, shown_password, why_no_machines

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(why_no_machines() != "", reason=why_no_machines())]
REGION = "eu-central-1"
ACCOUNT = "000000000000"
BUCKET = f"trial-orders-{ACCOUNT}-{REGION}"
FUNCTION = "trial-FilterAndProcessOrders"


class Aws(Server):
    """A deployment with the inventory for AWS, and its server."""

    def __init__(self, folder):
        self.site = Deployment(folder)
        # Where the inventory puts keys and addresses, below the home folder unless this is set.
        self.folder = folder / "home" / "headwater" / f"{ACCOUNT}-{REGION}-trial"
        self.environment = {
            "AWS_ENDPOINT_URL": self.site.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "XDG_STATE_HOME": str(folder / "home"),
        }
        self.settings = {
            "aws_account_id": ACCOUNT,
            "aws_region": REGION,
            "allowed_cidrs": ["203.0.113.7/32"],
            "name_prefix": "trial-",
            # The server's, whose environment is not this one.
            "__aws_always": {"AWS_ENDPOINT_URL": self.site.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION},
        }

    def play(self, playbook="site.yml", *arguments, **settings):
        extra = {**self.settings, **settings}
        return self.site.play(playbook, "-i", "inventory/aws.yml", *arguments, environment=self.environment, **extra)

    def client(self, service):
        return self.site.client(service, REGION)


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """A deployment apart from the one that the other end-to-end tests walk through; at first only the local cloud runs."""
    made = Aws(tmp_path_factory.mktemp("aws"))
    try:
        made.site.play("site.yml", "--limit", "localcloud", environment={"MACHINES": "auto"}).succeeded()
        yield made
    finally:
        made.site.play("playbooks/stop-localcloud.yml", environment={"MACHINES": "auto"})


@pytest.fixture(scope="module")
def deployed(aws):
    """The first deployment."""
    return aws.play().succeeded()


def test_it_deploys_in_the_settings_region_and_architecture(aws, deployed):
    assert "localcloud" not in deployed.recap
    assert aws.client("lambda").get_function_configuration(FunctionName=FUNCTION)["Architectures"] == ["arm64"]
    assert aws.client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION
    found = aws.client("ec2").describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
    servers = [instance for reservation in found for instance in reservation["Instances"]]
    assert [server["InstanceType"] for server in servers] == ["t4g.micro", "t4g.micro"]
    assert all(server["Placement"]["AvailabilityZone"].startswith(REGION) for server in servers)


def test_the_page_answers_over_tls_behind_a_sign_in(aws, deployed):
    assert shown_fingerprint(deployed.text)
    assert aws.get("/orders.json")[0] == 401
    status, text = aws.get("/readyz", shown_password(deployed.text))
    assert status == 200, text  # every workgroup can be reached with the role's credentials


def test_keys_and_addresses_are_in_the_users_own_folder(aws, deployed):
    assert aws.folder.stat().st_mode & 0o777 == 0o700
    assert {"dashboard.json", "dashboard.config", "dashboard.known_hosts"} <= {file.name for file in aws.folder.iterdir()}


def test_a_second_run_changes_nothing(aws, deployed):
    assert aws.play().succeeded().changes == []


def test_credentials_of_another_account_are_refused(aws, deployed):
    run = aws.play("site.yml", aws_account_id="123456789012")
    assert run.code == 2
    assert f"belong to {ACCOUNT}" in run.text


def test_teardown_asks_first(aws, deployed):
    run = aws.play("teardown.yml")
    assert run.code == 2
    assert f"-e confirm_teardown={ACCOUNT}" in run.text
    assert aws.client("lambda").list_functions()["Functions"]


def test_teardown_leaves_nothing(aws, deployed):
    aws.play("teardown.yml", confirm_teardown=ACCOUNT).succeeded()
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert aws.client("iam").list_roles()["Roles"] == []
    assert aws.client("ec2").describe_key_pairs()["KeyPairs"] == []
    states = {one["State"]["Name"] for found in aws.client("ec2").describe_instances()["Reservations"] for one in found["Instances"]}
    assert states <= {"terminated"}
    assert not [file for file in aws.folder.iterdir() if file.name.startswith(("dashboard", "trial-"))]
