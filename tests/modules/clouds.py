"""The clouds that modules are tried on: moto in this process, and the local cloud in its own."""

import itertools

import boto3
import pytest

from tests.local_cloud import ROOT, create_role
from tests.modules import call_recorder

REGION = "us-east-1"
BOTH = ("moto", "local")
_numbers = itertools.count(1)


def on(*kinds, name="aws"):
    """Parametrise a test's `aws` with these clouds; all of them if none is named."""
    return pytest.mark.parametrize(name, kinds or BOTH, indirect=True)


class Aws:
    """A cloud that the environment points to. `kind`: moto or local; `account`: its number."""

    def __init__(self, kind, account):
        self.kind, self.account = kind, account

    def client(self, service):
        """A client of the test's own, whose calls are not counted and are always sent."""
        made = boto3.client(service, region_name=REGION)
        made.meta.events.unregister("before-call.*.*", call_recorder.note)
        return made

    def arn(self, service, resource, region=REGION):
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def bucket(self, versioned=False):
        """A new bucket's name."""
        name, s3 = unique("bucket"), self.client("s3")
        s3.create_bucket(Bucket=name)
        if versioned:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def role(self, service="lambda.amazonaws.com"):
        """A new role (as the API shows it)."""
        return create_role(self.client("iam"), unique("role"), service, allow=["glue:*", "s3:*", "logs:*", "sqs:*"])

    def function(self):
        """A new function's (name, ARN)."""
        name = unique("function")
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="handler.lambda_handler",
            Role=self.role()["Arn"],
            Code={"ZipFile": zipped({"handler.py": "def lambda_handler(event, context): return 1\n"})},
        )
        return name, made["FunctionArn"]

    def crawler(self, path=None, role=None, **members):
        """A new crawler's (name, database); its bucket is empty unless `path` says another place."""
        name, database, glue = unique("crawler"), unique("database").replace("-", "_"), self.client("glue")
        glue.create_database(DatabaseInput={"Name": database})
        glue.create_crawler(
            Name=name,
            Role=role or self.role("glue.amazonaws.com")["RoleName"],
            DatabaseName=database,
            Targets={"S3Targets": [{"Path": path or f"s3://{self.bucket()}/data/"}]},
            **members,
        )
        return name, database


def unique(kind):
    """A name that no other test uses. (Ansible hides the word test in what modules say: it is the secret key.)"""
    return f"{kind}-{next(_numbers)}"


def zipped(files):
    """A zip's bytes of {name: text}."""
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return made.getvalue()


def environment(endpoint):
    """What a process needs to reach a cloud; `endpoint` None for moto, which stands before the network."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "strict=strict_botocore,recorder=tests.modules.call_recorder",
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
    }


PLUGIN_FOLDER = ROOT / "localcloud" / "botocore_plugin"
