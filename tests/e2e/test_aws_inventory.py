"""The inventory for AWS, played against the local cloud as if it were AWS: other region, other architecture, a prefix to all names."""

import pytest

from tests.e2e.deployment import Deployment

pytestmark = pytest.mark.timeout(300)
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A deployment apart from the one that the other end-to-end tests walk through."""
    deployment = Deployment(tmp_path_factory.mktemp("aws"))
    yield deployment
    deployment.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    key = tmp_path_factory.mktemp("ssh") / "id_ed25519.pub"
    key.write_text("ssh-ed25519 AAAA test\n")
    return {
        "aws_account_id": "000000000000",
        "aws_region": REGION,
        "allowed_cidrs": ["203.0.113.7/32"],
        "ec2_public_key_file": str(key),
        "name_prefix": "trial-",
        # tests/roles tries servers.
        "machines": False,
    }


@pytest.fixture(scope="module")
def environment(site):
    site.play("site.yml", "--limit", "localcloud").succeeded()
    return {"AWS_ENDPOINT_URL": site.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def test_it_deploys_and_converges(site, settings, environment):
    played = site.play("site.yml", "-i", "inventory/aws.yml", environment=environment, **settings).succeeded()
    assert "localcloud" not in played.recap
    function = site.client("lambda", REGION).get_function_configuration(FunctionName="trial-FilterAndProcessOrders")
    assert function["Architectures"] == ["arm64"]
    bucket = f"trial-orders-000000000000-{REGION}"
    assert site.client("s3", REGION).get_bucket_location(Bucket=bucket)["LocationConstraint"] == REGION
    assert site.get("/readyz")[0] == 200
    again = site.play("site.yml", "-i", "inventory/aws.yml", environment=environment, **settings).succeeded()
    assert again.changed == 0


def test_credentials_of_another_account_are_refused(site, settings, environment):
    run = site.play("site.yml", "-i", "inventory/aws.yml", environment=environment, **{**settings, "aws_account_id": "123456789012"})
    assert run.code == 2
    assert "belong to 000000000000" in run.text


def test_teardown_asks_first(site, settings, environment):
    run = site.play("teardown.yml", "-i", "inventory/aws.yml", environment=environment, **settings)
    assert run.code == 2
    assert "-e confirm_teardown=000000000000" in run.text
    assert site.client("lambda", REGION).list_functions()["Functions"]


def test_teardown_leaves_nothing(site, settings, environment):
    confirmed = {**settings, "confirm_teardown": "000000000000"}
    site.play("teardown.yml", "-i", "inventory/aws.yml", environment=environment, **confirmed).succeeded()
    assert site.client("s3").list_buckets()["Buckets"] == []
    assert site.client("lambda", REGION).list_functions()["Functions"] == []
    assert site.client("iam").list_roles()["Roles"] == []
