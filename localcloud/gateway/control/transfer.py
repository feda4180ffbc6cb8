"""APIs from and to OpenAPI documents."""

import copy
import json

import yaml

from localcloud.gateway import wire
from localcloud.gateway.control import apis, models, resources, responses, rules, validators
from localcloud.gateway.control.here import bad, identity
from localcloud.gateway.control.integrations import completed
from localcloud.gateway.openapi import reading, writing
from localcloud.gateway.openapi.document import Invalid

OPERATIONS = ("import_rest_api", "put_rest_api", "get_export")
_PARAMETERS = ("basepath", "ignore", "endpointConfigurationTypes", "failonwarnings", "mode")
_IMPORTED = ("version", "description", "binaryMediaTypes", "minimumCompressionSize", "policy")


def import_rest_api(here, given):
    parameters = _parameters(given)
    record = apis.new(
        {"name": "imported", "apiKeySource": "HEADER", "tags": {}, "disableExecuteApiEndpoint": False} | _endpoint(parameters)
    )
    definition = _definition(record, given, parameters)
    _take(record, definition)
    here.tables["apis"][record["api"]["id"]] = record
    return record["api"] | _warnings(definition)


def put_rest_api(here, given):
    """Both modes work on a copy, so that a document with problems changes nothing."""
    known, mode, parameters = here.record(given["restApiId"]), given.get("mode") or "merge", _parameters(given)
    if mode not in ("merge", "overwrite"):
        raise bad(f"Invalid mode specified: {mode}; merge or overwrite")
    record = copy.deepcopy(known)
    definition = _definition(record, given, parameters)
    if mode == "overwrite":
        _clear(record)
    if "endpointConfigurationTypes" in parameters:
        record["api"] |= _endpoint(parameters)
    _take(record, definition)
    if mode == "overwrite":
        _prune(record, definition.paths)
    here.tables["apis"][given["restApiId"]] = record
    return record["api"] | _warnings(definition)


def _parameters(given):
    found = given.get("parameters") or {}
    unknown = sorted(set(found) - set(_PARAMETERS))
    if unknown:
        raise bad(f"Invalid parameter specified for import: {', '.join(unknown)}; known are {', '.join(_PARAMETERS)}")
    if found.get("basepath", "ignore") not in ("ignore", "prepend", "split"):
        raise bad(f"Invalid basepath specified: {found['basepath']}; ignore, prepend or split")
    return found


def _endpoint(parameters):
    return {"endpointConfiguration": {"types": [parameters.get("endpointConfigurationTypes", "EDGE")], "ipAddressType": "ipv4"}}


def _definition(record, given, parameters):
    """The Definition of a request's document; refuses one with problems, and one with warnings if these are to count."""
    try:
        found = reading.read(given.get("body") or b"", record["api"]["id"], parameters.get("basepath", "ignore"))
    except Invalid as error:
        raise bad(str(error)) from error
    if given.get("failOnWarnings") and found.warnings:
        raise bad("Warnings found during import:\n\t" + "\n\t".join(found.warnings))
    return found


def _warnings(definition):
    return {"warnings": definition.warnings} if definition.warnings else {}


def _clear(record):
    """Leave of an API what no document says; paths keep their resources' ids."""
    for resource in record["resources"].values():
        resource.pop("resourceMethods", None)
    record |= {"models": {}, "validators": {}, "responses": {}}
    record["api"] = {name: value for name, value in record["api"].items() if name not in _IMPORTED}


def _take(record, definition):
    """Put a Definition into an API's record; BadRequestException with all problems at once."""
    problems = list(definition.problems)
    record["api"] |= definition.api
    apis.check(record["api"])
    for name, model in definition.models.items():
        known = record["models"].get(name, {"id": identity(6), "name": name})
        record["models"][name] = known | model
    for name in definition.models:
        problems += [f"Unable to create model for '{name}': {_inner(each)}" for each in models.check(record, record["models"][name])]
    by_name = {each["name"]: each["id"] for each in record["validators"].values()}
    for name, flags in definition.validators.items():
        made = validators.new(name, flags) | ({"id": by_name[name]} if name in by_name else {})
        record["validators"][made["id"]], by_name[name] = made, made["id"]
    for kind, given in definition.responses.items():
        record["responses"][kind] = responses.new(kind, given)
    _take_paths(record, definition.paths, by_name, problems)
    if problems:
        raise bad("Errors found during import:\n\t" + "\n\t".join(problems))


