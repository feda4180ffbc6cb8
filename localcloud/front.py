"""One endpoint for all of AWS: each request goes to the part that serves its service best."""

import asyncio
import contextvars
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

from localcloud import engine as engines
from localcloud.iam import gate
from localcloud.iam.local_process import ROLE_CREDENTIALS, LocalProcess
from localcloud.machines import relay

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
MOTO_SERVICES = {"ec2"}


class Front:
    """ASGI application. Engines answer the actions they know; moto has EC2; MiniStack the rest.

    `engines_list`: our engines. `ministack`: its ASGI application. `moto`: ours around moto, `machines.engine.Ec2`.
    """

    def __init__(self, settings, engines_list, ministack, moto):
        self.settings = settings
        self.engines = {engine.service: engine for engine in engines_list}
        self.ministack, self.moto = ministack, moto
        self.role_credentials = LocalProcess(settings)
        # Engines wait for other services through this same front, so each call needs a thread of its own.
        self.executor = ThreadPoolExecutor(64, thread_name_prefix="engine")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self._lifespan(scope, receive, send)
        if scope["type"] != "http":
            return await self.ministack(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if from_a_machine(scope) and scope["path"].startswith("/_"):
            return await engines.respond(send, 403, {"__type": "AccessDenied", "message": "not for machines"})
        if scope["path"].startswith(ROLE_CREDENTIALS):
            return await self.role_credentials(scope, headers, send)
        access_key, region, service = signer(headers, scope)
        if from_a_machine(scope) and access_key and not access_key.startswith(("ASIA", "AKIA")):
            # The well-known root key is this computer's user's; on a machine it would hide that its role lacks something.
            return await engines.respond(send, 403, {"__type": "UnrecognizedClientException", "message": "The security token is invalid."})
        engine = self.engines.get(service)
        engine = engine if engine is None or engine.takes(scope["path"]) else None
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if service not in MOTO_SERVICES and (engine is None or not (engine.can(action) or engine.owns_service)):
            return await self.ministack(scope, receive, send)
        sent = await _read(receive)
        _, refused = gate.admit(scope, headers, sent, service, engine and engine.asks)
        if refused:
            return await engines.answer(send, *refused)
        if service in MOTO_SERVICES:
            return await self.moto(scope, _again(sent), send)
        if engine.own_protocol:
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            given = scope, headers, query, sent, region, access_key
            context = contextvars.copy_context()  # what is asked of IAM belongs to this request
            answered = await asyncio.get_running_loop().run_in_executor(self.executor, context.run, engine.respond, *given)
            return await engines.answer(send, *answered)
        try:
            body = json.loads(sent or b"{}")
        except ValueError:
            return await engines.respond(send, 400, {"__type": "SerializationException", "message": "the body is not JSON"})
        request = engines.Request(action, body, region or self.settings.region, self.settings.account, access_key or "", headers)
        return await engines.serve(engine, request, self.executor, send)

    async def _lifespan(self, scope, receive, send):
        """Pass start and stop on to MiniStack, and start and stop the engines with it."""

        async def sent(message):
            if message["type"] == "lifespan.startup.complete":
                for engine in (*self.engines.values(), self.moto):
                    engine.start()
            elif message["type"] == "lifespan.shutdown.complete":
                for engine in (*self.engines.values(), self.moto):
                    engine.stop()
            await send(message)

        await self.ministack(scope, receive, sent)


def from_a_machine(scope):
    """Does a machine ask, through its relay? What the local cloud tells this computer's user is not for machines."""
    return (scope.get("client") or ("",))[0] == relay.SOURCE_ADDRESS


def signer(headers, scope):
    """(access key, region, service) from the signature, in the header or a presigned query."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    if found:
        return found.groups()
    credential = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("X-Amz-Credential", [""])[0].split("/")
    return (credential[0], credential[2], credential[3]) if len(credential) == 5 else (None, None, None)


async def _read(receive):
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _again(body):
    """ASGI's receive for a body that was read already."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
