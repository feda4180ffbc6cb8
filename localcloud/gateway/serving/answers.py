"""From an integration's answer to the client's. Pure."""

import base64
import binascii
import json
from dataclasses import dataclass, field

from localcloud.gateway.serving import documents, mapping
from localcloud.gateway.serving.calls import is_binary
from localcloud.gateway.serving.refusals import Refused, chosen
from localcloud.gateway.serving.requests import Response, media_type
from localcloud.gateway.serving.velocity import TemplateFailed

#: Headers that belong to a connection, and those that are made anew.
NOT_PASSED = frozenset(["connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-amzn-requestid"])


@dataclass
class Told:
    """What an integration answered. `headers`: {name in small letters: value}. `error`: the message of a failed function."""

    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None


def mapped(call, told):
    """The Response by the integration's responses: the one whose pattern fits, its headers and template."""
    lambda_error = told.error if _is_function(call.integration) else str(told.status)
    answer = call.compiled.answer(lambda_error)
    if answer is None:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"no integration response fits {lambda_error!r}, and there is no default")
    response = answer.response
    text = documents.text_of(told.body)
    declared = getattr(call.method.responses.get(response.status), "parameters", {})
    headers = {}
    for target, expression in response.parameters.items():
        found = mapping.of_answer(expression, told.headers, text, call.context, call.stage.variables)
        if found is not None and target in declared:
            headers[target.removeprefix("method.response.header.")] = found
    body, content_type = told.body, "application/json"
    if answer.templates:
        content_type = chosen(answer.templates, media_type(call.request.header.get("accept", "")))
        if answer.templates[content_type] is not None:
            body = _rendered(answer.templates[content_type], call, text)
    body = _handled(response.content_handling, body)
    override = call.context["responseOverride"]
    headers |= {name: str(value) for name, value in override.get("header", {}).items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    return Response(_status(override.get("status"), int(response.status)), list(headers.items()), body)


def passed_on(told):
    """The Response of HTTP_PROXY: as the endpoint answered."""
    return Response(told.status, [(name, value) for name, value in told.headers.items() if name not in NOT_PASSED], told.body)


def of_function(call, told):
    """The Response of AWS_PROXY: what the function returned; a BAD_GATEWAY where that is no answer."""
    if told.error is not None:
        raise Refused("BAD_GATEWAY", detail=f"the function failed: {told.error}")
    try:
        found = json.loads(told.body or b"null")
    except ValueError as error:
        raise Refused("BAD_GATEWAY", detail=f"the function returned no JSON: {error}") from error
    known = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
    if not isinstance(found, dict) or set(found) - known:
        raise Refused("BAD_GATEWAY", detail=f"the function returned {str(found)[:200]}: it is statusCode, headers, body and nothing else")
    try:
        status = int(found["statusCode"]) if "statusCode" in found else 200
        headers = _headers(found.get("headers"), found.get("multiValueHeaders"))
        body = found.get("body")
        if body is not None and not isinstance(body, str):
            raise ValueError(f"the body is {type(body).__name__}, no text")
        data = documents.encoded(body or "")
        if found.get("isBase64Encoded") and is_binary(media_type(call.request.header.get("accept", "").partition(",")[0]), call.stage.api):
            data = base64.b64decode(data)
    except (ValueError, TypeError, binascii.Error) as error:
        raise Refused("BAD_GATEWAY", detail=f"the function's answer cannot be used: {error}") from error
    if not 100 <= status <= 599:
        raise Refused("BAD_GATEWAY", detail=f"the function's statusCode is {status}")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Response(status, headers, data)


def _headers(single, several):
    """Pairs; a name that stands in both is taken from those with several values."""
    if not isinstance(single or {}, dict) or not isinstance(several or {}, dict):
        raise ValueError("headers and multiValueHeaders are maps")
    many = {name.lower() for name in several or {}}
    pairs = [(name, _plain(value)) for name, value in (single or {}).items() if name.lower() not in many and value is not None]
    return pairs + [(name, _plain(value)) for name, values in (several or {}).items() for value in values]


def _plain(value):
    if isinstance(value, dict | list):
        raise ValueError(f"the header {value!r} is no text")
    return value if isinstance(value, str) else json.dumps(value)


def _rendered(template, call, text):
    try:
        return documents.encoded(template.render(call.variables(text)))
    except (TemplateFailed, documents.NoJson) as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"response template: {error}") from error


def _handled(handling, body):
    if handling == "CONVERT_TO_TEXT":
        return base64.b64encode(body)
    if handling == "CONVERT_TO_BINARY":
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused("API_CONFIGURATION_ERROR", detail="the integration's answer is not base64") from error
    return body


def _status(override, status):
    try:
        found = int(override) if override is not None else status
    except (TypeError, ValueError) as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"responseOverride.status is {override!r}") from error
    if not 200 <= found <= 599:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"the status {found} is none that can be answered")
    return found


def _is_function(integration):
    return ":lambda:" in (integration.uri or "")
