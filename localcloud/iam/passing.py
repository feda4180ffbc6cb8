"""iam:PassRole: who gives a service a role must be allowed to pass that role to that service.

One table; a service that takes roles joins it with a line.
"""

import json
from dataclasses import dataclass

from localcloud.iam.questions import Question


@dataclass(frozen=True)
class Passing:
    """Where a request carries roles. `members`: dotted paths of its parameters; `[]` goes through a list, `**` through all depths.

    `to`: the service principal. `refused`: (code, message) of the service itself where the role does not trust it,
    None where it finds that out later.
    """

    to: str
    members: tuple
    refused: tuple | None = None


_LAMBDA = Passing(
    "lambda.amazonaws.com",
    ("Role",),
    ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
)
_FIREHOSE = Passing(
    "firehose.amazonaws.com",
    ("**RoleARN",),
    ("InvalidArgumentException", "Firehose is unable to assume role {role}. Please check the role provided."),
)
_SCHEDULER = Passing(
    "scheduler.amazonaws.com",
    ("Target.RoleArn",),
    ("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
)

ROLES = {
    ("lambda", "CreateFunction"): _LAMBDA,
    ("lambda", "UpdateFunctionConfiguration"): _LAMBDA,
    ("glue", "CreateCrawler"): Passing("glue.amazonaws.com", ("Role",)),
    ("glue", "UpdateCrawler"): Passing("glue.amazonaws.com", ("Role",)),
    ("glue", "CreateJob"): Passing("glue.amazonaws.com", ("Role",)),
    ("glue", "UpdateJob"): Passing("glue.amazonaws.com", ("JobUpdate.Role",)),
    ("firehose", "CreateDeliveryStream"): _FIREHOSE,
    ("firehose", "UpdateDestination"): _FIREHOSE,
    ("events", "PutTargets"): Passing("events.amazonaws.com", ("Targets[].RoleArn",)),
    ("events", "PutRule"): Passing("events.amazonaws.com", ("RoleArn",)),
    ("scheduler", "CreateSchedule"): _SCHEDULER,
    ("scheduler", "UpdateSchedule"): _SCHEDULER,
    ("logs", "PutSubscriptionFilter"): Passing("logs.amazonaws.com", ("roleArn",)),
    # One that does not trust QuickSight makes a data source that failed, not a refusal.
    ("quicksight", "CreateDataSource"): Passing("quicksight.amazonaws.com", ("DataSourceParameters.AthenaParameters.RoleArn",)),
    ("quicksight", "UpdateDataSource"): Passing("quicksight.amazonaws.com", ("DataSourceParameters.AthenaParameters.RoleArn",)),
    ("iam", "AddRoleToInstanceProfile"): Passing("ec2.amazonaws.com", ("RoleName",)),
    # EC2 takes an instance profile; the role inside it is what is passed.
    ("ec2", "RunInstances"): Passing("ec2.amazonaws.com", ("IamInstanceProfile.Name", "IamInstanceProfile.Arn")),
    ("ec2", "AssociateIamInstanceProfile"): Passing("ec2.amazonaws.com", ("IamInstanceProfile.Name", "IamInstanceProfile.Arn")),
    ("ec2", "ReplaceIamInstanceProfileAssociation"): Passing("ec2.amazonaws.com", ("IamInstanceProfile.Name", "IamInstanceProfile.Arn")),
}


def questions(call):
    """An iam:PassRole Question for each role that a Call passes."""
    passing = ROLES.get((call.service, call.operation))
    return [Question("iam:PassRole", role, {"iam:PassedToService": passing.to}) for role in roles(call)] if passing else []


def roles(call):
    """The ARNs of the roles that a Call passes."""
    passing = ROLES.get((call.service, call.operation))
    if passing is None:
        return []
    found = [value for member in passing.members for value in _find(call, member) if value]
    if call.service == "ec2":
        found = [role for profile in found for role in _in_profile(profile)]
    return list(dict.fromkeys(_arn(call, role) for role in found))


def _find(call, member):
    if member.startswith("**"):
        return list(_anywhere(call.params, member[2:]))
    if member in call.params:
        return call.several(member)  # flat, as query protocols send it
    values = [call.params]
    for part in member.split("."):
        name, several = part.removesuffix("[]"), part.endswith("[]")
        values = [value[name] for value in values if isinstance(value, dict) and name in value]
        if several:
            values = [item for value in values if isinstance(value, list) for item in value]
    return [value for value in values if isinstance(value, str)]


def _anywhere(value, name):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name and isinstance(inner, str):
                yield inner
            else:
                yield from _anywhere(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _anywhere(inner, name)


def _arn(call, role):
    """A role's ARN by its name or ARN; Glue and IAM take names."""
    if role.startswith("arn:"):
        return role
    from ministack.services import iam

    known = iam._roles.get(role.rpartition("/")[2])
    return known["Arn"] if known else f"arn:aws:iam::{call.account}:role/{role}"


def _in_profile(profile):
    """Names of the roles in an instance profile, by its name or ARN."""
    from ministack.services import iam

    known = iam._instance_profiles.get(profile.rpartition("/")[2])
    return [role if isinstance(role, str) else role["RoleName"] for role in (known or {}).get("Roles", [])]


def trust_problem(call):
    """(code, message) of the service where a role that is passed does not trust it; None if all is well."""
    passing = ROLES.get((call.service, call.operation))
    if passing is None or passing.refused is None:
        return None
    from localcloud.iam import sessions

    for role in roles(call):
        if not sessions.trusts(role, passing.to):
            code, message = passing.refused
            return code, message.format(role=role)
    return None


def refusal(call):
    """(status, headers, body) of `trust_problem`, or None."""
    problem = trust_problem(call)
    if problem is None:
        return None
    code, message = problem
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body
