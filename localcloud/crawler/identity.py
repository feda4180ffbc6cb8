"""The crawler's role: whether Glue may assume it, and clients that act as it."""

from botocore.exceptions import ClientError

from localcloud.engine import ServiceError, make_client
from localcloud.iam import sessions

PRINCIPAL = "glue.amazonaws.com"


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
    if not sessions.policy_trusts(found["AssumeRolePolicyDocument"], found["Arn"], PRINCIPAL):
        raise _refused(f"role {name!r} does not allow sts:AssumeRole to the service {PRINCIPAL}")
    return found["Arn"]


def session(role_arn):
    """(access key, secret, token) of a session of the role that a crawl has for itself."""
    made = sessions.service_session(role_arn, PRINCIPAL, "AWS-Crawler")
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


def clients_as(credentials, services, endpoint_url, region):
    """One client for each of `services`."""
    return [make_client(service, endpoint_url, region, "glue", credentials) for service in services]


def _refused(why):
    return ServiceError("InvalidInputException", f"Service is unable to assume provided role. Please verify role's TrustPolicy ({why})")
