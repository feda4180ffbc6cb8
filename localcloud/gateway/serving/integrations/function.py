"""Lambda functions: AWS_PROXY's event (format 1.0), or the body as it is."""

import base64
import json

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from localcloud.engine import make_client
from localcloud.gateway.serving.answers import Told
from localcloud.gateway.serving.calls import is_binary
from localcloud.gateway.serving.refusals import Refused
from localcloud.gateway.serving.roles import PRINCIPAL
from localcloud.iam.deliveries import may_invoke


class Functions:
    """Invokes functions, with the integration's role, or by the function's own policy where there is none."""

    def __init__(self, endpoint_url, roles):
        self.endpoint_url, self.roles, self._clients = endpoint_url, roles, {}

    def call(self, given, target):
        """Told what the function returned; `error`: the message of one that failed."""
        arn, role = given.resolved(target.function), given.resolved(given.integration.credentials)
        if not role and not may_invoke(arn, PRINCIPAL, source_arn(given), given.stage.api.account, given.stage.api.region):
            raise Refused("API_CONFIGURATION_ERROR", detail=f"{arn} does not let {PRINCIPAL} invoke it for {source_arn(given)}")
        payload = given.body
        if given.integration.type == "AWS_PROXY":
            payload = json.dumps(event(given)).encode()
        later = {name.lower(): value for name, value in given.headers.items()}.get("x-amz-invocation-type") == "Event"
        try:
            client = self._client(target.region, role, given.integration.timeout_ms / 1000)
            answer = client.invoke(FunctionName=arn, Payload=payload, InvocationType="Event" if later else "RequestResponse")
        except ClientError as error:
            found = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]
            if given.integration.type == "AWS_PROXY" or found[0] in (403, 404):
                raise Refused("API_CONFIGURATION_ERROR", detail=str(error)) from error
            return Told(found[0], {}, json.dumps(found[1]).encode(), error=found[1].get("Message", ""))
        except ReadTimeoutError as error:
            raise Refused("INTEGRATION_TIMEOUT", detail=str(error)) from error
        except BotoCoreError as error:
            raise Refused("INTEGRATION_FAILURE", detail=str(error)) from error
        body = answer["Payload"].read()
        return Told(answer["StatusCode"], {}, body, error=_message(body) if answer.get("FunctionError") else None)

    def _client(self, region, role, seconds):
        credentials = self.roles.credentials(role) if role else ("test", "test", None)
        key = region, credentials[0], seconds
        if key not in self._clients:
            if len(self._clients) > 32:
                self._clients.clear()
            settings = {"retries": {"total_max_attempts": 1}, "read_timeout": seconds}
            self._clients[key] = make_client("lambda", self.endpoint_url, region, "apigateway", credentials, **settings)
        return self._clients[key]


def source_arn(given):
    """The ARN of the method, as permissions of functions name it."""
    api, stage = given.stage.api, given.stage
    method = given.method.http_method.replace("ANY", "*")
    return f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/{stage.name}/{method}{given.resource}"


def event(given):
    """The event of a proxy integration."""
    request, context = given.request, given.context
    binary = is_binary(request.content_type or "application/json", given.stage.api)
    body = base64.b64encode(request.body).decode() if binary else request.text
    shown = ("accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "path", "protocol")
    shown += ("requestId", "requestTime", "requestTimeEpoch", "resourceId", "resourcePath", "stage")
    return {
        "resource": given.resource,
        "path": request.decoded_path,
        "httpMethod": request.method,
        "headers": dict(request.header) or None,
        "multiValueHeaders": request.multi_header or None,
        "queryStringParameters": request.query or None,
        "multiValueQueryStringParameters": request.multi_query or None,
        "pathParameters": given.path or None,
        "stageVariables": given.stage.variables or None,
        "requestContext": {name: context[name] for name in shown} | {"identity": context["identity"]},
        "body": body if request.body else None,
        "isBase64Encoded": binary and bool(request.body),
    }


def _message(body):
    try:
        return str(json.loads(body).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return ""
