#!/usr/bin/python
"""List what is left of a project, by each service's own list calls."""

DOCUMENTATION = r"""
module: project_leftovers_info
short_description: List what is left of a project, by each service's own list calls
description:
  - Ask every service that the project uses for everything it has, and return what belongs to the project, which is what carries its tags
    or bears one of its names.
  - The Resource Groups Tagging API is not asked, since it lists deleted resources and misses others.
options:
  names:
    description: Names of the project's resources.
    type: list
    elements: str
    default: []
  tags:
    description: Tags that mark a resource as the project's; all of them must match.
    type: dict
    required: true
  fail_if_any:
    description: Whether a leftover is an error that names it.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: Nothing is left
  project_leftovers_info:
    names: [orders_db, FilterAndProcessOrders]
    tags: {project: headwater, environment: dev}
    fail_if_any: true
"""

RETURN = r"""
leftovers:
  description: What is left, as C(service kind name).
  type: list
  elements: str
  returned: always
summary:
  description: How many of each kind, in a sentence.
  type: str
  returned: always
unreadable:
  description: What may not be looked into, and so counts as somebody else's; its name is none of the project's.
  type: list
  elements: str
  returned: always
checked:
  description: How many resources each list call showed, the project's or not.
  type: dict
  returned: always
"""

import re
from collections import Counter

from ansible.module_utils.aws_resource import BotoCoreError, ClientError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def plain(tags, key="Key", value="Value"):
    """A service's list of tags as a dictionary."""
    return {tag[key]: tag[value] for tag in tags or []}


