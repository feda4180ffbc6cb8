"""From a client's request to the integration's: what is refused, and what is passed on how. Pure but for limits and usage."""

import base64
import binascii
import fnmatch
from dataclasses import dataclass, field

from localcloud.gateway.serving import documents, limits, mapping, validation
from localcloud.gateway.serving.java import Space
from localcloud.gateway.serving.refusals import Refused
from localcloud.gateway.serving.requests import media_type
from localcloud.gateway.serving.template_variables import UTIL, Input
from localcloud.gateway.serving.velocity import TemplateFailed

#: Bytes that a request may have; AWS's quota.
MOST_BYTES = 10 * 1024 * 1024


@dataclass
class Call:
    """A request on its way. `compiled`: its CompiledMethod; `path`: its path parameters; `context`: `$context`.

    After `prepare` also what the integration gets: `headers`, `query`, `path_values` (each {name: text}), `body`.
    """

    request: object
    stage: object
    resource: str
    compiled: object
    path: dict
    context: dict
    headers: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    path_values: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def method(self):
        return self.compiled.method

    @property
    def integration(self):
        return self.compiled.method.integration

    def variables(self, text):
        """What a template sees, with `$input` over this text."""
        params = {"path": self.path, "query": self.request.query, "header": self.request.header}
        return {"input": Input(text, **params), "util": UTIL, "context": self.context, "stageVariables": Space(self.stage.variables)}

    def resolved(self, text):
        """A URI or a role with `${stageVariables.x}` filled in."""
        if text and "${stageVariables." in text:
            for name, value in self.stage.variables.items():
                text = text.replace(f"${{stageVariables.{name}}}", value)
        return text


def admit(call, registry, throttles):
    """Refused where key, plan, stage or validator do not let the request pass."""
    request, method = call.request, call.method
    if len(request.body) > MOST_BYTES:
        raise Refused("REQUEST_TOO_LARGE")
    if method.api_key_required:
        given = request.header.get("x-api-key", "") if call.stage.api.api_key_source == "HEADER" else ""
        found = registry.plan(call.stage.api.id, call.stage.name, given)
        if found is None or not found[0].enabled:
            raise Refused("INVALID_API_KEY")
        key, plan = found
        call.context["identity"] |= {"apiKeyId": key.id, "apiKey": given}
        limits.of_plan(throttles, registry, key, plan, call.stage, call.resource, method.http_method, request.at)
    limits.of_stage(throttles, call.stage, call.resource, method.http_method)
    if method.validate_parameters:
        validation.check_parameters(method.request_parameters, request, call.path)
    if method.validate_body:
        validator = call.compiled.validator(request.content_type or "application/json")
        if validator is not None:
            # The document is read once, for the validator and for the template.
            call.input = call.variables(request.text)
            validation.check_body(validator, _document(call.input["input"], request.text))


def _document(given, text):
    def read():
        if not text.strip():
            raise documents.NoJson("Could not parse request body into json: the body is empty")
        return given.document()

    return read


def prepare(call):
    """Fill in what the integration gets; Refused where nothing can be passed on."""
    integration, request = call.integration, call.request
    if integration is None:
        raise Refused("API_CONFIGURATION_ERROR", detail="the method has no integration")
    if integration.type in ("AWS_PROXY", "HTTP_PROXY"):
        call.body = request.body
    else:
        call.body = _body(call, integration, request)
    _parameters(call, integration, request)


def is_binary(content_type, api):
    """Does an API take bodies of this type as bytes?"""
    return any(fnmatch.fnmatchcase(content_type, each.lower()) for each in api.binary_media_types)


def _body(call, integration, request):
    content_type = request.content_type or "application/json"
    text, handling = None, integration.content_handling
    if is_binary(content_type, call.stage.api):
        if handling == "CONVERT_TO_TEXT":
            text = base64.b64encode(request.body).decode()
    elif handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(request.body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("BAD_REQUEST_BODY", "Unable to base64 decode the body.") from error
    templates = call.compiled.request_templates
    template = templates.get(content_type)
    if template is None and content_type not in templates:
        never = integration.passthrough_behavior == "NEVER"
        if never or (integration.passthrough_behavior == "WHEN_NO_TEMPLATES" and templates):
            raise Refused("UNSUPPORTED_MEDIA_TYPE")
    if template is None:
        return text.encode() if text is not None else request.body
    variables = getattr(call, "input", None) if text is None else None
    try:
        rendered = template.render(variables or call.variables(request.text if text is None else text))
    except documents.NoJson as error:
        raise Refused("BAD_REQUEST_BODY", str(error)) from error
    except TemplateFailed as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=str(error)) from error
    return documents.encoded(rendered)


def _parameters(call, integration, request):
    places = {"header": call.headers, "querystring": call.query, "path": call.path_values}
    for target, expression in integration.request_parameters.items():
        _, _, place, name = target.split(".", 3)
        found = mapping.value(expression, request, call.path, call.context, call.stage.variables)
        if found is not None and place in places:
            places[place][name] = found
    override = call.context["requestOverride"]
    for place, values in places.items():
        values.update({name: str(value) for name, value in override.get(place, {}).items()})
    if not any(name.lower() == "content-type" for name in call.headers):
        call.headers["Content-Type"] = media_type(request.header.get("content-type", "")) or "application/json"
