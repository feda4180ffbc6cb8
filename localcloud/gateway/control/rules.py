"""What methods and integrations may say: mapping expressions, URIs, roles. Pure; each answers with a list of problems."""

import re

_STATIC = re.compile(r"'[^']*'")
_METHOD_SOURCE = re.compile(r"method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.([A-Za-z0-9._$-]+)")
_BODY_SOURCE = re.compile(r"method\.request\.body(\..+|\[.+)?")
_ANYWHERE = re.compile(r"(context|stageVariables)\.[A-Za-z0-9._$-]+")
_REQUEST_TARGET = re.compile(r"integration\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.[A-Za-z0-9._$-]+")
_REQUEST_PARAMETER = re.compile(r"method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.[A-Za-z0-9._$-]+")
_RESPONSE_PARAMETER = re.compile(r"method\.response\.header\.[A-Za-z0-9._$-]+")
_RESPONSE_SOURCE = re.compile(
    r"integration\.response\.((header|multivalueheader)\.[A-Za-z0-9._$-]+|body(\..+|\[.+)?)|(context|stageVariables)\.[A-Za-z0-9._$-]+"
)
_GATEWAY_TARGET = re.compile(r"gatewayresponse\.header\.[A-Za-z0-9._$-]+")
_GATEWAY_SOURCE = re.compile(
    r"method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.[A-Za-z0-9._$-]+|method\.request\.body(\..+|\[.+)?"
    r"|(context|stageVariables)\.[A-Za-z0-9._$-]+"
)
_URI = re.compile(r"arn:aws:apigateway:[a-z0-9-]+:[A-Za-z0-9._-]+:(path|action)/.+")
ROLE = re.compile(r"arn:aws:iam::(\d{12}:role/.+|\*:user/\*)")
TYPES = ("HTTP", "AWS", "MOCK", "HTTP_PROXY", "AWS_PROXY")
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY")
PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
CONTENT_HANDLING = ("CONVERT_TO_BINARY", "CONVERT_TO_TEXT")


def _mapping(problem):
    return f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{problem}]"


def of_method(method):
    """Of a method alone."""
    found = []
    if method["httpMethod"] not in HTTP_METHODS:
        found.append(f"Invalid HTTP method specified: {method['httpMethod']}")
    if method.get("authorizationType") in ("CUSTOM", "COGNITO_USER_POOLS"):
        found.append(f"the authorization {method['authorizationType']} is not in the local cloud; see docs/local-cloud.md")
    elif method.get("authorizationType") not in ("NONE", "AWS_IAM"):
        found.append(f"Invalid authorization type specified: {method.get('authorizationType')}")
    for name in method.get("requestParameters") or {}:
        if not _REQUEST_PARAMETER.fullmatch(name):
            found.append(_mapping(f"Invalid mapping expression specified: {name}"))
    return found


def of_method_response(response):
    """Of a method's response."""
    found = [] if re.fullmatch(r"[1-5]\d\d", response["statusCode"]) else [f"Invalid Status code specified: {response['statusCode']}"]
    for name in response.get("responseParameters") or {}:
        if not _RESPONSE_PARAMETER.fullmatch(name):
            found.append(_mapping(f"Invalid mapping expression specified: {name}"))
    return found


