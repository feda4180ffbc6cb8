"""What the life of each resource is tried with: one case a module."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tests.local_cloud import create_role
from tests.modules import quicksight_cloud
from tests.modules.clouds import unique, zipped


@dataclass(frozen=True)
class Case:
    """A resource's life.

    `prepare(aws, folder)`: make what the resource needs; returns its first options. `change(options,
    folder)`: the options that change. `changes`: the fields that the diff then names. `exists(aws,
    options)`: is it there, asked without the module? `moto_lacks`: calls that moto has not, as
    "service:Operation"; then only the local cloud runs the case, or, with `moto_creates`, just the change. `moto_cannot`: why
    moto is no use for the case though it has the calls.
    """

    prepare: Callable
    change: Callable
    changes: frozenset
    exists: Callable
    moto_lacks: tuple = ()
    moto_creates: bool = False
    moto_cannot: str = ""
    has_absent: bool = True

    @property
    def is_local(self):
        """Is moto no use for it?"""
        return bool(self.moto_cannot or (self.moto_lacks and not self.moto_creates))


def there(call, *missing, **arguments):
    """Does a get call find the resource?"""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in missing or "not found" in str(error):
            return None
        raise


# -- API Gateway


def rest_document(*paths, **info):
    """A small OpenAPI document with a model and a method that needs a key, at each of `paths`."""
    answers = {"requestTemplates": {"application/json": '{"statusCode": 200}'}, "responses": {"default": {"statusCode": "200"}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Click"}}}}
    method = {
        "operationId": "put",
        "requestBody": body,
        "responses": {"200": {"description": "<<answer>>"}},
        "security": [{"key": []}],
        "x-amazon-apigateway-integration": {"type": "mock", "timeoutInMillis": 5000, **answers},
        "x-amazon-apigateway-request-validator": "body",
    }
    click = {"type": "object", "required": ["menu"], "properties": {"menu": {"type": "array", "items": {"type": "string"}, "maxItems": 3}}}
    return {
        "openapi": "3.0.1",
        "info": {"title": "any", "version": "1", **info},
        "paths": {path: {"post": method} for path in paths},
        "components": {
            "schemas": {"Click": click},
            "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        },
        "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True, "validateRequestParameters": False}},
    }


def rest_api(aws, folder):
    group = unique("/aws/apigateway/api")
    aws.client("logs").create_log_group(logGroupName=group)
    writer = aws.role("apigateway.amazonaws.com")["Arn"]
    patch = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": writer}]
    aws.client("apigateway").update_account(patchOperations=patch)
    (folder / "api.json").write_text(json.dumps(rest_document("/one", "/two/three")))
    return {
        "name": unique("api"),
        "description": "Takes clicks",
        "openapi": str(folder / "api.json"),
        "values": {"answer": "Taken"},
        "stage": "v1",
        "stage_variables": {"stream": "clicks", "old": "yes"},
        "access_log_arn": aws.arn("logs", f"log-group:{group}"),
        "access_log_format": '{"id": "$context.requestId"}',
        "tags": {"project": "test", "old": "yes"},
    }


def change_rest_api(_options, folder):
    (folder / "other.json").write_text(json.dumps(rest_document("/one", "/four")))
    return {
        "description": "Takes other clicks",
        "openapi": str(folder / "other.json"),
        "values": {"answer": "Kept"},
        "stage_variables": {"stream": "others"},
        "throttle_rate": 1234567.5,
        "throttle_burst": 5,
        "access_log_arn": "",
        "metrics": True,
        "execution_log": "ERROR",
        "tracing": True,
        "tags": {"project": "test", "new": "yes"},
    }


def rest_api_exists(aws, options):
    return named_in(aws.client("apigateway").get_rest_apis(), options)


def named_in(page, options):
    """The item of that name of a first page of API Gateway's."""
    return next((item for item in page["items"] if item["name"] == options["name"]), None)


def usage_plan(aws, _folder):
    """A plan with a stage and a key of those that are there."""
    gateway = aws.client("apigateway")
    apis, keys = [unique("api") for _ in range(2)], [unique("key") for _ in range(2)]
    for name in apis:
        api = gateway.create_rest_api(name=name)
        gateway.put_method(restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="GET", authorizationType="NONE")
        gateway.put_integration(restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="GET", type="MOCK")
        gateway.create_deployment(restApiId=api["id"], stageName="v1")
    for name in keys:
        gateway.create_api_key(name=name, enabled=True)
    return {
        "name": unique("plan"),
        "description": "Browsers",
        "stages": [{"api": apis[0], "stage": "v1"}],
        "keys": [keys[0]],
        "rate": 100,
        "burst": 200,
        "quota": {"limit": 5000},
        "tags": {"project": "test", "old": "yes"},
    }


