"""The function as it is deployed: its zip, with the checks of a pipeline, and a role that may do what it needs and no more."""

import io
import json
import zipfile

from tests.data_checks import FUNCTION, SQL
from tests.local_cloud import ROOT
from tests.localcloud.checks import tables

REGION, ACCOUNT = "us-east-1", "000000000000"


def archive(pipeline):
    """The zip's bytes, laid out as the module python_archive lays it out."""
    made = io.BytesIO()
    folders = (ROOT / "files" / "dashboard" / "dashboard" / "sql_files", SQL / pipeline / "checks")
    with zipfile.ZipFile(made, "w") as out:
        for path in FUNCTION.glob("*.py"):
            out.write(path, path.name)
        for folder in folders:
            for path in [*folder.glob("*.py"), *folder.glob("*.sql")]:
                out.write(path, f"{folder.name}/{path.name}")
    return made.getvalue()


def statements(bucket, database, workgroup, data, results):
    """What the role of a pipeline's checks may do."""

    def arn(service, resource):
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"

    catalog = [arn("glue", "catalog"), arn("glue", f"database/{database}"), arn("glue", f"table/{database}/*")]
    here = f"arn:aws:s3:::{bucket}"
    athena = ["StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution"]
    return [
        {"Action": [f"athena:{name}" for name in athena], "Resource": [arn("athena", f"workgroup/{workgroup}")]},
        {"Action": ["glue:GetDatabase"], "Resource": catalog[:2]},
        {"Action": ["glue:GetTable", "glue:GetPartitions"], "Resource": catalog},
        {"Action": ["s3:GetObject"], "Resource": [f"{here}/{data}*"]},
        {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": [f"{here}/{results}*"]},
        {"Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": [here]},
        {"Action": ["s3:PutObject"], "Resource": [f"{here}/checks/*"]},
        {
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"cloudwatch:namespace": "Headwater"}},
        },
        {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": [arn("logs", "log-group:/aws/lambda/*:*")]},
    ]


def deploy(cloud, name, pipeline, bucket, database, data, **environment):
    """A function that checks a pipeline's table in `database`, whose files lie below the prefix `data`."""
    iam, workgroup = cloud.client("iam"), f"{name}-workgroup"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    version = {"Version": "2012-10-17"}
    role = iam.create_role(RoleName=f"{name}-Role", AssumeRolePolicyDocument=json.dumps({**version, "Statement": [trust]}))["Role"]
    allowed = [{"Effect": "Allow", **each} for each in statements(bucket, database, workgroup, data, "results/")]
    iam.put_role_policy(RoleName=f"{name}-Role", PolicyName="rights", PolicyDocument=json.dumps({**version, "Statement": allowed}))
    cloud.client("athena").create_work_group(
        Name=workgroup, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}}
    )
    table = tables.NAMES[pipeline]
    settings = {"PIPELINE": pipeline, "DATABASE": database, "TABLE": table, "WORKGROUP": workgroup, "BUCKET": bucket}
    cloud.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role["Arn"],
        Handler="handler.lambda_handler",
        Timeout=environment.pop("timeout", 120),
        Code={"ZipFile": archive(pipeline)},
        Environment={"Variables": settings | environment},
    )
    return name


def invoke(cloud, name, event=None):
    """(answer, error message) of the function; one of them is None."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    body = json.load(answer["Payload"])
    return (None, body["errorMessage"]) if "FunctionError" in answer else (body, None)
