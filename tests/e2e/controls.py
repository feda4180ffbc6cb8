"""AWS Foundational Security Best Practices, as far as they concern what the project deploys.

Each check is named after its control's id and yields a sentence for each resource that breaks it; it reads what
was deployed through AWS's API. Source: the AWS Security Hub controls reference.
"""

import json
import re
from dataclasses import dataclass, field

CHECKS = {}
#: Controls that nothing here can hold, each with its reason; docs/security.md shows them.
ACCOUNT = "a setting of the whole account, which is not the project's to change"
EXCEPTIONS = {
    "S3.1": ACCOUNT + "; each bucket has its own block (S3.8)",
    "EC2.2": "the VPC's default security group is the account's; the server is not in it",
    "EC2.7": ACCOUNT + "; the server's volume is encrypted by itself (EC2.3)",
    "EventBridge.3": "of custom event buses; rules are on the default bus",
}
#: Ports of EC2.19; 5000 is the dashboard's.
HIGH_RISK_PORTS = {
    *(20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300)
}
EVERYBODY = {"0.0.0.0/0", "::/0"}


@dataclass
class Deployed:
    """Clients of the account (`client(service)`) and the names of what is the project's, by kind."""

    client: object
    account: str
    buckets: list = field(default_factory=list)
    functions: list = field(default_factory=list)
    roles: list = field(default_factory=list)
    workgroups: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    instances: list = field(default_factory=list)
    crawlers: list = field(default_factory=list)
    jobs: list = field(default_factory=list)
    streams: list = field(default_factory=list)
    log_groups: list = field(default_factory=list)
    topics: list = field(default_factory=list)
    alarms: list = field(default_factory=list)
    apis: list = field(default_factory=list)


def control(identity):
    """Register a check under a control's id, such as S3.5."""

    def register(check):
        CHECKS[identity] = check
        return check

    return register


def as_list(value):
    return value if isinstance(value, list) else [value]


# -- S3


def block(aws, bucket):
    return aws.client("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]


def bucket_statements(aws, bucket):
    return json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]


@control("S3.2")
def buckets_block_public_reads(aws):
    return [name for name in aws.buckets if not (block(aws, name)["BlockPublicPolicy"] and block(aws, name)["RestrictPublicBuckets"])]


@control("S3.3")
def buckets_block_public_writes(aws):
    return [name for name in aws.buckets if not (block(aws, name)["BlockPublicAcls"] and block(aws, name)["IgnorePublicAcls"])]


@control("S3.5")
def buckets_are_reached_by_tls_only(aws):
    def denies(statement):
        return (
            statement["Effect"] == "Deny"
            and statement["Principal"] == "*"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            and len(as_list(statement["Resource"])) == 2
        )

    return [name for name in aws.buckets if not any(map(denies, bucket_statements(aws, name)))]


@control("S3.6")
def bucket_policies_allow_nothing_to_other_accounts(aws):
    return [name for name in aws.buckets for statement in bucket_statements(aws, name) if statement["Effect"] == "Allow"]


@control("S3.8")
def buckets_have_all_four_public_access_blocks(aws):
    return [name for name in aws.buckets if list(block(aws, name).values()) != [True] * 4]


@control("S3.12")
def buckets_have_no_acls(aws):
    owner = lambda name: aws.client("s3").get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]  # noqa: E731
    return [name for name in aws.buckets if owner(name) != [{"ObjectOwnership": "BucketOwnerEnforced"}]]


@control("S3.13")
def buckets_have_lifecycle_rules(aws):
    rules = lambda name: aws.client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]  # noqa: E731
    return [name for name in aws.buckets if not any(rule["Status"] == "Enabled" for rule in rules(name))]


@control("S3.14")
def buckets_keep_versions(aws):
    return [name for name in aws.buckets if aws.client("s3").get_bucket_versioning(Bucket=name).get("Status") != "Enabled"]


