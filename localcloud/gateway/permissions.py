"""What API Gateway asks of IAM: `apigateway:<HTTP method>` on the path, tags and roles that a call brings along."""

from urllib.parse import quote

from localcloud.gateway.control.tags import inherited
from localcloud.gateway.openapi.document import VERBS, Document, Invalid
from localcloud.iam.questions import Question

SERVICE = "apigateway.amazonaws.com"


def asks(method, path, operation, given, region, tables):
    """The Questions of one call. `path`: percent-decoded but for an ARN in it; `given`: its input by the model's names. `tables`:
    the region's, see `localcloud.gateway.store`; the tags in them are inherited by all that is inside of what is tagged.

    Where tags are made with something, `apigateway:PUT` is asked for its tags too, by an id that is not known yet.
    TagResource asks for the tagged resource as well, by PATCH.
    """
    start, tags = f"arn:aws:apigateway:{region}::", given.get("tags") or {}
    context = {f"aws:RequestTag/{key}".lower(): str(value) for key, value in tags.items()}
    keys = list(tags) + list(given.get("tagKeys") or [])
    context |= {"aws:TagKeys": keys} if keys else {}
    asked = [Question(f"apigateway:{method}", start + (path.rstrip("/") or "/"), context | _tags_of(tables, path))]
    if operation == "TagResource":
        inside = _tags_of(tables, given["resourceArn"].removeprefix(start))
        asked.append(Question("apigateway:PATCH", given["resourceArn"], context | inside))
    elif tags:
        stage = f"/{given['stageName']}" if operation == "CreateStage" else "/*"
        asked.append(
            Question("apigateway:PUT", f"{start}/tags/{quote(start + path.rstrip('/'), safe='')}{quote(stage, safe='*')}", context)
        )
    return asked + [Question("iam:PassRole", role, {"iam:PassedToService": SERVICE}) for role in _roles(operation, given)]


def _tags_of(tables, path):
    return {f"aws:ResourceTag/{key}".lower(): str(value) for key, value in inherited(tables, path).items()}


def _roles(operation, given):
    """The roles that a call passes to API Gateway."""
    found = []
    if operation == "PutIntegration":
        found = [given.get("credentials")]
    elif operation in ("UpdateIntegration", "UpdateAccount"):
        places = ("/credentials", "/cloudwatchRoleArn")
        found = [
            each.get("value") for each in given.get("patchOperations") or [] if each.get("path") in places and each.get("op") != "remove"
        ]
    elif operation in ("PutRestApi", "ImportRestApi"):
        found = _in_document(given.get("body") or b"")
    # `arn:aws:iam::*:user/*` stands for the caller, and is no role.
    return list(dict.fromkeys(role for role in found if isinstance(role, str) and ":role/" in role))


def _in_document(body):
    """Credentials of the integrations of a document; of one that cannot be read, none: it will be refused."""
    try:
        paths = Document(body).root["paths"]
    except Invalid:
        return []
    operations = [item.get(verb) for item in paths.values() if isinstance(item, dict) for verb in VERBS]
    integrations = [each.get("x-amazon-apigateway-integration") for each in operations if isinstance(each, dict)]
    return [each.get("credentials") for each in integrations if isinstance(each, dict)]
