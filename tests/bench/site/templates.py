"""CloudFormation templates of what a deployment made, read from the services.

Names get the prefix "cdk-", so that both are there side by side. A function's code and a layer's content are not among them: CloudFormation
would look at neither where nothing changed. Kinds that the local cloud's CloudFormation lacks are left out, and counted.
"""

import json
import re
from collections import defaultdict

PREFIX = "cdk-"
#: Larger templates need a bucket of the CDK's own.
LARGEST_TEMPLATE = 45_000
CODE = {"ZipFile": "def lambda_handler(event, context):\n    return None\n"}


def picked(found, *names):
    return {name: found[name] for name in names if found.get(name) not in (None, "", [], {})}


def single(type_name, properties):
    """A resource that stands alone."""
    return ((type_name, properties),)


def buckets(client):
    s3 = client("s3")
    for each in s3.list_buckets()["Buckets"]:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=each["Name"])["Rules"]
        lifecycle = [
            {"Id": rule["ID"], "Status": rule["Status"], "Prefix": rule.get("Filter", {}).get("Prefix", "")}
            | ({"ExpirationInDays": rule["Expiration"]["Days"]} if "Days" in rule.get("Expiration", {}) else {})
            for rule in rules
        ]
        name = PREFIX + each["Name"]
        bucket = {
            "BucketName": name,
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": s3.get_public_access_block(Bucket=each["Name"])["PublicAccessBlockConfiguration"],
            "LifecycleConfiguration": {"Rules": lifecycle},
        }
        policy = json.loads(s3.get_bucket_policy(Bucket=each["Name"])["Policy"].replace(each["Name"], name))
        yield ("AWS::S3::Bucket", bucket), ("AWS::S3::BucketPolicy", {"Bucket": name, "PolicyDocument": policy})


def queues(client):
    sqs = client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield single(
            "AWS::SQS::Queue",
            {
                "QueueName": PREFIX + url.rpartition("/")[2],
                "MessageRetentionPeriod": int(found["MessageRetentionPeriod"]),
            },
        )


def log_groups(client):
    for page in client("logs").get_paginator("describe_log_groups").paginate():
        for each in page["logGroups"]:
            if "retentionInDays" in each:
                yield single(
                    "AWS::Logs::LogGroup",
                    {"LogGroupName": f"/{PREFIX}{each['logGroupName'][1:]}", "RetentionInDays": each["retentionInDays"]},
                )


def roles(client):
    iam = client("iam")
    for each in iam.list_roles()["Roles"]:
        if names := iam.list_role_policies(RoleName=each["RoleName"])["PolicyNames"]:
            policies = [
                {"PolicyName": name, "PolicyDocument": iam.get_role_policy(RoleName=each["RoleName"], PolicyName=name)["PolicyDocument"]}
                for name in names
            ]
            properties = {"RoleName": PREFIX + each["RoleName"], "AssumeRolePolicyDocument": each["AssumeRolePolicyDocument"]}
            yield single("AWS::IAM::Role", properties | {"Policies": policies})


def functions(client):
    lambdas = client("lambda")
    for each in lambdas.list_functions()["Functions"]:
        name = PREFIX + each["FunctionName"]
        function = {
            "FunctionName": name,
            "Code": CODE,
            **picked(each, "Handler", "Role", "Runtime", "MemorySize", "Timeout", "Description"),
            **({"Environment": {"Variables": each["Environment"]["Variables"]}} if each.get("Environment", {}).get("Variables") else {}),
        }
        try:
            found = lambdas.get_function_event_invoke_config(FunctionName=each["FunctionName"])
        except lambdas.exceptions.ResourceNotFoundException:
            yield (("AWS::Lambda::Function", function),)
            continue
        failed = found.get("DestinationConfig", {}).get("OnFailure")  # none where the caller waits
        invoke = {"FunctionName": name, "Qualifier": "$LATEST", **({"DestinationConfig": {"OnFailure": failed}} if failed else {})}
        yield ("AWS::Lambda::Function", function), ("AWS::Lambda::EventInvokeConfig", invoke)


def rules(client):
    events = client("events")
    for each in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=each["Name"])["Targets"]
        properties = picked(each, "Description", "ScheduleExpression", "State")
        if "EventPattern" in each:
            properties["EventPattern"] = json.loads(each["EventPattern"])
        yield single(
            "AWS::Events::Rule", {"Name": PREFIX + each["Name"], **properties, "Targets": [picked(one, "Id", "Arn") for one in targets]}
        )