@control("S3.17")
def buckets_are_encrypted_with_the_customer_key(aws):
    rule = lambda name: aws.client("s3").get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]  # noqa: E731
    default = lambda name: rule(name)["ApplyServerSideEncryptionByDefault"]  # noqa: E731
    return [name for name in aws.buckets if default(name).get("KMSMasterKeyID") not in aws.keys]


# -- Lambda


@control("Lambda.1")
def functions_are_invoked_by_this_account_only(aws):
    found = []
    for name in aws.functions:
        for statement in json.loads(aws.client("lambda").get_policy(FunctionName=name)["Policy"])["Statement"]:
            conditions = {key for operator in statement.get("Condition", {}).values() for key in operator}
            # EventBridge names no account when it invokes; a rule's ARN does.
            by_rule = statement["Principal"].get("Service") == "events.amazonaws.com"
            if not {"AWS:SourceArn", *([] if by_rule else ["AWS:SourceAccount"])} <= conditions:
                found.append(f"{name}: {statement['Sid']} has conditions on {sorted(conditions)} only")
    return found


@control("Lambda.2")
def functions_have_a_supported_runtime(aws):
    runtime = lambda name: aws.client("lambda").get_function_configuration(FunctionName=name)["Runtime"]  # noqa: E731
    return [name for name in aws.functions if not re.fullmatch(r"python3\.1[2-9]", runtime(name))]


# -- IAM and KMS


def role_statements(aws):
    iam = aws.client("iam")
    for role in aws.roles:
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            for statement in as_list(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]):
                yield role, statement


@control("IAM.1")
def no_role_may_do_everything(aws):
    return [role for role, statement in role_statements(aws) if "*" in as_list(statement["Action"])]


@control("IAM.21")
def no_role_has_a_wildcard_over_a_service(aws):
    return [f"{role}: {action}" for role, statement in role_statements(aws) for action in as_list(statement["Action"]) if "*" in action]


@control("KMS.1")
@control("KMS.2")
def no_role_decrypts_with_every_key(aws):
    def breaks(statement):
        keyed = any(action.startswith("kms:") for action in as_list(statement["Action"]))
        return keyed and any(resource not in aws.keys for resource in as_list(statement["Resource"]))

    return [role for role, statement in role_statements(aws) if breaks(statement)]


@control("KMS.4")
def keys_rotate(aws):
    return [key for key in aws.keys if not aws.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]]


# -- EC2


def instances(aws):
    found = aws.client("ec2").describe_instances(InstanceIds=aws.instances)["Reservations"] if aws.instances else []
    return [instance for reservation in found for instance in reservation["Instances"]]


def ingress(aws):
    """(group id, rule, the rule's networks) of each security group that an instance is in."""
    groups = sorted({group["GroupId"] for instance in instances(aws) for group in instance["SecurityGroups"]})
    for group in aws.client("ec2").describe_security_groups(GroupIds=groups)["SecurityGroups"] if groups else []:
        for rule in group["IpPermissions"]:
            networks = {item["CidrIp"] for item in rule["IpRanges"]} | {item["CidrIpv6"] for item in rule.get("Ipv6Ranges", [])}
            yield group["GroupId"], rule, networks


def open_ports(aws, ports):
    return [
        f"{group}: {rule}"
        for group, rule, networks in ingress(aws)
        if networks & EVERYBODY and any(rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535) for port in ports)
    ]


@control("EC2.3")
def volumes_are_encrypted(aws):
    volumes = [device["Ebs"]["VolumeId"] for instance in instances(aws) for device in instance["BlockDeviceMappings"]]
    found = aws.client("ec2").describe_volumes(VolumeIds=volumes)["Volumes"] if volumes else []
    return [volume["VolumeId"] for volume in found if not volume["Encrypted"]]


@control("EC2.8")
def instances_ask_for_imdsv2(aws):
    return [instance["InstanceId"] for instance in instances(aws) if instance["MetadataOptions"]["HttpTokens"] != "required"]


@control("EC2.13")
def ssh_is_not_open_to_everybody(aws):
    return open_ports(aws, {22})


