"""Who may call a method: methods with AWS_IAM are asked of IAM, as a signed request."""

import json

from localcloud.gateway.serving.refusals import Refused
from localcloud.iam.questions import Question


def check(call):
    """Refused if the method wants a signature and this request has none that may."""
    kind = call.method.authorization
    if kind == "NONE":
        return
    if kind != "AWS_IAM":
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR", detail=f"authorizers of the type {kind} are not in the local cloud")
    signed = call.request.signed
    if not call.request.header.get("authorization") or signed is None:
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    from localcloud.iam import gate

    api, method = call.stage.api, call.request.method
    arn = f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/{call.stage.name}/{method}{call.request.decoded_path}"
    _, refused = gate.admit(*signed, "execute-api", lambda _: [Question("execute-api:Invoke", arn)])
    if refused:
        raise Refused("ACCESS_DENIED", message=_message(refused[2]))


def _message(body):
    try:
        found = json.loads(body)
        return found.get("message") or found.get("Message")
    except (ValueError, AttributeError):
        return None
