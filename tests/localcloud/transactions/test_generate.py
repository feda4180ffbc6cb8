"""Generator and transformer on the local cloud, from their zips and the layer, with no other rights than their READMEs name."""

import json
import os
import subprocess
import sys

import pytest

from tests.local_cloud import ROOT, Cloud, wait_for
from tests.modules import runner
from tests.structure.house import declared
from tests.unit.plugins.plugin_files import load

ACCOUNT, REGION = "000000000000", "us-east-1"
BUCKET, DATABASE = "c-transactions", "c_ecommerce_db"
S3, GLUE = f"arn:aws:s3:::{BUCKET}", f"arn:aws:glue:{REGION}:{ACCOUNT}"
TABLE = [f"{GLUE}:catalog", f"{GLUE}:database/{DATABASE}", f"{GLUE}:table/{DATABASE}/transactions"]
# What files/lambda/*/README.md say.
STATEMENTS = {
    "data_generator": [(["s3:PutObject"], [f"{S3}/raw/*"]), (["s3:ListBucket"], [S3])],
    "data_transformer": [
        (["s3:GetObject", "s3:GetObjectVersion"], [f"{S3}/raw/*"]),
        (["s3:GetObject", "s3:PutObject"], [f"{S3}/{prefix}/*" for prefix in ("audit", "processed", "changed")]),
        (["s3:PutObject", "s3:DeleteObject"], [f"{S3}/rejected/*"]),
        (["s3:ListBucket"], [S3]),
        (["glue:GetTable", "glue:GetPartition", "glue:CreatePartition"], TABLE),
    ],
}
ENVIRONMENT = {
    "data_generator": {"BUCKET_NAME": BUCKET, "BATCH_SIZE": "5"},
    "data_transformer": {"DATABASE": DATABASE, "TABLE": "transactions"},
}
FOLDERS = {"data_generator": ["product_catalogue"], "data_transformer": ["product_catalogue", "day_versions", "s3_inputs"]}


@pytest.fixture(scope="module")
def layer():
    """The archive of the layer, built once for this machine."""
    (item,) = [item for _, item in declared("lambda_layers") if item["name"].endswith("headwater-pyarrow")]
    dest = ROOT / ".cache" / "layers" / "headwater-pyarrow-x86_64.zip"
    runner.done("python_archive", dest=str(dest), requirements=str(ROOT / item["requirements"]), exclude=item["exclude"])
    return dest


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, layer):
    """A local cloud with both functions, the bucket that starts the transformer, and the table."""
    folder = tmp_path_factory.mktemp("transactions")
    with Cloud(folder) as running:
        s3, iam, functions, glue = (running.client(name) for name in ("s3", "iam", "lambda", "glue"))
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=BUCKET, Key="layer.zip", Body=layer.read_bytes())
        published = functions.publish_layer_version(LayerName="pyarrow", Content={"S3Bucket": BUCKET, "S3Key": "layer.zip"})
        glue.create_database(DatabaseInput={"Name": DATABASE})
        storage = {"Columns": [{"Name": "transaction_id", "Type": "string"}], "Location": f"s3://{BUCKET}/processed/"}
        partition = [{"Name": "date_partition", "Type": "string"}]
        glue.create_table(
            DatabaseName=DATABASE, TableInput={"Name": "transactions", "StorageDescriptor": storage, "PartitionKeys": partition}
        )
        for source, statements in STATEMENTS.items():
            role = made_role(iam, source, statements)
            functions.create_function(
                FunctionName=source,
                Runtime="python3.12",
                Role=role,
                Handler="handler.lambda_handler",
                Code={"ZipFile": archive(source, folder).read_bytes()},
                Environment={"Variables": ENVIRONMENT[source]},
                Layers=[published["LayerVersionArn"]] if source == "data_transformer" else [],
                Timeout=60,
                MemorySize=512,
            )
        target = functions.get_function(FunctionName="data_transformer")["Configuration"]["FunctionArn"]
        functions.add_permission(
            FunctionName="data_transformer",
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=S3,
            SourceAccount=ACCOUNT,
        )
        rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "raw/"}, {"Name": "suffix", "Value": ".json"}]}}
        notification = {"LambdaFunctionArn": target, "Events": ["s3:ObjectCreated:*"], "Filter": rules}
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": [notification]})
        yield running


