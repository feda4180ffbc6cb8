#!/usr/bin/python
"""Manage a REST API of Amazon API Gateway with one stage."""

DOCUMENTATION = r"""
module: rest_api_config
short_description: Manage a REST API of Amazon API Gateway with one stage
description:
  - Create, update or delete a regional REST API from an OpenAPI document, its deployment and one stage.
  - Unlike M(community.aws.api_gateway) it deploys when the document changed, or when what is deployed was changed by hand, and not at
    each run; and it knows variables, throttle, metrics, access log and tags of the stage.
  - What is deployed is compared with what AWS showed of it right after the last deployment, by fingerprints that the deployment's
    description holds. So it does not matter how AWS spells a document. A change by hand that nobody deployed serves nobody; it is
    overwritten with the next change.
options:
  name:
    description: Name of the API; AWS allows many of one name, this module one.
    type: str
    required: true
  description:
    description: What the API is for.
    type: str
    default: ""
  openapi:
    description:
      - File on the controller with an OpenAPI 3 document in JSON, with API Gateway's extensions.
      - Its title and description are replaced by O(name) and O(description).
    type: path
  values:
    description: What stands for C(<<name>>) in the document's texts. One too many is an error, and so is one missing.
    type: dict
    default: {}
  stage:
    description: Name of the stage.
    type: str
  stage_variables:
    description: All variables of the stage; others are removed.
    type: dict
    default: {}
  throttle_rate:
    description: Requests a second that a method of the stage takes over time, all callers together.
    type: float
    default: 100
  throttle_burst:
    description: Requests that it takes at once.
    type: int
    default: 200
  access_log_arn:
    description: ARN of the log group that gets a line for each request; empty for none. The account must have a role for it.
    type: str
    default: ""
  access_log_format:
    description: Such a line, with C($context) variables.
    type: str
    default: ""
  execution_log:
    description:
      - What API Gateway writes of its own steps into its group C(API-Gateway-Execution-Logs_ID/STAGE), never with bodies.
      - C(INFO) writes more of a request than should be kept. The account must have a role for it.
    type: str
    choices: ["OFF", ERROR, INFO]
    default: "OFF"
  execution_log_days:
    description: How long such lines are kept. The group is made before API Gateway makes it by itself, and goes with the API.
    type: int
    default: 30
  tracing:
    description: Whether X-Ray gets traces of requests.
    type: bool
    default: false
  metrics:
    description: Whether CloudWatch gets metrics of each method, which it bills, beside those of the stage.
    type: bool
    default: false
  keep_deployments:
    description: How many older deployments are kept, to go back to by hand.
    type: int
    default: 3
  tags:
    description: All tags of the API and its stage; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: Clicks are taken
  rest_api_config:
    name: clickstream-ingest-poc
    openapi: files/openapi/clickstream.json
    values:
      partition: aws
      region: eu-central-1
      firehose_role_arn: arn:aws:iam::123456789012:role/APIGateway-Firehose
      allowed_origin: https://shop.example
    stage: v1
    stage_variables: {stream: clickstream}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description:
    - The API as it is, or in check mode would be; empty when absent.
    - C(document) is the document's fingerprint, C(served) whether the stage serves it or something that was changed by hand.
  type: dict
  returned: always
  sample: {name: clickstream-ingest-poc, methods: [POST /poc], document: 0f3a, served: as deployed, stage: v1}
id:
  description: Id of the API; empty when there is none.
  type: str
  returned: success
"""

import hashlib
import json
import re

from ansible.module_utils import api_gateway
from ansible.module_utils.aws_resource import aws_module, converge, is_missing, once_possible, tag_changes

try:
    from botocore.exceptions import ClientError
except ImportError:
    ClientError = None  # AnsibleAWSModule reports it

MISSING = "NotFoundException"
APIS = ("get_rest_apis", "REST API")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
MODEL_REFERENCE = "https://apigateway.amazonaws.com/restapis/{}/models/{}"
SCHEMA_REFERENCE = "#/components/schemas/"
#: What a deployment's description says: fingerprints of the document, and of what AWS showed of it.
MARK = "document {} shown {}"
MARKED = re.compile(r"document ([0-9a-f]{16}) shown ([0-9a-f]{16}|nothing)")
AS_DEPLOYED, BY_HAND = "as deployed", "changed by hand"
#: The settings of all methods: field, path of the patch, member, and what AWS means when it says nothing.
ALL_METHODS = "*/*"
SETTINGS = (
    ("throttle_rate", "throttling/rateLimit", "throttlingRateLimit", -1.0),
    ("throttle_burst", "throttling/burstLimit", "throttlingBurstLimit", -1),
    ("metrics", "metrics/enabled", "metricsEnabled", False),
    ("execution_log", "logging/loglevel", "loggingLevel", "OFF"),
    ("execution_bodies", "logging/dataTrace", "dataTraceEnabled", False),
)
#: The role that was just given to the account is not seen everywhere at once.
NO_LOG_ROLE_YET = ("CloudWatch Logs role ARN must be set",)