@control("EC2.14")
def remote_desktop_is_not_open_to_everybody(aws):
    return open_ports(aws, {3389})


@control("EC2.18")
def nothing_is_open_to_everybody(aws):
    return [f"{group}: {rule}" for group, rule, networks in ingress(aws) if networks & EVERYBODY]


@control("EC2.19")
def high_risk_ports_are_not_open_to_everybody(aws):
    return open_ports(aws, HIGH_RISK_PORTS)


# -- CloudWatch


@control("CloudWatch.16")
def log_groups_have_a_retention(aws):
    found = {}
    for name in aws.log_groups:
        for group in aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            found[group["logGroupName"]] = group.get("retentionInDays")
    return [name for name in aws.log_groups if not found.get(name)]


# -- Athena and Glue


def workgroup(aws, name):
    return aws.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]


@control("Athena.1")
def results_are_encrypted(aws):
    return [
        name
        for name in aws.workgroups
        if not workgroup(aws, name)["EnforceWorkGroupConfiguration"]
        or workgroup(aws, name)["ResultConfiguration"].get("EncryptionConfiguration", {}).get("KmsKey") not in aws.keys
    ]


@control("Athena.4")
def workgroups_publish_metrics(aws):
    return [name for name in aws.workgroups if not workgroup(aws, name)["PublishCloudWatchMetricsEnabled"]]


@control("Glue.1")
def crawlers_and_jobs_have_tags(aws):
    glue, arn = aws.client("glue"), f"arn:aws:glue:us-east-1:{aws.account}:"
    found = [f"crawler/{name}" for name in aws.crawlers] + [f"{kind}/{name}" for name in aws.jobs for kind in ("job", "trigger")]
    return [name for name in found if "project" not in glue.get_tags(ResourceArn=arn + name)["Tags"]]


# -- Firehose


@control("DataFirehose.1")
def delivery_streams_encrypt_what_waits(aws):
    describe = lambda name: aws.client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]  # noqa: E731 - one line
    return [name for name in aws.streams if describe(name)["DeliveryStreamEncryptionConfiguration"]["Status"] != "ENABLED"]


# -- API Gateway


def stages(aws):
    """(name, stage) of each deployed stage."""
    of = lambda api: aws.client("apigateway").get_stages(restApiId=api)["item"]  # noqa: E731 - one line
    return [(f"{api}/{stage['stageName']}", stage) for api in aws.apis for stage in of(api)]


@control("APIGateway.1")
def stages_log_failed_executions(aws):
    return [name for name, stage in stages(aws) if stage["methodSettings"].get("*/*", {}).get("loggingLevel") not in ("ERROR", "INFO")]


@control("APIGateway.3")
def stages_are_traced(aws):
    return [name for name, stage in stages(aws) if not stage.get("tracingEnabled")]


# -- who is told


@control("SNS.1")
def topics_are_encrypted_with_the_alerts_key(aws):
    attributes = lambda arn: aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]  # noqa: E731 - one line
    return [arn for arn in aws.topics if attributes(arn).get("KmsMasterKeyId", "") in ("", "alias/aws/sns")]


@control("SNS.4")
def topics_let_nobody_in_whom_they_do_not_name(aws):
    found = []
    for arn in aws.topics:
        policy = json.loads(aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        found += [
            f"{arn}: {each.get('Sid')}" for each in policy["Statement"] if each["Effect"] == "Allow" and "Service" not in each["Principal"]
        ]
    return found


@control("CloudWatch.15")
def alarms_tell_somebody(aws):
    return [each["AlarmName"] for each in alarms(aws) if not (each["AlarmActions"] and each["OKActions"])]


@control("CloudWatch.17")
def actions_of_alarms_are_on(aws):
    return [each["AlarmName"] for each in alarms(aws) if not each["ActionsEnabled"]]


def alarms(aws):
    return aws.client("cloudwatch").describe_alarms(AlarmNames=aws.alarms)["MetricAlarms"]  # at most 100 names a call
