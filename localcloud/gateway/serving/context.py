"""`$context` of a request, as mapping templates, gateway responses and access logs see it. Pure."""

from datetime import UTC, datetime

from localcloud.gateway.serving.java import Space


def of(request, stage=None, resource=None, resource_id=None):
    """A nested map; what is known only later is added under the same names."""
    api = stage.api if stage else None
    now = datetime.fromtimestamp(request.at, UTC)
    return Space(
        {
            "accountId": api.account if api else None,
            "apiId": request.api_id,
            "deploymentId": stage.deployment_id if stage else None,
            "domainName": request.domain,
            "domainPrefix": request.domain.partition(".")[0],
            "extendedRequestId": request.extended_id,
            "httpMethod": request.method,
            "identity": Space(sourceIp=request.source_ip, userAgent=request.header.get("user-agent")),
            "path": f"/{request.stage}{request.decoded_path}",
            "protocol": request.protocol,
            "requestId": request.id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(request.at * 1000),
            "resourceId": resource_id,
            "resourcePath": resource,
            "stage": request.stage,
            "requestOverride": {"header": {}, "path": {}, "querystring": {}},
            "responseOverride": {"header": {}},
        }
    )