def change_usage_plan(options, _folder):
    following = lambda name: "{}-{}".format(*(part if not part.isdigit() else int(part) + 1 for part in name.split("-")))  # noqa: E731
    return {
        "description": "",
        "stages": [{"api": following(options["stages"][0]["api"]), "stage": "v1"}],
        "keys": [following(options["keys"][0])],
        "rate": 1234567.5,
        "burst": 20,
        "quota": {"limit": 7, "period": "MONTH"},
        "tags": {"project": "test", "new": "yes"},
    }


# -- Athena


def workgroup(_aws, _folder):
    return {
        "name": unique("group"),
        "description": "Queries",
        "output_location": "s3://results/enriched/",
        "expected_bucket_owner": "123456789012",
        "bytes_scanned_cutoff": 20_000_000,
        "tags": {"project": "test", "pipeline": "orders"},
    }


def workgroup_exists(aws, options):
    found = there(aws.client("athena").get_work_group, WorkGroup=options["name"])
    return found and found["WorkGroup"]["Configuration"]["EnforceWorkGroupConfiguration"]


def named_query(aws, _folder):
    group = unique("group")
    aws.client("athena").create_work_group(Name=group)
    return {"name": "Orders counted", "workgroup": group, "database": "orders_db", "query": "SELECT count(*) FROM t"}


def named_query_exists(aws, options):
    athena = aws.client("athena")
    ids = athena.list_named_queries(WorkGroup=options["workgroup"])["NamedQueryIds"]
    return [query["QueryString"] for query in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]] if ids else []


# -- Budgets


def budget(aws, _folder):
    return {
        "name": unique("budget"),
        "limit_usd": 50,
        "cost_filters": {"TagKeyValue": ["user:project$headwater"]},
        "alerts": [{"type": "forecasted", "percent": 100}, {"type": "actual", "percent": 80}],
        "topic_arn": aws.arn("sns", "alerts"),
        "tags": {"project": "test", "old": "yes"},
    }


def change_budget(_options, _folder):
    return {
        "limit_usd": 75.5,
        "cost_filters": {},
        "alerts": [{"type": "actual", "percent": 80}, {"type": "actual", "percent": 99.5}],
        "emails": ["someone@example.com", "another@example.com"],
        "tags": {"project": "test", "new": "yes"},
    }


def budget_exists(aws, options):
    return there(aws.client("budgets").describe_budget, "NotFoundException", AccountId=aws.account, BudgetName=options["name"])


# -- CloudWatch, EventBridge, SNS


def alarm(aws, _folder):
    return {
        "name": unique("alarm"),
        "description": "It failed. Read its log first.",
        "namespace": "AWS/Lambda",
        "metric": "Errors",
        "dimensions": {"FunctionName": "orders"},
        "treat_missing_data": "notBreaching",
        "alarm_actions": [aws.arn("sns", "alerts")],
        "ok_actions": [aws.arn("sns", "alerts")],
        "tags": {"project": "test", "old": "yes"},
    }


CHANGED_ALARM = {
    "description": "",
    "namespace": "Headwater",
    "metric": "Findings",
    "dimensions": {"Pipeline": "orders", "Check": "1"},
    "statistic": "p99",
    "period": 60,
    "evaluation_periods": 5,
    "datapoints_to_alarm": 3,
    "threshold": 2.5,
    "comparison": "LessThanThreshold",
    "treat_missing_data": "breaching",
    "alarm_actions": [],
    "insufficient_data_actions": ["arn:aws:sns:us-east-1:123456789012:others"],
    "tags": {"project": "test", "new": "yes"},
}


def alarm_exists(aws, options):
    return aws.client("cloudwatch").describe_alarms(AlarmNames=[options["name"]])["MetricAlarms"]


def body(text):
    widget = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": text}}
    return {"start": "-PT24H", "widgets": [widget]}


def dashboard_exists(aws, options):
    return there(aws.client("cloudwatch").get_dashboard, "ResourceNotFound", DashboardName=options["name"])


