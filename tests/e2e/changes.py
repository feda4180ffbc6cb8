"""What people do to a deployment by hand, one change for each call that setting it right takes."""

import json

from tests.modules.clouds import zipped

OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}]}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
TAGS = {"project": "headwater", "environment": "dev", "somebodys": "own"}
OTHER_TAGS = {"pipeline": "another", "somebodys": "own"}


def change_everything(client, prefix, account="000000000000", region="us-east-1"):
    """Change something of every kind of resource, but leave the tags that say whose it is. `client(service)`: boto3's."""
    for change in CHANGES.values():
        change(client, prefix, account, region)


def as_list(tags, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in tags.items()]


def versioned(document):
    return json.dumps({"Version": "2012-10-17", **document})


def bucket(client, prefix, account, region):
    s3, name = client("s3"), f"{prefix}orders-{account}-{region}"
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
        ),
    )
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_policy(Bucket=name, Policy=versioned(OPEN).replace("{bucket}", name))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": as_list(TAGS)})
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})


def queue(client, prefix, _account, _region):
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=f"{prefix}orders-failed-events")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sqs.tag_queue(QueueUrl=url, Tags=OTHER_TAGS)


def log_group(client, prefix, account, region):
    name = f"/aws/lambda/{prefix}FilterAndProcessOrders"
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=1)
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    client("logs").tag_resource(resourceArn=arn, tags=OTHER_TAGS)


def role(client, prefix, account, _region):
    iam, name = client("iam"), f"{prefix}Glue-S3-Crawler-Role"
    iam.update_role(RoleName=name, Description="changed")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=versioned(TRUST))
    iam.tag_role(RoleName=name, Tags=as_list(OTHER_TAGS))
    allowed = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=versioned(allowed))
    iam.create_policy(PolicyName="somebodys-own", PolicyDocument=versioned(allowed))
    iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::{account}:policy/somebodys-own")


def instance_profile(client, prefix, _account, _region):
    iam, name = client("iam"), f"{prefix}EC2-Athena-Dashboard-Role"
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.tag_instance_profile(InstanceProfileName=name, Tags=as_list(OTHER_TAGS))


def function(client, prefix, account, region):
    functions, name = client("lambda"), f"{prefix}FilterAndProcessOrders"
    functions.update_function_code(FunctionName=name, ZipFile=zipped({"handler.py": "def lambda_handler(event, context): return 1\n"}))
    functions.update_function_configuration(FunctionName=name, MemorySize=256)
    functions.remove_permission(FunctionName=name, StatementId="s3-raw-csv")
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    functions.tag_resource(Resource=arn, Tags=OTHER_TAGS)


def layer(client, prefix, _account, _region):
    """A newer version with other content; its description still says whose the layer is."""
    functions, name = client("lambda"), f"{prefix}headwater-pyarrow"
    (newest, *_) = functions.list_layer_versions(LayerName=name)["LayerVersions"]
    functions.publish_layer_version(
        LayerName=name, Description=newest["Description"], Content={"ZipFile": zipped({"python/pyarrow.py": "somebodys = 'own'\n"})}
    )