def of_integration(integration, method, path):
    """Of an integration in its method; `path`: the resource's."""
    kind = integration.get("type")
    if kind not in TYPES:
        return [f"Invalid integration type {kind}: one of {', '.join(TYPES)}"]
    found = []
    if integration.get("connectionType", "INTERNET") != "INTERNET" or integration.get("connectionId"):
        found.append("a VPC link is not in the local cloud; see docs/local-cloud.md")
    if integration.get("responseTransferMode", "BUFFERED") != "BUFFERED":
        found.append("the response transfer mode STREAM is not in the local cloud; see docs/local-cloud.md")
    if kind != "MOCK":
        found += _target(integration, kind)
    timeout = integration.get("timeoutInMillis")
    if timeout is not None and not 50 <= timeout <= 29_000:
        found.append("Timeout should be between 50 ms and 29000 ms")
    if integration.get("passthroughBehavior") not in (None, *PASSTHROUGH):
        found.append(f"Invalid passthroughBehavior {integration['passthroughBehavior']}: one of {', '.join(PASSTHROUGH)}")
    if integration.get("contentHandling") not in (None, *CONTENT_HANDLING):
        found.append(f"Invalid contentHandling {integration['contentHandling']}: one of {', '.join(CONTENT_HANDLING)}")
    declared = set(method.get("requestParameters") or {}) | {f"method.request.path.{name}" for name in re.findall(r"{([^}+]+)\+?}", path)}
    for target, source in (integration.get("requestParameters") or {}).items():
        if not _REQUEST_TARGET.fullmatch(target):
            found.append(_mapping(f"Invalid mapping expression specified: {target}"))
        found += _request_source(source, declared)
    return found


def _target(integration, kind):
    found, uri, credentials = [], integration.get("uri"), integration.get("credentials")
    if not integration.get("httpMethod"):
        found.append("Enumeration value for HttpMethod must be non-empty")
    if kind.startswith("AWS"):
        if not str(uri or "").startswith("arn:"):
            found.append("Invalid ARN specified in the request")
        elif not _URI.fullmatch(uri):
            found.append("AWS ARN for integration must contain path or action")
        elif kind == "AWS" and ":lambda:" not in uri and not credentials:
            found.append("Role ARN must be specified for AWS integrations")
    elif not re.match(r"https?://", str(uri or "")):
        found.append("Invalid HTTP endpoint specified for URI")
    if credentials and not ROLE.fullmatch(credentials):
        found.append("Invalid ARN specified in the request")
    return found


def _request_source(source, declared):
    if _STATIC.fullmatch(source) or _BODY_SOURCE.fullmatch(source) or _ANYWHERE.fullmatch(source):
        return []
    if not _METHOD_SOURCE.fullmatch(source):
        return [_mapping(f"Invalid mapping expression specified: {source}")]
    single = source.replace("multivaluequerystring", "querystring").replace("multivalueheader", "header")
    return [] if {source, single} & declared else [_mapping(f"Invalid mapping expression parameter specified: {source}")]


def of_integration_response(response, method):
    """Of an integration's response: the method must declare its status and its headers."""
    known = (method.get("methodResponses") or {}).get(response["statusCode"])
    if known is None:
        return ["Invalid Response status code specified"]
    found = []
    if response.get("contentHandling") not in (None, *CONTENT_HANDLING):
        found.append(f"Invalid contentHandling {response['contentHandling']}: one of {', '.join(CONTENT_HANDLING)}")
    for target, source in (response.get("responseParameters") or {}).items():
        if not _RESPONSE_PARAMETER.fullmatch(target):
            found.append(_mapping(f"Invalid mapping expression specified: {target}"))
        elif target not in (known.get("responseParameters") or {}):
            found.append(_mapping(f"Invalid mapping expression parameter specified: {target}"))
        if not _STATIC.fullmatch(source) and not _RESPONSE_SOURCE.fullmatch(source):
            found.append(_mapping(f"Invalid mapping expression specified: {source}"))
    pattern = response.get("selectionPattern")
    try:
        re.compile(pattern or "")
    except re.error:
        found.append(f"Invalid selection pattern specified: {pattern}")
    return found


def of_gateway_response(response):
    """Of what API Gateway itself answers."""
    status, found = response.get("statusCode"), []
    if status is not None and not re.fullmatch(r"[1-5]\d\d", status):
        found.append(f"Invalid Status code specified: {status}")
    for target, source in (response.get("responseParameters") or {}).items():
        if not _GATEWAY_TARGET.fullmatch(target):
            found.append(_mapping(f"Invalid mapping expression specified: {target}"))
        if not _STATIC.fullmatch(source) and not _GATEWAY_SOURCE.fullmatch(source):
            found.append(_mapping(f"Invalid mapping expression specified: {source}"))
    return found
