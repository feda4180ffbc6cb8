"""Each call needs exactly the permissions that AWS's Service Authorization Reference names; without any one of them it is refused."""

import json

import pytest

from tests.localcloud.functions.test_functions import zipped
from tests.localcloud.iam.conftest import ACCOUNT, arn, policy, refusal, unique

B = "arn:aws:s3:::"
CATALOG = arn("glue", "catalog")


@pytest.fixture(scope="module")
def things(cloud):
    """What the calls are about."""
    s3, glue = cloud.client("s3"), cloud.client("glue")
    for bucket in ("first-bucket", "second-bucket"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a/x", Body=b"content")
    glue.create_database(DatabaseInput={"Name": "shop"})
    table = {
        "Name": "orders",
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}]},
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
    }
    glue.create_table(DatabaseName="shop", TableInput=table)
    cloud.client("logs").create_log_group(logGroupName="/a/group")
    cloud.client("logs").create_log_stream(logGroupName="/a/group", logStreamName="stream")
    cloud.client("sqs").create_queue(QueueName="queue")
    cloud.client("sns").create_topic(Name="topic")
    cloud.client("ssm").put_parameter(Name="/a/parameter", Value="1", Type="String")
    cloud.client("athena").create_work_group(
        Name="team", Configuration={"ResultConfiguration": {"OutputLocation": "s3://first-bucket/results/"}}
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    cloud.client("iam").create_role(
        RoleName="run", Path="/team/", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    cloud.client("lambda").create_function(
        FunctionName="function",
        Runtime="python3.12",
        Role=arn("iam", "role/team/run", region=""),
        Handler="probe.handler",
        Code={"ZipFile": zipped(probe="def handler(event, context):\n    return 1\n")},
    )
    cloud.client("lambda").publish_layer_version(LayerName="layer", Content={"ZipFile": zipped(python__thing="")})
    return cloud


GLUE_TABLE = [CATALOG, arn("glue", "database/shop"), arn("glue", "table/shop/orders")]
LAYER = arn("lambda", "layer:layer:1")
CODE = {"ZipFile": zipped(probe="def handler(event, context):\n    return 1\n")}

#: (service, method, arguments, what it needs)
CALLS = [
    ("s3", "list_buckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "list_objects_v2", {"Bucket": "first-bucket"}, [("s3:ListBucket", B + "first-bucket")]),
    ("s3", "head_bucket", {"Bucket": "first-bucket"}, [("s3:ListBucket", B + "first-bucket")]),
    ("s3", "head_object", {"Bucket": "first-bucket", "Key": "a/x"}, [("s3:GetObject", B + "first-bucket/a/x")]),
    ("s3", "get_object", {"Bucket": "first-bucket", "Key": "a/x"}, [("s3:GetObject", B + "first-bucket/a/x")]),
    ("s3", "put_object", {"Bucket": "first-bucket", "Key": "new", "Body": b"1"}, [("s3:PutObject", B + "first-bucket/new")]),
    (
        "s3",
        "put_object",
        {"Bucket": "first-bucket", "Key": "tagged", "Body": b"1", "Tagging": "a=b"},
        [("s3:PutObject", B + "first-bucket/tagged"), ("s3:PutObjectTagging", B + "first-bucket/tagged")],
    ),
    (
        "s3",
        "copy_object",
        {"Bucket": "second-bucket", "Key": "copy", "CopySource": "first-bucket/a/x"},
        [("s3:PutObject", B + "second-bucket/copy"), ("s3:GetObject", B + "first-bucket/a/x")],
    ),
    (
        "s3",
        "delete_objects",
        {"Bucket": "first-bucket", "Delete": {"Objects": [{"Key": "one"}, {"Key": "two"}]}},
        [("s3:DeleteObject", B + "first-bucket/one"), ("s3:DeleteObject", B + "first-bucket/two")],
    ),
    ("s3", "create_multipart_upload", {"Bucket": "first-bucket", "Key": "big"}, [("s3:PutObject", B + "first-bucket/big")]),
    ("s3", "get_bucket_location", {"Bucket": "first-bucket"}, [("s3:GetBucketLocation", B + "first-bucket")]),
    ("glue", "get_table", {"DatabaseName": "shop", "Name": "orders"}, [("glue:GetTable", each) for each in GLUE_TABLE]),
    ("glue", "get_partitions", {"DatabaseName": "shop", "TableName": "orders"}, [("glue:GetPartitions", each) for each in GLUE_TABLE]),
    (
        "glue",
        "create_table",
        {"DatabaseName": "shop", "TableInput": {"Name": "made"}},
        [("glue:CreateTable", each) for each in (*GLUE_TABLE[:2], arn("glue", "table/shop/made"))],
    ),
    (
        "glue",
        "create_partition",
        {"DatabaseName": "shop", "TableName": "orders", "PartitionInput": {"Values": ["1"], "StorageDescriptor": {}}},
        [("glue:CreatePartition", each) for each in GLUE_TABLE],
    ),
    ("glue", "get_database", {"Name": "shop"}, [("glue:GetDatabase", each) for each in GLUE_TABLE[:2]]),
    ("glue", "list_crawlers", {}, [("glue:ListCrawlers", "*")]),
    ("athena", "list_work_groups", {}, [("athena:ListWorkGroups", "*")]),
    ("athena", "get_work_group", {"WorkGroup": "team"}, [("athena:GetWorkGroup", arn("athena", "workgroup/team"))]),
    (
        "athena",
        "create_named_query",
        {"Name": "q", "Database": "shop", "QueryString": "SELECT 1", "WorkGroup": "team"},
        [("athena:CreateNamedQuery", arn("athena", "workgroup/team"))],
    ),
    (
        "athena",
        "create_work_group",
        {"Name": "tagged", "Tags": [{"Key": "a", "Value": "b"}]},
        [("athena:CreateWorkGroup", arn("athena", "workgroup/tagged")), ("athena:TagResource", arn("athena", "workgroup/tagged"))],
    ),
    ("lambda", "list_functions", {}, [("lambda:ListFunctions", "*")]),
    ("lambda", "get_function", {"FunctionName": "function"}, [("lambda:GetFunction", arn("lambda", "function:function"))]),
    ("lambda", "invoke", {"FunctionName": "function"}, [("lambda:InvokeFunction", arn("lambda", "function:function"))]),
    ("lambda", "get_layer_version", {"LayerName": "layer", "VersionNumber": 1}, [("lambda:GetLayerVersion", LAYER)]),
    (
        "lambda",
        "put_function_event_invoke_config",
        {"FunctionName": "function", "MaximumRetryAttempts": 1},
        [("lambda:PutFunctionEventInvokeConfig", arn("lambda", "function:function"))],
    ),
    (
        "lambda",
        "create_function",
        {
            "FunctionName": "made-whole",
            "Runtime": "python3.12",
            "Role": arn("iam", "role/team/run", region=""),
            "Handler": "probe.handler",
            "Code": CODE,
            "Layers": [LAYER],
            "Tags": {"a": "b"},
        },
        [
            ("lambda:CreateFunction", arn("lambda", "function:made-whole")),
            ("lambda:TagResource", arn("lambda", "function:made-whole")),
            ("lambda:GetLayerVersion", LAYER),
            ("iam:PassRole", arn("iam", "role/team/run", region=""), {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        ],
    ),
    ("logs", "describe_log_groups", {}, [("logs:DescribeLogGroups", "*")]),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "/made", "tags": {"a": "b"}},
        [("logs:CreateLogGroup", arn("logs", "log-group:/made:*")), ("logs:TagResource", arn("logs", "log-group:/made"))],
    ),
    (
        "logs",
        "put_log_events",
        {"logGroupName": "/a/group", "logStreamName": "stream", "logEvents": [{"timestamp": 1, "message": "m"}]},
        [("logs:PutLogEvents", arn("logs", "log-group:/a/group:log-stream:stream"))],
    ),
    *(
        ("logs", method, {"logGroupName": "/a/group", **tags}, [(f"logs:{action}", arn("logs", "log-group:/a/group"))])
        for method, tags, action in (
            ("tag_log_group", {"tags": {"a": "b"}}, "TagResource"),
            ("list_tags_log_group", {}, "ListTagsForResource"),
            ("untag_log_group", {"tags": ["a"]}, "UntagResource"),
        )
    ),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "http://localhost/000000000000/queue", "MessageBody": "m"},
        [("sqs:SendMessage", arn("sqs", "queue"))],
    ),
    ("sns", "publish", {"TopicArn": arn("sns", "topic"), "Message": "m"}, [("sns:Publish", arn("sns", "topic"))]),
    ("sns", "list_tags_for_resource", {"ResourceArn": arn("sns", "topic")}, [("sns:ListTagsForResource", arn("sns", "topic"))]),
    (
        "sns",
        "tag_resource",
        {"ResourceArn": arn("sns", "topic"), "Tags": [{"Key": "a", "Value": "b"}]},
        [("sns:TagResource", arn("sns", "topic"))],
    ),
    ("sns", "list_topics", {}, [("sns:ListTopics", "*")]),
    (
        "s3",
        "put_bucket_metrics_configuration",
        {"Bucket": "first-bucket", "Id": "all", "MetricsConfiguration": {"Id": "all"}},
        [("s3:PutMetricsConfiguration", B + "first-bucket")],
    ),
    (
        "s3",
        "get_bucket_metrics_configuration",
        {"Bucket": "first-bucket", "Id": "all"},
        [("s3:GetMetricsConfiguration", B + "first-bucket")],
    ),
    ("ssm", "get_parameter", {"Name": "/a/parameter"}, [("ssm:GetParameter", arn("ssm", "parameter/a/parameter"))]),
    (
        "events",
        "put_rule",
        {"Name": "rule", "ScheduleExpression": "rate(1 hour)"},
        [("events:PutRule", arn("events", "rule/rule"))],
    ),
    (
        "cloudwatch",
        "put_metric_data",
        {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]},
        [("cloudwatch:PutMetricData", "*")],
    ),
    (
        "cloudwatch",
        "put_dashboard",
        {"DashboardName": "d", "DashboardBody": '{"widgets": []}'},
        [("cloudwatch:PutDashboard", arn("cloudwatch", "dashboard/d", region=""))],
    ),
    (
        "budgets",
        "create_budget",
        {
            "AccountId": ACCOUNT,
            "Budget": {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}},
            "ResourceTags": [{"Key": "a", "Value": "b"}],
        },
        [
            ("budgets:ModifyBudget", arn("budgets", "budget/b", region="")),
            ("budgets:TagResource", arn("budgets", "budget/b", region="")),
        ],
    ),
    ("budgets", "describe_budgets", {"AccountId": ACCOUNT}, [("budgets:ViewBudget", arn("budgets", "budget/*", region=""))]),
    ("iam", "list_roles", {}, [("iam:ListRoles", "*")]),
    ("iam", "get_role", {"RoleName": "run"}, [("iam:GetRole", arn("iam", "role/team/run", region=""))]),
    ("kms", "create_key", {}, [("kms:CreateKey", "*")]),
    ("scheduler", "list_schedules", {}, [("scheduler:ListSchedules", "*")]),
    ("apigateway", "get_rest_apis", {}, [("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis")]),
    ("firehose", "list_delivery_streams", {}, [("firehose:ListDeliveryStreams", "*")]),
    ("ec2", "describe_instances", {}, [("ec2:DescribeInstances", "*")]),
    (
        "ec2",
        "create_key_pair",
        {"KeyName": "made", "TagSpecifications": [{"ResourceType": "key-pair", "Tags": [{"Key": "a", "Value": "b"}]}]},
        [
            ("ec2:CreateKeyPair", arn("ec2", "key-pair/made")),
            ("ec2:CreateTags", arn("ec2", "key-pair/made"), {"StringEquals": {"ec2:CreateAction": "CreateKeyPair"}}),
        ],
    ),
]