def pages(client, operation, result, **arguments):
    """Every item of a list call, page by page."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(result, [])
        return
    call = getattr(client, operation)
    while True:
        page = call(**arguments)
        yield from page.get(result, [])
        if not page.get("NextToken"):
            return
        arguments["NextToken"] = page["NextToken"]


#: What could not be looked into: who deploys with the smallest policy may read nothing of others' resources.
UNREADABLE = []
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")


def readable(what, items):
    """The items, or none where they may not be read."""
    try:
        yield from items
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        UNREADABLE.append(what)


def tags_of(call, *path, **arguments):
    """Tags of one resource by its own call; none where it has vanished meanwhile, never had any, or they may not be read."""
    try:
        found = call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            UNREADABLE.append(" ".join(map(str, arguments.values())))
            return {}
        if error.response["Error"]["Code"] in (
            "NoSuchTagSet",
            "ResourceNotFoundException",
            "EntityNotFoundException",
            "NotFound",
            "NotFoundException",
            "ResourceNotFound",
            "NoSuchBucket",
            "NoSuchEntity",
            "InvalidResourceId",
        ):
            return {}
        raise
    for step in path:
        found = found.get(step, {})
    return found if isinstance(found, dict) else plain(found)


# One generator a service: (kind, name, tags). Kinds within something else bear its name too.


def list_s3(client, ours, _arn):
    for bucket in client.list_buckets()["Buckets"]:
        name = bucket["Name"]
        tags = tags_of(client.get_bucket_tagging, "TagSet", Bucket=name)
        yield "bucket", name, tags
        if ours(name, tags):
            for item in pages(client, "list_object_versions", "Versions", Bucket=name):
                yield "object version", f"{name}/{item['Key']}@{item['VersionId']}", tags
            for item in pages(client, "list_object_versions", "DeleteMarkers", Bucket=name):
                yield "delete marker", f"{name}/{item['Key']}@{item['VersionId']}", tags
            for item in pages(client, "list_multipart_uploads", "Uploads", Bucket=name):
                yield "unfinished upload", f"{name}/{item['Key']}", tags


def list_lambda(client, _ours, _arn):
    for function in pages(client, "list_functions", "Functions"):
        yield "function", function["FunctionName"], tags_of(client.list_tags, "Tags", Resource=function["FunctionArn"])
    for layer in pages(client, "list_layers", "Layers"):
        yield "layer", layer["LayerName"], {}
    for mapping in pages(client, "list_event_source_mappings", "EventSourceMappings"):
        yield "event source mapping", mapping.get("FunctionArn", mapping["UUID"]).rpartition(":")[2], {}


def list_kms(client, ours, _arn):
    """A key that waits to be deleted is as gone as AWS lets it be; it is not billed."""
    for alias in pages(client, "list_aliases", "Aliases"):
        name = alias["AliasName"].removeprefix("alias/")
        if alias.get("TargetKeyId") and ours(name, {}):
            key = client.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]
            if key["KeyState"] != "PendingDeletion":
                yield "key", name, {}


def list_logs(client, _ours, _arn):
    for group in pages(client, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        yield "log group", name, tags_of(client.list_tags_for_resource, "tags", resourceArn=group["arn"].removesuffix(":*"))
        if name.startswith("/aws-glue/"):
            for stream in readable(name, pages(client, "describe_log_streams", "logStreams", logGroupName=name)):
                yield "log stream", f"{name}/{stream['logStreamName']}", {}


def list_iam(client, _ours, _arn):
    for role in pages(client, "list_roles", "Roles"):
        yield "role", role["RoleName"], tags_of(client.list_role_tags, "Tags", RoleName=role["RoleName"])
    for profile in pages(client, "list_instance_profiles", "InstanceProfiles"):
        name = profile["InstanceProfileName"]
        yield "instance profile", name, tags_of(client.list_instance_profile_tags, "Tags", InstanceProfileName=name)
    for policy in pages(client, "list_policies", "Policies", Scope="Local"):
        yield "policy", policy["PolicyName"], tags_of(client.list_policy_tags, "Tags", PolicyArn=policy["Arn"])


def list_sqs(client, _ours, _arn):
    for url in pages(client, "list_queues", "QueueUrls"):
        yield "queue", url.rpartition("/")[2], tags_of(client.list_queue_tags, "Tags", QueueUrl=url)


def list_glue(client, ours, arn):
    for database in pages(client, "get_databases", "DatabaseList"):
        name = database["Name"]
        tags = tags_of(client.get_tags, "Tags", ResourceArn=f"{arn('glue')}:database/{name}")
        yield "database", name, tags
        if ours(name, tags):
            for table in pages(client, "get_tables", "TableList", DatabaseName=name):
                yield "table", f"{name}/{table['Name']}", tags
    for name in pages(client, "list_crawlers", "CrawlerNames"):
        yield "crawler", name, tags_of(client.get_tags, "Tags", ResourceArn=f"{arn('glue')}:crawler/{name}")
    for name in pages(client, "list_jobs", "JobNames"):
        yield "job", name, tags_of(client.get_tags, "Tags", ResourceArn=f"{arn('glue')}:job/{name}")
    for name in pages(client, "list_triggers", "TriggerNames"):
        yield "trigger", name, tags_of(client.get_tags, "Tags", ResourceArn=f"{arn('glue')}:trigger/{name}")


def list_firehose(client, _ours, _arn):
    more, page = {}, {"HasMoreDeliveryStreams": True}
    while page["HasMoreDeliveryStreams"]:
        page = client.list_delivery_streams(**more)
        for name in page["DeliveryStreamNames"]:
            more = {"ExclusiveStartDeliveryStreamName": name}
            yield "delivery stream", name, tags_of(client.list_tags_for_delivery_stream, "Tags", DeliveryStreamName=name)


def list_ssm(client, _ours, _arn):
    for parameter in pages(client, "describe_parameters", "Parameters"):
        name = parameter["Name"]
        yield "parameter", name, tags_of(client.list_tags_for_resource, "TagList", ResourceType="Parameter", ResourceId=name)


def list_athena(client, ours, arn):
    for group in pages(client, "list_work_groups", "WorkGroups"):
        name = group["Name"]
        tags = tags_of(client.list_tags_for_resource, "Tags", ResourceARN=f"{arn('athena')}:workgroup/{name}")
        yield "workgroup", name, tags
        if ours(name, tags):
            for query in pages(client, "list_named_queries", "NamedQueryIds", WorkGroup=name):
                yield "named query", f"{name}/{query}", tags


def list_budgets(client, _ours, arn):
    """A budget belongs to the account, whatever the region; a tag's ARN says so."""
    _, partition, _, _, account = arn("budgets").split(":")
    for budget in pages(client, "describe_budgets", "Budgets", AccountId=account):
        name = budget["BudgetName"]
        own = f"arn:{partition}:budgets::{account}:budget/{name}"
        yield "budget", name, tags_of(client.list_tags_for_resource, "ResourceTags", ResourceARN=own)


def list_sns(client, _ours, _arn):
    """A topic's subscriptions go with it."""
    for topic in pages(client, "list_topics", "Topics"):
        yield "topic", topic["TopicArn"].rpartition(":")[2], tags_of(client.list_tags_for_resource, "Tags", ResourceArn=topic["TopicArn"])


def list_events(client, _ours, _arn):
    for rule in pages(client, "list_rules", "Rules"):
        if not rule.get("ManagedBy"):
            yield "rule", rule["Name"], tags_of(client.list_tags_for_resource, "Tags", ResourceARN=rule["Arn"])


def list_cloudwatch(client, _ours, _arn):
    for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
        for alarm in page.get("MetricAlarms", []) + page.get("CompositeAlarms", []):
            yield "alarm", alarm["AlarmName"], tags_of(client.list_tags_for_resource, "Tags", ResourceARN=alarm["AlarmArn"])
    for board in pages(client, "list_dashboards", "DashboardEntries"):
        yield "dashboard", board["DashboardName"], tags_of(client.list_tags_for_resource, "Tags", ResourceARN=board["DashboardArn"])