def target(aws, name, **more):
    return {"id": name, "arn": aws.arn("lambda", f"function:{name}"), **more}


def rule(aws, _folder):
    targets = [target(aws, "generator", input={"batch": 3}), target(aws, "old", maximum_retries=2)]
    schedule = "rate(5 minutes)"
    return {
        "name": unique("rule"),
        "description": "Runs",
        "schedule": schedule,
        "targets": targets,
        "tags": {"project": "test", "old": "yes"},
    }


def change_rule(options, _folder):
    said = {
        "id": "topic",
        "arn": "arn:aws:sns:us-east-1:123456789012:alerts",
        "input_paths": {"job": "$.detail.jobName"},
        "input_template": '"The job <job> failed."',
        "dead_letter_arn": "arn:aws:sqs:us-east-1:123456789012:failed-events",
        "maximum_event_age": 3600,
    }
    return {
        "description": "",
        "schedule": "",
        "pattern": {"source": ["aws.glue"], "detail": {"state": ["FAILED"]}},
        "enabled": False,
        "targets": [{**options["targets"][0], "input": {}}, said],
        "tags": {"project": "test", "new": "yes"},
    }


def rule_exists(aws, options):
    return there(aws.client("events").describe_rule, "ResourceNotFoundException", Name=options["name"])


def topic_policy(aws, name, *services):
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sns:Publish", "Resource": aws.arn("sns", name)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def topic(aws, _folder):
    name = unique("topic")
    return {
        "name": name,
        "display_name": "Alerts",
        "kms_key": "alias/alerts",
        "policy": topic_policy(aws, name, "cloudwatch.amazonaws.com"),
        "subscriptions": [{"protocol": "sqs", "endpoint": aws.arn("sqs", "alerts")}],
        "tags": {"project": "test", "old": "yes"},
    }


def change_topic(options, _folder):
    (statement,) = options["policy"]["Statement"]
    return {
        "display_name": "",
        "kms_key": "alias/others",
        "policy": {"Version": "2012-10-17", "Statement": [{**statement, "Sid": "Alarms"}]},
        "subscriptions": [{"protocol": "sqs", "endpoint": options["subscriptions"][0]["endpoint"].replace("alerts", "others")}],
        "tags": {"project": "test", "new": "yes"},
    }


def topic_exists(aws, options):
    return there(aws.client("sns").get_topic_attributes, "NotFound", TopicArn=aws.arn("sns", options["name"]))


# -- Firehose


def delivery_stream(aws, _folder):
    group = unique("/aws/kinesisfirehose/stream")
    aws.client("logs").create_log_group(logGroupName=group)
    return {
        "name": unique("stream"),
        "role_arn": aws.role("firehose.amazonaws.com")["Arn"],
        "bucket_arn": f"arn:aws:s3:::{aws.bucket()}",
        "prefix": "raw/day=!{timestamp:dd}/",
        "error_prefix": "errors/!{firehose:error-output-type}/",
        "buffer_mb": 64,
        "log_group": group,
        "tags": {"project": "test", "old": "yes"},
    }


def change_delivery_stream(options, _folder):
    return {
        "prefix": "new/!{timestamp:yyyy/MM/dd}/",
        "compression": "UNCOMPRESSED",
        "buffer_seconds": 60,
        "custom_time_zone": "Asia/Tokyo",
        "file_extension": ".json",
        "delimiter": "\\n",
        "transform": {"function_arn": "arn:aws:lambda:us-east-1:123456789012:function:clean", "buffer_mb": 0.2, "retries": 1},
        "parquet": {"database": "clicks", "table": "raw"},
        "encryption": "none",
        "log_group": "",
        "tags": {"project": "test", "new": "yes"},
    }


DELIVERY_STREAM_CHANGES = frozenset(
    {*change_delivery_stream({}, None), "log_stream"}  # without a group there is no stream in it
)


def delivery_stream_exists(aws, options):
    return there(aws.client("firehose").describe_delivery_stream, "ResourceNotFoundException", DeliveryStreamName=options["name"])


# -- Glue


def database(_aws, _folder):
    return {"name": unique("db").replace("-", "_"), "description": "Orders", "tags": {"project": "test", "old": "yes"}}


def crawler(aws, _folder):
    glue, name = aws.client("glue"), unique("db").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name})
    return {
        "name": unique("crawler"),
        "description": "Orders",
        "role": aws.role("glue.amazonaws.com")["RoleName"],
        "database": name,
        "s3_targets": [f"s3://{aws.bucket()}/processed/"],
        "tags": {"project": "test", "old": "yes"},
    }