@pytest.mark.parametrize(("service", "method", "arguments", "needs"), CALLS, ids=[f"{call[0]}-{call[1]}" for call in CALLS])
def test_a_call_needs_each_of_its_permissions(things, user, service, method, arguments, needs):
    call = lambda: getattr(user.client(service), method)(**arguments)  # noqa: E731 - one line
    for missing in needs:
        user.may(*[grant for grant in needs if grant is not missing])
        message = refusal(call).lower()
        # An answer to HEAD has no body that could say what was missing.
        assert f"not authorized to perform: {missing[0].lower()} " in message or method.startswith("head")
    user.may(*needs)
    call()


def test_running_an_instance_needs_each_resource_it_is_made_of(things, user):
    image = things.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    things.client("ec2").create_key_pair(KeyName="for-instances")
    group = things.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    kinds = ("instance/*", "volume/*", "network-interface/*", "subnet/*", f"security-group/{group}", "key-pair/for-instances")
    needs = [("ec2:RunInstances", arn("ec2", each)) for each in kinds]
    needs += [
        ("ec2:RunInstances", arn("ec2", f"image/{image}", account="")),
        ("ec2:CreateTags", arn("ec2", "instance/*")),
    ]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    for missing in needs:
        user.may(*[grant for grant in needs if grant is not missing])
        message = refusal(
            lambda: user.client("ec2").run_instances(
                ImageId=image, MinCount=1, MaxCount=1, KeyName="for-instances", SecurityGroupIds=[group], TagSpecifications=tags
            )
        )
        assert f"to perform: {missing[0]} on resource: {missing[1]}" in message


