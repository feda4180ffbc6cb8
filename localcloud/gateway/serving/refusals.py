"""Gateway responses: what API Gateway answers by itself, with its own texts or those that the API sets. Pure."""

import json
import re

from localcloud.gateway.serving.requests import Response, media_type

#: type → (status, text, x-amzn-ErrorType)
TYPES = {
    "ACCESS_DENIED": (403, "Forbidden", "AccessDeniedException"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error", "InternalServerErrorException"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal server error", "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": (500, "Internal server error", "AuthorizerFailureException"),
    "BAD_REQUEST_BODY": (400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": (400, "Missing required request parameters", "BadRequestException"),
    "EXPIRED_TOKEN": (403, "The security token included in the request is expired", "ExpiredTokenException"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": (403, "The request signature we calculated does not match", "InvalidSignatureException"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestTooLargeException"),
    "RESOURCE_NOT_FOUND": (404, "Not Found", "NotFoundException"),
    "THROTTLED": (429, "Too Many Requests", "TooManyRequestsException"),
    "UNAUTHORIZED": (401, "Unauthorized", "UnauthorizedException"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", "UnsupportedMediaTypeException"),
    # No types of AWS's table, but answers all the same: a stage that is not there has no API that could customise them.
    "BAD_GATEWAY": (502, "Internal server error", "InternalServerErrorException"),
}
_VARIABLE = re.compile(r"\$(context|stageVariables|method\.request)\.([A-Za-z0-9_.\-]*[A-Za-z0-9_\-])")


class Refused(Exception):
    """A request ends here. `kind`: of TYPES; `message`: in place of the type's own; `reasons`: of a validation."""

    def __init__(self, kind, message=None, reasons=None, detail=""):
        self.kind = kind
        self.status, text, self.error_type = TYPES[kind]
        self.message, self.reasons, self.detail = message or text, reasons, detail
        super().__init__(f"{kind}: {self.message}")


def response(refused, customised, context, stage_variables, request):
    """The Response. `customised`: {type: GatewayResponse} of the API; `context` gains `error`."""
    context["error"] = {
        "message": refused.message,
        "messageString": json.dumps(refused.message, ensure_ascii=False),
        "responseType": refused.kind,
        "validationErrorString": refused.reasons or "",
    }
    own = customised.get(refused.kind) or customised.get(f"DEFAULT_{str(refused.status)[0]}XX")
    status = int(own.status) if own and own.status else refused.status
    headers = {"x-amzn-ErrorType": refused.error_type}
    templates = (own and own.templates) or {"application/json": '{"message":$context.error.messageString}'}
    content_type = chosen(templates, media_type(request.header.get("accept", "")))
    headers["Content-Type"] = content_type
    for place, value in (own.parameters if own else {}).items():
        found = _parameter(value, context, stage_variables, request)
        if found is not None:
            headers[place.removeprefix("gatewayresponse.header.")] = found
    body = _VARIABLE.sub(lambda found: _variable(found, context, stage_variables, request), templates[content_type])
    return Response(status, list(headers.items()), body.encode("utf-8", "replace"))


def chosen(templates, wanted):
    """The content type of the template that is rendered: the wanted one, else JSON, else the first."""
    if wanted in templates:
        return wanted
    return "application/json" if "application/json" in templates else next(iter(templates))


def lookup(context, name):
    """The value of a dotted name, None if there is none."""
    found = context
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _variable(found, context, stage_variables, request):
    space, name = found.groups()
    if space == "context":
        value = lookup(context, name)
        if name == "error.validationErrorString":
            return json.dumps(value, ensure_ascii=False)[1:-1]  # it holds quotes, and stands in a JSON text
    elif space == "stageVariables":
        value = stage_variables.get(name)
    else:
        value = of_request(f"method.request.{name}", request)
    return "" if value is None else str(value)


def _parameter(value, context, stage_variables, request):
    if value.startswith("'") and value.endswith("'"):
        return value[1:-1]
    if value.startswith("context."):
        return lookup(context, value.removeprefix("context."))
    if value.startswith("stageVariables."):
        return stage_variables.get(value.removeprefix("stageVariables."))
    return of_request(value, request)


def of_request(expression, request, path=None):
    """The value of `method.request.<place>.<name>`; None if the request has none. `path`: its path parameters."""
    _, _, place, name = expression.split(".", 3)
    if place == "header":
        return request.header.get(name)
    if place == "querystring":
        return request.query.get(name)
    if place == "path":
        return (path or {}).get(name)
    if place == "multivalueheader":
        found = [value for key, value in request.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None
    if place == "multivaluequerystring":
        return ",".join(request.multi_query[name]) if name in request.multi_query else None
    return None
