"""A machine asks 169.254.169.254 who it is, and gets its role's credentials there and nowhere else."""

import json
import shlex
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.localcloud.machines.conftest import CREDENTIALS_SECONDS
from tests.localcloud.machines.site import PROFILE, ROLE

METADATA = "http://169.254.169.254/latest"


@pytest.fixture(scope="module")
def ask(site, instance):
    """ask(path) → (status, text), with a token unless told otherwise."""

    def curl(path, *options, token=True):
        given = f'-H "X-aws-ec2-metadata-token: $(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" {METADATA}/api/token)"'
        options = " ".join(shlex.quote(option) for option in options)
        said = site.ssh(instance, f'curl -s -m 5 -w "\\n%{{http_code}}" {given if token else ""} {options} {METADATA}{path}')
        text, _, status = said.rpartition("\n")
        return int(status), text

    return curl


def test_no_token_no_answer(ask):
    assert ask("/meta-data/instance-id", token=False)[0] == 401
    assert ask("/meta-data/instance-id", "-H", "X-aws-ec2-metadata-token: forged", token=False)[0] == 401


def test_tokens_are_given_by_put_with_a_lifetime(ask):
    ttl = "X-aws-ec2-metadata-token-ttl-seconds: "
    assert ask("/api/token", "-X", "PUT", "-H", ttl + "21600", token=False)[0] == 200
    assert ask("/api/token", "-X", "PUT", "-H", ttl + "21601", token=False)[0] == 400
    assert ask("/api/token", "-X", "PUT", token=False)[0] == 400
    assert ask("/api/token", "-H", ttl + "60", token=False)[0] == 405
    assert ask("/api/token", "-X", "PUT", "-H", ttl + "60", "-H", "X-Forwarded-For: 10.0.0.1", token=False)[0] == 403


def test_it_tells_what_ec2_tells(site, instance, ask):
    told = site.describe(instance)
    expected = {
        "instance-id": instance,
        "ami-id": told["ImageId"],
        "instance-type": "t3.micro",
        "local-ipv4": told["PrivateIpAddress"],
        "public-ipv4": told["PublicIpAddress"],
        "hostname": told["PrivateDnsName"],
        "mac": told["NetworkInterfaces"][0]["MacAddress"],
        "placement/region": "us-east-1",
        "placement/availability-zone": told["Placement"]["AvailabilityZone"],
        "public-keys/": "0=key",
        "public-keys/0/openssh-key": site.public_key,
        "iam/security-credentials/": ROLE,
    }
    assert {path: ask(f"/meta-data/{path}")[1].strip() for path in expected} == expected
    assert told["NetworkInterfaces"][0]["MacAddress"] in site.ssh(instance, "ip link show eth0")
    assert json.loads(ask("/meta-data/iam/info")[1])["InstanceProfileArn"].endswith(f"/{PROFILE}")
    assert json.loads(ask("/dynamic/instance-identity/document")[1])["instanceId"] == instance
    assert ask("/user-data")[1].startswith("#cloud-config")
    assert ask("/meta-data/nothing")[0] == 404
    assert {"iam/", "instance-id", "placement/"} <= set(ask("/meta-data/")[1].split())


def test_tags_are_told_where_that_is_enabled(site, instance, ask):
    site.ec2.create_tags(Resources=[instance], Tags=[{"Key": "stage", "Value": "trial"}])
    assert ask("/meta-data/tags/instance/stage") == (200, "trial")
    site.ec2.modify_instance_metadata_options(InstanceId=instance, InstanceMetadataTags="disabled")
    assert ask("/meta-data/tags/instance/stage")[0] == 404
    assert ask("/meta-data/instance-id", token=False)[0] == 401  # what was not named stays as it was


def test_a_disabled_endpoint_tells_nothing(site, instance, ask):
    site.ec2.modify_instance_metadata_options(InstanceId=instance, HttpEndpoint="disabled")
    try:
        assert ask("/meta-data/instance-id")[0] == 403
        assert ask("/api/token", "-X", "PUT", "-H", "X-aws-ec2-metadata-token-ttl-seconds: 60", token=False)[0] == 403
    finally:
        site.ec2.modify_instance_metadata_options(InstanceId=instance, HttpEndpoint="enabled")


def test_the_roles_credentials_work_and_are_renewed(site, ask):
    first = json.loads(ask(f"/meta-data/iam/security-credentials/{ROLE}")[1])
    assert first["Code"] == "Success"
    keys = {
        "aws_access_key_id": first["AccessKeyId"],
        "aws_secret_access_key": first["SecretAccessKey"],
        "aws_session_token": first["Token"],
    }
    own = {name: boto3.client(name, endpoint_url=site.cloud.url, region_name="us-east-1", **keys) for name in ("s3", "sts", "iam")}
    assert f":assumed-role/{ROLE}/i-" in own["sts"].get_caller_identity()["Arn"]
    assert own["s3"].list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        own["iam"].list_roles()
    time.sleep(CREDENTIALS_SECONDS / 2 + 1)
    second = json.loads(ask(f"/meta-data/iam/security-credentials/{ROLE}")[1])
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert second["Expiration"] > first["Expiration"]
    time.sleep(CREDENTIALS_SECONDS / 2)
    with pytest.raises(ClientError, match=r"Expired|InvalidClientTokenId|invalid"):
        own["s3"].list_buckets()


def test_the_local_cloud_is_reached_at_its_own_address(site, instance):
    unsigned = f"curl -s -o /dev/null -w '%{{http_code}}' {site.cloud.url}"
    assert site.ssh(instance, f"{unsigned}/absent-bucket/key") in ("403", "404")
    # What it tells this computer's user, its own root key included, is not for machines.
    assert site.ssh(instance, f"{unsigned}/_ministack/ready") == "403"
    root = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    assert site.ssh(instance, f"{unsigned}/ -H {shlex.quote(root)}") == "403"


def test_no_key_lies_on_the_machine(site, instance):
    places = "/etc /home /root /var/lib /run /opt /srv"
    in_processes = "cat /proc/*/environ | grep -aoE 'AWS_[A-Z_]+=.'"
    ask = f"grep -rlE '(AKIA|ASIA)[A-Z0-9]{{16}}' {places}; ls -d ~root/.aws ~ec2-user/.aws; {in_processes}"
    assert site.ssh(instance, f"sudo sh -c {shlex.quote(ask)} 2>/dev/null || true") == ""


def test_an_instance_without_a_profile_has_no_credentials(site):
    (instance,) = site.launch(profile=None)
    token = f'$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" {METADATA}/api/token)'
    for path in ("iam/info", "iam/security-credentials/"):
        status = f'curl -s -o /dev/null -w "%{{http_code}}" -H "X-aws-ec2-metadata-token: {token}" {METADATA}/meta-data/{path}'
        assert site.ssh(instance, status) == "404"
    assert "IamInstanceProfile" not in site.describe(instance)
    site.terminate(instance)