def alarms(client):
    cloudwatch = client("cloudwatch")
    wanted = ("AlarmDescription", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
    for each in cloudwatch.describe_alarms()["MetricAlarms"]:
        yield single(
            "AWS::CloudWatch::Alarm",
            {
                "AlarmName": PREFIX + each["AlarmName"],
                **picked(each, *wanted, "TreatMissingData", "AlarmActions", "OKActions", "Dimensions"),
            },
        )
    for each in cloudwatch.list_dashboards()["DashboardEntries"]:
        body = cloudwatch.get_dashboard(DashboardName=each["DashboardName"])["DashboardBody"]
        yield single("AWS::CloudWatch::Dashboard", {"DashboardName": PREFIX + each["DashboardName"], "DashboardBody": body})


def topics(client):
    for each in client("sns").list_topics()["Topics"]:
        yield single("AWS::SNS::Topic", {"TopicName": PREFIX + each["TopicArn"].rpartition(":")[2]})


def role(found):
    """The ARN of a crawler's or job's role, which Glue may tell by its name."""
    return found["Role"] if ":" in found["Role"] else f"arn:aws:iam::000000000000:role/{found['Role']}"


def catalog(client):
    glue = client("glue")
    for each in glue.get_databases()["DatabaseList"]:
        database = {"Name": PREFIX.replace("-", "_") + each["Name"], **picked(each, "Description")}
        yield single("AWS::Glue::Database", {"CatalogId": "000000000000", "DatabaseInput": database})
    for each in glue.get_crawlers()["Crawlers"]:
        targets = {"S3Targets": [picked(one, "Path") for one in each["Targets"]["S3Targets"]]}
        yield single(
            "AWS::Glue::Crawler",
            {"Name": PREFIX + each["Name"], **picked(each, "DatabaseName", "Description"), "Role": role(each), "Targets": targets},
        )
    for each in glue.get_jobs()["Jobs"]:
        properties = {"Role": role(each)} | picked(
            each, "Command", "DefaultArguments", "GlueVersion", "WorkerType", "NumberOfWorkers", "MaxRetries"
        )
        yield single("AWS::Glue::Job", {"Name": PREFIX + each["Name"], **properties})


def workgroups(client):
    athena = client("athena")
    for each in athena.list_work_groups()["WorkGroups"]:
        if each["Name"] != "primary":
            found = athena.get_work_group(WorkGroup=each["Name"])["WorkGroup"]
            wanted = picked(found["Configuration"], "ResultConfiguration", "EnforceWorkGroupConfiguration", "BytesScannedCutoffPerQuery")
            yield single("AWS::Athena::WorkGroup", {"Name": PREFIX + each["Name"], "WorkGroupConfiguration": wanted})


def streams(client):
    firehose = client("firehose")
    for name in firehose.list_delivery_streams()["DeliveryStreamNames"]:
        (found,) = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]["Destinations"]
        wanted = picked(
            found["ExtendedS3DestinationDescription"], "RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "CompressionFormat"
        )
        properties = {"DeliveryStreamName": PREFIX + name, "ExtendedS3DestinationConfiguration": wanted}
        yield single("AWS::KinesisFirehose::DeliveryStream", properties)


KINDS = (buckets, queues, log_groups, roles, functions, rules, alarms, topics, catalog, workgroups, streams)


def templates(client):
    """{stack's name: template} of what is there; `client(service)`: boto3's."""
    found, sizes = defaultdict(lambda: {"Resources": {}}), defaultdict(int)
    for kind in KINDS:
        for group in kind(client):
            size = len(json.dumps(group, indent=1)) + 300
            stack = next(f"Site{at}" for at in range(1000) if sizes[f"Site{at}"] + size <= LARGEST_TEMPLATE)
            sizes[stack] += size
            resources, first = found[stack]["Resources"], None
            for type_name, properties in group:
                name = f"R{len(resources)}{re.sub(r'[^A-Za-z0-9]', '', type_name)}"
                resources[name] = {"Type": type_name, "Properties": properties} | ({"DependsOn": first} if first else {})
                first = first or name
    return dict(found)