def schedule(aws, _folder):
    return {"name": aws.crawler()[0], "schedule": "cron(0 3 * * ? *)"}


def schedule_exists(aws, options):
    return aws.client("glue").get_crawler(Name=options["name"])["Crawler"].get("Schedule", {}).get("ScheduleExpression")


def job(aws, _folder):
    return {
        "name": unique("job"),
        "description": "Order history",
        "role": aws.role("glue.amazonaws.com")["RoleName"],
        "script": "s3://artifacts/glue/a.py",
        "arguments": {"--job-bookmark-option": "job-bookmark-enable", "--old": "yes"},
        "tags": {"project": "test", "old": "yes"},
    }


CHANGED_JOB = {
    "description": "Transforms order history",
    "script": "s3://artifacts/glue/b.py",
    "arguments": {"--job-bookmark-option": "job-bookmark-enable", "--new": True, "--number": 3},
    "glue_version": "4.0",
    "worker_type": "G.2X",
    "workers": 3,
    "timeout_minutes": 30,
    "max_retries": 1,
    "max_concurrent_runs": 2,
    "tags": {"project": "test", "new": "yes"},
}


def trigger(aws, _folder):
    names = [unique("job") for _ in range(2)]
    for name in names:
        command = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/glue/a.py"}
        aws.client("glue").create_job(Name=name, Role=aws.role("glue.amazonaws.com")["RoleName"], Command=command)
    return {"name": names[0], "job": names[0], "schedule": "cron(10 * * * ? *)", "tags": {"project": "test", "old": "yes"}}


# -- IAM


def policy(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [action], "Resource": ["arn:aws:s3:::orders/raw/*"]}]}


def trust(service):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(_aws, _folder):
    tags = {"project": "test", "old": "yes"}
    return {"name": unique("role"), "description": "Reads", "trust_policy": trust("lambda.amazonaws.com"), "tags": tags}


def permissions(aws, _folder):
    made = create_role(aws.client("iam"), unique("role"), "lambda.amazonaws.com")
    return {"role": made["RoleName"], "policy_name": "reader", "policy": policy("s3:GetObject")}


def permissions_exist(aws, options):
    return aws.client("iam").list_role_policies(RoleName=options["role"])["PolicyNames"]


# -- KMS


def key_policy(aws, *actions):
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"}, "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def key(aws, _folder):
    tags = {"project": "test", "old": "yes"}
    return {"name": unique("key"), "description": "Encrypts", "policy": key_policy(aws, "kms:*"), "tags": tags}


def change_key(options, _folder):
    statement = {**options["policy"]["Statement"][0], "Sid": "AccountDecides"}
    return {
        "description": "Encrypts what is kept",
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
        "tags": {"project": "test", "new": "yes"},
    }


def key_exists(aws, options):
    """By its alias, as whoever uses it asks."""
    return there(aws.client("kms").describe_key, "NotFoundException", KeyId=f"alias/{options['name']}")


# -- Lambda


def function(aws, folder):
    (folder / "function.zip").write_bytes(zipped({"handler.py": "def lambda_handler(event, context): return 1\n"}))
    layer = unique("layer")
    aws.client("lambda").publish_layer_version(LayerName=layer, Content={"ZipFile": zipped({"python/a.py": ""})})
    return {
        "name": unique("function"),
        "description": "Counts",
        "zip_file": str(folder / "function.zip"),
        "runtime": "python3.12",
        "role": aws.role()["Arn"],
        "layers": [layer],
        "environment": {"RAW_PREFIX": "raw/"},
        "tags": {"project": "test", "old": "yes"},
    }


def change_function(_options, folder):
    (folder / "function.zip").write_bytes(zipped({"handler.py": "def lambda_handler(event, context): return 2\n"}))
    tags = {"project": "test", "new": "yes"}
    return {"memory_mb": 1024, "timeout_seconds": 30, "environment": {"OTHER": "1"}, "layers": [], "tags": tags}


def permission(aws, _folder):
    return {
        "function_name": aws.function()[0],
        "statement_id": "s3-raw",
        "principal": "s3.amazonaws.com",
        "source_arn": "arn:aws:s3:::orders",
        "source_account": aws.account,
    }


def permission_exists(aws, options):
    found = there(aws.client("lambda").get_policy, "ResourceNotFoundException", FunctionName=options["function_name"])
    return found and options["statement_id"] in found["Policy"]


