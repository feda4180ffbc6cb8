"""The form of a document: which of its parts are objects, lists and texts, so that reading need not look at types.

Looser than OpenAPI's own schema: it names what is read, and nothing else.
"""

from jsonschema import Draft7Validator

_TEXT, _FLAG, _TEXTS = {"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}}
_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_STATUS = {"type": ["string", "integer"]}
_TEXT_MAP = {"type": ["object", "null"], "additionalProperties": _TEXT}


def _object(**members):
    return {"type": "object", "properties": members}


def _map(inner):
    return {"type": ["object", "null"], "additionalProperties": inner}


_SCHEMA = {"type": "object"}
_CONTENT = _map(_object(schema=_SCHEMA))
_PARAMETER = _object(**{"name": _TEXT, "in": _TEXT, "required": _FLAG, "schema": _SCHEMA, "$ref": _TEXT})
_PARAMETERS = {"type": ["array", "null"], "items": _PARAMETER}
_RESPONSE = _object(**{"headers": _map({"type": "object"}), "content": _CONTENT, "schema": _SCHEMA, "$ref": _TEXT})
_SECURITY = {"type": ["array", "null"], "items": {"type": "object"}}
_INTEGRATION_RESPONSE = _object(statusCode=_STATUS, responseParameters=_TEXT_MAP, responseTemplates=_TEXT_MAP, contentHandling=_TEXT)
_INTEGRATION = _object(
    type=_TEXT,
    httpMethod=_TEXT,
    uri=_TEXT,
    credentials=_TEXT,
    requestParameters=_TEXT_MAP,
    requestTemplates=_TEXT_MAP,
    passthroughBehavior=_TEXT,
    contentHandling=_TEXT,
    timeoutInMillis={"type": "integer"},
    cacheKeyParameters=_TEXTS,
    responses=_map(_INTEGRATION_RESPONSE),
)
_OPERATION = _object(
    **{
        "operationId": _TEXT,
        "parameters": _PARAMETERS,
        "requestBody": _object(**{"content": _CONTENT, "$ref": _TEXT}),
        "responses": _map(_RESPONSE),
        "security": _SECURITY,
        "consumes": _TEXTS,
        "produces": _TEXTS,
        "x-amazon-apigateway-auth": _object(type=_TEXT),
        "x-amazon-apigateway-request-validator": _TEXT,
        "x-amazon-apigateway-integration": _INTEGRATION,
    }
)


def schema(verbs):
    """The form as a JSON schema; `verbs`: the members of a path that are operations."""
    item = {"type": ["object", "null"], "properties": {"parameters": _PARAMETERS, "$ref": _TEXT} | dict.fromkeys(verbs, _OPERATION)}
    parts = {"schemas": _map(_SCHEMA), "securitySchemes": _map({"type": "object"}), "parameters": _map({"type": "object"})}
    endpoint = _object(types=_TEXTS, disableExecuteApiEndpoint=_FLAG)
    server = _object(url=_TEXT, variables=_map(_object(default=_SCALAR)), **{"x-amazon-apigateway-endpoint-configuration": endpoint})
    members = {
        "info": _object(title=_SCALAR, description=_SCALAR, version=_SCALAR),
        "paths": {"type": "object", "additionalProperties": item},
        "basePath": _TEXT,
        "servers": {"type": ["array", "null"], "items": server},
        "consumes": _TEXTS,
        "produces": _TEXTS,
        "security": _SECURITY,
        "components": {"type": ["object", "null"], "properties": parts},
        "definitions": _map(_SCHEMA),
        "securityDefinitions": _map({"type": "object"}),
        "x-amazon-apigateway-request-validator": _TEXT,
        "x-amazon-apigateway-request-validators": _map(_object(validateRequestBody=_FLAG, validateRequestParameters=_FLAG)),
        "x-amazon-apigateway-gateway-responses": _map(
            _object(statusCode=_STATUS, responseParameters=_TEXT_MAP, responseTemplates=_TEXT_MAP),
        ),
        "x-amazon-apigateway-binary-media-types": _TEXTS,
        "x-amazon-apigateway-minimum-compression-size": {"type": "integer"},
        "x-amazon-apigateway-api-key-source": {"enum": ["HEADER", "AUTHORIZER"]},
        "x-amazon-apigateway-policy": {"type": "object"},
        "x-amazon-apigateway-endpoint-configuration": endpoint,
    }
    return {"type": "object", "required": ["info", "paths"], "properties": members}


def problems(root, verbs):
    """What in a document has another form, as texts with their place."""
    found = Draft7Validator(schema(verbs)).iter_errors(root)
    return [f"{'/'.join(map(str, error.absolute_path)) or 'the document'}: {error.message}" for error in found]
