"""One local cloud for all tests of IAM, and users in it that may do exactly what a test says."""

import itertools
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local_cloud import Cloud, create_role

ACCOUNT, REGION = "000000000000", "us-east-1"
DENIALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException", "403"}
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("iam"))
    running.start()
    yield running
    running.stop()


def unique(kind):
    return f"{kind}-{next(_numbers)}"


def policy(*grants):
    """A policy document; each grant is (action, resource) or (action, resource, condition)."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition[0]} if condition else {})}
        for action, resource, *condition in grants
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Caller:
    """Credentials with clients. `arn`: what the journal calls them."""

    def __init__(self, cloud, arn, key, secret, token=None):
        self.cloud, self.arn, self.key, self.secret, self.token = cloud, arn, key, secret, token

    def client(self, service, **options):
        """A boto3 client; `options` of botocore's Config."""
        return boto3.client(
            service,
            endpoint_url=self.cloud.url,
            region_name=REGION,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, **options),
        )


class User(Caller):
    """A user whose rights can be changed."""

    def __init__(self, cloud):
        self.name = unique("user")
        iam = cloud.client("iam")
        arn = iam.create_user(UserName=self.name)["User"]["Arn"]
        made = iam.create_access_key(UserName=self.name)["AccessKey"]
        super().__init__(cloud, arn, made["AccessKeyId"], made["SecretAccessKey"])

    def may(self, *grants):
        iam = self.cloud.client("iam")
        if grants:
            iam.put_user_policy(UserName=self.name, PolicyName="may", PolicyDocument=policy(*grants))
        elif iam.list_user_policies(UserName=self.name)["PolicyNames"]:
            iam.delete_user_policy(UserName=self.name, PolicyName="may")
        return self


@pytest.fixture
def user(cloud):
    return User(cloud)


@pytest.fixture
def role(cloud):
    """Makes roles: `role("ec2.amazonaws.com", *grants)` gives IAM's description."""

    def make(service, *grants):
        made = create_role(cloud.client("iam"), unique("role"), service)
        if grants:
            cloud.client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="may", PolicyDocument=policy(*grants))
        return made

    return make


def arn(service, resource, region=REGION, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def refusal(call):
    """The message of the error with which a call is refused for lack of permission; fails if it is not refused."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert error["Code"] in DENIALS, error
    return error["Message"]


def error(call):
    """(code, message) of a call's error."""
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def lines(cloud, **members):
    """The journal's lines with these members."""
    text = (cloud.folder / "state" / "calls.jsonl").read_text()
    found = [json.loads(line) for line in text.splitlines()]
    return [line for line in found if all(line.get(name) == value for name, value in members.items())]