def test_a_key_pair_is_tagged_by_its_id_and_asked_for_by_its_name(things, user):
    identity = things.client("ec2").create_key_pair(KeyName="to-be-tagged")["KeyPairId"]
    tag = lambda: user.client("ec2").create_tags(Resources=[identity], Tags=[{"Key": "a", "Value": "b"}])  # noqa: E731 - one line
    user.may(("ec2:CreateTags", arn("ec2", "key-pair/another")))
    assert f"on resource: {arn('ec2', 'key-pair/to-be-tagged')}" in refusal(tag)
    user.may(("ec2:CreateTags", arn("ec2", "key-pair/to-be-tagged")))
    tag()


def test_taking_an_alias_away_takes_the_key_behind_it_too(things, user):
    kms = things.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/behind", TargetKeyId=key)
    needs = [("kms:DeleteAlias", arn("kms", "alias/behind")), ("kms:DeleteAlias", key)]
    for missing in needs:
        user.may(*[grant for grant in needs if grant is not missing])
        message = refusal(lambda: user.client("kms").delete_alias(AliasName="alias/behind"))
        assert f"to perform: {missing[0]} on resource: {missing[1]}" in message
    user.may(*needs)
    user.client("kms").delete_alias(AliasName="alias/behind")


def test_a_prefix_narrows_listing(things, user):
    user.may(("s3:ListBucket", B + "first-bucket", {"StringLike": {"s3:prefix": ["a/*"]}}))
    assert user.client("s3").list_objects_v2(Bucket="first-bucket", Prefix="a/x")["KeyCount"] == 1
    refusal(lambda: user.client("s3").list_objects_v2(Bucket="first-bucket", Prefix="b/"))
    refusal(lambda: user.client("s3").list_objects_v2(Bucket="first-bucket"))


