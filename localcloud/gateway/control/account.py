"""The account's settings in a region: the role with which API Gateway writes logs."""

from localcloud.engine import ServiceError
from localcloud.gateway.control import patch, rules
from localcloud.gateway.control.here import bad
from localcloud.iam import gate, sessions
from localcloud.iam.questions import Question

OPERATIONS = ("get_account", "update_account")
SERVICE = "apigateway.amazonaws.com"
_FIELDS = {"/cloudwatchRoleArn": patch.TEXT}
_DENIED = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required "
    "role policy."
)


def get_account(here, given):
    throttle = {"burstLimit": 5000, "rateLimit": 10_000.0}
    return {**here.tables["account"], "throttleSettings": throttle, "features": ["UsagePlans"], "apiKeyVersion": "4"}


def update_account(here, given):
    changed = patch.apply(here.tables["account"], given.get("patchOperations"), _FIELDS)
    role = changed.get("cloudwatchRoleArn")
    if role:
        if not rules.ROLE.fullmatch(role):
            raise bad(f"Invalid ARN specified in the request: {role}")
        _check(here, role)
    here.tables["account"].clear()
    here.tables["account"].update({"cloudwatchRoleArn": role} if role else {})
    return get_account(here, given)


def _check(here, role):
    """Refuse a role that API Gateway cannot assume, or that may not write logs.

    AWS tries a role by a log group of its own, `/aws/apigateway/welcome`; here only the rights are asked.
    """
    if not sessions.trusts(role, SERVICE):
        raise bad(_DENIED)
    try:
        session = sessions.service_session(role, SERVICE, "BackplaneAssumeRoleSession")
    except ServiceError as error:
        raise bad(_DENIED) from error
    group = f"arn:aws:logs:{here.region}:{here.account}:log-group:/aws/apigateway/welcome:log-stream:"
    asked = [
        Question("logs:CreateLogGroup", group),
        Question("logs:CreateLogStream", f"{group}x"),
        Question("logs:PutLogEvents", f"{group}x"),
    ]
    key = session["AccessKeyId"]
    try:
        if not gate.allowed(key, asked, "logs", here.account, here.region, SERVICE):
            raise bad(_DENIED)
    finally:
        sessions.end(key)
