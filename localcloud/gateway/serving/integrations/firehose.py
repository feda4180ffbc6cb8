"""Firehose's puts without a way through HTTP: the engine is in this process, and clicks come by the hundreds a second."""

import json

from localcloud import engine
from localcloud.gateway.serving.answers import Told
from localcloud.gateway.serving.refusals import Refused

ACTIONS = ("PutRecord", "PutRecordBatch")
_JSON = "application/x-amz-json-1.1"


def concerns(target, http_method):
    return bool(target) and target.service == "firehose" and target.kind == "action" and target.rest in ACTIONS and http_method == "POST"


def call(given, target, firehose, roles):
    """Told as Firehose answers. `firehose`: the engine."""
    headers = {name.lower(): value for name, value in given.headers.items()}
    if not headers["content-type"].startswith("application/x-amz-json-1."):
        return _told(404, {"__type": "UnknownOperationException"})  # Firehose knows no JSON of another type
    try:
        body = json.loads(given.body or b"{}")
        if not isinstance(body, dict):
            raise ValueError("it is no object")
    except (ValueError, RecursionError) as error:
        return _told(400, {"__type": "SerializationException", "Message": f"the body cannot be read: {error}"})
    account = given.stage.api.account
    role = given.resolved(given.integration.credentials)
    if not role:
        return _told(400, {"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"})
    if role.endswith(":user/*"):
        raise Refused("API_CONFIGURATION_ERROR", detail="the local cloud's API Gateway does not call with the caller's credentials")
    arn = f"arn:aws:firehose:{target.region}:{account}:deliverystream/{body.get('DeliveryStreamName', '')}"
    denied = roles.refusal(role, f"firehose:{target.rest}", arn, account, target.region)
    if denied:
        return _told(400, {"__type": "AccessDeniedException", "Message": denied})
    access_key = roles.credentials(role)[0]
    return _told(*firehose.handle(engine.Request(target.rest, body, target.region, account, access_key)))


def _told(status, body):
    return Told(status, {"content-type": _JSON}, json.dumps(body, separators=(",", ":")).encode())
