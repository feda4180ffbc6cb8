"""What API Gateway serves: the frozen form of an API as a deployment snapshots it, of its stages, keys and usage plans.

The control plane keeps JSON as AWS shows it; `localcloud.gateway.compiled` makes these of it, the data plane reads only these.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class IntegrationResponse:
    """What becomes of an integration's answer. `selection_pattern`: a regular expression, None in the default answer.

    `parameters`: `method.response.header.X` → `integration.response.…` or `'literal'`. `templates`: content type → VTL.
    """

    status: str
    selection_pattern: str | None = None
    parameters: dict = field(default_factory=dict)
    templates: dict = field(default_factory=dict)
    content_handling: str | None = None


@dataclass(frozen=True)
class Integration:
    """What a method calls. `type`: AWS, AWS_PROXY, HTTP, HTTP_PROXY or MOCK. `responses`: {status: IntegrationResponse}.

    `credentials`: a role's ARN, `arn:aws:iam::*:user/*`, or None. `passthrough_behavior`: WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER.
    """

    type: str
    uri: str | None = None
    http_method: str | None = None
    credentials: str | None = None
    request_parameters: dict = field(default_factory=dict)
    request_templates: dict = field(default_factory=dict)
    passthrough_behavior: str = "WHEN_NO_MATCH"
    content_handling: str | None = None
    timeout_ms: int = 29_000
    responses: dict = field(default_factory=dict)
    connection_type: str = "INTERNET"
    connection_id: str | None = None
    cache_namespace: str | None = None
    cache_key_parameters: tuple = ()


@dataclass(frozen=True)
class MethodResponse:
    """What a method may answer. `parameters`: `method.response.header.X` → required. `models`: content type → model's name."""

    status: str
    parameters: dict = field(default_factory=dict)
    models: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A method of a resource. `authorization`: NONE or AWS_IAM. `request_parameters`: `method.request.…` → required.

    `request_models`: content type (or `$default`) → model's name. `validate_*`: what its request validator looks at.
    """

    http_method: str
    api_key_required: bool = False
    authorization: str = "NONE"
    validate_body: bool = False
    validate_parameters: bool = False
    request_parameters: dict = field(default_factory=dict)
    request_models: dict = field(default_factory=dict)
    responses: dict = field(default_factory=dict)
    integration: Integration | None = None
    operation_name: str | None = None


@dataclass(frozen=True)
class GatewayResponse:
    """What API Gateway itself answers, by its type (such as `THROTTLED`); `status` None is the type's own."""

    type: str
    status: str | None = None
    parameters: dict = field(default_factory=dict)
    templates: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """An API as deployed. `resources`: {path: {HTTP method or ANY: Method}}; `resource_ids`: {path: id}.

    `models`: {name: JSON schema, draft 4}; a `$ref` to another model is
    `https://apigateway.amazonaws.com/restapis/<id>/models/<name>`. `gateway_responses`: only those that were set.
    """

    id: str
    name: str
    region: str
    account: str
    resources: dict
    resource_ids: dict = field(default_factory=dict)
    binary_media_types: tuple = ()
    minimum_compression_size: int | None = None
    api_key_source: str = "HEADER"
    disable_execute_api_endpoint: bool = False
    models: dict = field(default_factory=dict)
    gateway_responses: dict = field(default_factory=dict)
    policy: str | None = None


@dataclass(frozen=True)
class Stage:
    """A stage serves its deployment's snapshot `api`. `method_settings`: `*/*` or `path/METHOD` (`poc/batch/POST`) → MethodSetting.

    `access_log_destination_arn`: of a log group or a Firehose stream; `access_log_format`: with `$context.…`.
    """

    api: Api
    name: str
    deployment_id: str
    variables: dict = field(default_factory=dict)
    access_log_destination_arn: str | None = None
    access_log_format: str | None = None
    method_settings: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    def settings_of(self, path, method):
        """The MethodSetting that holds for a method: its own members, for the rest those of `*/*`."""
        own = self.method_settings.get(f"{path.lstrip('/')}/{method}") or self.method_settings.get(f"{path}/{method}") or {}
        return {**self.method_settings.get("*/*", {}), **own}


@dataclass(frozen=True)
class ApiKey:
    """A key; its value is not here."""

    id: str
    name: str
    enabled: bool = True


@dataclass(frozen=True)
class UsagePlan:
    """A plan as it holds for one stage. Rate in requests a second, `quota_period`: DAY, WEEK or MONTH; None: no limit.

    `method_throttles`: `/path/METHOD` → (rate, burst) for this stage.
    """

    id: str
    name: str
    rate: float | None = None
    burst: int | None = None
    quota_limit: int | None = None
    quota_period: str | None = None
    quota_offset: int = 0
    method_throttles: dict = field(default_factory=dict)
