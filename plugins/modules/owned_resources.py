#!/usr/bin/python
"""Make sure that what bears the project's names is the project's, before anything is changed."""

DOCUMENTATION = r"""
module: owned_resources
short_description: Make sure that what bears the project's names is the project's
description:
  - Ask each service for the tags of the named resources. One that exists without the project's tags is somebody else's, and an error that
    names all such resources at once. Nothing is changed, ever.
  - A layer carries no tags, so the description of its newest version must begin with O(layer_prefix).
  - Taken for ours without tags are just two things. An empty bucket, since a bucket is created and tagged in two steps and a run may be
    cut off in between; nothing in it can be lost. And the log group C(/aws/lambda/NAME) of a function of ours, which Lambda makes by
    itself.
  - Somebody may make such a resource between this check and the change; then the check did not see it.
options:
  resources:
    description:
      - Names of the project's resources by kind, as the filter C(declared_resources) gives them.
      - The kinds are bucket, queue, role, instance profile, log group, function, layer, delivery stream, budget, database, crawler, job,
        trigger, workgroup, topic, rule, alarm, dashboard, key, REST API, API key, usage plan, data source, data set,
        analysis, published dashboard, key pair, security group and instance.
    type: dict
    required: true
  tags:
    description: Tags that mark a resource as the project's; all of them must match.
    type: dict
    required: true
  layer_prefix:
    description: How the description of a layer of ours begins.
    type: str
    required: true
  settings_file:
    description: Where the user sets C(name_prefix), for the error.
    type: str
    default: inventory/group_vars/all.yml
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: What bears our names is ours
  owned_resources:
    resources: {bucket: [orders-000000000000-us-east-1], function: [FilterAndProcessOrders]}
    tags: {project: headwater, environment: dev}
    layer_prefix: "headwater dev:"
"""

RETURN = r"""
foreign:
  description: What is not ours, one sentence each.
  type: list
  elements: str
  returned: always
existing:
  description: How many of the named resources exist.
  type: int
  returned: success
"""

from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.aws_resource import BotoCoreError, ClientError, is_missing, plain_tags
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

try:
    from botocore.exceptions import ParamValidationError
except ImportError:
    ParamValidationError = None  # AnsibleAWSModule reports it

MISSING = (
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "EntityNotFoundException",
    "InvalidGroup.NotFound",
    "InvalidKeyPair.NotFound",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
)
DENIED = ("403", "AccessDenied", "AccessDeniedException", "Forbidden")


