"""What bears the project's names must be the project's."""

import pytest

from tests.modules import quicksight_cloud
from tests.modules.call_recorder import error
from tests.modules.clouds import on, unique, zipped
from tests.modules.runner import done, refused

TAGS = {"project": "headwater", "environment": "dev"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]
THEIRS = [{"Key": "team", "Value": "other"}]
PREFIX = "headwater dev:"


def look(aws, **resources):
    return {"resources": {kind.replace("_", " "): names for kind, names in resources.items()}, "tags": TAGS, "layer_prefix": PREFIX}


# One function a kind: make it with these tags.


def bucket(aws, name, tags):
    aws.client("s3").create_bucket(Bucket=name)
    aws.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def queue(aws, name, tags):
    aws.client("sqs").create_queue(QueueName=name, tags=plain(tags))


def role(aws, name, tags):
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=tags)


def instance_profile(aws, name, tags):
    aws.client("iam").create_instance_profile(InstanceProfileName=name, Tags=tags)


def log_group(aws, name, tags):
    aws.client("logs").create_log_group(logGroupName=name, **({"tags": plain(tags)} if tags else {}))


def function(aws, name, tags):
    code = {"ZipFile": zipped({"handler.py": ""})}
    aws.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Handler="handler.f", Role=aws.role()["Arn"], Code=code, Tags=plain(tags)
    )


def layer(aws, name, tags):
    description = "headwater dev: pyarrow" if tags == LISTED else "headwater development"
    aws.client("lambda").publish_layer_version(LayerName=name, Description=description, Content={"ZipFile": zipped({"a.py": ""})})


def database(aws, name, tags):
    aws.client("glue").create_database(DatabaseInput={"Name": name}, Tags=plain(tags))


def crawler(aws, name, tags):
    glue, where = aws.client("glue"), unique("db").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": where})
    targets, role_name = {"S3Targets": [{"Path": f"s3://{aws.bucket()}/x/"}]}, aws.role("glue.amazonaws.com")["RoleName"]
    glue.create_crawler(Name=name, Role=role_name, DatabaseName=where, Targets=targets, Tags=plain(tags))


def job(aws, name, tags):
    command = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/a.py"}
    aws.client("glue").create_job(Name=name, Role=aws.role("glue.amazonaws.com")["RoleName"], Command=command, Tags=plain(tags))


def trigger(aws, name, tags):
    job(aws, name, {})
    aws.client("glue").create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": name}], Tags=plain(tags))


def workgroup(aws, name, tags):
    aws.client("athena").create_work_group(Name=name, Tags=tags)


def delivery_stream(aws, name, tags):
    place = {"RoleARN": aws.role("firehose.amazonaws.com")["Arn"], "BucketARN": "arn:aws:s3:::somewhere"}
    aws.client("firehose").create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=place, Tags=tags)


def budget(aws, name, tags):
    made = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}}
    aws.client("budgets").create_budget(AccountId=aws.account, Budget=made, **({"ResourceTags": tags} if tags else {}))


def topic(aws, name, tags):
    aws.client("sns").create_topic(Name=name, Tags=tags)


def rule(aws, name, tags):
    aws.client("events").put_rule(Name=name, ScheduleExpression="rate(5 minutes)", Tags=tags)


def alarm(aws, name, tags):
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "Threshold": 0}
    compared = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    aws.client("cloudwatch").put_metric_alarm(AlarmName=name, **metric, **compared, Tags=tags)


def dashboard(aws, name, tags):
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}', Tags=tags)


def key(aws, name, tags):
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]
    made = aws.client("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    aws.client("kms").create_alias(AliasName=f"alias/{name}", TargetKeyId=made)


def rest_api(aws, name, tags):
    aws.client("apigateway").create_rest_api(name=name, tags=plain(tags))


def api_key(aws, name, tags):
    aws.client("apigateway").create_api_key(name=name, tags=plain(tags))


def usage_plan(aws, name, tags):
    aws.client("apigateway").create_usage_plan(name=name, tags=plain(tags))


def data_source(aws, name, tags):
    quicksight_cloud.people(aws)
    given = {"Name": name, "Type": "ATHENA", "DataSourceParameters": {"AthenaParameters": {"WorkGroup": "primary"}}}
    aws.client("quicksight").create_data_source(AwsAccountId=aws.account, DataSourceId=name, **given, Tags=tags)


def data_set(aws, name, tags):
    aws.client("quicksight").create_data_set(AwsAccountId=aws.account, **quicksight_cloud.a_table(aws, name, "a"), Tags=tags)


def analysis(aws, name, tags):
    definition = quicksight_cloud.definition(aws)
    aws.client("quicksight").create_analysis(AwsAccountId=aws.account, AnalysisId=name, Name=name, Definition=definition, Tags=tags)


def published_dashboard(aws, name, tags):
    definition = quicksight_cloud.definition(aws)
    aws.client("quicksight").create_dashboard(AwsAccountId=aws.account, DashboardId=name, Name=name, Definition=definition, Tags=tags)


def key_pair(aws, name, tags):
    aws.client("ec2").create_key_pair(KeyName=name, TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}])