# --- the document


def filled(document, values):
    """(`document` with each <<name>> of its texts replaced, errors in words)."""
    named = set(re.findall(r"<<(\w+)>>", json.dumps(document)))
    errors = [f"the document names <<{name}>>, which values do not have" for name in sorted(named - set(values))]
    errors += [f"values have {name}, which the document does not name" for name in sorted(set(values) - named)]

    def fill(node):
        if isinstance(node, dict):
            return {key: fill(value) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(each) for each in node]
        return re.sub(r"<<(\w+)>>", lambda found: str(values[found[1]]), node) if isinstance(node, str) else node

    return (document if errors else fill(document)), errors


def loaded(module):
    """The document that is wanted, with its placeholders filled; the module fails where it is none."""
    path = module.params["openapi"]
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"openapi {path}: {error}")
    version = document.get("openapi", "") if isinstance(document, dict) else ""
    if not str(version).startswith("3.0"):
        module.fail_json(msg=f"openapi {path} is of version {version!r}: it must be an OpenAPI document of version 3.0")
    document, errors = filled(document, module.params["values"])
    if errors:
        module.fail_json(msg=f"openapi {path}: " + "; ".join(errors))
    named = {"title": module.params["name"], "description": module.params["description"]}
    return {**document, "info": {**document.get("info", {}), **named}}


def fingerprint(document):
    """16 hexadecimal digits of a document, whatever the order of what it lists."""

    def plain(node):
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items()}
        return sorted(map(plain, node), key=lambda each: json.dumps(each, sort_keys=True)) if isinstance(node, list) else node

    return hashlib.sha256(json.dumps(plain(document), sort_keys=True).encode()).hexdigest()[:16]


def methods_of(document):
    """["POST /poc", …]."""
    every = [(method, path) for path, item in document.get("paths", {}).items() for method in item if method in METHODS]
    return sorted(f"{'ANY' if method.startswith('x-') else method.upper()} {path}" for method, path in every)


def schema_of(model, api_id):
    """A model's schema with references as API Gateway spells them."""
    if isinstance(model, dict):
        return {key: schema_of(value, api_id) for key, value in model.items()}
    if isinstance(model, list):
        return [schema_of(each, api_id) for each in model]
    if isinstance(model, str) and model.startswith(SCHEMA_REFERENCE):
        return MODEL_REFERENCE.format(api_id, model.removeprefix(SCHEMA_REFERENCE))
    return model


# --- AWS


