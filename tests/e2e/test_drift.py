"""playbooks/check-drift.yml names each difference between what is declared and what is there, and changes nothing."""

import io
import json
import zipfile

import pytest

from tests.e2e.deployment import Deployment
from tests.local_cloud import create_role

pytestmark = pytest.mark.timeout(600)
ACCOUNT = "000000000000"
BUCKET = f"orders-{ACCOUNT}-us-east-1"
FUNCTION = "FilterAndProcessOrders"
ROLE = "Lambda-S3-Processing-Role"
PROFILE = "EC2-Athena-Dashboard-Role"
GROUP = f"/aws/lambda/{FUNCTION}"
QUEUE = "orders-failed-events"
CRAWLER = "orders_processed_crawler"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]})
TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
)


@pytest.fixture(scope="module")
def drifting(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("drift"))
    try:
        deployment.play("site.yml").succeeded()
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml")


def queue_url(cloud):
    return cloud.client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]


def named_query(cloud, name):
    athena = cloud.client("athena")
    ids = athena.list_named_queries(WorkGroup="orders")["NamedQueryIds"]
    return next(query for query in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"] if query["Name"] == name)


def other_code():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("handler.py", "def lambda_handler(event, context): return 'not ours'\n")
    return made.getvalue()


def weaken_policy(cloud):
    statement = {"Sid": "DenyInsecureTransport", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{BUCKET}/*"}]}
    cloud.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def shorten_lifecycle(cloud):
    rules = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    for rule in rules:
        if rule["ID"] == "results-of-queries":
            rule["Expiration"] = {"Days": 1}
    cloud.client("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})


def drop_a_notification(cloud):
    found = cloud.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)["LambdaFunctionConfigurations"]
    kept = [item for item in found if item["Id"] != "raw-csv"]
    for rule in (rule for item in kept for rule in item["Filter"]["Key"]["FilterRules"]):
        rule["Name"] = rule["Name"].lower()  # answered as Prefix, taken as prefix
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": kept}
    )


def encryption(algorithm):
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}


def open_to_public(cloud):
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True}
    cloud.client("s3").put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


def arn(service, resource):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}"


def other_environment(cloud):
    """The function's variables, one of them changed."""
    functions = cloud.client("lambda")
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": {**variables, "DROP_AFTER_DAYS": "3"}})


def without_its_role(cloud):
    cloud.client("iam").remove_role_from_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)


def other_crawler_role(cloud):
    create_role(cloud.client("iam"), "other-crawler-role")
    cloud.client("glue").update_crawler(Name=CRAWLER, Role="other-crawler-role")


#: What somebody did: (how, the sentences' beginnings that name it).
MUTATIONS = {
    "bucket's encryption": (
        lambda c: c.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=encryption("aws:kms")),
        f'S3 bucket \'{BUCKET}\': encryption: declared "AES256", found "aws:kms"',
    ),
    "bucket's versions": (
        lambda c: c.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
        f"S3 bucket '{BUCKET}': versioning: declared true, found false",
    ),
    "bucket open to the public": (
        open_to_public,
        f"S3 bucket '{BUCKET}': public_access_block.BlockPublicPolicy: declared true, found false",
    ),
    "bucket's policy": (weaken_policy, f'S3 bucket \'{BUCKET}\': policy.Statement[0].Effect: declared "Deny", found "Allow"'),
    "bucket's lifecycle": (shorten_lifecycle, f"S3 bucket '{BUCKET}': lifecycle_rules[2].expire_days: declared 30, found 1"),
    "bucket's tags": (
        lambda c: c.client("s3").put_bucket_tagging(
            Bucket=BUCKET,
            Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in {"project": "headwater", "environment": "dev"}.items()]},
        ),
        f"S3 bucket '{BUCKET}': tags.pipeline: declared \"orders\", found nothing",
    ),
    "bucket's ownership": (
        lambda c: c.client("s3").put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        f'S3 bucket \'{BUCKET}\': ownership: declared "BucketOwnerEnforced", found "ObjectWriter"',
    ),
    "notification": (drop_a_notification, f"Notification 'raw-csv' of bucket '{BUCKET}': does not exist"),
    "queue's attribute": (
        lambda c: c.client("sqs").set_queue_attributes(QueueUrl=queue_url(c), Attributes={"MessageRetentionPeriod": "60"}),
        f"SQS queue '{QUEUE}': retention_seconds: declared 1209600, found 60",
    ),
    "queue's policy": (
        lambda c: c.client("sqs").set_queue_attributes(QueueUrl=queue_url(c), Attributes={"Policy": ""}),
        f"SQS queue '{QUEUE}': policy",
    ),
    "role's trust": (
        lambda c: c.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=TRUST),
        f'IAM role \'{ROLE}\': trust_policy.Statement[0].Principal.Service: declared "lambda.amazonaws.com", found "ec2.amazonaws.com"',
    ),
    "role's policy": (
        lambda c: c.client("iam").put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=POLICY),
        f"Permissions of role '{ROLE}': inline_policies.{ROLE}.Statement[0].Action: declared ",
    ),
    "another policy attached": (
        lambda c: c.client("iam").attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess"),
        f"Permissions of role '{ROLE}': managed_policies: declared [], found [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]",
    ),
    "role's tags": (
        lambda c: c.client("iam").tag_role(RoleName=ROLE, Tags=[{"Key": "team", "Value": "x"}]),
        f"IAM role '{ROLE}': tags.team: declared nothing, found \"x\"",
    ),
    "instance profile's role": (without_its_role, f"Instance profile '{PROFILE}': role: declared \"{PROFILE}\", found nothing"),
    "instance profile's tags": (
        lambda c: c.client("iam").tag_instance_profile(InstanceProfileName=PROFILE, Tags=[{"Key": "team", "Value": "x"}]),
        f"Instance profile '{PROFILE}': tags.team: declared nothing, found \"x\"",
    ),
    "log group's retention": (
        lambda c: c.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=7),
        f"Log group '{GROUP}': retention_days: declared 30, found 7",
    ),
    "function's memory": (
        lambda c: c.client("lambda").update_function_configuration(FunctionName=FUNCTION, MemorySize=256),
        f"Lambda function '{FUNCTION}': memory_mb: declared 1024, found 256",
    ),
    "function's environment": (
        other_environment,
        f'Lambda function \'{FUNCTION}\': environment.DROP_AFTER_DAYS: declared "30", found "3"',
    ),
    "function's code": (
        lambda c: c.client("lambda").update_function_code(FunctionName=FUNCTION, ZipFile=other_code()),
        f"Lambda function '{FUNCTION}': code_sha256: declared ",
    ),
    "function's layer": (
        lambda c: c.client("lambda").update_function_configuration(FunctionName=FUNCTION, Layers=[]),
        f"Lambda function '{FUNCTION}': layers: declared [\"{arn('lambda', 'layer:headwater-pyarrow:1')}\"], found []",
    ),
    "permission": (
        lambda c: c.client("lambda").remove_permission(FunctionName=FUNCTION, StatementId="s3-raw-csv-gz"),
        f"Permission 's3-raw-csv-gz' of function '{FUNCTION}': does not exist",
    ),
    "asynchronous invocation": (
        lambda c: c.client("lambda").put_function_event_invoke_config(FunctionName=FUNCTION, MaximumRetryAttempts=0),
        f"Asynchronous invocation of function '{FUNCTION}': maximum_retry_attempts: declared 2, found 0",
    ),
    "database's description": (
        lambda c: c.client("glue").update_database(Name="orders_db", DatabaseInput={"Name": "orders_db", "Description": "x"}),
        'Glue database \'orders_db\': description: declared "Orders, cleaned", found "x"',
    ),
    "crawler's target": (
        lambda c: c.client("glue").update_crawler(Name=CRAWLER, Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/raw/"}]}),
        f'Glue crawler \'{CRAWLER}\': s3_targets: declared ["s3://{BUCKET}/processed/filtered_orders/"], found ["s3://{BUCKET}/raw/"]',
    ),
    "crawler's role": (
        other_crawler_role,
        f'Glue crawler \'{CRAWLER}\': role: declared "Glue-S3-Crawler-Role", found "other-crawler-role"',
    ),
    "crawler's schedule": (
        lambda c: c.client("glue").update_crawler_schedule(CrawlerName=CRAWLER, Schedule="cron(30 4 * * ? *)"),
        f'Schedule of Glue crawler \'{CRAWLER}\': schedule: declared "cron(0 3 * * ? *)", found "cron(30 4 * * ? *)"',
    ),
    "workgroup's cutoff": (
        lambda c: c.client("athena").update_work_group(WorkGroup="orders", ConfigurationUpdates={"BytesScannedCutoffPerQuery": 20_000_000}),
        "Athena workgroup 'orders': bytes_scanned_cutoff: declared 1000000000, found 20000000",
    ),
    "named query's text": (
        lambda c: c.client("athena").update_named_query(
            NamedQueryId=named_query(c, "Total Sales by Customer")["NamedQueryId"], Name="Total Sales by Customer", QueryString="SELECT 1"
        ),
        "Athena named query 'Total Sales by Customer': query: declared ",
    ),
}

#: What somebody removed, and how the sentence begins.
REMOVALS = {
    "queue": (lambda c: c.client("sqs").delete_queue(QueueUrl=queue_url(c)), f"SQS queue '{QUEUE}'"),
    "log group": (lambda c: c.client("logs").delete_log_group(logGroupName=GROUP), f"Log group '{GROUP}'"),
    "function": (lambda c: c.client("lambda").delete_function(FunctionName=FUNCTION), f"Lambda function '{FUNCTION}'"),
    "database": (lambda c: c.client("glue").delete_database(Name="orders_db"), "Glue database 'orders_db'"),
    "crawler": (lambda c: c.client("glue").delete_crawler(Name=CRAWLER), f"Glue crawler '{CRAWLER}'"),
    "workgroup": (
        lambda c: c.client("athena").delete_work_group(WorkGroup="orders", RecursiveDeleteOption=True),
        "Athena workgroup 'orders'",
    ),
    "bucket": (lambda c: c.client("s3").delete_bucket(Bucket=BUCKET), f"S3 bucket '{BUCKET}'"),
}


def check(cloud, *arguments):
    """(exit code, sentences) of a check, which must not write anything."""
    before = len(cloud.writes())
    played = cloud.play("playbooks/check-drift.yml", *arguments)
    assert cloud.writes()[before:] == []
    found = json.loads((cloud.state / "drift.json").read_text())
    assert "There is no difference" in played.text, played.text[-3000:]
    if found:
        assert f"{len(found)} difference(s)" in played.text
        for difference in found:
            assert difference["resource"] in played.text
    return played.code, [difference["text"] for difference in found]


def test_what_was_just_deployed_has_no_difference(drifting):
    assert check(drifting) == (0, [])


def test_every_kind_of_change_is_named_with_resource_and_field_and_taken_back(drifting):
    for mutate, _ in MUTATIONS.values():
        mutate(drifting)
    code, said = check(drifting)
    assert code == 2
    unnamed = [what for what, (_, sentence) in MUTATIONS.items() if not any(line.startswith(sentence) for line in said)]
    assert unnamed == [], "\n".join(said)
    about = tuple(sentence.split(": ")[0] for _, sentence in MUTATIONS.values())
    assert [line for line in said if not line.startswith(about)] == []
    drifting.play("site.yml").succeeded()  # the next test sees that nothing differs any more


def test_a_limit_holds_for_the_check_too(drifting):
    artifacts = f"artifacts-{ACCOUNT}-us-east-1"
    drifting.client("s3").put_bucket_versioning(Bucket=artifacts, VersioningConfiguration={"Status": "Suspended"})
    assert check(drifting, "--limit", "orders,dashboard") == (0, [])
    code, said = check(drifting, "--limit", "shared")
    assert (code, said) == (2, [f"S3 bucket '{artifacts}': versioning: declared true, found false"])


def test_what_was_removed_is_named_and_comes_back(drifting):
    for remove, _ in REMOVALS.values():
        remove(drifting)
    code, said = check(drifting)
    assert code == 2
    unnamed = [what for what, (_, resource) in REMOVALS.items() if f"{resource}: does not exist" not in said]
    assert unnamed == [], "\n".join(said)
    drifting.play("site.yml").succeeded()
    assert check(drifting) == (0, [])