def security_group(aws, name, tags):
    aws.client("ec2").create_security_group(
        GroupName=name, Description="x", TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}]
    )


KINDS = [
    bucket,
    queue,
    role,
    instance_profile,
    log_group,
    function,
    layer,
    database,
    crawler,
    job,
    trigger,
    workgroup,
    delivery_stream,
    budget,
    topic,
    rule,
    alarm,
    dashboard,
    key,
    rest_api,
    api_key,
    usage_plan,
    data_source,
    data_set,
    analysis,
    published_dashboard,
    key_pair,
    security_group,
]
# It answers nothing for a group that is not there, and has no tags of budgets and dashboards.
QUICKSIGHT = {data_source, data_set, analysis, published_dashboard}  # it lacks most of their calls
MOTO_LACKS = {workgroup, budget, dashboard, *QUICKSIGHT}


def plain(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def names(aws):
    kinds = [kind for kind in KINDS if aws.kind == "local" or kind not in MOTO_LACKS]
    return {
        kind: unique(kind.__name__).replace("-", "_" if kind is database else "-").replace("_", "-" if kind is not database else "_")
        for kind in kinds
    }


def called(kind):
    """A kind as the module calls it."""
    return {"rest_api": "REST API", "api_key": "API key"}.get(kind.__name__, kind.__name__.replace("_", " "))


def by_kind(named):
    return {called(kind): [name] for kind, name in named.items()}


@on()
def test_what_is_not_there_is_nobodys(aws):
    outcome = done("owned_resources", **look(aws, **by_kind(names(aws))))
    assert outcome.result["existing"] == 0
    assert outcome.writes == []


@on()
def test_what_is_ours_passes(aws):
    named = names(aws)
    for kind, name in named.items():
        kind(aws, name, LISTED)
    for check in (True, False):
        outcome = done("owned_resources", check=check, **look(aws, **by_kind(named)))
        assert outcome.result["existing"] == len(named)
        assert outcome.writes == []


@on()
def test_everything_foreign_is_named_at_once_with_what_was_found(aws):
    named = names(aws)
    for kind, name in named.items():
        kind(aws, name, THEIRS)
    outcome = refused(
        "owned_resources", "Nothing was changed", "name_prefix", "project=headwater and environment=dev", **look(aws, **by_kind(named))
    )
    assert len(outcome.result["foreign"]) == len(named)
    for kind, name in named.items():
        (said,) = [line for line in outcome.result["foreign"] if f"{called(kind)} {name}: " in line]
        assert "team='other'" in said or kind is layer
    assert outcome.writes == []


@on("local")
def test_the_same_project_in_another_environment_is_foreign(aws):
    name = unique("queue")
    queue(aws, name, [LISTED[0], {"Key": "environment", "Value": "production"}])
    refused("owned_resources", f"sqs queue {name}: it has environment='production'", **look(aws, queue=[name]))


@on()
def test_an_empty_bucket_without_tags_was_cut_off_between_two_calls_and_a_full_one_is_foreign(aws):
    name, s3 = aws.bucket(), aws.client("s3")
    done("owned_resources", **look(aws, bucket=[name]))
    s3.put_object(Bucket=name, Key="theirs", Body=b"")
    refused("owned_resources", f"s3 bucket {name}: it has no tags", **look(aws, bucket=[name]))


@on("local")
def test_a_log_group_that_lambda_made_belongs_to_its_function(aws):
    ours, theirs = unique("function"), unique("function")
    function(aws, ours, LISTED)
    function(aws, theirs, THEIRS)
    for name in (ours, theirs, "nobody"):
        log_group(aws, f"/aws/lambda/{name}", [])
    done("owned_resources", **look(aws, log_group=[f"/aws/lambda/{ours}"]))
    refused("owned_resources", "team='other'", **look(aws, log_group=[f"/aws/lambda/{theirs}"]))
    refused("owned_resources", "logs log group /aws/lambda/nobody: it has no tags", **look(aws, log_group=["/aws/lambda/nobody"]))


@on("local")
def test_what_cannot_be_a_name_is_left_to_the_module_that_is_given_it(aws):
    done("owned_resources", **look(aws, workgroup=["no such/name"]))


@on("moto")
def test_a_bucket_of_another_account_is_foreign(aws, answers):
    answers["s3:GetBucketTagging"] = error(403, "AccessDenied", "Access Denied")
    refused("owned_resources", "s3 bucket taken: it belongs to somebody else", **look(aws, bucket=["taken"]))


@on("moto")
def test_an_error_that_says_nothing_about_whose_it_is_is_an_error(aws, answers):
    answers["sqs:GetQueueUrl"] = error(500, "InternalFailure")
    refused("owned_resources", "could not be found out", "InternalFailure", **look(aws, queue=["q"]))


@on("moto")
@pytest.mark.parametrize("kind", ["buckets", "Bucket"])
def test_an_unknown_kind_is_named(aws, kind):
    refused("owned_resources", f"has the kind {kind!r}", **look(aws, **{kind: ["x"]}))
