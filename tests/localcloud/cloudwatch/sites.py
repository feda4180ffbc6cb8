"""What these tests put into the local cloud: queues that services may send to, topics, functions."""

import json
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config

from tests.local_cloud import create_role, wait_for
from tests.localcloud.functions.test_functions import zipped

ACCOUNT, REGION = "000000000000", "us-east-1"
#: Names of what `begin_minute` makes.
MINUTE = {"rule": "a-every-minute", "depth": "a-depth", "delivery": "a-delivery", "hanging": "a-hanging", "bucket": "a-minute"}


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def allow(service, action, resource="*"):
    """A policy that lets a service do something."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(cloud, name, *services, **attributes):
    """The ARN of a queue that these services may send to."""
    statements = [json.loads(allow(each, "sqs:SendMessage", arn("sqs", name)))["Statement"][0] for each in services]
    if statements:
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": statements})
    cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)
    return arn("sqs", name)


def messages(cloud, queue_arn, number, seconds=20.0):
    """The bodies of the first `number` messages of a queue; they are taken away."""
    sqs, found = cloud.client("sqs"), []
    url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]

    def enough():
        for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            found.append(each["Body"])
        return len(found) >= number

    wait_for(enough, f"message {number} in {queue_arn}", seconds)
    return found


def waiting(cloud, queue_arn):
    """How many messages a queue holds."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])


def function(cloud, name, code, *services, allow=()):
    """The ARN of a function `handler.handler` that these services may invoke; its role may do the actions of `allow`."""
    role = create_role(cloud.client("iam"), f"{name}-role", "lambda.amazonaws.com", ["logs:*", *allow])
    client = cloud.client("lambda")
    client.create_function(
        FunctionName=name, Runtime="python3.12", Role=role["Arn"], Handler="handler.handler", Code={"ZipFile": zipped(handler=code)}
    )
    for service in services:
        client.add_permission(FunctionName=name, StatementId=service, Action="lambda:InvokeFunction", Principal=f"{service}.amazonaws.com")
    return arn("lambda", f"function:{name}")


def rule(cloud, name, target, **members):
    """A rule with one target."""
    cloud.client("events").put_rule(Name=name, **members)
    cloud.client("events").put_targets(Rule=name, Targets=[{"Id": "t", **target}])
    return arn("events", f"rule/{name}")


def stream(cloud, name, bucket, function_arn=None):
    """A delivery stream that writes what it is given at once."""
    role = create_role(cloud.client("iam"), f"{name}-role", "firehose.amazonaws.com", ["s3:*", "lambda:*", "logs:*"])
    target = {
        "RoleARN": role["Arn"],
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": "out/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
    }
    if function_arn:
        given = {"LambdaArn": function_arn, "BufferSizeInMBs": "0.2", "BufferIntervalInSeconds": "0", "NumberOfRetries": "0"}
        parameters = [{"ParameterName": key, "ParameterValue": value} for key, value in given.items()]
        target["ProcessingConfiguration"] = {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": parameters}]}
    firehose = cloud.client("firehose")
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=target)

    def is_active():
        return firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"

    wait_for(is_active, f"the creation of {name}")


def begin_minute(cloud):
    """What a minute's end is to show: a schedule, a queue with messages, and streams that deliver and do not."""
    rule(cloud, MINUTE["rule"], {"Arn": queue(cloud, MINUTE["rule"], "events")}, ScheduleExpression="cron(* * * * ? *)")
    cloud.client("s3").create_bucket(Bucket=MINUTE["bucket"])
    stream(cloud, MINUTE["delivery"], MINUTE["bucket"])
    stream(cloud, MINUTE["hanging"], "there-is-no-such-bucket")
    firehose, sqs = cloud.client("firehose"), cloud.client("sqs")
    firehose.put_record_batch(DeliveryStreamName=MINUTE["delivery"], Records=[{"Data": b"abc"}, {"Data": b"de"}])
    firehose.put_record(DeliveryStreamName=MINUTE["hanging"], Record={"Data": b"x"})
    queue(cloud, MINUTE["depth"])
    url = sqs.get_queue_url(QueueName=MINUTE["depth"])["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)


def user(cloud, name, service, *statements):
    """A client of a user who may do what the statements, (action, resource) or (action, resource, condition), say."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    listed = [
        {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition[0]} if condition else {})}
        for action, resource, *condition in statements
    ]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": listed}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.client(
        service,
        endpoint_url=cloud.url,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(retries={"max_attempts": 0}),
    )


def total(cloud, namespace, metric, **dimensions):
    """The sum of a metric's values of the last half hour."""
    return sum(each["Sum"] for each in _points(cloud, namespace, metric, dimensions))


def largest(cloud, namespace, metric, **dimensions):
    """The largest of a metric's values of the last half hour; None without any."""
    return max((each["Maximum"] for each in _points(cloud, namespace, metric, dimensions)), default=None)


def _points(cloud, namespace, metric, dimensions):
    now = datetime.now(UTC)
    return cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": each, "Value": value} for each, value in dimensions.items()],
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum", "Maximum"],
    )["Datapoints"]
