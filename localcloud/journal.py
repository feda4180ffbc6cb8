"""A line for each API call, so that anybody can see what was asked: which service, what, by whom, with what result."""

import json
import time
from urllib.parse import parse_qs


class Journal:
    """ASGI middleware around the front; writes JSON lines to `path`, each before its answer is sent.

    `action` is the operation where the protocol names it (JSON and query protocols), otherwise the
    method and the path (S3, Lambda). `write` says whether the call may change anything; `ms` ends where
    the answer begins; `status` 0 is a call that was never answered.
    """

    READS = ("Get", "List", "Describe", "BatchGet", "Head", "Query", "Search", "Simulate", "Check", "Lookup", "Filter")

    def __init__(self, app, signer, path):
        self.app, self.signer, self.path = app, signer, path
        path.parent.mkdir(parents=True, exist_ok=True)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        call = {"status": 0, "form": b""}
        # Only the query protocol (IAM, STS, EC2) names its action in the body.
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        started = time.time()

        async def received():
            message = await receive()
            if is_form and message["type"] == "http.request":
                call["form"] += message.get("body", b"")[:4096]
            return message

        async def sent(message):
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
                self._write(scope, headers, call, started)  # first, so that who has the answer finds the line
            await send(message)

        try:
            await self.app(scope, received, sent)
        finally:
            if not call["status"]:
                self._write(scope, headers, call, started)

    def _write(self, scope, headers, call, started):
        access_key, _, service = self.signer(headers, scope)
        named = headers.get("x-amz-target", "").rpartition(".")[2] or parse_qs(call["form"].decode("latin-1")).get("Action", [""])[0]
        method = scope["method"]
        line = {
            "at": round(started, 3),
            "ms": round((time.time() - started) * 1000, 1),
            "service": service,
            "action": named or f"{method} {scope['path']}",
            "write": not named.startswith(self.READS) if named else method not in ("GET", "HEAD"),
            "access_key": access_key,
            "status": call["status"],
        }
        query = scope.get("query_string", b"").decode("latin-1")
        if query and not named:
            line["query"] = query[:200]
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