def invocation(aws, _folder):
    return {"function_name": aws.function()[0], "maximum_retry_attempts": 1, "on_failure_destination": aws.arn("sqs", "failed-events")}


def invocation_exists(aws, options):
    return there(aws.client("lambda").get_function_event_invoke_config, "ResourceNotFoundException", FunctionName=options["function_name"])


def layer(aws, _folder):
    data = zipped({"python/answer.py": "ANSWER = 42\n"})
    bucket = aws.bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=data)
    return {
        "name": unique("layer"),
        "s3_bucket": bucket,
        "s3_key": "layer.zip",
        "code_sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        "compatible_runtimes": ["python3.13", "python3.12"],
        "compatible_architectures": ["x86_64"],
    }


# -- Logs


def log_group(_aws, _folder):
    return {"name": f"/aws/lambda/{unique('function')}", "retention_days": 30, "tags": {"project": "test", "old": "yes"}}


def log_group_exists(aws, options):
    return aws.client("logs").describe_log_groups(logGroupNamePrefix=options["name"])["logGroups"]


# -- SQS


def queue(aws, _folder):
    name = unique("queue")
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": aws.arn("sqs", name),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"name": name, "retention_seconds": 600, "policy": policy, "tags": {"project": "test", "old": "yes"}}


def queue_exists(aws, options):
    return there(aws.client("sqs").get_queue_url, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", QueueName=options["name"])


# -- S3


def bucket(aws, _folder):
    name = unique("bucket")
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        "name": name,
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
        "lifecycle_rules": [{"id": "uploads", "abort_upload_days": 7}, {"id": "results", "prefix": "enriched/", "expire_days": 30}],
        "tags": {"project": "test"},
    }


def content(aws, folder):
    source = folder / "archive.zip"
    source.write_bytes(b"first")
    return {"bucket": aws.bucket(), "prefix": "layers/", "source": str(source)}


def change_content(_options, folder):
    (folder / "archive.zip").write_bytes(b"second, longer")
    return {}


def content_exists(aws, options):
    with open(options["source"], "rb") as file:
        key = f"layers/{hashlib.file_digest(file, 'sha256').hexdigest()}.zip"
    return there(aws.client("s3").head_object, "404", Bucket=options["bucket"], Key=key)


def notification(aws, _folder):
    (name, arn), bucket = aws.function(), aws.bucket()
    aws.client("lambda").add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount=aws.account,
    )
    return {"bucket": bucket, "name": "raw-csv", "function_arn": arn, "prefix": "raw/", "suffix": ".csv"}


def notification_exists(aws, options):
    found = aws.client("s3").get_bucket_notification_configuration(Bucket=options["bucket"])
    return [item["LambdaFunctionArn"] for item in found.get("LambdaFunctionConfigurations", [])]


# -- QuickSight


def data_source(aws, _folder):
    quicksight_cloud.people(aws)
    group = unique("group")
    aws.client("athena").create_work_group(Name=group)
    role = create_role(aws.client("iam"), unique("role"), "quicksight.amazonaws.com")["Arn"]
    return {
        "name": unique("source"),
        "title": "Orders",
        "workgroup": group,
        "role_arn": role,
        "owners": [quicksight_cloud.AUTHORS],
        "tags": {"project": "test", "old": "yes"},
    }


def change_data_source(_options, _folder):
    return {
        "title": "Orders & <returns>",
        "workgroup": "primary",
        "role_arn": "",
        "viewers": [quicksight_cloud.READERS],
        "owners": [],
        "tags": {"project": "test", "new": "yes"},
    }


def data_source_exists(aws, options):
    call = aws.client("quicksight").describe_data_source
    return there(call, "ResourceNotFoundException", AwsAccountId=aws.account, DataSourceId=options["name"])


def data_set(aws, _folder):
    return {
        "name": unique("set"),
        "title": "Orders by customer",
        "data_source": quicksight_cloud.data_source(aws),
        "query": 'SELECT customer, count(*) AS orders FROM "db".processed GROUP BY customer',
        "columns": [{"name": "customer", "type": "STRING"}, {"name": "orders", "type": "INTEGER"}],
        "owners": [quicksight_cloud.AUTHORS],
        "tags": {"project": "test", "old": "yes"},
    }


