"""MOCK: the request's template says which status is answered."""

import json

from localcloud.gateway.serving.answers import Told
from localcloud.gateway.serving.refusals import Refused


def call(given):
    """Told the `statusCode` of what the template made of the request."""
    try:
        found = json.loads(given.body or b"{}")
        status = int(found["statusCode"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("API_CONFIGURATION_ERROR", detail=f"MOCK needs a template that makes {{'statusCode': …}}: {error!r}") from error
    return Told(status)