def database(client, prefix, account, region):
    glue, name = client("glue"), f"{prefix.replace('-', '_')}orders_db"
    glue.update_database(Name=name, DatabaseInput={"Name": name, "Description": "changed"})
    glue.tag_resource(ResourceArn=f"arn:aws:glue:{region}:{account}:database/{name}", TagsToAdd=OTHER_TAGS)
    place = {"DatabaseName": f"{prefix.replace('-', '_')}order_history_db"}
    table = glue.get_table(**place, Name="transformed_orders")["Table"]
    kept = {key: table[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    kept["StorageDescriptor"]["Columns"].pop()
    glue.update_table(**place, TableInput=kept)


def delivery_stream(client, prefix, _account, _region):
    firehose, name = client("firehose"), f"{prefix}tbsm-red-fire"
    found = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId=found["VersionId"],
        DestinationId=found["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60}},
    )
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
    firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=as_list(OTHER_TAGS))


def job(client, prefix, account, region):
    """Its trigger too."""
    glue, name = client("glue"), f"{prefix}transform-order-history"
    found = glue.get_job(JobName=name)["Job"]
    update = {key: found[key] for key in ("Role", "Command", "DefaultArguments", "GlueVersion", "WorkerType", "NumberOfWorkers")}
    glue.update_job(JobName=name, JobUpdate={**update, "MaxRetries": 3})
    glue.tag_resource(ResourceArn=f"arn:aws:glue:{region}:{account}:job/{name}", TagsToAdd=OTHER_TAGS)
    glue.stop_trigger(Name=name)
    glue.update_trigger(Name=name, TriggerUpdate={"Schedule": "cron(0 4 * * ? *)", "Actions": [{"JobName": name}]})
    glue.tag_resource(ResourceArn=f"arn:aws:glue:{region}:{account}:trigger/{name}", TagsToAdd=OTHER_TAGS)


def crawler(client, prefix, account, region):
    glue, name = client("glue"), f"{prefix}orders_processed_crawler"
    glue.update_crawler(Name=name, Description="changed", Schedule="cron(0 4 * * ? *)")
    glue.tag_resource(ResourceArn=f"arn:aws:glue:{region}:{account}:crawler/{name}", TagsToAdd=OTHER_TAGS)


def workgroup(client, prefix, account, region):
    athena, name = client("athena"), f"{prefix}orders"
    athena.update_work_group(WorkGroup=name, Description="changed")
    query = athena.list_named_queries(WorkGroup=name)["NamedQueryIds"][0]
    athena.update_named_query(NamedQueryId=query, Name="Somebody's own", QueryString="SELECT 1")
    arn = f"arn:aws:athena:{region}:{account}:workgroup/{name}"
    athena.tag_resource(ResourceARN=arn, Tags=as_list(OTHER_TAGS))


def security_group(client, prefix, _account, _region):
    """Open to one more address, and closed to where it goes."""
    ec2 = client("ec2")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{prefix}headwater-dashboard"]}])["SecurityGroups"]
    ports = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[{**ports, "IpRanges": [{"CidrIp": "198.51.100.7/32"}]}])
    ports = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=[{**ports, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    ec2.create_tags(Resources=[group["GroupId"]], Tags=as_list(OTHER_TAGS))


def key_pair(client, prefix, _account, _region):
    ec2 = client("ec2")
    (found,) = ec2.describe_key_pairs(KeyNames=[f"{prefix}headwater-dashboard"])["KeyPairs"]
    ec2.create_tags(Resources=[found["KeyPairId"]], Tags=as_list(OTHER_TAGS))


def instance(client, prefix, _account, _region):
    ec2 = client("ec2")
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [f"{prefix}Athena-Dashboard-Server"]}])["Reservations"]
    identity = next(
        instance["InstanceId"] for reservation in found for instance in reservation["Instances"] if instance["State"]["Name"] == "running"
    )
    ec2.create_tags(Resources=[identity], Tags=as_list(OTHER_TAGS))
    ec2.stop_instances(InstanceIds=[identity])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[identity])


def key(client, prefix, account, _region):
    """Changed, and then on its way to deletion, which only comes last: KMS takes no other change after it."""
    kms, alias = client("kms"), f"alias/{prefix}headwater"
    key_id = kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    kms.update_key_description(KeyId=key_id, Description="changed")
    policy = json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])
    somebody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:Decrypt", "Resource": "*"}
    policy["Statement"].append(somebody)
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(policy))
    kms.disable_key_rotation(KeyId=key_id)
    kms.tag_resource(KeyId=key_id, Tags=as_list(OTHER_TAGS, "TagKey", "TagValue"))
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)


#: What is done to a resource of each kind that an inventory can declare (plugins/filter/declared_resources.py).
def topic(client, prefix, account, region):
    """Open to everybody, under no key, and told to somebody else."""
    sns, arn = client("sns"), f"arn:aws:sns:{region}:{account}:{prefix}pipeline-failure-alerts"
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="changed")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="")
    open_to_all = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}]}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=versioned(open_to_all))
    sns.tag_resource(ResourceArn=arn, Tags=as_list(OTHER_TAGS))


