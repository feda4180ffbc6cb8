"""A deployed API as an OpenAPI document."""

import json
import re
from datetime import UTC, datetime

from localcloud.gateway.control.schema import REFERENCE

_PLACES = {"header": "header", "querystring": "query", "path": "path"}
_SCHEME = {"type": "apiKey", "name": "x-api-key", "in": "header"}
_SIGNED = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}


def document(snapshot, stage, region, swagger, extensions):
    """The document, a dict. `extensions`: of integrations, authorizers, validators, gatewayresponses, apigateway (all); a set."""
    return _Writer(snapshot, stage, region, swagger, extensions).document()


class _Writer:
    def __init__(self, snapshot, stage, region, swagger, extensions):
        self.snapshot, self.stage, self.region, self.swagger, self.extensions = snapshot, stage, region, swagger, extensions
        self.api = snapshot["api"]
        self.paths = sorted((each["path"], each.get("resourceMethods") or {}) for each in snapshot["resources"].values())

    def _with(self, name):
        return bool({name, "apigateway"} & self.extensions)

    def document(self):
        made = {"swagger": "2.0"} if self.swagger else {"openapi": "3.0.1"}
        made |= {"info": self._info(), **self._address()}
        made["paths"] = {path: self._item(path, methods) for path, methods in self.paths if methods}
        schemes = self._schemes()
        models = {name: self._local(json.loads(each["schema"])) for name, each in self.snapshot["models"].items()}
        if self.swagger:
            made |= {"securityDefinitions": schemes} if schemes else {}
            return made | ({"definitions": models} if models else {}) | self._of_api()
        components = ({"schemas": models} if models else {}) | ({"securitySchemes": schemes} if schemes else {})
        return made | {"components": components} | self._of_api()

    def _info(self):
        made = {"title": self.api["name"]} | ({"description": self.api["description"]} if self.api.get("description") else {})
        return made | {
            "version": self.api.get("version") or datetime.fromtimestamp(self.api["createdDate"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        }

    def _address(self):
        host = f"{self.api['id']}.execute-api.{self.region}.amazonaws.com"
        if self.swagger:
            return {"host": host, "basePath": f"/{self.stage}", "schemes": ["https"]}
        return {"servers": [{"url": f"https://{host}/{{basePath}}", "variables": {"basePath": {"default": self.stage}}}]}

    def _schemes(self):
        methods = [method for _, each in self.paths for method in each.values()]
        made = {"api_key": dict(_SCHEME)} if any(method.get("apiKeyRequired") for method in methods) else {}
        if any(method.get("authorizationType") == "AWS_IAM" for method in methods) and self._with("authorizers"):
            made["sigv4"] = dict(_SIGNED)
        return made

    def _of_api(self):
        made = {}
        if self._with("gatewayresponses") and self.snapshot["responses"]:
            made["x-amazon-apigateway-gateway-responses"] = {
                kind: {name: each[name] for name in ("statusCode", "responseParameters", "responseTemplates") if each.get(name)}
                for kind, each in self.snapshot["responses"].items()
            }
        if self._with("validators") and self.snapshot["validators"]:
            made["x-amazon-apigateway-request-validators"] = {
                each["name"]: {flag: each[flag] for flag in ("validateRequestParameters", "validateRequestBody")}
                for each in self.snapshot["validators"].values()
            }
        if "apigateway" in self.extensions:
            made |= {"x-amazon-apigateway-binary-media-types": self.api["binaryMediaTypes"]} if self.api.get("binaryMediaTypes") else {}
            size = self.api.get("minimumCompressionSize")
            made |= {"x-amazon-apigateway-minimum-compression-size": size} if size is not None else {}
            made |= {"x-amazon-apigateway-policy": json.loads(self.api["policy"])} if self.api.get("policy") else {}
            made["x-amazon-apigateway-api-key-source"] = self.api.get("apiKeySource") or "HEADER"
        return made

    def _item(self, path, methods):
        verbs = {name: "x-amazon-apigateway-any-method" if name == "ANY" else name.lower() for name in methods}
        return {verbs[name]: self._operation(path, methods[name]) for name in sorted(methods)}

    def _operation(self, path, method):
        made = {"operationId": method["operationName"]} if method.get("operationName") else {}
        kinds = method.get("requestModels") or {}
        if self.swagger:
            made |= {"consumes": list(kinds)} if kinds else {}
            produced = sorted(
                {kind for each in (method.get("methodResponses") or {}).values() for kind in each.get("responseModels") or {}}
            )
            made |= {"produces": produced} if produced else {}
        parameters = self._parameters(path, method, kinds)
        made |= {"parameters": parameters} if parameters else {}
        if kinds and not self.swagger:
            made["requestBody"] = {"content": self._content(kinds), "required": True}
        responses = method.get("methodResponses") or {}
        made["responses"] = {status: self._response(each) for status, each in sorted(responses.items())}
        security = ([{"api_key": []}] if method.get("apiKeyRequired") else []) + (
            [{"sigv4": []}] if method.get("authorizationType") == "AWS_IAM" and self._with("authorizers") else []
        )
        made |= {"security": security} if security else {}
        validator = self.snapshot["validators"].get(method.get("requestValidatorId"))
        if validator and self._with("validators"):
            made["x-amazon-apigateway-request-validator"] = validator["name"]
        if self._with("integrations") and method.get("methodIntegration"):
            made["x-amazon-apigateway-integration"] = _integration(method["methodIntegration"])
        return made

    def _parameters(self, path, method, kinds):
        declared = dict(method.get("requestParameters") or {})
        for name in re.findall(r"{([^}+]+)\+?}", path):
            declared[f"method.request.path.{name}"] = True
        made = []
        for full, required in declared.items():
            place, name = full.split(".", 3)[2:]
            if place in _PLACES:
                typed = {"type": "string"} if self.swagger else {"schema": {"type": "string"}}
                made.append({"name": name, "in": _PLACES[place]} | ({"required": True} if required else {}) | typed)
        if self.swagger and kinds:
            made.append(
                {"in": "body", "name": next(iter(kinds.values())), "required": True, "schema": self._reference(next(iter(kinds.values())))}
            )
        return made

    def _content(self, models):
        return {kind: {"schema": self._reference(name)} for kind, name in models.items()}

    def _response(self, response):
        made = {"description": f"{response['statusCode']} response"}
        typed = {"type": "string"} if self.swagger else {"schema": {"type": "string"}}
        headers = {name.rpartition("method.response.header.")[2]: typed for name in response.get("responseParameters") or {}}
        made |= {"headers": headers} if headers else {}
        models = response.get("responseModels") or {}
        if self.swagger:
            return made | ({"schema": self._reference(next(iter(models.values())))} if models else {})
        return made | {"content": self._content(models)}

    def _reference(self, name):
        return {"$ref": f"#/{'definitions' if self.swagger else 'components/schemas'}/{name}"}

    def _local(self, schema):
        """A model's schema with its references inside the document."""
        if isinstance(schema, list):
            return [self._local(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        start = REFERENCE.format(api=self.api["id"], name="")
        return {
            name: self._reference(value.removeprefix(start))["$ref"]
            if name == "$ref" and isinstance(value, str) and value.startswith(start)
            else self._local(value)
            for name, value in schema.items()
        }


def _integration(shown):
    made = {"type": shown["type"].lower()}
    names = (
        "httpMethod",
        "uri",
        "credentials",
        "connectionType",
        "connectionId",
        "requestParameters",
        "requestTemplates",
        "contentHandling",
    )
    made |= {name: shown[name] for name in names if shown.get(name)}
    made |= {name: shown[name] for name in ("timeoutInMillis", "cacheKeyParameters") if shown.get(name)}
    made["passthroughBehavior"] = shown["passthroughBehavior"].lower()
    responses = {}
    for status, each in (shown.get("integrationResponses") or {}).items():
        members = ("responseParameters", "responseTemplates", "contentHandling")
        responses[each.get("selectionPattern") or "default"] = {"statusCode": status} | {
            name: each[name] for name in members if each.get(name)
        }
    return made | ({"responses": responses} if responses else {})
