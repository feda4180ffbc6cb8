"""The proof that nothing is left: it must see everything there is."""

import json

import pytest

from tests.modules import quicksight_cloud
from tests.modules.call_recorder import error
from tests.modules.clouds import on, unique, zipped
from tests.modules.runner import done, refused

PROJECT = unique("project")
TAGS = {"project": PROJECT, "environment": "dev"}
LISTED = [{"Key": key, "Value": value} for key, value in TAGS.items()]


# One function a kind: make it, with the project's tags where it can carry any; returns what the module calls it.


def bucket(aws, name, tagged):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    if tagged:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": LISTED})
    return [f"s3 bucket {name}"]


def contents_of_a_bucket(aws, name, tagged):
    s3, found = aws.client("s3"), bucket(aws, name, tagged)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=name, Key="raw/a@b.csv", Body=b"")["VersionId"]
    marker = s3.delete_object(Bucket=name, Key="raw/a@b.csv")["VersionId"]
    s3.create_multipart_upload(Bucket=name, Key="raw/big.csv")
    where = f"{name}/raw/a@b.csv"
    return [
        *found,
        f"s3 object version {where}@{version}",
        f"s3 delete marker {where}@{marker}",
        f"s3 unfinished upload {name}/raw/big.csv",
    ]


def function(aws, name, tagged):
    code, role = {"ZipFile": zipped({"handler.py": ""})}, aws.role()["Arn"]
    given = {"FunctionName": name, "Runtime": "python3.12", "Handler": "handler.f", "Role": role, "Code": code}
    aws.client("lambda").create_function(**given, Tags=TAGS if tagged else {})
    return [f"lambda function {name}"]


def layer(aws, name, tagged):
    aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": zipped({"a.py": ""})})
    return [f"lambda layer {name}"]


def event_source_mapping(aws, name, tagged):
    queue = unique("queue")
    aws.client("sqs").create_queue(QueueName=queue)
    found = function(aws, name, tagged)
    aws.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=aws.arn("sqs", queue))
    return [*found, f"lambda event source mapping {name}"]


def log_group(aws, name, tagged):
    aws.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}", tags=TAGS if tagged else {"other": "tag"})
    return [f"logs log group /aws/lambda/{name}"]


def log_stream_of_a_crawler(aws, name, tagged):
    logs = aws.client("logs")
    group = f"/aws-glue/{unique('crawlers')}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=name)
    return [f"logs log stream {group}/{name}"]


def role(aws, name, tagged):
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=LISTED if tagged else [])
    return [f"iam role {name}"]


def instance_profile(aws, name, tagged):
    aws.client("iam").create_instance_profile(InstanceProfileName=name, Tags=LISTED if tagged else [])
    return [f"iam instance profile {name}"]


def managed_policy(aws, name, tagged):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").create_policy(PolicyName=name, PolicyDocument=document, Tags=LISTED if tagged else [])
    return [f"iam policy {name}"]


def queue(aws, name, tagged):
    aws.client("sqs").create_queue(QueueName=name, tags=TAGS if tagged else {})
    return [f"sqs queue {name}"]


def database_with_a_table(aws, name, tagged):
    glue, name = aws.client("glue"), name.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name}, Tags=TAGS if tagged else {})
    glue.create_table(DatabaseName=name, TableInput={"Name": "orders"})
    return [f"glue database {name}", f"glue table {name}/orders"]


def crawler(aws, name, tagged):
    glue, database = aws.client("glue"), unique("database")
    glue.create_database(DatabaseInput={"Name": database})
    targets = {"S3Targets": [{"Path": "s3://bucket/data/"}]}
    role = aws.role("glue.amazonaws.com")["RoleName"]
    glue.create_crawler(Name=name, Role=role, DatabaseName=database, Targets=targets, Tags=TAGS if tagged else {})
    return [f"glue crawler {name}"]


def workgroup_with_a_query(aws, name, tagged):
    athena = aws.client("athena")
    athena.create_work_group(Name=name, Tags=LISTED if tagged else [])
    query = athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"]
    return [f"athena workgroup {name}", f"athena named query {name}/{query}"]


def job_with_a_trigger(aws, name, tagged):
    command, tags = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/a.py"}, {"Tags": TAGS} if tagged else {}
    aws.client("glue").create_job(Name=name, Role=aws.role("glue.amazonaws.com")["RoleName"], Command=command, **tags)
    aws.client("glue").create_trigger(Name=name, Type="ON_DEMAND", Actions=[{"JobName": name}], **tags)
    return [f"glue job {name}", f"glue trigger {name}"]