def rule(client, prefix, account, region):
    events, name = client("events"), f"{prefix}orders-failed-crawlers"
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.glue"]}), State="DISABLED", Description="changed")
    events.put_targets(Rule=name, Targets=[{"Id": "somebodys", "Arn": f"arn:aws:sqs:{region}:{account}:{prefix}orders-failed-events"}])
    events.remove_targets(Rule=name, Ids=[f"{prefix}pipeline-failure-alerts"])
    events.tag_resource(ResourceARN=f"arn:aws:events:{region}:{account}:rule/{name}", Tags=as_list(OTHER_TAGS))


def alarm(client, prefix, account, region):
    cloudwatch, name = client("cloudwatch"), f"{prefix}orders-errors-FilterAndProcessOrders"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": f"{prefix}FilterAndProcessOrders"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1000,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    cloudwatch.tag_resource(ResourceARN=f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}", Tags=as_list(OTHER_TAGS))


def dashboard(client, prefix, account, _region):
    cloudwatch, name = client("cloudwatch"), f"{prefix}Orders-Pipeline-Monitoring"
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": []}))
    cloudwatch.tag_resource(ResourceARN=f"arn:aws:cloudwatch::{account}:dashboard/{name}", Tags=as_list(OTHER_TAGS))


def data_source(client, prefix, account, _region):
    quicksight, named = client("quicksight"), {"AwsAccountId": account, "DataSourceId": f"{prefix}order-history"}
    found = quicksight.describe_data_source(**named)["DataSource"]
    quicksight.update_data_source(**named, Name="changed", DataSourceParameters=found["DataSourceParameters"])
    quicksight.tag_resource(ResourceArn=found["Arn"], Tags=as_list(OTHER_TAGS))


def data_set(client, prefix, account, _region):
    quicksight, named = client("quicksight"), {"AwsAccountId": account, "DataSetId": f"{prefix}order-history-table"}
    found = quicksight.describe_data_set(**named)["DataSet"]
    quicksight.update_data_set(**named, Name="changed", PhysicalTableMap=found["PhysicalTableMap"], ImportMode="DIRECT_QUERY")
    quicksight.tag_resource(ResourceArn=found["Arn"], Tags=as_list(OTHER_TAGS))


def published_dashboard(client, prefix, account, region):
    quicksight, named = client("quicksight"), {"AwsAccountId": account, "DashboardId": f"{prefix}order-history"}
    definition = quicksight.describe_dashboard_definition(**named)["Definition"]
    version = quicksight.update_dashboard(**named, Name="changed", Definition=definition)["VersionArn"].rpartition("/")[2]
    quicksight.update_dashboard_published_version(**named, VersionNumber=int(version))
    arn = f"arn:aws:quicksight:{region}:{account}:dashboard/{prefix}order-history"
    quicksight.tag_resource(ResourceArn=arn, Tags=as_list(OTHER_TAGS))


def analysis(client, prefix, account, region):
    quicksight, named = client("quicksight"), {"AwsAccountId": account, "AnalysisId": f"{prefix}order-history"}
    definition = quicksight.describe_analysis_definition(**named)["Definition"]
    quicksight.update_analysis(**named, Name="changed", Definition=definition)
    quicksight.tag_resource(ResourceArn=f"arn:aws:quicksight:{region}:{account}:analysis/{prefix}order-history", Tags=as_list(OTHER_TAGS))


def budget(client, prefix, account, _region):
    budgets, name = client("budgets"), f"{prefix}headwater"
    found = budgets.describe_budget(AccountId=account, BudgetName=name)["Budget"]
    changed = {key: value for key, value in found.items() if key not in ("CalculatedSpend", "LastUpdatedTime")}
    budgets.update_budget(AccountId=account, NewBudget=changed | {"BudgetLimit": {"Amount": "1000", "Unit": "USD"}})
    notification = budgets.describe_notifications_for_budget(AccountId=account, BudgetName=name)["Notifications"][0]
    budgets.delete_notification(AccountId=account, BudgetName=name, Notification=notification)
    budgets.tag_resource(ResourceARN=f"arn:aws:budgets::{account}:budget/{name}", ResourceTags=as_list(OTHER_TAGS))


