"""One local cloud for these tests, subscribed to QuickSight, with people, a data source and a data set."""

import itertools
import json

import boto3
import pytest
from botocore.config import Config

from tests.local_cloud import Cloud, create_role

ACCOUNT = "000000000000"
ARN = f"arn:aws:quicksight:us-east-1:{ACCOUNT}"
READERS, AUTHORS = f"{ARN}:group/default/readers", f"{ARN}:group/default/authors"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("quicksight")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def before(cloud):
    """What the API says before the account is subscribed: {operation: error's code}."""
    client, found = cloud.client("quicksight"), {}
    for operation, more in {"list_data_sets": {}, "list_users": {"Namespace": "default"}, "describe_account_subscription": {}}.items():
        with pytest.raises(client.exceptions.ClientError) as error:
            getattr(client, operation)(AwsAccountId=ACCOUNT, **more)
        found[operation] = error.value.response["Error"]["Code"]
    return found


@pytest.fixture(scope="session")
def client(cloud, before):
    client, space = cloud.client("quicksight"), {"AwsAccountId": ACCOUNT, "Namespace": "default"}
    client.create_account_subscription(
        AwsAccountId=ACCOUNT, AuthenticationMethod="IAM_AND_QUICKSIGHT", AccountName="a1", NotificationEmail="a@example.com"
    )
    for name in ("readers", "authors"):
        client.create_group(**space, GroupName=name)
    return client


@pytest.fixture
def name():
    """`name(kind)`: a name that nobody has yet."""
    return lambda kind: f"a-{kind}-{next(_numbers)}"


@pytest.fixture(scope="session")
def workgroup(cloud):
    """A workgroup whose results have a place."""
    cloud.client("s3").create_bucket(Bucket="results")
    place = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    cloud.client("athena").create_work_group(Name="orders", Configuration=place)
    return "orders"


@pytest.fixture
def source(client, name, workgroup):
    """The ARN of a new data source."""
    identity, parameters = name("source"), {"AthenaParameters": {"WorkGroup": workgroup}}
    given = {"DataSourceId": identity, "Name": identity, "Type": "ATHENA", "DataSourceParameters": parameters}
    return client.create_data_source(AwsAccountId=ACCOUNT, **given)["Arn"]


@pytest.fixture
def data_set(client, name, source):
    """The ARN of a new data set with the columns customer (text), orders (number) and day (date)."""
    identity = name("set")
    client.create_data_set(AwsAccountId=ACCOUNT, **a_query(identity, source))
    return f"{ARN}:dataset/{identity}"


def a_query(identity, source, sql="SELECT 'a' AS customer, 1 AS orders, current_date AS day", mode="DIRECT_QUERY"):
    """Arguments of CreateDataSet."""
    columns = [{"Name": column, "Type": kind} for column, kind in (("customer", "STRING"), ("orders", "INTEGER"), ("day", "DATETIME"))]
    custom = {"CustomSql": {"DataSourceArn": source, "Name": identity, "SqlQuery": sql, "Columns": columns}}
    return {"DataSetId": identity, "Name": identity, "PhysicalTableMap": {"data": custom}, "ImportMode": mode}


@pytest.fixture
def caller(cloud, name):
    """`caller(*statements)`: a client of a role that may do what the statements allow."""

    def made(*statements):
        iam, role = cloud.client("iam"), name("role")
        arn = create_role(iam, role, "lambda.amazonaws.com")["Arn"]
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(policy))
        keys = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return boto3.client(
            "quicksight",
            endpoint_url=cloud.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"max_attempts": 1}),
        )

    return made