def delivery_stream(aws, name, tagged):
    place = {"RoleARN": aws.role("firehose.amazonaws.com")["Arn"], "BucketARN": "arn:aws:s3:::somewhere"}
    tags = {"Tags": LISTED} if tagged else {}
    aws.client("firehose").create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=place, **tags)
    return [f"firehose delivery stream {name}"]


def budget(aws, name, tagged):
    made = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}}
    aws.client("budgets").create_budget(AccountId=aws.account, Budget=made, **({"ResourceTags": LISTED} if tagged else {}))
    return [f"budgets budget {name}"]


def topic(aws, name, tagged):
    aws.client("sns").create_topic(Name=name, Tags=LISTED if tagged else [])
    return [f"sns topic {name}"]


def rule(aws, name, tagged):
    aws.client("events").put_rule(Name=name, ScheduleExpression="rate(5 minutes)", Tags=LISTED if tagged else [])
    return [f"events rule {name}"]


def alarm(aws, name, tagged):
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "Threshold": 0}
    compared = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    aws.client("cloudwatch").put_metric_alarm(AlarmName=name, **metric, **compared, Tags=LISTED if tagged else [])
    return [f"cloudwatch alarm {name}"]


def dashboard(aws, name, tagged):
    tags = {"Tags": LISTED} if tagged else {}
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}', **tags)
    return [f"cloudwatch dashboard {name}"]


def bi_of_quicksight(aws, name, tagged):
    """A data source, a data set, an analysis that waits to be restored, and a dashboard, all of that name."""
    quicksight_cloud.people(aws)
    client, own, tags = aws.client("quicksight"), {"AwsAccountId": aws.account}, {"Tags": LISTED} if tagged else {}
    athena = {"Type": "ATHENA", "DataSourceParameters": {"AthenaParameters": {"WorkGroup": "primary"}}}
    client.create_data_source(**own, DataSourceId=name, Name=name, **athena, **tags)
    client.create_data_set(**own, **quicksight_cloud.a_table(aws, name, "a"), **tags)
    definition = quicksight_cloud.definition(aws)
    client.create_analysis(**own, AnalysisId=name, Name=name, Definition=definition, **tags)
    client.delete_analysis(**own, AnalysisId=name)
    client.create_dashboard(**own, DashboardId=name, Name=name, Definition=definition, **tags)
    return [f"quicksight {kind} {name}" for kind in ("data source", "data set", "analysis", "published dashboard")]


def tagged_as(kind, tagged):
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": LISTED}]} if tagged else {}


def plain_tags(tagged):
    return {"tags": TAGS} if tagged else {}


def rest_api(aws, name, tagged):
    aws.client("apigateway").create_rest_api(name=name, **plain_tags(tagged))
    return [f"apigateway REST API {name}"]


def api_key(aws, name, tagged):
    aws.client("apigateway").create_api_key(name=name, **plain_tags(tagged))
    return [f"apigateway API key {name}"]


def usage_plan(aws, name, tagged):
    aws.client("apigateway").create_usage_plan(name=name, **plain_tags(tagged))
    return [f"apigateway usage plan {name}"]


def key_pair(aws, name, tagged):
    aws.client("ec2").create_key_pair(KeyName=name, **tagged_as("key-pair", tagged))
    return [f"ec2 key pair {name}"]


def security_group(aws, name, tagged):
    aws.client("ec2").create_security_group(GroupName=name, Description="d", **tagged_as("security-group", tagged))
    return [f"ec2 security group {name}"]


def volume(aws, name, tagged):
    made = aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, **tagged_as("volume", tagged))
    return [f"ec2 volume {made['VolumeId']}"]


def instance(aws, name, tagged):
    ec2 = aws.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro", **tagged_as("instance", tagged))
    return [f"ec2 instance {made['Instances'][0]['InstanceId']}"]


def parameter(aws, name, tagged):
    aws.client("ssm").put_parameter(Name=f"/{name}/lock", Type="String", Value="x", Tags=LISTED if tagged else [])
    return [f"ssm parameter /{name}/lock"]


KINDS = [
    bucket,
    contents_of_a_bucket,
    function,
    layer,
    event_source_mapping,
    log_group,
    log_stream_of_a_crawler,
    role,
    instance_profile,
    managed_policy,
    queue,
    database_with_a_table,
    crawler,
    workgroup_with_a_query,
    job_with_a_trigger,
    delivery_stream,
    budget,
    topic,
    rule,
    alarm,
    dashboard,
    rest_api,
    api_key,
    usage_plan,
    bi_of_quicksight,
    key_pair,
    security_group,
    volume,
    instance,
    parameter,
]
UNTAGGED = {layer, log_stream_of_a_crawler}  # nobody can tag these
NAMELESS = {volume, instance}  # AWS names these
# test_moto_still_lacks_a_call and test_lifecycle.py show it
MOTO_LACKS = {
    instance_profile: "ListInstanceProfileTags",
    budget: "ListTagsForResource",
    dashboard: "their tags",
    bi_of_quicksight: "most calls",
}


