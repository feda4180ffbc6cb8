"""Stages: which deployment is served under which name, with variables, access logs and limits of its methods."""

import copy
import re

from localcloud.gateway.control import patch, plans
from localcloud.gateway.control.here import absent, bad, conflict, limit, now
from localcloud.gateway.control.patch import BOOLEAN, INTEGER, NUMBER, REMOVABLE, TEXT, Field
from localcloud.gateway.control.tags import checked_tags

OPERATIONS = ("create_stage", "get_stage", "get_stages", "update_stage", "delete_stage")

_FIELDS = {
    "/deploymentId": TEXT,
    "/description": TEXT,
    "/tracingEnabled": BOOLEAN,
    "/cacheClusterEnabled": BOOLEAN,
    "/accessLogSettings": Field(ops=("remove",)),
    "/accessLogSettings/destinationArn": REMOVABLE,
    "/accessLogSettings/format": REMOVABLE,
    "/variables/*": REMOVABLE,
}
#: What a method's setting has by its path in a patch: member, Field.
_SETTINGS = {
    "metrics/enabled": ("metricsEnabled", BOOLEAN),
    "logging/loglevel": ("loggingLevel", Field(choices=("OFF", "ERROR", "INFO"))),
    "logging/dataTrace": ("dataTraceEnabled", BOOLEAN),
    "throttling/burstLimit": ("throttlingBurstLimit", INTEGER),
    "throttling/rateLimit": ("throttlingRateLimit", NUMBER),
    "caching/enabled": ("cachingEnabled", BOOLEAN),
}
_SETTING = re.compile(rf"/(?P<resource>.+)/(?P<method>\*|[A-Z]+)/(?P<setting>{'|'.join(map(re.escape, _SETTINGS))})")
_WHOLE_SETTING = re.compile(r"/(?P<resource>.+)/(?P<method>\*|[A-Z]+)")
_DEFAULTS = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10_000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_LOG_GROUP = re.compile(r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:(.+)")
_STREAM = re.compile(r"arn:aws:firehose:[a-z0-9-]+:\d{12}:deliverystream/(.+)")
_VARIABLE, _VARIABLE_VALUE = re.compile(r"[A-Za-z0-9_]+"), re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")


def create_stage(here, given):
    record, name = here.record(given["restApiId"]), given["stageName"]
    if name in record["stages"]:
        raise conflict("Stage already exists")
    limit("Stages for this API", len(record["stages"]), 10)
    stage = _new(given | {"tags": checked_tags(given.get("tags") or {})}, given["deploymentId"], given.get("description"))
    _check(here, record, stage)
    record["stages"][name] = stage
    return shown(stage)


def deploy(here, record, given, deployment_id):
    """CreateDeployment with a stage: it is made, or moved to the deployment."""
    stage = record["stages"].get(given["stageName"])
    if stage is None:
        limit("Stages for this API", len(record["stages"]), 10)
        stage = _new(given, deployment_id, given.get("stageDescription"))
    else:
        _refuse_what_is_absent(given)
        stage = copy.deepcopy(stage) | {"deploymentId": deployment_id, "lastUpdatedDate": now()}
        stage["variables"] = stage.get("variables", {}) | (given.get("variables") or {})
        stage |= {"description": given["stageDescription"]} if given.get("stageDescription") else {}
    _check(here, record, stage, {deployment_id})
    record["stages"][given["stageName"]] = stage


def _refuse_what_is_absent(given):
    if given.get("cacheClusterEnabled"):
        raise absent("a cache cluster")
    if given.get("canarySettings"):
        raise absent("a canary")
    if given.get("documentationVersion"):
        raise absent("documentation of an API")


def _new(given, deployment_id, description):
    _refuse_what_is_absent(given)
    stage = {"deploymentId": deployment_id, "stageName": given["stageName"], "cacheClusterEnabled": False}
    stage |= {"cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}, "variables": dict(given.get("variables") or {})}
    stage |= {"tracingEnabled": bool(given.get("tracingEnabled")), "tags": given.get("tags") or {}}
    stage |= {"createdDate": now(), "lastUpdatedDate": now()}
    return stage | ({"description": description} if description else {})


def _check(here, record, stage, further=frozenset()):
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", stage["stageName"]):
        raise bad("Stage name only allows a-zA-Z0-9_-")
    if stage["deploymentId"] not in {*record["deployments"], *further}:
        raise bad("Deployment id does not exist")
    for name, value in stage["variables"].items():
        if not _VARIABLE.fullmatch(name) or not _VARIABLE_VALUE.fullmatch(value):
            raise bad(f"Stage variable '{name}' is '{value}': names take A-Za-z0-9_, values A-Za-z0-9-._~:/?#&=,")
    _check_log(here, stage.get("accessLogSettings") or {})
    levels = {setting.get("loggingLevel") for setting in stage["methodSettings"].values()}
    if (levels & {"ERROR", "INFO"}) and not here.tables["account"].get("cloudwatchRoleArn"):
        raise bad("CloudWatch Logs role ARN must be set in account settings to enable logging")


def _check_log(here, settings):
    """Refuse a destination or format of access logs that AWS does not take."""
    destination, form = settings.get("destinationArn"), settings.get("format")
    if destination is not None:
        group, stream = _LOG_GROUP.fullmatch(destination), _STREAM.fullmatch(destination)
        if not group and not stream:
            raise bad(f"Invalid ARN specified in the request: {destination}; it is a log group's or a Firehose stream's")
        if group and not re.fullmatch(r"[A-Za-z0-9_/.#-]+", group[1]):
            raise bad(f"Access Log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': '{group[1]}'")
        if stream and not stream[1].startswith("amazon-apigateway-"):
            raise bad(f"Access Log destination: a Firehose stream's name must start with amazon-apigateway-, not '{stream[1]}'")
        if group and not here.tables["account"].get("cloudwatchRoleArn"):
            raise bad("CloudWatch Logs role ARN must be set in account settings to enable logging")
    if form is not None:
        if "\n" in form.rstrip("\n"):
            raise bad("Access Log format must be single line, new line character is allowed only at end of the format")
        if "$context.requestId" not in form and "$context.extendedRequestId" not in form:
            raise bad("Access Log format must contain $context.requestId or $context.extendedRequestId")


def get_stage(here, given):
    return shown(here.stage(given))


def get_stages(here, given):
    found = here.record(given["restApiId"])["stages"].values()
    wanted = given.get("deploymentId")
    return {"item": [shown(stage) for stage in found if wanted in (None, stage["deploymentId"])]}


def shown(stage):
    """As AWS shows a stage: settings of methods with all their members."""
    return stage | {"methodSettings": {name: _DEFAULTS | each for name, each in stage["methodSettings"].items()}}


def update_stage(here, given):
    record, stage = here.record(given["restApiId"]), here.stage(given)
    for operation in given.get("patchOperations") or []:
        stage = _changed(stage, operation)
    stage = stage | {"lastUpdatedDate": now()}
    log = stage.get("accessLogSettings")
    if log is not None and not log:
        del stage["accessLogSettings"]
    _check(here, record, stage)
    record["stages"][given["stageName"]] = stage
    return shown(stage)


def _changed(stage, operation):
    path, op = operation.get("path") or "", operation.get("op")
    if path.startswith("/canarySettings"):
        raise absent("a canary")
    if path.startswith(("/cacheClusterSize", "/clientCertificateId", "/documentationVersion")):
        raise absent(f"{path} of a stage")
    if patch.find(path, _FIELDS):
        changed = patch.apply(stage, [operation], _FIELDS)
        if changed["cacheClusterEnabled"]:
            raise absent("a cache cluster")
        return changed
    found = _SETTING.fullmatch(path)
    whole = None if found else _WHOLE_SETTING.fullmatch(path)
    changed = copy.deepcopy(stage)
    if found and op == "replace":
        member, field = _SETTINGS[found["setting"]]
        value = patch.value(field, operation, path)
        if member == "cachingEnabled" and value:
            raise absent("a cache cluster")
        changed["methodSettings"].setdefault(_name(found), {})[member] = value
        return changed
    if whole and op == "remove":
        changed["methodSettings"].pop(_name(whole), None)
        return changed
    allowed = ", ".join([*_FIELDS, *(f"/{{resourcePath}}/{{httpMethod}}/{setting}" for setting in _SETTINGS)])
    raise bad(f"Invalid patch path '{path}' specified for op '{op}'. Must be one of: [{allowed}]")


def _name(found):
    """`~1poc~1batch` and POST → `poc/batch/POST`; all methods are `*/*`."""
    return f"{patch.tokens('/' + found['resource'].replace('/', '~1'))[0].lstrip('/')}/{found['method']}"


def delete_stage(here, given):
    here.stage(given)
    plans.forget_stage(here, given["restApiId"], given["stageName"])
    del here.record(given["restApiId"])["stages"][given["stageName"]]