class Look:
    """Looks at one resource: the method of a kind returns its tags, a list of such (EC2 may have many of a name), or None."""

    def __init__(self, module):
        caller = module.client("sts").get_caller_identity()
        self.arn = f"arn:{caller['Arn'].split(':')[1]}:{{}}:{module.region}:{caller['Account']}:{{}}"
        # Models of some services take long to read; Lambda is asked about log groups too.
        services = {KINDS[kind][0] for kind in module.params["resources"]} | {"lambda"}
        self.clients = {service: module.client(service) for service in sorted(services)}
        self.layer_prefix = module.params["layer_prefix"]
        self.wanted = module.params["tags"]

    def __call__(self, kind, name):
        service, method = KINDS[kind]
        return method(self, self.clients[service], name)

    def bucket(self, s3, name):
        try:
            return plain_tags(s3.get_bucket_tagging(Bucket=name)["TagSet"])
        except ClientError as error:
            if not is_missing(error, "NoSuchTagSet"):
                raise
        objects = s3.list_object_versions(Bucket=name, MaxKeys=1)
        uploads = s3.list_multipart_uploads(Bucket=name, MaxUploads=1)
        is_empty = not (objects.get("Versions") or objects.get("DeleteMarkers") or uploads.get("Uploads"))
        return self.wanted if is_empty else {}

    def queue(self, sqs, name):
        return sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"]).get("Tags", {})

    def role(self, iam, name):
        return plain_tags(iam.get_role(RoleName=name)["Role"].get("Tags"))

    def instance_profile(self, iam, name):
        return plain_tags(iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"].get("Tags"))

    def log_group(self, logs, name):
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]  # the shortest name comes first
        if name not in [group["logGroupName"] for group in found]:
            return None
        tags = logs.list_tags_for_resource(resourceArn=self.arn.format("logs", f"log-group:{name}")).get("tags", {})
        function = name.removeprefix("/aws/lambda/")
        if tags or function == name:
            return tags
        try:
            return self.function(self.clients["lambda"], function)
        except ClientError as error:
            if is_missing(error, *MISSING):
                return {}
            raise

    def function(self, client, name):
        return client.list_tags(Resource=self.arn.format("lambda", f"function:{name}")).get("Tags", {})

    def layer(self, client, name):
        versions = client.list_layer_versions(LayerName=name)["LayerVersions"]
        if not versions:
            return None
        description = max(versions, key=lambda version: version["Version"]).get("Description", "")
        return self.wanted if description.startswith(self.layer_prefix) else {"description": description}

    def delivery_stream(self, firehose, name):
        return plain_tags(firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"])

    def budget(self, budgets, name):
        _, partition, _, _, account, _ = self.arn.split(":", 5)
        budgets.describe_budget(AccountId=account, BudgetName=name)
        arn = f"arn:{partition}:budgets::{account}:budget/{name}"
        return plain_tags(budgets.list_tags_for_resource(ResourceARN=arn).get("ResourceTags"))

    def database(self, glue, name):
        glue.get_database(Name=name)
        return glue.get_tags(ResourceArn=self.arn.format("glue", f"database/{name}")).get("Tags", {})

    def crawler(self, glue, name):
        glue.get_crawler(Name=name)
        return glue.get_tags(ResourceArn=self.arn.format("glue", f"crawler/{name}")).get("Tags", {})

    def job(self, glue, name):
        glue.get_job(JobName=name)
        return glue.get_tags(ResourceArn=self.arn.format("glue", f"job/{name}")).get("Tags", {})

    def trigger(self, glue, name):
        glue.get_trigger(Name=name)
        return glue.get_tags(ResourceArn=self.arn.format("glue", f"trigger/{name}")).get("Tags", {})

    def workgroup(self, athena, name):
        try:
            athena.get_work_group(WorkGroup=name)
        except ClientError as error:
            if "not found" in str(error).lower():
                return None
            raise
        return plain_tags(athena.list_tags_for_resource(ResourceARN=self.arn.format("athena", f"workgroup/{name}")).get("Tags"))

    def topic(self, sns, name):
        return plain_tags(sns.list_tags_for_resource(ResourceArn=self.arn.format("sns", name)).get("Tags"))

    def rule(self, events, name):
        return plain_tags(events.list_tags_for_resource(ResourceARN=events.describe_rule(Name=name)["Arn"]).get("Tags"))

    def alarm(self, cloudwatch, name):
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        arns = [alarm["AlarmArn"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind) or []]
        return plain_tags(cloudwatch.list_tags_for_resource(ResourceARN=arns[0]).get("Tags")) if arns else None

    def dashboard(self, cloudwatch, name):
        arn = cloudwatch.get_dashboard(DashboardName=name)["DashboardArn"]
        return plain_tags(cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags"))

    def key(self, kms, name):
        found = kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]
        tags = kms.list_resource_tags(KeyId=found["KeyId"]).get("Tags", [])
        return {tag["TagKey"]: tag["TagValue"] for tag in tags}

    def rest_api(self, apigateway, name):
        return named(apigateway, "get_rest_apis", name)

    def api_key(self, apigateway, name):
        return named(apigateway, "get_api_keys", name, nameQuery=name, includeValues=False)

    def usage_plan(self, apigateway, name):
        return named(apigateway, "get_usage_plans", name)

    def data_source(self, quicksight, name):
        return self.of_quicksight(quicksight, quicksight.describe_data_source, "datasource", DataSourceId=name)

    def data_set(self, quicksight, name):
        return self.of_quicksight(quicksight, quicksight.describe_data_set, "dataset", DataSetId=name)

    def analysis(self, quicksight, name):
        return self.of_quicksight(quicksight, quicksight.describe_analysis, "analysis", AnalysisId=name)

    def published_dashboard(self, quicksight, name):
        return self.of_quicksight(quicksight, quicksight.describe_dashboard, "dashboard", DashboardId=name)

    def of_quicksight(self, quicksight, describe, kind, **named):
        """None too where the account is not subscribed."""
        ((_, name),) = named.items()
        try:
            describe(AwsAccountId=self.arn.split(":")[4], **named)
        except ClientError as error:
            if is_missing(error, "UnsupportedUserEditionException"):
                return None
            raise
        return plain_tags(quicksight.list_tags_for_resource(ResourceArn=self.arn.format("quicksight", f"{kind}/{name}")).get("Tags"))

    def key_pair(self, ec2, name):
        return [plain_tags(found.get("Tags")) for found in ec2.describe_key_pairs(KeyNames=[name])["KeyPairs"]]

    def security_group(self, ec2, name):
        found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"]
        return [plain_tags(group.get("Tags")) for group in found]

    def instance(self, ec2, name):
        alive = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]}
        found = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}, alive])["Reservations"]
        return [plain_tags(instance.get("Tags")) for reservation in found for instance in reservation["Instances"]]


