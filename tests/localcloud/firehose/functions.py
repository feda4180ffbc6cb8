"""A function whose behaviour is in the records that it is given: `keep:…`, `drop:…`, `fail:…`, and for the whole batch `crash:…`."""

import io
import json
import zipfile

from botocore.exceptions import ClientError

from tests.local_cloud import create_role
from tests.localcloud.firehose.site import client

CODE = """
import base64, json, os, time

def handler(event, context):
    texts = [base64.b64decode(record["data"]).decode() for record in event["records"]]
    asked = {text.partition(":")[0] for text in texts}
    print(json.dumps({"texts": len(texts), "stream": event["deliveryStreamArn"], "region": event["region"],
                      "invocation": event["invocationId"], "members": sorted(event["records"][0])}))
    if "crash" in asked:
        raise ValueError("told to")
    if "once" in asked and not os.path.exists("/tmp/" + texts[0].strip().replace(":", "-")):
        open("/tmp/" + texts[0].strip().replace(":", "-"), "w").close()
        raise ValueError("only the first time")
    if "sleep" in asked:
        time.sleep(5)
    if "nothing" in asked:
        return {"statusCode": 200}
    answers = []
    for record, text in zip(event["records"], texts):
        kind = text.partition(":")[0]
        result = {"drop": "Dropped", "fail": "ProcessingFailed", "odd": "Perhaps"}.get(kind, "Ok")
        data = "?" if kind == "garbled" else base64.b64encode(text.upper().encode()).decode()
        if kind == "large":
            data = base64.b64encode(b"x" * (5 << 20)).decode()
        answers.append({"recordId": record["recordId"], "result": result, "data": data})
    if "forget" in asked:
        answers = answers[1:]
    if "twice" in asked:
        answers.append(answers[0])
    return {"records": answers}
"""


def create_function(cloud, name):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("handler.py", CODE)
    role = create_role(cloud.client("iam"), f"{name}-role", "lambda.amazonaws.com", ["logs:*"])["Arn"]
    settings = {"Runtime": "python3.12", "Handler": "handler.handler", "Timeout": 2, "Code": {"ZipFile": made.getvalue()}}
    return cloud.client("lambda").create_function(FunctionName=name, Role=role, **settings)["FunctionArn"]


def told(cloud, name, stream):
    """What the function printed of each of its calls for a stream."""
    logs, found = client(cloud, "logs"), []
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except ClientError:
        return found
    for event in events:
        for line in event["message"].splitlines():
            if line.startswith('{"texts"'):
                found.append(json.loads(line))
    return [one for one in found if one["stream"].endswith(f"/{stream}")]


def processing(arn, retries=0, **parameters):
    """A ProcessingConfiguration whose function gets records at once."""
    given = {"LambdaArn": arn, "NumberOfRetries": retries, "BufferIntervalInSeconds": 0, **parameters}
    listed = [{"ParameterName": name, "ParameterValue": str(value)} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": listed}]}