def _inner(problem):
    return problem.removeprefix("Invalid model specified: ")


def _take_paths(record, paths, validator_ids, problems):
    for path, found in paths.items():
        resource = resources.ensured(record["resources"], path)
        for name, method in found.items():
            problems += _completed(record, resource, method, validator_ids)
            resource.setdefault("resourceMethods", {})[name] = method


def _prune(record, paths):
    """After overwriting: drop the resources that the document does not name."""
    kept = {each for path in paths for each in _ancestors(path)} | {"/"}
    for identifier in [key for key, each in record["resources"].items() if each["path"] not in kept]:
        del record["resources"][identifier]


def _ancestors(path):
    parts = path.strip("/").split("/")
    return ["/", *("/" + "/".join(parts[: number + 1]) for number in range(len(parts)))]


def _completed(record, resource, method, validator_ids):
    """Give a document's method the members that AWS adds; the problems of the method."""
    validator, problems = method.pop("_validator", None), []
    where = f"on resource at path '{resource['path']}'"
    if validator in validator_ids:
        method["requestValidatorId"] = validator_ids[validator]
    elif validator:
        problems.append(f"Unable to put method '{method['httpMethod']}' {where}: Invalid Request Validator specified: {validator}")
    if wrong := wire.problems(wire.model().shape_for("Method"), method):
        return [*problems, f"Unable to put method '{method['httpMethod']}' {where}: {wrong}"]
    found = rules.of_method(method)
    for status, response in (method.get("methodResponses") or {}).items():
        found += [f"{status}: {each}" for each in rules.of_method_response(response)]
    for used in [method.get("requestModels"), *(each.get("responseModels") for each in (method.get("methodResponses") or {}).values())]:
        found += [f"Invalid model identifier specified: {name}" for name in (used or {}).values() if name not in record["models"]]
    problems += [f"Unable to put method '{method['httpMethod']}' {where}: {each}" for each in found]
    integration = method.get("methodIntegration")
    if integration:
        method["methodIntegration"] = completed(integration, resource["id"])
        found = rules.of_integration(integration, method, resource["path"])
        for status, response in (integration.get("integrationResponses") or {}).items():
            found += [f"{each} ({status})" for each in rules.of_integration_response(response, method)]
        problems += [
            f"Unable to put integration on '{method['httpMethod']}' for resource at path '{resource['path']}': {each}" for each in found
        ]
    return problems


def get_export(here, given):
    record, stage, kind = here.record(given["restApiId"]), here.stage(given), given["exportType"]
    if kind not in ("oas30", "swagger"):
        raise bad(f"Invalid export type specified: {kind}; oas30 or swagger")
    extensions = [each for each in (given.get("parameters") or {}).get("extensions", "").split(",") if each]
    unknown = sorted(set(extensions) - {"apigateway", "integrations", "authorizers", "documentation", "validators", "gatewayresponses"})
    if unknown:
        raise bad(f"extensions={','.join(unknown)} of GetExport is not in the local cloud; see docs/local-cloud.md")
    accepted = given.get("accepts") or "application/json"
    snapshot = record["deployments"][stage["deploymentId"]]["snapshot"]
    document = writing.document(snapshot, stage["stageName"], here.region, kind == "swagger", set(extensions))
    as_yaml = "yaml" in accepted
    body = yaml.safe_dump(document, sort_keys=False) if as_yaml else json.dumps(document, indent=2)
    suffix, content = ("yaml", "application/yaml") if as_yaml else ("json", "application/json")
    name = f"{kind}_{stage['createdDate']}.{suffix}"
    return {"contentType": content, "contentDisposition": f'attachment; filename="{name}"', "body": body.encode()}
