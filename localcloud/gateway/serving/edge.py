"""execute-api over ASGI, in front of everything else: which requests are an API's, and how they are read and answered."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from localcloud.gateway.serving.calls import MOST_BYTES
from localcloud.gateway.serving.lane import Lane
from localcloud.gateway.serving.requests import Request
from localcloud.gateway.serving.service import Service

PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.(?:[a-z0-9-]+\.)?localhost(?::\d+)?", re.I)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_READ_AT_MOST = 4 * MOST_BYTES


class ExecuteApi:
    """ASGI middleware: serves APIs of ours, and hands everything else to `app`.

    Their requests are signed by nobody and may come from machines, so they pass by what looks at AWS's own API: the journal
    tells what the integrations do, not what clients ask.
    """

    def __init__(self, app, settings, registry, firehose):
        self.app, self.service = app, Service(settings, registry, firehose)
        self.lane, self.pool = Lane("gateway-quick"), ThreadPoolExecutor(32, thread_name_prefix="gateway")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self._lifespan(scope, receive, send)
        place = where(scope) if scope["type"] == "http" else None
        if place is None or _is_ministacks(place[0]):
            return await self.app(scope, receive, send)
        request = _request(scope, *place)
        body = await _read(receive)
        if body is None:
            return None
        request.body = body
        request.signed = scope, {name.lower(): value for name, value in request.headers}, request.body
        run = self.lane.run if self.service.is_quick(request) else self._pooled
        response = await run(lambda: self.service.respond(request))
        return await _send(send, request, response)

    async def _pooled(self, work):
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    async def _lifespan(self, scope, receive, send):
        async def sent(message):
            if message["type"] == "lifespan.startup.complete":
                self.lane.start()
                self.service.start()
            await send(message)

        async def received():
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.lane.stop()
                self.service.stop()
                self.pool.shutdown(wait=False, cancel_futures=True)
            return message

        await self.app(scope, received, sent)


def where(scope):
    """(API's id, stage, the path behind it, domain) of a request to an API, None of any other."""
    path = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"), "")
    if path.startswith(PREFIX):
        identity, _, rest = path[len(PREFIX) :].partition("/")
    else:
        found = _HOST.fullmatch(host) if ".execute-api." in host else None
        if not found:
            return None
        identity, rest = found[1].lower(), path.removeprefix("/")
    stage, _, behind = rest.partition("/")
    return identity, stage, f"/{behind}", host


def _is_ministacks(identity):
    """Is it one of MiniStack's HTTP or WebSocket APIs?"""
    from ministack.services import apigateway

    return any(key[-1] == identity for key in list(apigateway._apis._data))


def _request(scope, identity, stage, path, domain):
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    query = scope.get("query_string", b"").decode("latin-1")
    client = (scope.get("client") or ("127.0.0.1",))[0]
    protocol = f"HTTP/{scope.get('http_version', '1.1')}"
    return Request(identity, stage, scope["method"], path, query, headers, b"", client, protocol, domain)


async def _read(receive):
    """The body; of one that is too large only so much that this can be told. None if the client went away before its end."""
    chunks, size, read = [], 0, 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        read += len(chunk)
        if size <= MOST_BYTES:
            chunks.append(chunk)
            size += len(chunk)
        if not message.get("more_body") or read > _READ_AT_MOST:
            return b"".join(chunks)


async def _send(send, request, response):
    bodiless = response.status in (204, 304)
    lines = [(b"x-amzn-requestid", request.id.encode()), (b"x-amz-apigw-id", request.extended_id.encode())]
    if not bodiless:
        lines.append((b"content-length", str(len(response.body)).encode()))
    for name, value in response.headers:
        if _TOKEN.fullmatch(name) and name.lower() not in ("content-length", "transfer-encoding", "connection"):
            lines.append((name.lower().encode(), _CONTROLS.sub(" ", str(value)).strip().encode("utf-8", "replace")))
    await send({"type": "http.response.start", "status": response.status, "headers": lines})
    body = b"" if request.method == "HEAD" or bodiless else response.body
    await send({"type": "http.response.body", "body": body})