def test_who_may_not_list_is_not_told_what_is_absent(things, user):
    user.may(("s3:GetObject", B + "first-bucket/*"))
    get = lambda: user.client("s3").get_object(Bucket="first-bucket", Key="absent")  # noqa: E731 - one line
    assert "s3:ListBucket" in refusal(get)
    user.may(("s3:GetObject", B + "first-bucket/*"), ("s3:ListBucket", B + "first-bucket"))
    with pytest.raises(user.client("s3").exceptions.ClientError, match="NoSuchKey"):
        get()


def test_an_explicit_deny_wins(things, user):
    user.may(("s3:*", "*"))
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": B + "first-bucket/a/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    things.client("iam").put_user_policy(UserName=user.name, PolicyName="not", PolicyDocument=document)
    assert "with an explicit deny in an identity-based policy" in refusal(
        lambda: user.client("s3").get_object(Bucket="first-bucket", Key="a/x")
    )


def test_a_bucket_policy_that_insists_on_tls_lets_this_machine_in(things, user):
    s3, name = things.client("s3"), unique("tls-bucket")
    s3.create_bucket(Bucket=name)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [B + name, f"{B}{name}/*"]}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    user.may(("s3:PutObject", f"{B}{name}/*"))
    user.client("s3").put_object(Bucket=name, Key="x", Body=b"1")


