"""An API of one test: deployed from a document, and asked by plain HTTP."""

import gzip
import http.client
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.local_cloud import ROOT, create_role, wait_for

OPENAPI = ROOT / "files" / "openapi" / "clickstream.json"
ACCOUNT, REGION = "000000000000", "us-east-1"
#: When Firehose calls the transform.
HINTS = {"BufferSizeInMBs": "1", "BufferIntervalInSeconds": "5"}


@dataclass
class Answer:
    """What a client got. `headers`: names in small letters."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Site:
    """`name`: of the API, the roles, the stream, the bucket: whatever the test makes."""

    def __init__(self, cloud, name):
        self.cloud, self.name, self.stage = cloud, name, "v1"
        self.api, self.key, self.connection = None, None, None
        self.gateway, self.iam, self.firehose, self.s3 = (cloud.client(each) for each in ("apigateway", "iam", "firehose", "s3"))

    def deploy(self, document, **stage):
        """Import and deploy a document; returns the API's id."""
        document = {"openapi": "3.0.1", "info": {"title": self.name, "version": "1"}, **document}
        self.api = self.gateway.import_rest_api(body=json.dumps(document), failOnWarnings=True)["id"]
        return self.redeploy(**stage)

    def redeploy(self, **stage):
        deployment = self.gateway.create_deployment(restApiId=self.api)["id"]
        existing = [each["stageName"] for each in self.gateway.get_stages(restApiId=self.api)["item"]]
        if self.stage in existing:
            self.patch(("replace", "/deploymentId", deployment))
        else:
            self.gateway.create_stage(restApiId=self.api, stageName=self.stage, deploymentId=deployment, **stage)
        return self.api

    def patch(self, *operations):
        """Change the stage; operations: (op, path, value)."""
        patches = [{"op": op, "path": path, "value": str(value)} for op, path, value in operations]
        self.gateway.update_stage(restApiId=self.api, stageName=self.stage, patchOperations=patches)

    def give_key(self, **plan):
        """A key in a plan of the stage; returns (key's id, plan's id)."""
        key = self.gateway.create_api_key(name=self.name, enabled=True)
        made = self.gateway.create_usage_plan(name=self.name, apiStages=[{"apiId": self.api, "stage": self.stage}], **plan)
        self.gateway.create_usage_plan_key(usagePlanId=made["id"], keyId=key["id"], keyType="API_KEY")
        self.key = key["value"]
        return key["id"], made["id"]

    def role(self, *actions, service="apigateway.amazonaws.com", name=None):
        return create_role(self.iam, name or self.name, service, actions)["Arn"]

    def make_stream(self, seconds=1, processor=None):
        """A stream into a bucket, both of the site's name; it ends each record with a newline unless told otherwise."""
        self.s3.create_bucket(Bucket=self.name)
        role = self.role("s3:PutObject", "lambda:InvokeFunction", service="firehose.amazonaws.com", name=f"{self.name}-delivery")
        delimiter = ("AppendDelimiterToRecord", {"Delimiter": "\\n"})
        kind, settings = ("Lambda", {"LambdaArn": self.make_transform(), **HINTS}) if processor == "Lambda" else delimiter
        parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in settings.items()]
        self.firehose.create_delivery_stream(
            DeliveryStreamName=self.name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": role,
                "BucketARN": f"arn:aws:s3:::{self.name}",
                "Prefix": "clicks/",
                "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
                "CompressionFormat": "GZIP",
                "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": seconds},
                "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": kind, "Parameters": parameters}]},
            },
        )
        described = lambda: self.firehose.describe_delivery_stream(DeliveryStreamName=self.name)["DeliveryStreamDescription"]  # noqa: E731
        wait_for(lambda: described()["DeliveryStreamStatus"] == "ACTIVE", "the stream's creation")

    def make_transform(self):
        """The project's own transform as a function of the site's name; its ARN."""
        code = ROOT / "files/lambda"
        packages = [(code / name, f"{name}/") for name in ("clicks", "s3_inputs")]
        folders = ((code / "click_transform", ""), *packages, (OPENAPI.parent, "openapi/"))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for folder, prefix in folders:
                for file in folder.iterdir():
                    if file.is_file():
                        archive.writestr(prefix + file.name, file.read_bytes())
        role = self.role("s3:PutObject", "logs:*", service="lambda.amazonaws.com", name=f"{self.name}-transform")
        made = self.cloud.client("lambda").create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Handler="handler.lambda_handler",
            Role=role,
            Timeout=10,
            Code={"ZipFile": packed.getvalue()},
            Environment={"Variables": {"BUCKET_NAME": self.name}},
        )
        return made["FunctionArn"]

    def make_clickstream(self, seconds=1, processor=None, **plan):
        """The project's own API before a stream; returns (key's id, plan's id)."""
        self.make_stream(seconds, processor)
        role = self.role("firehose:PutRecord", "firehose:PutRecordBatch")
        text = Path(OPENAPI).read_text()
        for name, value in {"partition": "aws", "region": REGION, "firehose_role_arn": role, "allowed_origin": "http://menu.test"}.items():
            text = text.replace(f"<<{name}>>", value)
        self.deploy(json.loads(text), variables={"stream": self.name})
        return self.give_key(**plan)

    def log_access(self, format_):
        """Access logs into a group of the site's name, which is returned."""
        role = self.role("logs:*", name=f"{self.name}-logs")
        self.gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
        group = f"/aws/apigateway/{self.name}"
        self.cloud.client("logs").create_log_group(logGroupName=group)
        destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
        self.patch(("replace", "/accessLogSettings/destinationArn", destination), ("replace", "/accessLogSettings/format", format_))
        return group

    def stored(self):
        """The records in the bucket, in no order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="clicks/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        objects = (gzip.decompress(self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()) for key in keys)
        return [line for data in objects for line in data.split(b"\n") if line]

    # -- asking

    def ask(self, method, path, body=None, headers=None, key=True, stage=None, api=None, source=None):
        """The Answer to a request under the stage; JSON unless a content type is given. `key`: send the site's. `source`: address."""
        headers = {"Content-Type": "application/json"} | (headers or {})
        if key and self.key:
            headers.setdefault("x-api-key", self.key)
        headers = {name: value for name, value in headers.items() if value is not None}
        url = f"/_aws/execute-api/{api or self.api}/{stage or self.stage}{path}"
        return self.send(method, url, body, headers, source)

    def send(self, method, url, body=None, headers=None, source=None):
        if isinstance(body, dict | list):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=40, source_address=(source, 0) if source else None)
        try:
            connection.request(method, url, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


def mock(status=200, templates=None, responses=None, **members):
    """An x-amazon-apigateway-integration that answers by itself."""
    return {
        "type": "mock",
        "requestTemplates": {"application/json": f'{{"statusCode": {status}}}'},
        "responses": responses or {"default": {"statusCode": str(status), "responseTemplates": templates or {}}},
        **members,
    }


def method(integration, responses=("200",), headers=(), **members):
    """A method of a document; `headers`: that its responses may have."""
    shown = {name: {"schema": {"type": "string"}} for name in headers}
    return {
        "responses": {status: {"description": "an answer", "headers": shown} for status in responses},
        "x-amazon-apigateway-integration": integration,
        **members,
    }