def named(items, name):
    """The one of that name."""
    return next(each for each in items if each["name"] == name)


def rest_api(client, prefix, _account, region):
    """No key is asked for any more, and that is served; all may send as much as they like; and a log that tells who asked."""
    gateway = client("apigateway")
    api = named(gateway.get_rest_apis(limit=500)["items"], f"{prefix}clickstream-ingest-poc")["id"]
    method = {"restApiId": api, "httpMethod": "POST"}
    method["resourceId"] = next(each["id"] for each in gateway.get_resources(restApiId=api)["items"] if each["path"] == "/poc")
    gateway.update_method(**method, patchOperations=[{"op": "replace", "path": "/apiKeyRequired", "value": "false"}])
    gateway.create_deployment(restApiId=api, stageName="v1")
    changed = {"/*/*/throttling/burstLimit": "1", "/variables/stream": "somebodys", "/accessLogSettings/format": "$context.requestId"}
    patch = [{"op": "replace", "path": path, "value": value} for path, value in changed.items()]
    gateway.update_stage(restApiId=api, stageName="v1", patchOperations=patch)
    gateway.tag_resource(resourceArn=f"arn:aws:apigateway:{region}::/restapis/{api}", tags=OTHER_TAGS)


def api_key(client, prefix, _account, region):
    gateway = client("apigateway")
    key = named(gateway.get_api_keys(limit=500)["items"], f"{prefix}clickstream-browser")["id"]
    gateway.update_api_key(apiKey=key, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    gateway.tag_resource(resourceArn=f"arn:aws:apigateway:{region}::/apikeys/{key}", tags=OTHER_TAGS)


def usage_plan(client, prefix, _account, region):
    gateway = client("apigateway")
    plan = named(gateway.get_usage_plans(limit=500)["items"], f"{prefix}clickstream")["id"]
    for each in gateway.get_usage_plan_keys(usagePlanId=plan)["items"]:
        gateway.delete_usage_plan_key(usagePlanId=plan, keyId=each["id"])
    gateway.update_usage_plan(usagePlanId=plan, patchOperations=[{"op": "replace", "path": "/quota/limit", "value": "1"}])
    gateway.tag_resource(resourceArn=f"arn:aws:apigateway:{region}::/usageplans/{plan}", tags=OTHER_TAGS)


CHANGES = {
    "bucket": bucket,
    "queue": queue,
    "log group": log_group,
    "role": role,
    "instance profile": instance_profile,
    "layer": layer,
    "function": function,
    "database": database,
    "delivery stream": delivery_stream,
    "job": job,
    "crawler": crawler,
    "workgroup": workgroup,
    "security group": security_group,
    "key pair": key_pair,
    "instance": instance,
    "key": key,
    "topic": topic,
    "rule": rule,
    "alarm": alarm,
    "dashboard": dashboard,
    "budget": budget,
    "data source": data_source,
    "data set": data_set,
    "published dashboard": published_dashboard,
    "analysis": analysis,
    "REST API": rest_api,
    "API key": api_key,
    "usage plan": usage_plan,
}


def drifted(prefix, account="000000000000", region="us-east-1"):
    """{kind: beginnings of the sentences in which check-drift tells of `change_everything`}."""
    function, page = f"{prefix}FilterAndProcessOrders", f"{prefix}headwater-dashboard"
    database, profile = f"{prefix.replace('-', '_')}orders_db", f"{prefix}EC2-Athena-Dashboard-Role"
    orders, log_group = f"{prefix}orders-{account}-{region}", f"/aws/lambda/{function}"
    stream, job = f"{prefix}tbsm-red-fire", f"{prefix}transform-order-history"

    def tagged(resource, pipeline):
        return [
            f'{resource}: tags.pipeline: declared "{pipeline}", found "another"',
            f'{resource}: tags.somebodys: declared nothing, found "own"',
        ]

    def renamed(kind, name, title):
        resource = f"QuickSight {kind} '{prefix}{name}'"
        return [f'{resource}: title: declared "{title}", found "changed"', *tagged(resource, "order_history")]

    topic_named, rule_named = f"SNS topic '{prefix}pipeline-failure-alerts'", f"EventBridge rule '{prefix}orders-failed-crawlers'"
    alarm_named = f"CloudWatch alarm '{prefix}orders-errors-FilterAndProcessOrders'"
    watched = f"CloudWatch dashboard '{prefix}Orders-Pipeline-Monitoring'"
    api, plan = f"REST API '{prefix}clickstream-ingest-poc'", f"usage plan '{prefix}clickstream'"
    key_named = f"API key '{prefix}clickstream-browser'"
    return {
        "bucket": [
            f"S3 bucket '{orders}': public_access_block.BlockPublicAcls: declared true, found false",
            f'S3 bucket \'{orders}\': ownership: declared "BucketOwnerEnforced", found "ObjectWriter"',
            f'S3 bucket \'{orders}\': policy.Statement[0].Effect: declared "Deny", found "Allow"',
            f"S3 bucket '{orders}': tags.somebodys: declared nothing, found \"own\"",
            f"Notification 'raw-csv' of bucket '{orders}': does not exist",
        ],
        "queue": [
            f"SQS queue '{prefix}orders-failed-events': retention_seconds: declared 1209600, found 60",
            *tagged(f"SQS queue '{prefix}orders-failed-events'", "orders"),
        ],
        "log group": [
            f"Log group '{log_group}': retention_days: declared 30, found 1",
            *tagged(f"Log group '{log_group}'", "orders"),
        ],
        "role": [
            f"IAM role '{prefix}Glue-S3-Crawler-Role': description: declared ",
            f"IAM role '{prefix}Glue-S3-Crawler-Role': trust_policy.Statement[0].Principal.Service: declared ",
            f"Permissions of role '{prefix}Glue-S3-Crawler-Role': inline_policies.more.Statement[0].Action: declared nothing",
            f"Permissions of role '{prefix}Glue-S3-Crawler-Role': managed_policies: declared []",
            *tagged(f"IAM role '{prefix}Glue-S3-Crawler-Role'", "orders"),
        ],
        "instance profile": [
            f"Instance profile '{profile}': role: declared \"{profile}\", found nothing",
            *tagged(f"Instance profile '{profile}'", "dashboard"),
        ],
        "layer": [f"Lambda layer '{prefix}headwater-pyarrow': code_sha256: declared "],
        "function": [
            f"Lambda function '{function}': memory_mb: declared 1024, found 256",
            f"Lambda function '{function}': code_sha256: declared ",
            f"Permission 's3-raw-csv' of function '{function}': does not exist",
            f"Asynchronous invocation of function '{function}': maximum_retry_attempts: declared 2, found 0",
            *tagged(f"Lambda function '{function}'", "orders"),
        ],
        "database": [
            f"Glue database '{database}': description: declared ",
            *tagged(f"Glue database '{database}'", "orders"),
            f"Athena table '{prefix.replace('-', '_')}order_history_db.transformed_orders': columns[",
        ],
        "delivery stream": [
            f"Delivery stream '{stream}': buffer_mb: declared 64, found 1",
            f"Delivery stream '{stream}': buffer_seconds: declared 10, found 60",
            f"Delivery stream '{stream}': encryption: declared ",
            *tagged(f"Delivery stream '{stream}'", "order_history"),
        ],
        "job": [
            f"Glue job '{job}': max_retries: declared 1, found 3",
            *tagged(f"Glue job '{job}'", "order_history"),
            f'Glue trigger \'{job}\': schedule: declared "cron(10 * * * ? *)", found "cron(0 4 * * ? *)"',
            f"Glue trigger '{job}': active: declared true, found false",
            *tagged(f"Glue trigger '{job}'", "order_history"),
        ],
        "crawler": [
            f"Glue crawler '{prefix}orders_processed_crawler': description: declared ",
            f"Schedule of Glue crawler '{prefix}orders_processed_crawler': schedule: declared ",
            *tagged(f"Glue crawler '{prefix}orders_processed_crawler'", "orders"),
        ],
        "workgroup": [
            f"Athena workgroup '{prefix}orders': description: declared ",
            "Athena named query 'Total Sales by Customer': does not exist",
            *tagged(f"Athena workgroup '{prefix}orders'", "orders"),
        ],
        "security group": [
            f'Security group \'{page}\': egress.tcp 443: declared ["0.0.0.0/0", "::/0"], found ["::/0"]',
            f'Security group \'{page}\': ingress.tcp 22: declared ["10.77.0.0/16"], found ["10.77.0.0/16", "198.51.100.7/32"]',
            *tagged(f"Security group '{page}'", "dashboard"),
        ],
        "key pair": tagged(f"Key pair '{page}'", "dashboard"),
        "instance": [
            f'Instance \'{prefix}Athena-Dashboard-Server\': state: declared "running", found "stopped"',
            *tagged(f"Instance '{prefix}Athena-Dashboard-Server'", "dashboard"),
        ],
        "key": [
            f'KMS key \'{prefix}headwater\': description: declared "Encrypts what the pipelines keep", found "changed"',
            f"KMS key '{prefix}headwater': policy.Statement[2].",
            f"KMS key '{prefix}headwater': rotation: declared true, found false",
            f'KMS key \'{prefix}headwater\': state: declared "Enabled", found "PendingDeletion"',
            *tagged(f"KMS key '{prefix}headwater'", "shared"),
        ],
        "topic": [
            f'{topic_named}: display_name: declared "Headwater", found "changed"',
            f'{topic_named}: kms_key: declared "alias/{prefix}headwater-alerts", found ""',
            f'{topic_named}: policy.Statement[0].Effect: declared "Deny", found "Allow"',
            *tagged(topic_named, "shared"),
        ],
        "rule": [
            f"{rule_named}: description: declared ",
            f"{rule_named}: enabled: declared true, found false",
            f"{rule_named}: pattern.detail.",
            f"{rule_named}: targets[0].arn: declared ",
            *tagged(rule_named, "orders"),
        ],
        "alarm": [
            f"{alarm_named}: threshold: declared 0.0, found 1000.0",
            f"{alarm_named}: actions_enabled: declared true, found false",
            f"{alarm_named}: alarm_actions: declared ",
            f'{alarm_named}: treat_missing_data: declared "notBreaching", found "missing"',
            *tagged(alarm_named, "orders"),
        ],
        "dashboard": [f"{watched}: body.", *tagged(watched, "orders")],
        "data source": renamed("data source", "order-history", "Order history"),
        "data set": renamed("data set", "order-history-table", "Order history: transformed_orders"),
        "published dashboard": [
            *renamed("dashboard", "order-history", "Order history"),
            f"QuickSight dashboard '{prefix}order-history': definition: declared ",
        ],
        "analysis": renamed("analysis", "order-history", "Order history"),
        "budget": [
            f"Budget '{prefix}headwater': limit_usd: declared 50.0, found 1000.0",
            f"Budget '{prefix}headwater': alerts",
            *tagged(f"Budget '{prefix}headwater'", "shared"),
        ],
        "REST API": [
            f'{api}: access_log_format: declared "{{',
            f'{api}: served: declared "as deployed", found "changed by hand"',
            f'{api}: stage_variables.stream: declared "{prefix}clickstream", found "somebodys"',
            f"{api}: throttle_burst: declared ",
            # A deployment by hand says not of which document it is.
            f'{api}: document: declared "',
            *tagged(api, "clickstream"),
        ],
        "API key": [f"{key_named}: enabled: declared true, found false", *tagged(key_named, "clickstream")],
        "usage plan": [
            f'{plan}: keys: declared ["{prefix}clickstream-browser"], found []',
            f"{plan}: quota.limit: declared ",
            *tagged(plan, "clickstream"),
        ],
    }
