"""The plugin in processes of their own, loaded only by the environment, as the local cloud loads it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "localcloud" / "botocore_plugin"

# Calls go to a port where nobody listens: what the plugin lets through ends with a connection error.
CALL = """
import json, sys
import boto3
from botocore.config import Config
service, action, parameters = json.load(sys.stdin)
client = boto3.client(service, endpoint_url="http://127.0.0.1:9", region_name="us-east-1", aws_access_key_id="a",
                      aws_secret_access_key="b", config=Config(retries={"max_attempts": 0}, connect_timeout=2))
try:
    getattr(client, action)(**parameters)
except Exception as error:
    print(type(error).__name__, error)
"""


def call(service, action, environment=None, **parameters):
    """What a process with the plugin says to a call."""
    variables = {"PYTHONPATH": str(FOLDER), "BOTOCORE_EXPERIMENTAL__PLUGINS": "strict=strict_botocore"}
    done = subprocess.run(
        [sys.executable, "-c", CALL],
        input=json.dumps([service, action, parameters]),
        env=os.environ | variables if environment is None else environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


BUCKET, ROLE = "arn:aws:s3:::bucket", "arn:aws:iam::000000000000:role/r"


@pytest.mark.parametrize(
    ("service", "action", "parameters", "lines"),
    [
        (
            "athena",
            "create_work_group",
            {"Name": "w", "Configuration": {"BytesScannedCutoffPerQuery": 5}},
            ["Configuration.BytesScannedCutoffPerQuery: 5 is less than the least, 10000000"],
        ),
        (
            "firehose",
            "create_delivery_stream",
            {
                "DeliveryStreamName": "my stream",
                "ExtendedS3DestinationConfiguration": {
                    "RoleARN": ROLE,
                    "BucketARN": BUCKET,
                    "BufferingHints": {"SizeInMBs": 500, "IntervalInSeconds": 901},
                    "CompressionFormat": "LZ4",
                },
            },
            [
                "DeliveryStreamName: 'my stream' does not match",
                "BufferingHints.SizeInMBs: 500 is more than the most, 128",
                "BufferingHints.IntervalInSeconds: 901 is more than the most, 900",
                "CompressionFormat: 'LZ4' is none of UNCOMPRESSED, GZIP",
            ],
        ),
        ("glue", "batch_get_crawlers", {"CrawlerNames": ["c"] * 101}, ["CrawlerNames: 101 items, at most 100 are allowed"]),
        ("glue", "get_crawler", {"Name": "a\nb"}, ["Name: 'a\\nb' does not match"]),
        (
            "glue",
            "tag_resource",
            {"ResourceArn": "arn:aws:glue:us-east-1:000000000000:crawler/c", "TagsToAdd": {"k" * 129: "v"}},
            ["129 characters", "at most 128 are allowed"],
        ),
        (
            "lambda",
            "create_function",
            {"FunctionName": "f", "Role": "no role", "Code": {}, "MemorySize": 1},
            ["Role: 'no role'", "MemorySize: 1"],
        ),
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": ""}, ["AssumeRolePolicyDocument: 0 characters"]),
    ],
)
def test_a_request_that_breaks_the_model_is_refused_with_all_its_problems(service, action, parameters, lines):
    answer = call(service, action, **parameters)
    assert answer.startswith("StrictValidationError"), answer
    for line in lines:
        assert line in answer


def test_what_botocore_finds_stands_in_the_same_report():
    answer = call("athena", "create_work_group", Name="no/name", Description=5)
    assert "Name: 'no/name' does not match" in answer
    assert "Invalid type for parameter Description" in answer


def test_a_secret_is_not_shown():
    answer = call("iam", "create_login_profile", UserName="u", Password="")
    assert "Password: 0 characters" in answer
    answer = call("iam", "create_login_profile", UserName="u", Password="secret" * 30)
    assert answer.startswith("StrictValidationError")
    assert "secretsecret" not in answer


def test_a_right_request_is_sent():
    parameters = {"Name": "w", "Configuration": {"BytesScannedCutoffPerQuery": 10_000_000}}
    assert call("athena", "create_work_group", **parameters).startswith("EndpointConnectionError")


def test_without_the_environment_nothing_is_refused():
    plain = {name: value for name, value in os.environ.items() if name != "BOTOCORE_EXPERIMENTAL__PLUGINS"}
    answer = call("glue", "batch_get_crawlers", environment=plain, CrawlerNames=["c"] * 101)
    assert answer.startswith("EndpointConnectionError")


def test_a_check_costs_little_beside_botocores_own(monkeypatch):
    import botocore.session
    from botocore.validate import ParamValidator

    monkeypatch.syspath_prepend(str(FOLDER))
    import strict_botocore

    model = botocore.session.get_session().get_service_model("glue").operation_model("CreateTable")
    columns = [{"Name": f"c{at}", "Type": "string"} for at in range(50)]
    parameters = {"DatabaseName": "d", "TableInput": {"Name": "t", "StorageDescriptor": {"Columns": columns}}}
    validator = ParamValidator()

    def seconds(function):
        function()
        best = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(50):
                function()
            best.append(time.perf_counter() - start)
        return min(best)

    own = seconds(lambda: validator.validate(parameters, model.input_shape))
    assert seconds(lambda: strict_botocore.check(parameters, model)) < 5 * own
