"""What people do to a deployment by hand, one change for each call that setting it right takes."""

import json

from tests.modules.clouds import zipped

OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}]}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
TAGS = {"project": "headwater", "environment": "dev", "somebodys": "own"}


def change_everything(client, prefix, account="000000000000", region="us-east-1"):
    """Change something of every kind of resource, but leave the tags that say whose it is. `client(service)`: boto3's."""
    for change in (buckets, queue, logs, roles, function, catalog, workgroup, server):
        change(client, prefix, account, region)


def as_list(tags, key="Key", value="Value"):
    return [{key: name, value: text} for name, text in tags.items()]


def versioned(document):
    return json.dumps({"Version": "2012-10-17", **document})


def buckets(client, prefix, account, region):
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
    sqs.tag_queue(QueueUrl=url, Tags={"pipeline": "another", "somebodys": "own"})


def logs(client, prefix, account, region):
    name = f"/aws/lambda/{prefix}FilterAndProcessOrders"
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=1)
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    client("logs").tag_resource(resourceArn=arn, tags={"pipeline": "another", "somebodys": "own"})


def roles(client, prefix, account, _region):
    iam, name = client("iam"), f"{prefix}Glue-S3-Crawler-Role"
    iam.update_role(RoleName=name, Description="changed")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=versioned(TRUST))
    iam.tag_role(RoleName=name, Tags=as_list({"pipeline": "another", "somebodys": "own"}))
    allowed = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="more", PolicyDocument=versioned(allowed))
    iam.create_policy(PolicyName="somebodys-own", PolicyDocument=versioned(allowed))
    iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::{account}:policy/somebodys-own")
    profile = f"{prefix}EC2-Athena-Dashboard-Role"
    iam.tag_instance_profile(InstanceProfileName=profile, Tags=as_list({"pipeline": "another", "somebodys": "own"}))


def function(client, prefix, account, region):
    functions, name = client("lambda"), f"{prefix}FilterAndProcessOrders"
    functions.update_function_code(FunctionName=name, ZipFile=zipped({"handler.py": "def lambda_handler(event, context): return 1\n"}))
    functions.update_function_configuration(FunctionName=name, MemorySize=256)
    functions.remove_permission(FunctionName=name, StatementId="s3-raw-csv")
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    functions.tag_resource(Resource=arn, Tags={"pipeline": "another", "somebodys": "own"})


def catalog(client, prefix, account, region):
    glue, database = client("glue"), f"{prefix.replace('-', '_')}orders_db"
    glue.update_database(Name=database, DatabaseInput={"Name": database, "Description": "changed"})
    glue.update_crawler(Name=f"{prefix}orders_processed_crawler", Description="changed", Schedule="cron(0 4 * * ? *)")
    for kind, name in (("database", database), ("crawler", f"{prefix}orders_processed_crawler")):
        arn = f"arn:aws:glue:{region}:{account}:{kind}/{name}"
        glue.tag_resource(ResourceArn=arn, TagsToAdd={"pipeline": "another", "somebodys": "own"})


def workgroup(client, prefix, account, region):
    athena, name = client("athena"), f"{prefix}orders"
    athena.update_work_group(WorkGroup=name, Description="changed")
    query = athena.list_named_queries(WorkGroup=name)["NamedQueryIds"][0]
    athena.update_named_query(NamedQueryId=query, Name="Somebody's own", QueryString="SELECT 1")
    arn = f"arn:aws:athena:{region}:{account}:workgroup/{name}"
    athena.tag_resource(ResourceARN=arn, Tags=as_list({"pipeline": "another", "somebodys": "own"}))


def server(client, prefix, _account, _region):
    """The instance is stopped, tagged, and open to one more address."""
    ec2 = client("ec2")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{prefix}headwater-dashboard"]}])["SecurityGroups"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.7/32"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
    found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [f"{prefix}Athena-Dashboard-Server"]}])["Reservations"]
    identity = next(
        instance["InstanceId"] for reservation in found for instance in reservation["Instances"] if instance["State"]["Name"] == "running"
    )
    ec2.create_tags(Resources=[identity, group["GroupId"]], Tags=as_list({"pipeline": "another", "somebodys": "own"}))
    ec2.stop_instances(InstanceIds=[identity])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[identity])
