"""The crawler's role: whether Glue may assume it, and clients that act as it."""

import json
from threading import Lock

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.engine import ServiceError

PRINCIPAL = "glue.amazonaws.com"
_ACTION = "sts:AssumeRole"
_session, _making = boto3.Session(), Lock()  # a session is not thread-safe, its clients are


def role_name(role):
    """The role's name with its path, as GetCrawler shows it, from a name or an ARN."""
    return role.partition(":role/")[2] if role.startswith("arn:") else role


def require_role(iam, role):
    """The ARN of the role. ServiceError unless it exists and lets Glue assume it."""
    # IAM knows roles by their last part; a path only shows in the ARN.
    name = role_name(role).rpartition("/")[2]
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        raise _refused(f"there is no role {name!r}") from error
    if not trusts(found["AssumeRolePolicyDocument"]):
        raise _refused(f"role {name!r} does not allow {_ACTION} to the service {PRINCIPAL}")
    return found["Arn"]


def trusts(document, principal=PRINCIPAL):
    """Whether a trust policy lets a service assume the role."""
    policy = json.loads(document) if isinstance(document, str) else document
    allowed = False
    for statement in _listed(policy.get("Statement", [])):
        who = statement.get("Principal", {})
        services = ["*"] if who == "*" else _listed(who.get("Service", [])) + _listed(who.get("AWS", []))
        actions = [action.lower() for action in _listed(statement.get("Action", []))]
        if not ({"*", principal} & set(services) and {"*", "sts:*", _ACTION.lower()} & set(actions)):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def clients_as(sts, role_arn, services, endpoint_url, region):
    """One client for each of `services`, with credentials of the role."""
    credentials = sts.assume_role(RoleArn=role_arn, RoleSessionName="AWS-Crawler")["Credentials"]
    with _making:
        return [
            _session.client(
                service,
                endpoint_url=endpoint_url,
                region_name=region,
                aws_access_key_id=credentials["AccessKeyId"],
                aws_secret_access_key=credentials["SecretAccessKey"],
                aws_session_token=credentials["SessionToken"],
                config=Config(retries={"max_attempts": 1}, max_pool_connections=16, s3={"addressing_style": "path"}),
            )
            for service in services
        ]


def _refused(why):
    return ServiceError("InvalidInputException", f"Service is unable to assume provided role. Please verify role's TrustPolicy ({why})")


def _listed(value):
    return value if isinstance(value, list) else [value]
