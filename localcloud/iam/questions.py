"""What a request needs: the actions and resources that IAM is asked about, by AWS's Service Authorization Reference.

MiniStack asks about one resource of a request and does not know all services' forms. The tables here name every
resource that AWS asks about; what is in no table is left to MiniStack's own reading.
"""

import re
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Question:
    """One action on one resource; `context`: condition keys that go with it."""

    action: str
    resource: str
    context: dict = field(default_factory=dict, hash=False)


CATALOG, DATABASE = ("catalog", "database/{DatabaseName}"), ("catalog", "database/{Name}")
TABLE = (*CATALOG, "table/{DatabaseName}/{TableName}")
FUNCTION, LAYER = ("function:{FunctionName}",), ("layer:{LayerName}:{VersionNumber}",)
GROUP, STREAM = ("log-group:{logGroupName}:log-stream:",), ("log-group:{logGroupName}:log-stream:{logStreamName}",)
NOTHING = ("*",)

#: service → operations → templates of the resources, below `arn:aws:<service>:<region>:<account>:`. A list in a
#: parameter makes a resource of each item; "*" is the answer of the reference to operations without a resource.
RESOURCES = {
    "glue": {
        "GetDatabase DeleteUserDefinedFunction UpdateDatabase": DATABASE,
        "CreateDatabase": ("catalog", "database/{DatabaseInput.Name}"),
        "GetDatabases": ("catalog", "database/*"),
        "DeleteDatabase": (*DATABASE, "table/{Name}/*", "userDefinedFunction/{Name}/*"),
        "GetTable DeleteTable": (*CATALOG, "table/{DatabaseName}/{Name}"),
        "GetTables": (*CATALOG, "table/{DatabaseName}/*"),
        "CreateTable UpdateTable": (*CATALOG, "table/{DatabaseName}/{TableInput.Name}"),
        "BatchDeleteTable": (*CATALOG, "table/{DatabaseName}/{TablesToDelete}"),
        "SearchTables": ("catalog", "database/*", "table/*/*"),
        "GetPartition GetPartitions CreatePartition UpdatePartition DeletePartition BatchCreatePartition BatchUpdatePartition "
        "BatchDeletePartition BatchGetPartition GetTableVersion GetTableVersions DeleteTableVersion BatchDeleteTableVersion "
        "GetPartitionIndexes CreatePartitionIndex DeletePartitionIndex GetColumnStatisticsForTable GetColumnStatisticsForPartition "
        "UpdateColumnStatisticsForTable UpdateColumnStatisticsForPartition DeleteColumnStatisticsForTable "
        "DeleteColumnStatisticsForPartition": TABLE,
        "GetCrawler StartCrawler StopCrawler UpdateCrawler DeleteCrawler": ("crawler/{Name}",),
        "ListCrawls": ("crawler/{CrawlerName}",),
        "BatchGetCrawlers": ("crawler/{CrawlerNames}",),
        "CreateCrawler GetCrawlers ListCrawlers GetCrawlerMetrics StartCrawlerSchedule StopCrawlerSchedule UpdateCrawlerSchedule "
        "CreateClassifier GetClassifier GetClassifiers UpdateClassifier DeleteClassifier GetJobs GetTriggers ListJobs ListTriggers "
        "GetJobBookmark ResetJobBookmark GetSecurityConfiguration CreateSecurityConfiguration": NOTHING,
        "CreateJob": ("job/{Name}",),
        "GetJob UpdateJob DeleteJob StartJobRun GetJobRun GetJobRuns BatchStopJobRun": ("job/{JobName}",),
        "BatchGetJobs": ("job/{JobNames}",),
        "BatchGetTriggers": ("trigger/{TriggerNames}",),
        "CreateTrigger GetTrigger UpdateTrigger DeleteTrigger StartTrigger StopTrigger": ("trigger/{Name}",),
        "TagResource UntagResource GetTags": ("{ResourceArn}",),
        "GetDataCatalogEncryptionSettings PutDataCatalogEncryptionSettings": ("catalog",),
    },
    "athena": {
        "ListWorkGroups ListDataCatalogs ListEngineVersions": NOTHING,
        "GetDatabase ListDatabases ListTableMetadata GetTableMetadata": ("datacatalog/{CatalogName}",),
        "GetDataCatalog": ("datacatalog/{Name}",),
        "TagResource UntagResource ListTagsForResource": ("{ResourceARN}",),
        "CreateWorkGroup": ("workgroup/{Name}",),
    },
    "lambda": {
        "ListFunctions ListLayers ListLayerVersions GetAccountSettings CreateEventSourceMapping ListEventSourceMappings "
        "ListCodeSigningConfigs": NOTHING,
        "CreateFunction GetFunction DeleteFunction Invoke InvokeAsync InvokeWithResponseStream UpdateFunctionCode "
        "UpdateFunctionConfiguration GetFunctionConfiguration PublishVersion ListVersionsByFunction AddPermission RemovePermission "
        "GetPolicy CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases PutFunctionConcurrency GetFunctionConcurrency "
        "DeleteFunctionConcurrency PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig GetFunctionEventInvokeConfig "
        "DeleteFunctionEventInvokeConfig ListFunctionEventInvokeConfigs GetFunctionCodeSigningConfig CreateFunctionUrlConfig "
        "GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig ListFunctionUrlConfigs GetRuntimeManagementConfig "
        "PutRuntimeManagementConfig GetFunctionRecursionConfig PutFunctionRecursionConfig": FUNCTION,
        "PublishLayerVersion": ("layer:{LayerName}",),
        "GetLayerVersion DeleteLayerVersion GetLayerVersionPolicy AddLayerVersionPermission RemoveLayerVersionPermission": LAYER,
        "GetLayerVersionByArn": ("{Arn}",),
        "GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping": ("event-source-mapping:{UUID}",),
        "TagResource UntagResource ListTags": ("{Resource}",),
    },
    "logs": {
        "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy DescribeLogStreams FilterLogEvents AssociateKmsKey "
        "DisassociateKmsKey PutMetricFilter DescribeMetricFilters DeleteMetricFilter PutSubscriptionFilter DescribeSubscriptionFilters "
        "DeleteSubscriptionFilter StartQuery": GROUP,
        "CreateLogStream DeleteLogStream PutLogEvents GetLogEvents": STREAM,
        "TagResource UntagResource ListTagsForResource": ("{resourceArn}",),
        "TagLogGroup UntagLogGroup ListTagsLogGroup": ("log-group:{logGroupName}",),
        "DescribeLogGroups DescribeResourcePolicies PutResourcePolicy DeleteResourcePolicy": NOTHING,
    },
    "events": {
        "PutRule DescribeRule DeleteRule EnableRule DisableRule": ("rule/{Name}",),
        "PutTargets RemoveTargets ListTargetsByRule": ("rule/{Rule}",),
        "ListRules ListEventBuses ListRuleNamesByTarget TestEventPattern": NOTHING,
        "TagResource UntagResource ListTagsForResource": ("{ResourceARN}",),
    },
    "scheduler": {
        "CreateSchedule GetSchedule UpdateSchedule DeleteSchedule": ("schedule/{GroupName}/{Name}",),
        "CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup": ("schedule-group/{Name}",),
        "ListSchedules ListScheduleGroups": NOTHING,
        "TagResource UntagResource ListTagsForResource": ("{ResourceArn}",),
    },
    "firehose": {
        "CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream UpdateDestination PutRecord PutRecordBatch TagDeliveryStream "
        "UntagDeliveryStream ListTagsForDeliveryStream StartDeliveryStreamEncryption StopDeliveryStreamEncryption": (
            "deliverystream/{DeliveryStreamName}",
        ),
        "ListDeliveryStreams": NOTHING,
    },
    "monitoring": {
        "PutMetricAlarm SetAlarmState": ("alarm:{AlarmName}",),
        "DeleteAlarms EnableAlarmActions DisableAlarmActions": ("alarm:{AlarmNames}",),
        "DescribeAlarms DescribeAlarmHistory": ("alarm:*",),
        "PutDashboard GetDashboard": ("dashboard/{DashboardName}",),
        "DeleteDashboards": ("dashboard/{DashboardNames}",),
        "TagResource UntagResource ListTagsForResource": ("{ResourceARN}",),
        "PutMetricData GetMetricData GetMetricStatistics ListMetrics ListDashboards DescribeAlarmsForMetric": NOTHING,
    },
    "sns": {
        "TagResource UntagResource ListTagsForResource": ("{ResourceArn}",),
        "ListTopics ListSubscriptions": NOTHING,
    },
    "budgets": {
        "CreateBudget": ("budget/{Budget.BudgetName}",),
        "UpdateBudget": ("budget/{NewBudget.BudgetName}",),
        "DescribeBudget DeleteBudget DescribeNotificationsForBudget DescribeSubscribersForNotification CreateNotification "
        "UpdateNotification DeleteNotification CreateSubscriber UpdateSubscriber DeleteSubscriber "
        "DescribeBudgetPerformanceHistory": ("budget/{BudgetName}",),
        "DescribeBudgets DescribeBudgetNotificationsForAccount": ("budget/*",),
        "TagResource UntagResource ListTagsForResource": ("{ResourceARN}",),
    },
    "ssm": {
        "GetParameter PutParameter DeleteParameter GetParameterHistory": ("parameter/{Name}",),
        "GetParameters DeleteParameters": ("parameter/{Names}",),
        "GetParametersByPath": ("parameter/{Path}",),
        "DescribeParameters": NOTHING,
    },
    "iam": {
        "CreateRole GetRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy "
        "DeleteRolePolicy ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies TagRole UntagRole ListRoleTags "
        "ListInstanceProfilesForRole PutRolePermissionsBoundary DeleteRolePermissionsBoundary": ("role/{RoleName}",),
        "CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile "
        "TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags": ("instance-profile/{InstanceProfileName}",),
        "CreatePolicy": ("policy/{PolicyName}",),
        "ListRoles ListUsers ListGroups ListPolicies ListInstanceProfiles ListAccountAliases GetAccountSummary "
        "SimulateCustomPolicy": NOTHING,
        "SimulatePrincipalPolicy": ("{PolicySourceArn}",),
    },
    "ec2": {
        "TerminateInstances StartInstances StopInstances RebootInstances": ("instance/{InstanceId}",),
        "ModifyInstanceMetadataOptions ModifyInstanceAttribute DescribeInstanceAttribute GetConsoleOutput DisassociateIamInstanceProfile "
        "ReplaceIamInstanceProfileAssociation": ("instance/{InstanceId}",),
        "AssociateIamInstanceProfile": ("instance/{InstanceId}",),
        "CreateKeyPair ImportKeyPair DeleteKeyPair": ("key-pair/{KeyName}",),
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress "
        "DeleteSecurityGroup ModifySecurityGroupRules": ("security-group/{GroupId}",),
    },
}

