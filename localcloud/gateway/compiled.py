"""From the control plane's JSON (as AWS shows it) to `localcloud.gateway.model`. Pure."""

import json

from localcloud.gateway.model import (
    Api,
    ApiKey,
    GatewayResponse,
    Integration,
    IntegrationResponse,
    Method,
    MethodResponse,
    Stage,
    UsagePlan,
)


def api(snapshot, region, account):
    """The Api of a snapshot: {api, resources, models, validators, responses}."""
    shown, validators = snapshot["api"], snapshot["validators"]
    resources = {each["path"]: each for each in snapshot["resources"].values()}
    return Api(
        id=shown["id"],
        name=shown["name"],
        region=region,
        account=account,
        resources={path: _methods(each, validators) for path, each in resources.items() if each.get("resourceMethods")},
        resource_ids={path: each["id"] for path, each in resources.items()},
        binary_media_types=tuple(shown.get("binaryMediaTypes") or ()),
        minimum_compression_size=shown.get("minimumCompressionSize"),
        api_key_source=shown.get("apiKeySource") or "HEADER",
        disable_execute_api_endpoint=bool(shown.get("disableExecuteApiEndpoint")),
        models={name: json.loads(each["schema"]) for name, each in snapshot["models"].items()},
        gateway_responses={kind: _gateway_response(each) for kind, each in snapshot["responses"].items()},
        policy=shown.get("policy"),
    )


def stage(shown, snapshot):
    """The Stage of what GetStage shows, with its Api."""
    log = shown.get("accessLogSettings") or {}
    return Stage(
        api=snapshot,
        name=shown["stageName"],
        deployment_id=shown["deploymentId"],
        variables=dict(shown.get("variables") or {}),
        access_log_destination_arn=log.get("destinationArn"),
        access_log_format=log.get("format"),
        method_settings={name: dict(each) for name, each in (shown.get("methodSettings") or {}).items()},
        tags=dict(shown.get("tags") or {}),
    )


def plan(store, api_id, stage_name, key_value):
    """(ApiKey, UsagePlan) of a key's value at a stage, or None."""
    found = store.api(api_id)
    if not found or not key_value:
        return None
    known = store.region(found[0])
    key = next((each for each in known["keys"].values() if each["value"] == key_value), None)
    if key is None:
        return None
    for each in known["plans"].values():
        for at in each["plan"].get("apiStages") or []:
            if at["apiId"] == api_id and at["stage"] == stage_name and key["id"] in each["keys"]:
                return ApiKey(key["id"], key.get("name") or "", bool(key.get("enabled"))), _plan(each["plan"], at)
    return None


def _plan(shown, at):
    throttle, quota = shown.get("throttle") or {}, shown.get("quota") or {}
    return UsagePlan(
        id=shown["id"],
        name=shown["name"],
        rate=throttle.get("rateLimit"),
        burst=throttle.get("burstLimit"),
        quota_limit=quota.get("limit"),
        quota_period=quota.get("period"),
        quota_offset=quota.get("offset") or 0,
        method_throttles={name: (each.get("rateLimit"), each.get("burstLimit")) for name, each in (at.get("throttle") or {}).items()},
    )


def _methods(resource, validators):
    return {
        name: _method(name, each, validators.get(each.get("requestValidatorId")) or {})
        for name, each in resource["resourceMethods"].items()
    }


def _method(name, shown, validator):
    return Method(
        http_method=name,
        api_key_required=bool(shown.get("apiKeyRequired")),
        authorization=shown.get("authorizationType") or "NONE",
        validate_body=bool(validator.get("validateRequestBody")),
        validate_parameters=bool(validator.get("validateRequestParameters")),
        request_parameters=shown.get("requestParameters") or {},
        request_models=shown.get("requestModels") or {},
        responses={
            status: MethodResponse(status, each.get("responseParameters") or {}, each.get("responseModels") or {})
            for status, each in (shown.get("methodResponses") or {}).items()
        },
        integration=_integration(shown["methodIntegration"]) if shown.get("methodIntegration") else None,
        operation_name=shown.get("operationName"),
    )


def _integration(shown):
    return Integration(
        type=shown["type"],
        uri=shown.get("uri"),
        http_method=shown.get("httpMethod"),
        credentials=shown.get("credentials"),
        request_parameters=shown.get("requestParameters") or {},
        request_templates=shown.get("requestTemplates") or {},
        passthrough_behavior=shown.get("passthroughBehavior") or "WHEN_NO_MATCH",
        content_handling=shown.get("contentHandling"),
        timeout_ms=shown.get("timeoutInMillis") or 29_000,
        responses={
            status: IntegrationResponse(
                status,
                each.get("selectionPattern"),
                each.get("responseParameters") or {},
                each.get("responseTemplates") or {},
                each.get("contentHandling"),
            )
            for status, each in (shown.get("integrationResponses") or {}).items()
        },
        connection_type=shown.get("connectionType") or "INTERNET",
        connection_id=shown.get("connectionId"),
        cache_namespace=shown.get("cacheNamespace"),
        cache_key_parameters=tuple(shown.get("cacheKeyParameters") or ()),
    )


def _gateway_response(shown):
    parameters, templates = shown.get("responseParameters") or {}, shown.get("responseTemplates") or {}
    return GatewayResponse(shown["responseType"], shown.get("statusCode"), parameters, templates)