def made_role(iam, name, statements):
    """The ARN of a role that may do just that, and write its log."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    allowed = [*statements, (["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"], ["*"])]
    policy = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in allowed]
    document = json.dumps({"Version": "2012-10-17", "Statement": policy})
    iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document)
    return made["Role"]["Arn"]


def archive(source, folder):
    """The function's zip, as the role lambda makes it."""
    plugin = load("modules", "python_archive")
    files = plugin.source_files(ROOT / "files/lambda" / source)
    for name in FOLDERS[source]:
        files += plugin.folder_files(ROOT / "files/lambda" / name)
    plugin.write_zip(folder / f"{source}.zip", files)
    return folder / f"{source}.zip"


def listed(cloud, prefix):
    return [item["Key"] for item in cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def test_an_hour_is_generated_and_all_of_it_is_in_the_table(cloud):
    answer = cloud.client("lambda").invoke(FunctionName="data_generator", Payload=json.dumps({"hours": 1, "until": "2026-11-21T00:30:00Z"}))
    told = json.load(answer["Payload"])
    assert "FunctionError" not in answer, told
    assert len(told["objects"]) == 12
    wait_for(lambda: len(listed(cloud, "audit/")) == 12 and all(done(cloud)), "the last batch's audit record", 60)
    audits = records(cloud)
    assert sum(audit["rows"]["kept"] for audit in audits) == told["rows"]
    assert {audit["rows"]["rejected"] for audit in audits} == {0}
    days = cloud.client("glue").get_partitions(DatabaseName=DATABASE, TableName="transactions")["Partitions"]
    locations = {day["Values"][0]: day["StorageDescriptor"]["Location"] for day in days}
    assert locations == {day: f"s3://{BUCKET}/processed/date={day}/v0/" for day in ("2026-11-20", "2026-11-21")}
    assert len(listed(cloud, "processed/date=2026-11-20/v0/")) == 6
    assert listed(cloud, "rejected/") == []


def test_the_playbook_fills_hours_once_whatever_the_zone_here(cloud, tmp_path):
    inventory = {
        "all": {
            "hosts": {"transactions": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}},
            "vars": {
                "aws_environment": {
                    "AWS_ENDPOINT_URL": cloud.url,
                    "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test",
                    "AWS_DEFAULT_REGION": REGION,
                },
                "pipeline_bucket": BUCKET,
                "lambda_functions": [{"name": "data_generator", "source": "data_generator"}],
                "sqs_queues": [{"name": "transactions-failed-events"}],
            },
        }
    }
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    command = ["ansible-playbook", "-i", str(tmp_path / "inventory.json"), "playbooks/generate-transactions.yml", "-e", "hours=7"]
    told = []
    for _ in range(2):
        process = subprocess.run(
            [*command, "-e", "end=2026-11-19T12:00:00Z"],
            cwd=ROOT,
            env=os.environ | {"TZ": "Asia/Tokyo"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        told.append(process.stdout)
    made = listed(cloud, "raw/date=2026-11-19/")
    assert len(made) == 84
    assert made[0].startswith("raw/date=2026-11-19/20261119T050500-")
    kept = sum(audit["rows"]["kept"] for audit in records(cloud) if audit["source"]["key"] in made)
    assert f"{kept} transactions generated in 84 batches (0 batches were there before); of all {kept}: {kept} kept, 0 rejected" in told[0]
    assert f"0 transactions generated in 0 batches (84 batches were there before); of all {kept}: {kept} kept, 0 rejected" in told[1]
    assert "changed=0" in told[1]


def test_bad_rows_and_a_replaced_input_need_no_more_rights(cloud):
    s3, key = cloud.client("s3"), "raw/date=2026-11-22/by-hand.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}\n{}")
    wait_for(lambda: listed(cloud, "rejected/by-hand"), "the rejects", 30)
    good = json.loads(s3.get_object(Bucket=BUCKET, Key=listed(cloud, "raw/date=2026-11-20/")[0])["Body"].readline())
    good["transaction_id"] = "by-hand"
    for day in ("2026-11-24", "2026-11-25"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(good | {"timestamp": f"{day}T00:00:00Z"}).encode())
        wait_for(lambda day=day: any(list(audit["days"]) == [day] for audit in records(cloud)), f"the row of {day}", 30)
    assert listed(cloud, "rejected/by-hand") == []


def records(cloud):
    s3 = cloud.client("s3")
    return [json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in listed(cloud, "audit/")]


def done(cloud):
    return [audit["status"] == "processed" for audit in records(cloud)]