def change_data_set(options, _folder):
    return {
        "title": "Orders",
        "query": "",
        "database": "db",
        "table": "processed",
        "columns": [*options["columns"], {"name": "day", "type": "DATETIME"}],
        "spice": True,
        "refresh": {"interval": "DAILY", "time": "03:30", "time_zone": "UTC"},
        "owners": [quicksight_cloud.AUTHORS, quicksight_cloud.JANE],
        "tags": {"project": "test", "new": "yes"},
    }


def data_set_exists(aws, options):
    call = aws.client("quicksight").describe_data_set
    return there(call, "ResourceNotFoundException", AwsAccountId=aws.account, DataSetId=options["name"])


def shown(aws, _folder):
    return {
        "name": unique("shown"),
        "title": "Orders",
        "definition": quicksight_cloud.definition(aws),
        "owners": [quicksight_cloud.AUTHORS],
        "tags": {"project": "test", "old": "yes"},
    }


def change_shown(options, _folder):
    definition = json.loads(json.dumps(options["definition"]))
    (visual,) = definition["Sheets"][0]["Visuals"]
    visual["TableVisual"]["VisualId"] = "another"
    return {
        "title": "Orders & <returns>",
        "definition": definition,
        "owners": [quicksight_cloud.JANE],
        "tags": {"project": "test", "new": "yes"},
    }


def published_dashboard(aws, folder):
    return {**shown(aws, folder), "viewers": [quicksight_cloud.READERS]}


def change_published_dashboard(options, folder):
    return {**change_shown(options, folder), "viewers": [quicksight_cloud.READERS, quicksight_cloud.EVERYBODY]}


def published_dashboard_exists(aws, options):
    call = aws.client("quicksight").describe_dashboard
    return there(call, "ResourceNotFoundException", AwsAccountId=aws.account, DashboardId=options["name"])


def analysis_exists(aws, options):
    call = aws.client("quicksight").describe_analysis
    return there(call, "ResourceNotFoundException", AwsAccountId=aws.account, AnalysisId=options["name"])


TABLE = "CREATE EXTERNAL TABLE IF NOT EXISTS lines (a int%s) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://%s/lines/'"


def table(aws, _folder):
    name, bucket = unique("db").replace("-", "_"), unique("tables")
    aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("glue").create_database(DatabaseInput={"Name": name})
    settings = {"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/results/"}}
    aws.client("athena").create_work_group(Name=name, Configuration=settings)
    return {"name": "lines", "database": name, "workgroup": name, "statement": TABLE % ("", bucket)}


def table_exists(aws, options):
    return there(aws.client("glue").get_table, "EntityNotFoundException", DatabaseName=options["database"], Name=options["name"])