#: operation → action, where they differ
ACTIONS = {
    "lambda": {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction", "GetLayerVersionByArn": "GetLayerVersion"},
    "sqs": {
        "SendMessageBatch": "SendMessage",
        "DeleteMessageBatch": "DeleteMessage",
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    },
    "sns": {"PublishBatch": "Publish"},
    # Two actions for all but tags.
    "budgets": {
        operation: "ViewBudget" if operation.startswith("Describe") else "ModifyBudget"
        for operations in RESOURCES["budgets"]
        for operation in operations.split()
        if not operation.endswith("Resource")
    },
    "logs": {"TagLogGroup": "TagResource", "UntagLogGroup": "UntagResource", "ListTagsLogGroup": "ListTagsForResource"},
}

#: Making something with tags needs the permission to tag it: (service, operation) → (the tags' parameter, action)
TAGGED = {
    ("lambda", "CreateFunction"): ("Tags", "lambda:TagResource"),
    ("sqs", "CreateQueue"): ("tags", "sqs:TagQueue"),
    ("logs", "CreateLogGroup"): ("tags", "logs:TagResource"),
    ("iam", "CreateRole"): ("Tags", "iam:TagRole"),
    ("iam", "CreateInstanceProfile"): ("Tags", "iam:TagInstanceProfile"),
    ("iam", "CreatePolicy"): ("Tags", "iam:TagPolicy"),
    ("athena", "CreateWorkGroup"): ("Tags", "athena:TagResource"),
    ("glue", "CreateCrawler"): ("Tags", "glue:TagResource"),
    ("glue", "CreateDatabase"): ("Tags", "glue:TagResource"),
    ("glue", "CreateJob"): ("Tags", "glue:TagResource"),
    ("sns", "CreateTopic"): ("Tags", "sns:TagResource"),
    ("events", "PutRule"): ("Tags", "events:TagResource"),
    ("firehose", "CreateDeliveryStream"): ("Tags", "firehose:TagDeliveryStream"),
    ("kms", "CreateKey"): ("Tags", "kms:TagResource"),
    ("budgets", "CreateBudget"): ("ResourceTags", "budgets:TagResource"),
    ("ssm", "PutParameter"): ("Tags", "ssm:AddTagsToResource"),
    ("monitoring", "PutMetricAlarm"): ("Tags", "cloudwatch:TagResource"),
    ("monitoring", "PutDashboard"): ("Tags", "cloudwatch:TagResource"),
}

_NAMESPACES = {"monitoring": "cloudwatch"}


@cache
def _table(service):
    """operation → templates of a service."""
    return {operation: resources for operations, resources in RESOURCES.get(service, {}).items() for operation in operations.split()}


def namespace(service):
    return _NAMESPACES.get(service, service)


def of(call):
    """The Questions of a Call by the tables; None where they do not know it."""
    special = _SPECIAL.get((call.service, call.operation))
    templates = _table(call.service).get(call.operation)
    if special:
        main = special(call)
    elif templates:
        action = f"{namespace(call.service)}:{ACTIONS.get(call.service, {}).get(call.operation, call.operation)}"
        main = [Question(action, resource) for template in templates for resource in _resources(call, template)]
    else:
        return None
    return main + beside(call, main)


def beside(call, main):
    """What goes with the main questions: tags at creation."""
    tags, action = TAGGED.get((call.service, call.operation), (None, None))
    if not tags or not (call.params.get(tags) or any(name.startswith(f"{tags}.") for name in call.params)):
        return []
    resource = [question for question in main if question.action == main[0].action][-1].resource
    if action == "glue:TagResource" and call.operation == "CreateCrawler":
        resource = call.arn(f"crawler/{call.params.get('Name')}")
    if action == "logs:TagResource":
        resource = resource.removesuffix(":log-stream:")
    return [Question(action, resource)]


def _value(params, path):
    """The values of a dotted path in the parameters, as a list; a list of names or of their structures alike."""
    for part in path.split("."):
        params = params.get(part) if isinstance(params, dict) else None
    values = params if isinstance(params, list) else [params]
    return [str(value) for value in values if value not in (None, "")]


def _resources(call, template):
    """The ARNs that a template stands for; a missing parameter leaves `*` in its place."""
    if template == "*":
        return ["*"]
    made = [template]
    for path in re.findall(r"{([^}]+)}", template):
        values = call.several(path) if "." not in path else _value(call.params, path)
        values = [str(value) for value in values if value not in (None, "")] or _default(call, path)
        made = [text.replace("{" + path + "}", value) for text in made for value in values]
    return [_arn(call, text) for text in made]


def _default(call, path):
    if call.service == "scheduler" and path == "GroupName":
        return ["default"]
    if call.service == "athena" and path in ("CatalogName",):
        return ["AwsDataCatalog"]
    return [""] if path == "logStreamName" else ["*"]


def _arn(call, text):
    if text.startswith("arn:"):
        return text
    kind, _, name = text.partition(":" if call.service == "lambda" else "/")
    if name.startswith("arn:"):
        return name  # a name may be given as an ARN
    if call.service == "lambda" and kind == "function":
        return call.arn(f"function:{_function(name, call.params.get('Qualifier'))}")
    if call.service == "iam":
        return call.arn(f"{kind}/{_path(call, kind, name)}{name}", region="")
    if call.service == "budgets":
        return call.arn(text, region="")  # of the account
    if call.service == "monitoring":
        return call.arn(text, service="cloudwatch", region="" if text.startswith("dashboard/") else None)
    if call.service == "ssm":
        name = name.lstrip("/")
        return call.arn(f"parameter/{name}", account="" if name.startswith("aws/service/") else None)
    if call.service == "events" and kind == "rule":
        bus = str(call.params.get("EventBusName") or "default").rpartition("/")[2]
        return call.arn(f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
    return call.arn(text)


def _function(name, qualifier):
    """A function's name from all that may stand for it: ARN, partial ARN, name, each with a qualifier."""
    name = name.rpartition("function:")[2]
    return f"{name}:{qualifier}" if qualifier and ":" not in name else name


def _path(call, kind, name):
    """The path of a role, instance profile or policy: as it was made, or as it is to be."""
    from ministack.services import iam

    store = {"role": iam._roles, "instance-profile": iam._instance_profiles}.get(kind, {})
    known = store.get(name) if store else None
    return str((known or {}).get("Path") or call.params.get("Path") or "/").lstrip("/")


# --- operations that need more than a template


def _create_function(call):
    """The function, its layers' versions, and its code where that lies in S3."""
    action = f"lambda:{call.operation}"
    asked = [Question(action, resource) for resource in _resources(call, FUNCTION[0])]
    asked += [Question("lambda:GetLayerVersion", layer) for layer in call.params.get("Layers") or []]
    code = call.params.get("Code") or call.params
    if isinstance(code, dict) and code.get("S3Bucket") and code.get("S3Key"):
        asked.append(Question("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}"))
    return asked


def _batch_delete_table(call):
    names = [name for name in call.params.get("TablesToDelete") or ["*"] if isinstance(name, str)]
    database = call.params.get("DatabaseName", "*")
    texts = ["catalog", f"database/{database}", *(f"table/{database}/{name}" for name in names)]
    return [Question("glue:BatchDeleteTable", call.arn(text)) for text in texts]


def _run_instances(call):
    """The image, and what is made or used with it, each by its own ARN."""
    asked = [call.arn(f"image/{call.params.get('ImageId', '*')}", account=""), *(call.arn(f"{kind}/*") for kind in ("instance", "volume"))]
    groups = [
        value
        for name, value in call.params.items()
        if re.fullmatch(r"(NetworkInterface\.\d+\.)?(SecurityGroupId|SecurityGroup)\.\d+", name)
    ]
    subnets = [value for name, value in call.params.items() if re.fullmatch(r"(NetworkInterface\.\d+\.)?SubnetId", name)]
    asked += [call.arn(f"network-interface/{value}") for value in ["*"]]
    asked += [call.arn(f"subnet/{value}") for value in subnets or ["*"]]
    asked += [call.arn(f"security-group/{value}") for value in groups or ["*"]]
    if call.params.get("KeyName"):
        asked.append(call.arn(f"key-pair/{call.params['KeyName']}"))
    return [Question("ec2:RunInstances", resource) for resource in asked] + _tags_at_creation(call)


def _create_security_group(call):
    asked = [call.arn("security-group/*")]
    if call.params.get("VpcId"):
        asked.append(call.arn(f"vpc/{call.params['VpcId']}"))
    return [Question("ec2:CreateSecurityGroup", resource) for resource in asked] + _tags_at_creation(call)


def _key_pair(call):
    name = call.params.get("KeyName") or call.params.get("KeyPairId") or "*"
    return [Question(f"ec2:{call.operation}", call.arn(f"key-pair/{name}")), *_tags_at_creation(call)]


def _tags_at_creation(call):
    kinds = {value for name, value in call.params.items() if re.fullmatch(r"TagSpecification\.\d+\.ResourceType", name)}
    context = {"ec2:CreateAction": call.operation}
    names = {"key-pair": call.params.get("KeyName", "*")}
    return [Question("ec2:CreateTags", call.arn(f"{kind}/{names.get(kind, '*')}"), context) for kind in sorted(kinds)]


_EC2_KINDS = {
    "i": "instance",
    "sg": "security-group",
    "vol": "volume",
    "eni": "network-interface",
    "subnet": "subnet",
    "vpc": "vpc",
    "key": "key-pair",
    "sgr": "security-group-rule",
    "ami": "image",
    "snap": "snapshot",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "eipalloc": "elastic-ip",
}


def _ec2_tags(call):
    return [Question(f"ec2:{call.operation}", call.arn(_ec2_resource(each, call))) for each in call.several("ResourceId") or ["*"]]


def _ec2_resource(identity, call):
    """What an id of EC2's stands for in an ARN; of a key pair it is the name."""
    from moto.ec2.models import ec2_backends

    kind = _EC2_KINDS.get(identity.partition("-")[0], "*")
    if kind == "key-pair":
        pairs = ec2_backends[call.account][call.region].key_pairs
        identity = next((name for name, pair in list(pairs.items()) if pair.id == identity), identity)
    return f"{kind}/{identity}"


def _ec2_profile(call):
    """Association ids name no instance; which one it is, the state of EC2 knows, so any is asked for."""
    return [Question(f"ec2:{call.operation}", call.arn(f"instance/{call.params.get('InstanceId', '*')}"))]


def _create_alias(call):
    key = str(call.params.get("TargetKeyId", "*"))
    asked = [call.arn(str(call.params.get("AliasName", "alias/*"))), key if key.startswith("arn:") else call.arn(f"key/{key}")]
    return [Question(f"kms:{call.operation}", resource) for resource in asked]


def _delete_alias(call):
    """The alias, and the key behind it."""
    from ministack.services import kms

    alias = str(call.params.get("AliasName", "alias/*"))
    known = kms._resolve_key(alias)
    return [Question("kms:DeleteAlias", resource) for resource in (call.arn(alias), *([known["Arn"]] if known else []))]


def _put_metric_data(call):
    """Metrics have no ARN; a policy bounds them by their namespace."""
    return [Question("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": str(call.params.get("Namespace", ""))})]


_SPECIAL = {
    ("monitoring", "PutMetricData"): _put_metric_data,
    ("lambda", "CreateFunction"): _create_function,
    ("lambda", "UpdateFunctionConfiguration"): _create_function,
    ("lambda", "UpdateFunctionCode"): _create_function,
    ("glue", "BatchDeleteTable"): _batch_delete_table,
    ("ec2", "RunInstances"): _run_instances,
    ("ec2", "CreateSecurityGroup"): _create_security_group,
    ("ec2", "CreateKeyPair"): _key_pair,
    ("ec2", "ImportKeyPair"): _key_pair,
    ("ec2", "DeleteKeyPair"): _key_pair,
    ("ec2", "CreateTags"): _ec2_tags,
    ("ec2", "DeleteTags"): _ec2_tags,
    ("ec2", "DisassociateIamInstanceProfile"): _ec2_profile,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): _ec2_profile,
    ("kms", "CreateAlias"): _create_alias,
    ("kms", "DeleteAlias"): _delete_alias,
    ("kms", "UpdateAlias"): _create_alias,
}