class RestApi:
    """An API by its name, with its stage."""

    def __init__(self, module, document):
        self.module, self.params, self.document = module, module.params, document
        self.client, self.logs = module.client("apigateway"), module.client("logs")
        self.id = ""

    def wanted(self):
        """What is declared, in the shape of `describe`."""
        same = ("name", "description", "stage", "throttle_rate", "throttle_burst", "access_log_arn", "execution_log", "metrics", "tracing")
        return {
            **{key: self.params[key] for key in (*same, "tags")},
            "execution_log_days": self.params["execution_log_days"] if self.params["execution_log"] != "OFF" else 0,
            "methods": methods_of(self.document),
            "document": fingerprint(self.document),
            "served": AS_DEPLOYED,
            "stage_variables": {key: str(value) for key, value in self.params["stage_variables"].items()},
            "stage_tags": self.params["tags"],
            "access_log_format": self.params["access_log_format"] if self.params["access_log_arn"] else "",
            "execution_bodies": False,
            "method_settings": [],
        }

    def describe(self):
        """The API in the options' own shape, or None. Sets `id` and `deployment`."""
        self.id, self.deployment = "", ""
        found = api_gateway.one(self.module, self.client, *APIS, self.params["name"])
        if not found:
            return None
        self.id = found["id"]
        said = {"name": found["name"], "description": found.get("description", ""), "tags": found.get("tags") or {}}
        return {**said, **self.describe_stage()}

    def describe_stage(self):
        """What of the API is in its stage, all of it empty without one."""
        try:
            stage = self.client.get_stage(restApiId=self.id, stageName=self.params["stage"]) if self.params["stage"] else {}
        except ClientError as error:
            if not is_missing(error, MISSING):
                raise
            stage = {}
        settings, log = stage.get("methodSettings") or {}, stage.get("accessLogSettings") or {}
        every = settings.get(ALL_METHODS, {})
        self.deployment = stage.get("deploymentId", "")
        return {
            "stage": stage.get("stageName", ""),
            "stage_variables": stage.get("variables") or {},
            "stage_tags": stage.get("tags") or {},
            "access_log_arn": log.get("destinationArn", "").removesuffix(":*"),
            "access_log_format": log.get("format", ""),
            "tracing": stage.get("tracingEnabled", False),
            "execution_log_days": self.log_days(),
            **{field: type(default)(every.get(member, default)) for field, _, member, default in SETTINGS},
            "method_settings": sorted(set(settings) - {ALL_METHODS}),
            **self.describe_served(),
        }

    def log_group(self):
        """Where API Gateway writes of its own steps."""
        return f"API-Gateway-Execution-Logs_{self.id}/{self.params['stage']}"

    def log_days(self):
        """How long those lines are kept; 0 without a group, or where none is wanted."""
        if self.params["execution_log"] == "OFF":
            return 0
        found = self.logs.describe_log_groups(logGroupNamePrefix=self.log_group())["logGroups"]
        return next((each.get("retentionInDays", -1) for each in found if each["logGroupName"] == self.log_group()), 0)

    def keep_log(self, before, after):
        """The group of the execution log, which API Gateway would make without tags and for ever."""
        if before["execution_log_days"] == after["execution_log_days"]:
            return
        try:
            self.logs.create_log_group(logGroupName=self.log_group(), tags=after["tags"])
        except ClientError as error:
            if not is_missing(error, "ResourceAlreadyExistsException"):
                raise
        self.logs.put_retention_policy(logGroupName=self.log_group(), retentionInDays=after["execution_log_days"])

    def remove_log(self):
        try:
            self.logs.delete_log_group(logGroupName=self.log_group())
        except ClientError as error:
            if not is_missing(error, "ResourceNotFoundException"):
                raise

    def describe_served(self):
        """Which document was deployed, and whether it is what the stage serves."""
        document, shown, export = "", "", {}
        if self.deployment:
            said = self.client.get_deployment(restApiId=self.id, deploymentId=self.deployment).get("description", "")
            document, shown = found.groups() if (found := MARKED.search(said)) else ("", "")
            export = self.export()
        served = AS_DEPLOYED if shown and shown == fingerprint(export) else BY_HAND if self.deployment else ""
        return {"methods": methods_of(export), "document": document, "served": served}

    def export(self):
        """What the stage serves, as AWS tells it, without what is of no account."""
        answer = self.client.get_export(
            restApiId=self.id,
            stageName=self.params["stage"],
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        )
        shown = json.loads(answer["body"].read())
        # The place, and a moment where the document had no version.
        return {key: value for key, value in shown.items() if key not in ("servers", "info")}

    def apply(self, before, after):
        """Make AWS match `after`."""
        if after is None:
            self.client.delete_rest_api(restApiId=self.id)
            self.remove_log()
            return
        if before is None:
            self.create(after)
            before = {**self.describe_stage(), "tags": after["tags"], "description": ""}
        self.tag(f"/restapis/{self.id}", before["tags"], after["tags"])
        same = all(before[key] == after[key] for key in ("description", "document", "served"))
        deployment = self.deployment if same else self.deploy(after)
        if not before["stage"]:
            given = {"variables": after["stage_variables"], "tags": after["tags"]}
            self.client.create_stage(restApiId=self.id, stageName=after["stage"], deploymentId=deployment, **given)
            before = {**self.describe_stage(), "tags": after["tags"]}
        self.keep_log(before, after)
        self.update_stage(before, after, deployment)
        if not same:
            self.mark(after["document"], deployment)
            self.forget_old(deployment)

    def create(self, after):
        """An empty API."""
        regional = {"types": ["REGIONAL"]}
        made = self.client.create_rest_api(name=after["name"], endpointConfiguration=regional, tags=after["tags"])
        self.id = made["id"]
        for twin in api_gateway.twins(self.client, APIS[0], made):
            self.client.delete_rest_api(restApiId=twin["id"])

    def deploy(self, after):
        """Replace the definition and take a snapshot of it, which serves nobody yet; returns the snapshot's id."""
        made = self.client.put_rest_api(restApiId=self.id, mode="overwrite", body=json.dumps(self.document).encode())
        for warning in made.get("warnings") or []:
            self.module.warn(f"REST API {after['name']!r}: AWS says of the OpenAPI document: {warning}")
        self.mend_models()
        said = MARK.format(after["document"], "nothing")
        return self.client.create_deployment(restApiId=self.id, description=said)["id"]

    def mend_models(self):
        """AWS says that an import loses parts of a model, such as maxItems: give those models their schemas again."""
        wanted = self.document.get("components", {}).get("schemas", {})
        for model in api_gateway.listed(self.client, "get_models", restApiId=self.id):
            schema = schema_of(wanted.get(model["name"]), self.id)
            kept = {key: value for key, value in json.loads(model.get("schema") or "{}").items() if key != "$schema"}
            if schema is not None and fingerprint(kept) != fingerprint(schema):
                text = json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", **schema})
                patch = [{"op": "replace", "path": "/schema", "value": text}]
                self.client.update_model(restApiId=self.id, modelName=model["name"], patchOperations=patch)

    def update_stage(self, before, after, deployment):
        """All that differs in one call."""
        patch = [] if self.deployment == deployment else [replace("/deploymentId", deployment)]
        to_set, to_remove = tag_changes(before["stage_variables"], after["stage_variables"])
        patch += [replace(f"/variables/{name}", value) for name, value in sorted(to_set.items())]
        patch += [{"op": "remove", "path": f"/variables/{name}"} for name in sorted(to_remove)]
        for field, path, _, _ in SETTINGS:
            if before[field] != after[field]:
                patch.append(replace(f"/{ALL_METHODS}/{path}", text_of(after[field])))
        patch += [{"op": "remove", "path": settings_path(key)} for key in before["method_settings"]]
        if before["tracing"] != after["tracing"]:
            patch.append(replace("/tracingEnabled", text_of(after["tracing"])))
        if not after["access_log_arn"] and before["access_log_arn"]:
            patch.append({"op": "remove", "path": "/accessLogSettings"})
        elif any(before[key] != after[key] for key in ("access_log_arn", "access_log_format")):
            patch.append(replace("/accessLogSettings/destinationArn", after["access_log_arn"]))
            patch.append(replace("/accessLogSettings/format", after["access_log_format"]))
        if patch:
            change = {"restApiId": self.id, "stageName": after["stage"], "patchOperations": patch}
            once_possible(lambda: self.client.update_stage(**change), NO_LOG_ROLE_YET)
        self.tag(f"/restapis/{self.id}/stages/{after['stage']}", before["stage_tags"], after["stage_tags"])

    def mark(self, document, deployment):
        """Remember what AWS shows of the document, to find what is changed by hand."""
        said = MARK.format(document, fingerprint(self.export()))
        patch = [replace("/description", said)]
        self.client.update_deployment(restApiId=self.id, deploymentId=deployment, patchOperations=patch)

    def forget_old(self, deployment):
        """Delete older deployments but a few; one that another stage serves stays, since AWS refuses."""
        old = [each for each in api_gateway.listed(self.client, "get_deployments", restApiId=self.id) if each["id"] != deployment]
        old.sort(key=lambda each: each["createdDate"], reverse=True)
        for each in old[self.params["keep_deployments"] :]:
            try:
                self.client.delete_deployment(restApiId=self.id, deploymentId=each["id"])
            except ClientError as error:
                if not is_missing(error, "BadRequestException", MISSING):
                    raise

    def tag(self, path, before, after):
        """Change tags of the API or its stage."""
        to_set, to_remove = tag_changes(before, after)
        arn = f"arn:{self.partition()}:apigateway:{self.module.region}::{path}" if to_set or to_remove else ""
        if to_set:
            self.client.tag_resource(resourceArn=arn, tags=to_set)
        if to_remove:
            self.client.untag_resource(resourceArn=arn, tagKeys=to_remove)

    def partition(self):
        return self.client.meta.partition


