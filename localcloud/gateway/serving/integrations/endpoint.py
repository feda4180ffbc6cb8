"""HTTP and HTTP_PROXY integrations."""

from urllib.parse import quote, urlencode

import urllib3

from localcloud.gateway.serving.answers import NOT_PASSED, Told
from localcloud.gateway.serving.refusals import Refused

_http = urllib3.PoolManager(maxsize=16)


def call(given):
    """Told as the server answers; redirects are passed on, not followed."""
    integration, request = given.integration, given.request
    proxy = integration.type == "HTTP_PROXY"
    url = given.resolved(integration.uri)
    for name, value in (given.path | given.path_values if proxy else given.path_values).items():
        url = url.replace("{" + name + "}", quote(value, safe="/")).replace("{" + name + "+}", quote(value, safe="/"))
    query = [(name, value) for name, values in request.multi_query.items() for value in values] if proxy else []
    query += list(given.query.items())
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query)
    headers = dict(given.headers)
    if proxy:
        headers = {name: value for name, value in request.headers if name.lower() not in NOT_PASSED | {"host", "x-api-key"}} | headers
    method = request.method if integration.http_method == "ANY" else integration.http_method or request.method
    try:
        answer = _http.request(
            method, url, body=given.body or None, headers=headers, timeout=integration.timeout_ms / 1000, retries=False, redirect=False
        )
    except urllib3.exceptions.TimeoutError as error:
        raise Refused("INTEGRATION_TIMEOUT", detail=str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise Refused("INTEGRATION_FAILURE", detail=str(error)) from error
    return Told(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)
