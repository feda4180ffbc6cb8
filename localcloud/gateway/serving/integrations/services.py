"""AWS integrations by action or path: a signed call to the local cloud itself, with the rights of the integration's role."""

from functools import cache
from urllib.parse import quote, urlencode

import botocore.session
import urllib3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import UnknownServiceError

from localcloud.gateway.serving.answers import Told
from localcloud.gateway.serving.refusals import Refused

_http = urllib3.PoolManager(maxsize=16)
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions"}


@cache
def _model(service):
    try:
        return botocore.session.Session().get_service_model(_MODELS.get(service, service))
    except UnknownServiceError as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"{service!r} is no service that the local cloud knows") from error


def call(given, target, endpoint_url, roles):
    """Told as the service answers."""
    model, role = _model(target.service), given.resolved(given.integration.credentials)
    if not role or role.endswith(":user/*"):
        raise Refused("API_CONFIGURATION_ERROR", detail=f"an AWS integration needs a role as its credentials, not {role!r}")
    method, headers, query = given.integration.http_method or "POST", dict(given.headers), dict(given.query)
    path = "/"
    if target.kind == "path":
        path, _, fixed = _filled(target.rest, given.path_values).partition("?")
        path = "/" + path.lstrip("/")
        if target.subdomain:
            path = f"/{target.subdomain}{path}"
        query |= dict(each.partition("=")[::2] for each in fixed.split("&") if each)
    else:
        action, _, fixed = target.rest.partition("&")
        query |= dict(each.partition("=")[::2] for each in fixed.split("&") if each)
        if model.protocol == "json":
            sent_as = next(value for name, value in headers.items() if name.lower() == "content-type")
            if not sent_as.startswith("application/x-amz-json-1."):
                return Told(404, {"content-type": "application/x-amz-json-1.1"}, b'{"__type":"UnknownOperationException"}')
            headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{action}"
        else:
            query = {"Action": action, "Version": model.api_version} | query
    headers["User-Agent"] = "headwater-via/apigateway.amazonaws.com"
    url = endpoint_url + quote(path, safe="/%~") + (f"?{urlencode(query)}" if query else "")
    sent = AWSRequest(method=method, url=url, data=given.body if method not in ("GET", "HEAD") else b"", headers=headers)
    signer = S3SigV4Auth if target.service == "s3" else SigV4Auth
    signer(Credentials(*roles.credentials(role)), model.signing_name, target.region).add_auth(sent)
    try:
        answer = _http.request(
            method,
            url,
            body=sent.data,
            headers=dict(sent.headers),
            timeout=given.integration.timeout_ms / 1000,
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.TimeoutError as error:
        raise Refused("INTEGRATION_TIMEOUT", detail=str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise Refused("INTEGRATION_FAILURE", detail=str(error)) from error
    return Told(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


def _filled(path, values):
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return path