def named(client, operation, name, **arguments):
    """The tags of each item of that name; API Gateway allows many of one name."""
    pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 500}, **arguments)
    return [item.get("tags") or {} for page in pages for item in page["items"] if item.get("name") == name]


#: kind: (service, how to look)
KINDS = {
    "bucket": ("s3", Look.bucket),
    "queue": ("sqs", Look.queue),
    "role": ("iam", Look.role),
    "instance profile": ("iam", Look.instance_profile),
    "log group": ("logs", Look.log_group),
    "function": ("lambda", Look.function),
    "layer": ("lambda", Look.layer),
    "delivery stream": ("firehose", Look.delivery_stream),
    "budget": ("budgets", Look.budget),
    "database": ("glue", Look.database),
    "crawler": ("glue", Look.crawler),
    "job": ("glue", Look.job),
    "trigger": ("glue", Look.trigger),
    "workgroup": ("athena", Look.workgroup),
    "topic": ("sns", Look.topic),
    "rule": ("events", Look.rule),
    "alarm": ("cloudwatch", Look.alarm),
    "dashboard": ("cloudwatch", Look.dashboard),
    "key": ("kms", Look.key),
    "REST API": ("apigateway", Look.rest_api),
    "API key": ("apigateway", Look.api_key),
    "usage plan": ("apigateway", Look.usage_plan),
    "data source": ("quicksight", Look.data_source),
    "data set": ("quicksight", Look.data_set),
    "analysis": ("quicksight", Look.analysis),
    "published dashboard": ("quicksight", Look.published_dashboard),
    "key pair": ("ec2", Look.key_pair),
    "security group": ("ec2", Look.security_group),
    "instance": ("ec2", Look.instance),
}


def judge(look, kind, name, tags):
    """(how many exist, sentences about those that are not ours) of one named resource."""
    called = f"{KINDS[kind][0]} {kind} {name}"
    try:
        found = look(kind, name)
    except ParamValidationError:
        return 0, []  # what cannot be a name is no resource; the module that is given it says so
    except ClientError as error:
        if is_missing(error, *MISSING):
            return 0, []
        if is_missing(error, *DENIED):
            return 1, [f"{called}: it belongs to somebody else, or your permissions do not let you read its tags ({error})"]
        raise
    sets = [] if found is None else found if isinstance(found, list) else [found]
    foreign = [one for one in sets if any(one.get(key) != value for key, value in tags.items())]
    return len(sets), [f"{called}: {described(one)}" for one in foreign]


def described(tags):
    """What was found, in words."""
    return "it has " + (", ".join(f"{key}={value!r}" for key, value in sorted(tags.items())) or "no tags")


def refusal(foreign, params):
    """The error: what was found, and how to go on."""
    marks = " and ".join(f"{key}={value}" for key, value in params["tags"].items())
    listed = "\n".join(f"  - {sentence}" for sentence in foreign)
    return (
        f"Nothing was changed: {len(foreign)} resource(s) bear names of this project and are not its own:\n{listed}\n"
        f"To go on, set name_prefix in {params['settings_file']} (or -e name_prefix=dev-) so that the names differ; or, where a resource "
        f"is yours after all, give it the tags {marks} (a layer: a description that begins with {params['layer_prefix']!r}); or remove it."
    )


def main():
    """Look at everything side by side, then say all that is not ours."""
    module = AnsibleAWSModule(
        argument_spec={
            "resources": {"type": "dict", "required": True},
            "tags": {"type": "dict", "required": True},
            "layer_prefix": {"required": True},
            "settings_file": {"default": "inventory/group_vars/all.yml"},
        },
        supports_check_mode=True,
    )
    unknown = sorted(set(module.params["resources"]) - set(KINDS))
    if unknown:
        module.fail_json(msg=f"resources has the kind {unknown[0]!r}; known are {', '.join(KINDS)}")
    named = [(kind, name) for kind, names in module.params["resources"].items() for name in names]
    try:
        look = Look(module)
        with ThreadPoolExecutor(8) as pool:
            judged = list(pool.map(lambda pair: judge(look, *pair, module.params["tags"]), named))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg="Whether existing resources are ours could not be found out, so nothing was changed")
    foreign = [sentence for _, sentences in judged for sentence in sentences]
    if foreign:
        module.fail_json(msg=refusal(foreign, module.params), foreign=foreign)
    module.exit_json(changed=False, foreign=[], existing=sum(count for count, _ in judged))


if __name__ == "__main__":
    main()
