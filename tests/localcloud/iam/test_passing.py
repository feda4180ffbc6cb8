"""Who gives a service a role must be allowed to pass it, to that service."""

import json

import pytest

from tests.local_cloud import create_role
from tests.localcloud.functions.test_functions import zipped
from tests.localcloud.iam.conftest import arn, error, refusal, unique

NOTHING = ("sts:GetCallerIdentity", "*")
CODE = {"ZipFile": zipped(probe="def handler(event, context):\n    return 1\n")}


@pytest.fixture(scope="module")
def things(cloud):
    """Roles for each service, an instance profile, a bucket, a function, a rule, a crawler."""
    iam = cloud.client("iam")
    for service in ("lambda", "glue", "ec2", "events", "scheduler", "firehose"):
        create_role(iam, f"for-{service}", f"{service}.amazonaws.com")
    create_role(iam, "other-for-ec2", "ec2.amazonaws.com")
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="for-ec2")
    iam.create_instance_profile(InstanceProfileName="empty")
    cloud.client("s3").create_bucket(Bucket="passing-bucket")
    cloud.client("glue").create_database(DatabaseInput={"Name": "passing"})
    role = arn("iam", "role/for-lambda", region="")
    cloud.client("lambda").create_function(FunctionName="passed", Runtime="python3.12", Role=role, Handler="probe.handler", Code=CODE)
    cloud.client("events").put_rule(Name="passed", ScheduleExpression="rate(1 hour)")
    crawler = {"Name": "passed", "Role": "for-glue", "DatabaseName": "passing"}
    cloud.client("glue").create_crawler(**crawler, Targets={"S3Targets": [{"Path": "s3://passing-bucket/a/"}]})
    return cloud


def role_arn(name):
    return arn("iam", f"role/{name}", region="")


QUEUE = arn("sqs", "absent")
CALLS = {
    "lambda-create": (
        "lambda",
        "create_function",
        {"FunctionName": "made", "Runtime": "python3.12", "Role": role_arn("for-lambda"), "Handler": "probe.handler", "Code": CODE},
    ),
    "lambda-update": ("lambda", "update_function_configuration", {"FunctionName": "passed", "Role": role_arn("for-lambda")}),
    "glue-create": (
        "glue",
        "create_crawler",
        {"Name": "made", "Role": "for-glue", "DatabaseName": "passing", "Targets": {"S3Targets": [{"Path": "s3://passing-bucket/a/"}]}},
    ),
    "glue-update": ("glue", "update_crawler", {"Name": "passed", "Role": role_arn("for-glue")}),
    "events": ("events", "put_targets", {"Rule": "passed", "Targets": [{"Id": "1", "Arn": QUEUE, "RoleArn": role_arn("for-events")}]}),
    "scheduler": (
        "scheduler",
        "create_schedule",
        {
            "Name": "made",
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": QUEUE, "RoleArn": role_arn("for-scheduler")},
        },
    ),
    "firehose": (
        "firehose",
        "create_delivery_stream",
        {
            "DeliveryStreamName": "made",
            "ExtendedS3DestinationConfiguration": {"RoleARN": role_arn("for-firehose"), "BucketARN": "arn:aws:s3:::passing-bucket"},
        },
    ),
    "iam": ("iam", "add_role_to_instance_profile", {"InstanceProfileName": "empty", "RoleName": "for-ec2"}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_role_is_passed_only_by_who_may_and_only_to_its_service(things, user, name):
    service, method, arguments = CALLS[name]
    call = lambda: getattr(user.client(service), method)(**arguments)  # noqa: E731 - one line
    to = {"iam": "ec2"}.get(service, service)
    # iam:* would hold iam:PassRole.
    own = ("iam:AddRoleToInstanceProfile" if service == "iam" else f"{service}:*", "*")
    user.may(own)
    assert f"iam:PassRole on resource: {role_arn(f'for-{to}')}" in refusal(call)
    user.may(own, ("iam:PassRole", "*", {"StringEquals": {"iam:PassedToService": "quicksight.amazonaws.com"}}))
    refusal(call)
    user.may(own, ("iam:PassRole", role_arn(f"for-{to}"), {"StringEquals": {"iam:PassedToService": f"{to}.amazonaws.com"}}))
    call()


def test_an_instance_gets_a_profile_only_from_who_may_pass_its_role(things, user):
    image = things.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    profile = {"Arn": arn("iam", "instance-profile/profile", region="")}
    for given in (profile, {"Name": "profile"}):
        run = lambda given=given: user.client("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1, IamInstanceProfile=given)  # noqa: E731
        user.may(("ec2:*", "*"), ("iam:PassRole", role_arn("other-for-ec2")))
        assert f"iam:PassRole on resource: {role_arn('for-ec2')}" in refusal(run)


def test_a_role_that_does_not_trust_the_service_is_refused(things):
    name = unique("untrusted")
    create_role(things.client("iam"), name, "ec2.amazonaws.com")
    refused = {
        "lambda-create": ("InvalidParameterValueException", "cannot be assumed by Lambda"),
        "scheduler": ("ValidationException", "must allow AWS EventBridge Scheduler to assume the role"),
        "firehose": ("InvalidArgumentException", "unable to assume role"),
        "glue-create": ("InvalidInputException", "unable to assume provided role"),
    }
    for case, (code, words) in refused.items():
        service, method, arguments = CALLS[case]
        given = json.loads(json.dumps(arguments, default=bytes.hex).replace(f"for-{service}", name).replace('"made"', '"not-made"'))
        if "Code" in given:
            given["Code"] = CODE
        found = error(lambda service=service, method=method, given=given: getattr(things.client(service), method)(**given))
        assert found[0] == code
        assert words in found[1]