CASES = {
    "api_key_config": Case(
        lambda _aws, _folder: {"name": unique("key"), "description": "Browsers", "tags": {"project": "test", "old": "yes"}},
        lambda _options, _folder: {"description": "Others", "enabled": False, "tags": {"project": "test", "new": "yes"}},
        frozenset({"description", "enabled", "tags"}),
        lambda aws, options: named_in(aws.client("apigateway").get_api_keys(), options),
        moto_cannot="it tags no keys that are there",
    ),
    "rest_api_config": Case(
        rest_api,
        change_rest_api,
        frozenset(
            {"description", "methods", "document", "stage_variables", "throttle_rate", "throttle_burst", "access_log_arn"}
            | {"access_log_format", "metrics", "execution_log", "execution_log_days", "tracing", "tags", "stage_tags"}
        ),
        rest_api_exists,
        moto_cannot="it has neither UpdateDeployment nor UpdateModel, and its export has no stage",
    ),
    "usage_plan_config": Case(
        usage_plan,
        change_usage_plan,
        frozenset({"description", "stages", "keys", "rate", "burst", "quota", "tags"}),
        lambda aws, options: named_in(aws.client("apigateway").get_usage_plans(), options),
        moto_cannot="its plans keep the stages that a patch removes",
    ),
    "athena_table": Case(
        table,
        lambda options, _folder: {"statement": options["statement"].replace("a int", "a int, b string")},
        frozenset({"statement"}),
        table_exists,
        moto_cannot="its Athena runs no statement",
    ),
    "athena_workgroup": Case(
        workgroup,
        lambda _options, _folder: {
            "bytes_scanned_cutoff": 30_000_000,
            "expected_bucket_owner": "",
            "tags": {"project": "test", "new": "tag"},
        },
        frozenset({"bytes_scanned_cutoff", "expected_bucket_owner", "tags"}),
        workgroup_exists,
        # And it answers nothing, instead of an error, for a group that is not there: test_athena.py has what it can.
        moto_lacks=("athena:UpdateWorkGroup",),
    ),
    "athena_named_query": Case(
        named_query,
        lambda _options, _folder: {"query": "SELECT 2", "description": "Counts twice"},
        frozenset({"query", "description"}),
        named_query_exists,
        moto_lacks=("athena:BatchGetNamedQuery", "athena:UpdateNamedQuery", "athena:DeleteNamedQuery"),
    ),
    "budget_config": Case(
        budget,
        change_budget,
        frozenset({"limit_usd", "cost_filters", "alerts", "tags"}),
        budget_exists,
        # Every look at a budget needs the last two.
        moto_lacks=("budgets:UpdateBudget", "budgets:DescribeSubscribersForNotification", "budgets:ListTagsForResource"),
    ),
    "cloudwatch_alarm_config": Case(
        alarm,
        lambda _options, _folder: CHANGED_ALARM,
        frozenset(CHANGED_ALARM),
        alarm_exists,
    ),
    "cloudwatch_dashboard": Case(
        lambda _aws, _folder: {
            "name": unique("dashboard"),
            "body": body("# Orders & <returns>"),
            "tags": {"project": "test", "old": "yes"},
        },
        lambda _options, _folder: {"body": body("# Returns — only"), "tags": {"project": "test", "new": "yes"}},
        frozenset({"body", "tags"}),
        dashboard_exists,
        moto_cannot="its dashboards have no tags",
    ),
    "events_rule_config": Case(
        rule,
        change_rule,
        frozenset({"description", "schedule", "pattern", "enabled", "targets", "tags"}),
        rule_exists,
    ),
    "firehose_delivery_stream": Case(
        delivery_stream,
        change_delivery_stream,
        DELIVERY_STREAM_CHANGES,
        delivery_stream_exists,
    ),
    "glue_database": Case(
        database,
        lambda _options, _folder: {"description": "Cleaned orders", "tags": {"project": "test", "new": "yes"}},
        frozenset({"description", "tags"}),
        lambda aws, options: there(aws.client("glue").get_database, "EntityNotFoundException", Name=options["name"]),
    ),
    "cloudwatchlogs_group_config": Case(
        log_group,
        lambda _options, _folder: {"retention_days": 7, "tags": {"project": "test", "new": "yes"}},
        frozenset({"retention_days", "tags"}),
        log_group_exists,
    ),
    "glue_crawler_config": Case(
        crawler,
        lambda options, _folder: {
            "description": "Cleaned orders",
            "s3_targets": [*options["s3_targets"], "s3://another/"],
            "delete_behavior": "DEPRECATE_IN_DATABASE",
            "table_level": 2,
            "tags": {"project": "test", "new": "yes"},
        },
        frozenset({"description", "s3_targets", "delete_behavior", "table_level", "tags"}),
        lambda aws, options: there(aws.client("glue").get_crawler, "EntityNotFoundException", Name=options["name"]),
        moto_lacks=("glue:UpdateCrawler",),
        moto_creates=True,
    ),
    "glue_job_config": Case(
        job,
        lambda _options, _folder: CHANGED_JOB,
        frozenset(CHANGED_JOB),
        lambda aws, options: there(aws.client("glue").get_job, "EntityNotFoundException", JobName=options["name"]),
        moto_lacks=("glue:UpdateJob",),
        moto_creates=True,
    ),
    "glue_trigger": Case(
        trigger,
        lambda options, _folder: {
            "description": "Every half hour",
            "schedule": "cron(0/30 * * * ? *)",
            "tags": {"project": "test", "new": "yes"},
        },
        frozenset({"description", "schedule", "tags"}),
        lambda aws, options: there(aws.client("glue").get_trigger, "EntityNotFoundException", Name=options["name"]),
        moto_lacks=("glue:UpdateTrigger",),
        moto_creates=True,
    ),
    "iam_role_config": Case(
        role,
        lambda _options, _folder: {
            "description": "Writes",
            "trust_policy": trust("glue.amazonaws.com"),
            "tags": {"project": "test", "new": "yes"},
        },
        frozenset({"description", "trust_policy", "tags"}),
        lambda aws, options: there(aws.client("iam").get_role, "NoSuchEntity", RoleName=options["name"]),
    ),
    "kms_key_config": Case(key, change_key, frozenset({"description", "policy", "tags"}), key_exists),
    "lambda_function_config": Case(
        function,
        change_function,
        frozenset({"memory_mb", "timeout_seconds", "environment", "layers", "tags", "code_sha256"}),
        lambda aws, options: there(aws.client("lambda").get_function, "ResourceNotFoundException", FunctionName=options["name"]),
    ),
    "lambda_permission": Case(
        permission,
        lambda _options, _folder: {"source_arn": "arn:aws:s3:::history"},
        frozenset({"source_arn"}),
        permission_exists,
    ),
    "sns_topic_config": Case(
        topic,
        change_topic,
        frozenset({"display_name", "kms_key", "policy", "subscriptions", "tags"}),
        topic_exists,
    ),
    "sqs_queue_config": Case(
        queue,
        lambda _options, _folder: {"retention_seconds": 1_209_600, "policy": {}, "tags": {"project": "test", "new": "yes"}},
        frozenset({"retention_seconds", "policy", "tags"}),
        queue_exists,
    ),
    "glue_crawler_schedule": Case(
        schedule,
        lambda _options, _folder: {"schedule": "cron(30 4 * * ? *)"},
        frozenset({"schedule"}),
        schedule_exists,
        moto_lacks=("glue:UpdateCrawlerSchedule", "glue:StartCrawlerSchedule"),
    ),
    "iam_role_permissions": Case(
        permissions,
        lambda _options, _folder: {"policy": policy("s3:PutObject")},
        frozenset({"inline_policies"}),
        permissions_exist,
        has_absent=False,
    ),
    "lambda_event_invoke_config": Case(
        invocation,
        lambda _options, _folder: {"maximum_event_age": 3600, "on_failure_destination": ""},
        frozenset({"maximum_event_age", "on_failure_destination"}),
        invocation_exists,
        # It has the call, but answers the first configuration ever after: test_lifecycle.py shows it.
        moto_lacks=("lambda:PutFunctionEventInvokeConfig a second time",),
        moto_creates=True,
    ),
    "lambda_layer_version": Case(
        layer,
        lambda _options, _folder: {"description": "The answer", "compatible_runtimes": ["python3.13"]},
        frozenset({"description", "compatible_runtimes"}),
        lambda aws, options: aws.client("lambda").list_layer_versions(LayerName=options["name"])["LayerVersions"],
    ),
    "s3_bucket_config": Case(
        bucket,
        lambda options, _folder: {"lifecycle_rules": options["lifecycle_rules"][:1], "policy": {}, "tags": {}, "versioning": False},
        frozenset({"lifecycle_rules", "policy", "tags", "versioning"}),
        lambda aws, options: there(aws.client("s3").head_bucket, "404", Bucket=options["name"]),
    ),
    "quicksight_data_source_config": Case(
        data_source,
        change_data_source,
        frozenset({"title", "workgroup", "role_arn", "permissions", "tags"}),
        data_source_exists,
        moto_lacks=("quicksight:DescribeDataSourcePermissions",),
    ),
    "quicksight_data_set_config": Case(
        data_set,
        change_data_set,
        frozenset({"title", "query", "database", "table", "columns", "spice", "refresh", "permissions", "tags"}),
        data_set_exists,
        moto_lacks=("quicksight:DescribeDataSet", "quicksight:DeleteDataSet"),
    ),
    "quicksight_dashboard_config": Case(
        published_dashboard,
        change_published_dashboard,
        frozenset({"title", "definition", "visuals", "permissions", "tags"}),
        published_dashboard_exists,
        moto_lacks=("quicksight:DescribeDashboardDefinition", "quicksight:UpdateDashboard", "quicksight:DeleteDashboard"),
    ),
    "quicksight_analysis_config": Case(
        shown,
        change_shown,
        frozenset({"title", "definition", "permissions", "tags"}),
        analysis_exists,
        moto_lacks=("quicksight:CreateAnalysis", "quicksight:DescribeAnalysis", "quicksight:DeleteAnalysis"),
    ),
    "s3_content": Case(content, change_content, frozenset({"bucket", "key", "size"}), content_exists),
    "s3_lambda_notification": Case(
        notification,
        lambda _options, _folder: {"prefix": "incoming/", "suffix": "", "events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]},
        frozenset({"prefix", "suffix", "events"}),
        notification_exists,
    ),
}