class TestCustomerKeys:
    """Objects that a customer key encrypts need that key's permission besides."""

    @pytest.fixture
    def key(self, things):
        return things.client("kms").create_key()["KeyMetadata"]["Arn"]

    def test_of_a_request(self, things, user, key):
        put = ("s3:PutObject", B + "first-bucket/secret")
        write = lambda: user.client("s3").put_object(  # noqa: E731 - one expression
            Bucket="first-bucket", Key="secret", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
        )
        user.may(put)
        assert f"kms:GenerateDataKey on resource: {key}" in refusal(write)
        user.may(put, ("kms:GenerateDataKey", key, {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}))
        write()
        read = lambda: user.client("s3").get_object(Bucket="first-bucket", Key="secret")["Body"].read()  # noqa: E731 - one expression
        user.may(("s3:GetObject", B + "first-bucket/secret"))
        assert f"kms:Decrypt on resource: {key}" in refusal(read)
        user.may(("s3:GetObject", B + "first-bucket/secret"), ("kms:Decrypt", key))
        assert read() == b"1"

    def test_of_a_bucket(self, things, user, key):
        s3, name = things.client("s3"), unique("kms-bucket")
        s3.create_bucket(Bucket=name)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        user.may(("s3:PutObject", f"{B}{name}/*"))
        assert "kms:GenerateDataKey" in refusal(lambda: user.client("s3").put_object(Bucket=name, Key="x", Body=b"1"))
        assert "kms:GenerateDataKey" in refusal(lambda: user.client("s3").create_multipart_upload(Bucket=name, Key="x"))
        user.may(("s3:PutObject", f"{B}{name}/*"), ("kms:GenerateDataKey", key))
        user.client("s3").put_object(Bucket=name, Key="x", Body=b"1")
        user.may(("s3:GetObject", f"{B}{name}/*"))
        assert "kms:Decrypt" in refusal(lambda: user.client("s3").get_object(Bucket=name, Key="x"))

    def test_of_a_queue(self, things, user, key):
        name = unique("kms-queue")
        queue = things.client("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": key})["QueueUrl"]
        own = [("sqs:SendMessage", arn("sqs", name)), ("sqs:ReceiveMessage", arn("sqs", name))]
        send = lambda: user.client("sqs").send_message(QueueUrl=queue, MessageBody="m")  # noqa: E731 - one line
        for missing in ("kms:GenerateDataKey", "kms:Decrypt"):
            user.may(*own, *[(action, key) for action in ("kms:GenerateDataKey", "kms:Decrypt") if action != missing])
            assert f"{missing} on resource: {key}" in refusal(send)
        user.may(*own, ("kms:GenerateDataKey", key), ("kms:Decrypt", key))
        send()
        user.may(*own)
        assert "kms:Decrypt" in refusal(lambda: user.client("sqs").receive_message(QueueUrl=queue))

    def test_of_a_log_group_must_let_the_service_in(self, things, key):
        logs, name = things.client("logs"), unique("/kms/group")
        assert "not allowed to be used" in refusal(lambda: logs.create_log_group(logGroupName=name, kmsKeyId=key))
        condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn("logs", f"log-group:{name}")}}
        allow = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Resource": "*", "Condition": condition}
        allow["Action"] = ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"]
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        things.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document)
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
        assert "not allowed to be used" in refusal(lambda: logs.create_log_group(logGroupName=f"{name}-other", kmsKeyId=key))

    def test_whose_policy_names_nobody_is_of_no_use(self, things, user, key):
        other = {"Effect": "Allow", "Principal": {"AWS": arn("iam", "user/nobody", region="")}, "Action": "kms:*", "Resource": "*"}
        things.client("kms").put_key_policy(
            KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [other]})
        )
        user.may(("kms:DescribeKey", key))
        refusal(lambda: user.client("kms").describe_key(KeyId=key))


def test_a_permissions_boundary_limits(things, user):
    user.may(("s3:GetObject", "*"))
    made = things.client("iam").create_policy(PolicyName=unique("boundary"), PolicyDocument=policy(("s3:ListBucket", "*")))["Policy"]["Arn"]
    user.client("s3").get_object(Bucket="first-bucket", Key="a/x")
    things.client("iam").put_user_permissions_boundary(UserName=user.name, PermissionsBoundary=made)
    refusal(lambda: user.client("s3").get_object(Bucket="first-bucket", Key="a/x"))