def list_ec2(client, _ours, _arn):
    for reservation in pages(client, "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] != "terminated":
                yield "instance", instance["InstanceId"], plain(instance.get("Tags"))
    for pair in client.describe_key_pairs()["KeyPairs"]:
        yield "key pair", pair["KeyName"], plain(pair.get("Tags"))
    for group in pages(client, "describe_security_groups", "SecurityGroups"):
        yield "security group", group["GroupName"], plain(group.get("Tags"))
    for volume in pages(client, "describe_volumes", "Volumes"):
        yield "volume", volume["VolumeId"], plain(volume.get("Tags"))


def list_apigateway(client, _ours, _arn):
    for api in pages(client, "get_rest_apis", "items"):
        yield "REST API", api["name"], api.get("tags") or {}
    for key in pages(client, "get_api_keys", "items", includeValues=False):
        yield "API key", key["name"], key.get("tags") or {}
    for plan in pages(client, "get_usage_plans", "items"):
        yield "usage plan", plan["name"], plan.get("tags") or {}


#: list call of QuickSight → (what it answers, the id in it, the kind). An analysis that waits to be restored is still there.
QUICKSIGHT = {
    "list_data_sources": ("DataSources", "DataSourceId", "data source"),
    "list_data_sets": ("DataSetSummaries", "DataSetId", "data set"),
    "list_analyses": ("AnalysisSummaryList", "AnalysisId", "analysis"),
    "list_dashboards": ("DashboardSummaryList", "DashboardId", "published dashboard"),
}


def list_quicksight(client, _ours, arn):
    account = arn("quicksight").split(":")[4]
    try:
        client.list_data_sources(AwsAccountId=account, MaxResults=1)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("UnsupportedUserEditionException", "ResourceNotFoundException"):
            return  # the account is not subscribed
        if error.response["Error"]["Code"] not in DENIED:
            raise
        UNREADABLE.append("QuickSight")
        return
    for operation, (result, identity, kind) in QUICKSIGHT.items():
        for item in pages(client, operation, result, AwsAccountId=account):
            yield kind, item[identity], tags_of(client.list_tags_for_resource, "Tags", ResourceArn=item["Arn"])


SERVICES = {
    "s3": list_s3,
    "kms": list_kms,
    "lambda": list_lambda,
    "logs": list_logs,
    "iam": list_iam,
    "sqs": list_sqs,
    "glue": list_glue,
    "athena": list_athena,
    "firehose": list_firehose,
    "ssm": list_ssm,
    "ec2": list_ec2,
    "sns": list_sns,
    "events": list_events,
    "cloudwatch": list_cloudwatch,
    "budgets": list_budgets,
    "apigateway": list_apigateway,
    "quicksight": list_quicksight,
}


def belongs(names, tags):
    """A predicate: is a resource of that name, with those tags, the project's?"""

    def ours(name, found):
        parts = {name, *name.replace("@", "/").split("/")}
        return bool(parts & names) or (bool(tags) and all(found.get(key) == value for key, value in tags.items()))

    return ours


def summary(kinds):
    """{"bucket": 2, "queue": 1} as "2 buckets, 1 queue"."""
    plural = lambda kind: kind[:-1] + "ies" if re.search("[^aeiou]y$", kind) else (kind[:-2] + "e" if kind.endswith("is") else kind) + "s"  # noqa: E731 - one line
    return ", ".join(f"{count} {kind if count == 1 else plural(kind)}" for kind, count in kinds.items())


def main():
    """Ask each service, and keep what is ours."""
    module = AnsibleAWSModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "tags": {"type": "dict", "required": True},
            "fail_if_any": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    ours = belongs(set(module.params["names"]), module.params["tags"])
    leftovers, checked, kinds = [], {}, Counter()
    UNREADABLE.clear()  # a warm module's process has had it before
    try:
        caller = module.client("sts").get_caller_identity()
        arn = lambda service: f"arn:{caller['Arn'].split(':')[1]}:{service}:{module.region}:{caller['Account']}"  # noqa: E731 - one line
        for service, lister in SERVICES.items():
            found = list(lister(module.client(service), ours, arn))
            checked[service] = len(found)
            mine = [(kind, name) for kind, name, tags in found if ours(name, tags)]
            kinds.update(kind for kind, _ in mine)
            leftovers += [f"{service} {kind} {name}" for kind, name in mine]
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Listing {service if checked else 'resources'} failed, so that nothing is proven")
    if UNREADABLE:
        module.warn(
            f"Tags of {len(UNREADABLE)} resource(s) may not be read, so they count as somebody else's; "
            f"none bears a name of the project: {', '.join(sorted(UNREADABLE)[:5])}"
        )
    if leftovers and module.params["fail_if_any"]:
        listed = "\n".join(f"  - {item}" for item in sorted(leftovers))
        module.fail_json(
            msg=f"{len(leftovers)} resource(s) of the project are left:\n{listed}", leftovers=sorted(leftovers), checked=checked
        )
    module.exit_json(changed=False, leftovers=sorted(leftovers), checked=checked, unreadable=sorted(UNREADABLE), summary=summary(kinds))


if __name__ == "__main__":
    main()
