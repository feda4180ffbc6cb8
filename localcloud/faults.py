"""Throttles and errors for a share of the requests, and the way to AWS, so that what must cope with them can be tried.

`POST /_headwater/faults` with {"share": 0.1, "kinds": ["throttle", "error"], "services": ["s3"], "seed": 1, "latency_ms": 80} sets
them, share 0 ends them, and GET tells the settings and how many there were. Latency is for every request but those that services of
the local cloud make of each other, as if it were far away. HEADWATER_LOCALCLOUD_FAULTS holds the same JSON for the start. A request
that gets one is not looked at by anybody else, so nothing was done; its answer has the header x-headwater-fault.
"""

import asyncio
import json
import random
from collections import Counter

PATH = "/_headwater/faults"
KINDS = ("throttle", "error")
LONGEST_LATENCY = 10_000
DEFAULTS = {"share": 0.0, "kinds": list(KINDS), "services": [], "seed": 0, "latency_ms": 0}

#: Per protocol: the (status, code, message) of each kind.
ANSWERS = {
    "json": {"throttle": (400, "ThrottlingException", "Rate exceeded"), "error": (500, "InternalServerError", "Internal server error")},
    "rest-json": {"throttle": (429, "TooManyRequestsException", "Rate exceeded"), "error": (500, "ServiceException", "Internal error")},
    "cbor": {"throttle": (400, "ThrottlingException", "Rate exceeded"), "error": (500, "InternalServerError", "Internal server error")},
    "query": {"throttle": (400, "Throttling", "Rate exceeded"), "error": (500, "InternalFailure", "An internal error occurred")},
    "ec2": {"throttle": (503, "RequestLimitExceeded", "Request limit exceeded."), "error": (500, "InternalError", "An internal error")},
    "s3": {"throttle": (503, "SlowDown", "Please reduce your request rate."), "error": (500, "InternalError", "We encountered an error")},
}


def checked(given):
    """Settings as given, with the defaults; ValueError names what is wrong."""
    unknown = sorted(set(given) - set(DEFAULTS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no setting of faults; known are {', '.join(DEFAULTS)}")
    settings = {**DEFAULTS, **given}
    if not isinstance(settings["share"], int | float) or not 0 <= settings["share"] <= 1:
        raise ValueError(f"share is {settings['share']!r}, not a number from 0 to 1")
    if not isinstance(settings["latency_ms"], int | float) or not 0 <= settings["latency_ms"] <= LONGEST_LATENCY:
        raise ValueError(f"latency_ms is {settings['latency_ms']!r}, not a number from 0 to {LONGEST_LATENCY}")
    if not settings["kinds"] or set(settings["kinds"]) - set(KINDS):
        raise ValueError(f"kinds is {settings['kinds']!r}; name one or both of {', '.join(KINDS)}")
    if not isinstance(settings["services"], list):
        raise ValueError(f"services is {settings['services']!r}, not a list of names such as s3; an empty one means all")
    return settings


class Faults:
    """ASGI middleware. `signer(headers, scope)` tells (access key, region, service); `text`: the first settings as JSON, or empty."""

    def __init__(self, app, signer, text=""):
        self.app, self.signer = app, signer
        self.set(json.loads(text or "{}"))

    def set(self, given):
        """New settings; what was counted is forgotten."""
        self.settings = checked(given)
        self.dice = {}
        self.injected = Counter()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] == PATH:
            return await self._configure(scope, receive, send)
        wanted = self.settings["share"] or self.settings["latency_ms"]
        if scope["type"] != "http" or scope["path"].startswith("/_") or not wanted:
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        service = self.signer(headers, scope)[2]
        if service is None or (self.settings["services"] and service not in self.settings["services"]):
            return await self.app(scope, receive, send)
        if "headwater-via/" not in headers.get("user-agent", ""):
            await asyncio.sleep(self.settings["latency_ms"] / 1000)
        dice = self._dice(service)
        if dice.random() >= self.settings["share"]:
            return await self.app(scope, receive, send)
        kind = dice.choice(self.settings["kinds"])
        self.injected[f"{service} {kind}"] += 1
        await read(receive)  # the connection serves the next request
        return await refuse(send, protocol(service, headers), kind, scope["method"])

    def _dice(self, service):
        """Each service has its own, so that what befalls its requests does not depend on the other services'."""
        if service not in self.dice:
            self.dice[service] = random.Random(f"{self.settings['seed']} {service}")  # noqa: S311 - repeatable, not secret
        return self.dice[service]

    async def _configure(self, scope, receive, send):
        """Tell the settings, or take new ones."""
        status, body = 200, await read(receive)
        try:
            if scope["method"] == "POST":
                self.set(json.loads(body or b"{}"))
            answer = {**self.settings, "injected": dict(self.injected)}
        except (ValueError, TypeError) as error:
            status, answer = 400, {"message": str(error)}
        await respond(send, status, [(b"content-type", b"application/json")], json.dumps(answer).encode())


def protocol(service, headers):
    """How the caller wants its answer."""
    if service in ("s3", "ec2"):
        return service
    if "cbor" in headers.get("smithy-protocol", ""):
        return "cbor"
    if "x-amz-target" in headers:
        return "json"
    return "query" if headers.get("content-type", "").startswith("application/x-www-form-urlencoded") else "rest-json"


async def refuse(send, spoken, kind, method):
    """Answer in the service's own words."""
    status, code, message = ANSWERS[spoken][kind]
    content_type, body = written(spoken, code, message)
    headers = [(b"content-type", content_type), (b"x-headwater-fault", kind.encode()), (b"x-amzn-requestid", b"injected")]
    if spoken in ("json", "rest-json"):
        headers.append((b"x-amzn-errortype", code.encode()))
    if spoken == "cbor":
        headers.append((b"smithy-protocol", b"rpc-v2-cbor"))
    await respond(send, status, headers, b"" if method == "HEAD" else body)


def written(spoken, code, message):
    """(content type, body) of an error."""
    if spoken in ("json", "rest-json"):
        return b"application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    if spoken == "cbor":
        return b"application/cbor", b"\xa2" + b"".join(map(cbor_text, ("__type", code, "message", message)))
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if spoken == "s3":
        text = f"<Error>{error}<RequestId>injected</RequestId></Error>"
    elif spoken == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>injected</RequestID></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>injected</RequestId></ErrorResponse>"
    return b"text/xml", b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


def cbor_text(text):
    """A text of at most 255 bytes in CBOR."""
    data = text.encode()
    return bytes([0x78, len(data)]) + data


async def read(receive):
    """The whole body of a request."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def respond(send, status, headers, body):
    """Send an answer."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