NOBODYS = {"project": "nobody's"}


@pytest.fixture(autouse=True)
def moto_is_not_subscribed(request, answers):
    """moto lacks most of QuickSight's lists; an account without subscription is asked for none."""
    if request.node.callspec.params["aws"] == "moto":
        answers["quicksight:ListDataSources"] = error(403, "UnsupportedUserEditionException", "not subscribed")


def left(names=(), tags=NOBODYS):
    return done("project_leftovers_info", names=list(names), tags=tags).result["leftovers"]


def make(aws, kinds, tagged):
    """One of each kind; returns ({kind's name: its resource's name}, what the module should list)."""
    names, expected = {}, []
    for kind in kinds:
        if aws.kind == "moto" and kind in MOTO_LACKS:
            continue
        names[kind.__name__] = unique(kind.__name__.replace("_", "-"))
        expected += kind(aws, names[kind.__name__], tagged)
    return names, sorted(expected)


def spelt(name):
    """A resource's name as a deployment's variables spell it, whatever it is."""
    return [name, name.replace("-", "_"), f"/aws/lambda/{name}"]


@on()
def test_every_kind_is_found_by_its_name(aws):
    names, expected = make(aws, [kind for kind in KINDS if kind not in NAMELESS], tagged=False)
    assert left([text for name in names.values() for text in spelt(name)]) == expected
    assert left([text for name in names.values() for text in spelt(f"{name}-longer") + spelt(f"longer-{name}")]) == []


@on()
def test_every_kind_that_has_tags_is_found_by_them(aws):
    names, expected = make(aws, [kind for kind in KINDS if kind not in UNTAGGED], tagged=True)
    expected.remove(f"lambda event source mapping {names['event_source_mapping']}")  # its function carries them
    assert left(tags=TAGS) == expected
    assert left(tags={**TAGS, "environment": "another"}) == []


@on("moto")
def test_moto_still_lacks_a_call(aws):
    iam = aws.client("iam")
    iam.create_instance_profile(InstanceProfileName="p")
    with pytest.raises(NotImplementedError):
        iam.list_instance_profile_tags(InstanceProfileName="p")


@on("moto")
def test_a_clean_cloud_has_nothing_and_other_projects_do_not_count(aws):
    outcome = done("project_leftovers_info", names=["orders"], tags=TAGS, fail_if_any=True)
    assert outcome.result["leftovers"] == []
    assert outcome.writes == []
    assert outcome.result["checked"].keys() == {
        "s3",
        "lambda",
        "logs",
        "iam",
        "sqs",
        "glue",
        "athena",
        "ec2",
        "kms",
        "ssm",
        "firehose",
        "budgets",
        "sns",
        "events",
        "cloudwatch",
        "apigateway",
        "quicksight",
    }

    # The same name as a part of a longer one, and one tag of two.
    aws.client("sqs").create_queue(QueueName="orders-too", tags={"project": PROJECT, "environment": "another"})
    outcome = done("project_leftovers_info", names=["orders"], tags=TAGS, fail_if_any=True)
    assert outcome.result["leftovers"] == []
    assert outcome.result["checked"]["sqs"] == 1


@on()
def test_leftovers_fail_a_teardown_all_named_at_once(aws):
    first, second = unique("queue"), unique("queue")
    for name in (second, first):
        aws.client("sqs").create_queue(QueueName=name)
    refused(
        "project_leftovers_info", "2 resource(s)", f"  - sqs queue {first}\n", names=[first, second], tags={"no": "tag"}, fail_if_any=True
    )
    outcome = done("project_leftovers_info", names=[first, second], tags={"no": "tag"})
    assert outcome.result["summary"] == "2 queues"


@on()
def test_a_service_that_cannot_be_asked_proves_nothing(aws, answers):
    answers["sqs:ListQueues"] = error(400, "AccessDenied", "no")
    refused("project_leftovers_info", "Listing sqs failed, so that nothing is proven", tags=TAGS)


@on("local")
def test_every_page_of_a_list_is_read(aws):
    name, iam = unique("role"), aws.client("iam")
    for number in range(110):
        iam.create_role(RoleName=f"filler-{number}", AssumeRolePolicyDocument="{}")
    iam.create_role(RoleName=f"zzz-{name}", AssumeRolePolicyDocument="{}")
    assert left([f"zzz-{name}"]) == [f"iam role zzz-{name}"]