def replace(path, value):
    """One operation of a patch."""
    return {"op": "replace", "path": path, "value": value}


def text_of(value):
    """A setting as the API takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")


def settings_path(key):
    """Where a method's own settings lie: its path's slashes are written ~1."""
    path, _, method = key.rpartition("/")
    return f"/{path.replace('/', '~1')}/{method}"


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "openapi": {"type": "path"},
            "values": {"type": "dict", "default": {}},
            "stage": {},
            "stage_variables": {"type": "dict", "default": {}},
            "throttle_rate": {"type": "float", "default": 100},
            "throttle_burst": {"type": "int", "default": 200},
            "access_log_arn": {"default": ""},
            "access_log_format": {"default": ""},
            "execution_log": {"choices": ["OFF", "ERROR", "INFO"], "default": "OFF"},
            "execution_log_days": {"type": "int", "default": 30},
            "tracing": {"type": "bool", "default": False},
            "metrics": {"type": "bool", "default": False},
            "keep_deployments": {"type": "int", "default": 3},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["openapi", "stage"])],
    )
    if module.params["access_log_arn"] and not module.params["access_log_format"]:
        module.fail_json(msg=f"access_log_format is missing: say what a line of {module.params['access_log_arn']} holds")
    present = module.params["state"] == "present"
    api = RestApi(module, loaded(module) if present else {})
    wanted = api.wanted() if present else {}
    converge(module, f"REST API {module.params['name']!r}", api.describe, api.apply, wanted, lambda: {"id": api.id})


if __name__ == "__main__":
    main()
