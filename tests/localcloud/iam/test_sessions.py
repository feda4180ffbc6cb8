"""Roles are accepted by the services they trust alone, and their sessions do what the roles may do, as long as they last."""

import json
import time
import urllib.error
import urllib.request

import pytest

from tests.local_cloud import Cloud, create_role, wait_for
from tests.localcloud.functions.test_functions import zipped
from tests.localcloud.iam.conftest import Caller, error, lines, policy, refusal, unique


def credentials(cloud, name, token=None):
    """(status, answer) of the endpoint for processes of this machine."""
    token = (cloud.folder / "state" / "iam" / "local-process-token").read_text() if token is None else token
    request = urllib.request.Request(f"{cloud.url}/_headwater/role-credentials/{name}", headers={"Authorization": token})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def caller(cloud, given):
    return Caller(cloud, None, given["AccessKeyId"], given["SecretAccessKey"], given["Token"])


class TestLocalProcess:
    def test_it_gets_credentials_of_a_role_that_trusts_ec2(self, cloud, role):
        made = role("ec2.amazonaws.com", ("athena:ListWorkGroups", "*"))
        status, given = credentials(cloud, made["RoleName"])
        assert (status, given["RoleArn"]) == (200, made["Arn"])
        assert given["Expiration"].endswith("Z")
        mine = caller(cloud, given)
        assert f"assumed-role/{made['RoleName']}/" in mine.client("sts").get_caller_identity()["Arn"]
        mine.client("athena").list_work_groups()
        refusal(mine.client("glue").list_crawlers)

    def test_botocore_reads_it(self, cloud, role, monkeypatch):
        from botocore.session import Session

        made = role("ec2.amazonaws.com")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{cloud.url}/_headwater/role-credentials/{made['RoleName']}")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(cloud.folder / "state" / "iam" / "local-process-token"))
        found = Session().get_credentials()
        assert found.method == "container-role"
        assert found.access_key.startswith("ASIA")

    def test_no_other_role_and_nobody_without_the_token(self, cloud, role):
        other = role("lambda.amazonaws.com")
        status, answer = credentials(cloud, other["RoleName"])
        assert (status, answer["code"]) == (403, "AccessDenied")
        assert "ec2.amazonaws.com cannot assume" in answer["message"]
        assert credentials(cloud, "absent")[0] == 403
        right = role("ec2.amazonaws.com")
        assert credentials(cloud, right["RoleName"], token="guess")[0] == 401
        assert (cloud.folder / "state" / "iam" / "local-process-token").stat().st_mode & 0o077 == 0


def test_root_may_not_take_what_is_a_services(cloud, role):
    made = role("ec2.amazonaws.com")
    assert error(lambda: cloud.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="root"))[0] == "AccessDenied"


def test_a_changed_policy_holds_at_once_and_a_deleted_role_ends_its_sessions(cloud, role):
    made = role("ec2.amazonaws.com", ("athena:ListWorkGroups", "*"))
    mine, iam = caller(cloud, credentials(cloud, made["RoleName"])[1]), cloud.client("iam")
    mine.client("athena").list_work_groups()
    iam.delete_role_policy(RoleName=made["RoleName"], PolicyName="may")
    refusal(mine.client("athena").list_work_groups)
    iam.delete_role(RoleName=made["RoleName"])
    assert error(mine.client("athena").list_work_groups)[0] == "UnrecognizedClientException"


def test_sessions_outlive_a_restart_and_a_crash_and_then_expire(tmp_path):
    kept = tmp_path / "state" / "iam" / "sessions.json"
    cloud = Cloud(tmp_path)
    with cloud:
        create_role(cloud.client("iam"), "lasting", "ec2.amazonaws.com", allow=["athena:ListWorkGroups"])
        mine, late = (caller(cloud, credentials(cloud, "lasting")[1]) for _ in range(2))
        assert kept.stat().st_mode & 0o077 == 0
    sessions = json.loads(kept.read_text())
    sessions[late.key]["Expiration"] = time.time() - 1
    kept.write_text(json.dumps(sessions))
    cloud.start()
    try:
        mine.client("athena").list_work_groups()
        assert error(late.client("athena").list_work_groups)[0] == "ExpiredTokenException"
        assert error(late.client("s3").list_buckets)[0] == "ExpiredToken"
        mine = caller(cloud, credentials(cloud, "lasting")[1])
    finally:
        cloud.stop(kill=True)
    with cloud:
        mine.client("athena").list_work_groups()


