"""What the local cloud mends of MiniStack's functions, asked by plain boto3."""

import io
import json
import time
import zipfile

import pytest

from localcloud.ministack_fixes import ASYNCHRONOUS_AT_ONCE
from tests.local_cloud import Cloud, create_role, wait_for

ROLE = "arn:aws:iam::000000000000:role/Function-Role"
BUCKET = "functions-bucket"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("functions")) as running:
        create_role(running.client("iam"), "Function-Role", "lambda.amazonaws.com", allow=["s3:PutObject", "logs:*"])
        running.client("s3").create_bucket(Bucket=BUCKET)
        yield running


def zipped(**files):
    """A zip of {name: text}; `__` in a name stands for a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return made.getvalue()


def function(cloud, name, code, **options):
    cloud.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="probe.handler", Code={"ZipFile": zipped(probe=code)}, **options
    )


def ask(cloud, name, event=None):
    """The function's answer; its error as the test's failure."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    body = json.load(answer["Payload"])
    assert "FunctionError" not in answer, body
    return body


def test_a_function_has_the_runtimes_packages_and_no_others(cloud):
    code = """
import importlib.util

def handler(event, context):
    return [name for name in event["names"] if importlib.util.find_spec(name)]
"""
    function(cloud, "packages", code)
    names = ["boto3", "botocore", "urllib3", "json", "pyarrow", "pytest", "flask", "ansible"]
    assert ask(cloud, "packages", {"names": names}) == ["boto3", "botocore", "urllib3", "json"]


def test_a_functions_requests_are_held_against_the_models(cloud):
    code = """
import boto3

def handler(event, context):
    try:
        boto3.client("lambda").update_function_configuration(FunctionName="strict", MemorySize=1)
    except Exception as error:
        return str(error)
"""
    function(cloud, "strict", code)
    assert "does not fit AWS's service model" in ask(cloud, "strict")


def test_a_layers_packages_are_shared_and_come_from_the_layer(cloud):
    layer = cloud.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": zipped(python__greeting="TEXT = 'from the layer'\n")}, CompatibleRuntimes=["python3.12"]
    )
    code = """
import greeting

def handler(event, context):
    return [greeting.TEXT, greeting.__file__]
"""
    for name in ("first", "second"):
        function(cloud, name, code, Layers=[layer["LayerVersionArn"]])
    first, second = ask(cloud, "first"), ask(cloud, "second")
    assert first[0] == "from the layer"
    assert first == second


def test_a_layer_with_other_contents_is_unpacked_as_ever(cloud):
    layer = cloud.client("lambda").publish_layer_version(
        LayerName="mixed", Content={"ZipFile": zipped(python__greeting="TEXT = 'mixed'\n", data__table="ROWS = 3\n")}
    )
    function(
        cloud, "mixed", "import greeting\n\ndef handler(event, context):\n    return greeting.TEXT\n", Layers=[layer["LayerVersionArn"]]
    )
    assert ask(cloud, "mixed") == "mixed"


def test_events_wait_for_their_turn_and_all_are_worked_on(cloud):
    code = """
import json
import time

import boto3

def handler(event, context):
    began = time.time()
    time.sleep(0.3)
    body = json.dumps([began, time.time()])
    boto3.client("s3").put_object(Bucket="functions-bucket", Key=f"turns/{event['number']}", Body=body)
"""
    function(cloud, "turns", code)
    events = 4 * ASYNCHRONOUS_AT_ONCE
    for number in range(events):
        cloud.client("lambda").invoke(FunctionName="turns", InvocationType="Event", Payload=json.dumps({"number": number}))
    s3 = cloud.client("s3")
    listed = lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="turns/").get("Contents", [])  # noqa: E731
    wait_for(lambda: len(listed()) == events, "the last event's turn", 60)
    spans = [json.load(s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"]) for item in listed()]
    at_once = max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans)
    assert 1 < at_once <= ASYNCHRONOUS_AT_ONCE


def test_a_synchronous_call_does_not_wait_behind_events(cloud):
    function(
        cloud,
        "slow",
        "import time\n\ndef handler(event, context):\n    time.sleep(event.get('seconds', 0))\n    return 'done'\n",
        Timeout=30,
    )
    assert ask(cloud, "slow") == "done"
    for _ in range(2 * ASYNCHRONOUS_AT_ONCE):
        cloud.client("lambda").invoke(FunctionName="slow", InvocationType="Event", Payload=json.dumps({"seconds": 3}))
    began = time.monotonic()
    assert ask(cloud, "slow") == "done"
    assert time.monotonic() - began < 3


def test_notifications_are_answered_with_capitals(cloud):
    functions, s3 = cloud.client("lambda"), cloud.client("s3")
    function(cloud, "notified", "def handler(event, context):\n    return 1\n")
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "SourceArn": f"arn:aws:s3:::{BUCKET}"}
    functions.add_permission(FunctionName="notified", StatementId="s3", **allowed)
    rules = [{"Name": "prefix", "Value": "raw/"}, {"Name": "suffix", "Value": ".csv"}]
    item = {
        "Id": "raw",
        "LambdaFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:notified",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": [item]})
    found = s3.get_bucket_notification_configuration(Bucket=BUCKET)["LambdaFunctionConfigurations"][0]["Filter"]["Key"]["FilterRules"]
    assert [rule["Name"] for rule in found] == ["Prefix", "Suffix"]
