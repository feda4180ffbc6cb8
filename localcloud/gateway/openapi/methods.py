"""An operation of a document as a method: parameters, bodies, answers, security and its integration."""

_PLACES = {"header": "header", "query": "querystring", "path": "path"}
_INTEGRATION = "x-amazon-apigateway-integration"
_TEXTS = ("uri", "credentials", "requestParameters", "requestTemplates", "connectionType", "connectionId", "cacheNamespace", "tlsConfig")


class Methods:
    """Makes methods of the operations of a Document. `models`: a `schemas.Models`. `warnings`: texts, added to as they are met."""

    def __init__(self, document, models):
        self.document, self.models, self.warnings = document, models, []

    def method(self, path, verb, item, operation):
        """(method as AWS shows it with `_validator` for its validator's name, problems) of one operation."""
        name = "ANY" if verb.startswith("x-") else verb.upper()
        method = {"httpMethod": name, "apiKeyRequired": False, "authorizationType": "NONE"}
        if operation.get("operationId"):
            method["operationName"] = operation["operationId"]
        parameters, models = self._request(f"{name} {path}", item, operation)
        method |= {"requestParameters": parameters} if parameters else {}
        method |= {"requestModels": models} if models else {}
        if responses := self._responses(f"{name} {path}", operation):
            method["methodResponses"] = responses
        problems = self._secure(method, operation)
        validator = operation.get("x-amazon-apigateway-request-validator", self.document.root.get("x-amazon-apigateway-request-validator"))
        method |= {"_validator": validator} if validator else {}
        if isinstance(operation.get(_INTEGRATION), dict):
            method["methodIntegration"], more = integration(operation[_INTEGRATION])
            problems += more
        return method, problems

    def _request(self, where, item, operation):
        parameters, models, consumed = {}, {}, operation.get("consumes") or self.document.root.get("consumes") or ["application/json"]
        declared = {}
        for each in [*(item.get("parameters") or []), *(operation.get("parameters") or [])]:
            each = self.document.resolved(each)
            declared[each.get("in"), each.get("name")] = each
        for (place, name), each in declared.items():
            if place in _PLACES:
                parameters[f"method.request.{_PLACES[place]}.{name}"] = bool(each.get("required"))
            elif place == "body":
                models |= dict.fromkeys(consumed, self.models.name_of(each.get("schema")))
            else:
                self.warnings.append(f"{where}: the parameter {name} in {place} is not supported and was left out")
        body = self.document.resolved(operation.get("requestBody") or {})
        for kind, content in (body.get("content") or {}).items():
            models[kind] = self.models.name_of(content.get("schema"))
        return parameters, {kind: model for kind, model in models.items() if model}

    def _responses(self, where, operation):
        made = {}
        for status, response in (operation.get("responses") or {}).items():
            if not str(status).isdigit():
                self.warnings.append(f"{where}: the response {status} is not supported and was left out")
                continue
            response, status = self.document.resolved(response), str(status)
            made[status] = {"statusCode": status}
            if response.get("headers"):
                made[status]["responseParameters"] = {f"method.response.header.{name}": False for name in response["headers"]}
            kinds = {kind: content.get("schema") for kind, content in (response.get("content") or {}).items()}
            if self.document.is_swagger and response.get("schema"):
                produced = operation.get("produces") or self.document.root.get("produces") or ["application/json"]
                kinds = dict.fromkeys(produced, response["schema"])
            models = {kind: self.models.name_of(schema) for kind, schema in kinds.items() if schema}
            made[status] |= {"responseModels": models} if models else {}
        return made

    def _secure(self, method, operation):
        """Set what a caller must show; the problems of schemes that are not here."""
        problems = []
        own = operation.get("x-amazon-apigateway-auth") or {}
        if str(own.get("type", "NONE")).upper() not in ("NONE", "AWS_IAM"):
            problems.append(f"the authorization {own['type']} is not in the local cloud; see docs/local-cloud.md")
        elif own.get("type"):
            method["authorizationType"] = own["type"].upper()
        for requirement in operation.get("security", self.document.root.get("security")) or []:
            for name in requirement:
                scheme = self.document.schemes().get(name)
                if scheme is None:
                    problems.append(f"the security scheme {name} is not in the document")
                elif "x-amazon-apigateway-authorizer" in scheme:
                    problems.append(f"the authorizer {name} is not in the local cloud; see docs/local-cloud.md")
                elif scheme.get("type") != "apiKey":
                    self.warnings.append(f"the security scheme {name} is of type {scheme.get('type')}, which is not supported: left out")
                elif str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
                    method["authorizationType"] = "AWS_IAM"
                elif str(scheme.get("name", "")).lower() == "x-api-key":
                    method["apiKeyRequired"] = True
                else:
                    self.warnings.append(f"the security scheme {name} is no x-api-key and has no authorizer: left out")
        return problems


def integration(given):
    """(integration as AWS shows it, problems) of the extension."""
    made = {"type": str(given.get("type") or "").upper()}
    made |= {name: given[name] for name in _TEXTS if given.get(name)}
    if given.get("httpMethod"):
        made["httpMethod"] = str(given["httpMethod"]).upper()
    for name in ("passthroughBehavior", "contentHandling"):
        if given.get(name):
            made[name] = str(given[name]).upper()
    for name in ("timeoutInMillis", "cacheKeyParameters"):
        if given.get(name) is not None:
            made[name] = given[name]
    if given.get("responseTransferMode"):
        made["responseTransferMode"] = str(given["responseTransferMode"]).upper()
    responses, problems = {}, []
    for pattern, response in (given.get("responses") or {}).items():
        status = str(response.get("statusCode") or "")
        if status in responses:
            problems.append(f"the status {status} has two integration responses, one of them for the pattern {pattern!r}")
        responses[status] = {"statusCode": status} | ({} if pattern == "default" else {"selectionPattern": str(pattern)})
        responses[status] |= {
            name: response[name] for name in ("responseParameters", "responseTemplates", "contentHandling") if response.get(name)
        }
    return made | ({"integrationResponses": responses} if responses else {}), problems