CODE = """
import boto3

def handler(event, context):
    who = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        boto3.client("s3").get_object(Bucket=event["bucket"], Key=event["key"])
    except Exception as error:
        return [who, str(error)]
    return [who, "read"]
"""


@pytest.fixture
def function(cloud, role):
    """A function that reads an object; (its name, its bucket, its role's name)."""
    name, bucket = unique("function"), unique("function-bucket")
    cloud.client("s3").create_bucket(Bucket=bucket)
    for key in ("mine/x", "theirs/x"):
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"1")
    made = role("lambda.amazonaws.com", ("s3:GetObject", f"arn:aws:s3:::{bucket}/mine/*"))
    cloud.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=made["Arn"], Handler="probe.handler", Code={"ZipFile": zipped(probe=CODE)}
    )
    return name, bucket, made["RoleName"]


def ask(cloud, name, **event):
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.load(answer["Payload"])


class TestFunctions:
    def test_a_function_has_the_rights_of_its_role(self, cloud, function):
        name, bucket, its_role = function
        assert ask(cloud, name, bucket=bucket, key="mine/x") == [f"arn:aws:sts::000000000000:assumed-role/{its_role}/{name}", "read"]
        assert "not authorized to perform: s3:GetObject" in ask(cloud, name, bucket=bucket, key="theirs/x")[1]

    def test_it_writes_its_log_as_its_role(self, cloud, function):
        name, bucket, its_role = function
        logs, group = cloud.client("logs"), f"/aws/lambda/{name}"
        logs.create_log_group(logGroupName=group)
        ask(cloud, name, bucket=bucket, key="mine/x")
        assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
        grants = [
            (f"logs:{action}", f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*") for action in ("CreateLogStream", "PutLogEvents")
        ]
        cloud.client("iam").put_role_policy(RoleName=its_role, PolicyName="logs", PolicyDocument=policy(*grants))
        ask(cloud, name, bucket=bucket, key="mine/x")
        wait_for(lambda: logs.describe_log_streams(logGroupName=group)["logStreams"], "the log")

    def test_its_failures_go_where_its_role_may_send(self, cloud, role):
        sqs, functions, name = cloud.client("sqs"), cloud.client("lambda"), unique("failing")
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        made = role("lambda.amazonaws.com")
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=made["Arn"],
            Handler="probe.handler",
            Code={"ZipFile": zipped(probe="def handler(event, context):\n    raise ValueError('no')\n")},
        )
        target = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        functions.put_function_event_invoke_config(
            FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": target}}
        )
        session = f"arn:aws:sts::000000000000:assumed-role/{made['RoleName']}/{name}"
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        told = wait_for(lambda: lines(cloud, principal=session, operation="SendMessage"), "the refusal")
        assert told[0]["checks"] == [["sqs:SendMessage", target, "deny"]]
        assert "Messages" not in sqs.receive_message(QueueUrl=queue)
        cloud.client("iam").put_role_policy(
            RoleName=made["RoleName"], PolicyName="send", PolicyDocument=policy(("sqs:SendMessage", target))
        )
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        wait_for(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), "the failed event")

    def test_a_role_for_another_service_is_refused(self, cloud, role, function):
        other = role("ec2.amazonaws.com")
        wanted = ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
        functions = cloud.client("lambda")
        for arn in (other["Arn"], "arn:aws:iam::000000000000:role/absent"):
            made = lambda arn=arn: functions.create_function(  # noqa: E731 - one expression
                FunctionName="refused", Runtime="python3.12", Role=arn, Handler="probe.handler", Code={"ZipFile": zipped(probe=CODE)}
            )
            assert error(made) == wanted
        assert error(lambda: functions.update_function_configuration(FunctionName=function[0], Role=other["Arn"])) == wanted
