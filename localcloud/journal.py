"""A line for each API call, so that anybody can see what was asked: which service, what, by whom, with what result."""

import json
import re
import threading
import time
from urllib.parse import parse_qs

from localcloud.iam import record

_SMITHY = re.compile(r"^/service/[^/]+/operation/([^/]+)$")
_VIA = re.compile(r"headwater-via/([a-z0-9.-]+)")


def named_operation(headers, path):
    """The operation that the header of AWS's JSON protocols or the path of Smithy's CBOR names; empty in others."""
    found = _SMITHY.search(path)
    return headers.get("x-amz-target", "").rpartition(".")[2] or (found[1] if found else "")


class Journal:
    """ASGI middleware around the front; writes JSON lines to `path`, each before its answer is sent.

    `action` is the operation where the protocol names it (JSON, CBOR and query protocols), otherwise the
    method and the path (S3, Lambda); `operation` is its name in the service's model for all of them. `write`
    says whether the call may change anything; `ms` ends where the answer begins; `status` 0 is a call that was
    never answered. `principal` is the caller's ARN, null if nobody was recognised. `checks` is what IAM was
    asked: [action, resource, "allow" or "deny"]. `via` is the service that made the call on somebody's behalf;
    what a service does without a request (a function's logs, objects that Athena reads) is a line too.
    """

    READS = ("Get", "List", "Describe", "BatchGet", "Head", "Query", "Search", "Simulate", "Check", "Lookup", "Filter")

    def __init__(self, app, signer, path):
        self.app, self.signer, self.path = app, signer, path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        record.listen(self.note)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        call = {"status": 0, "form": b""}
        # Only the query protocol (IAM, STS, EC2) names its action in the body.
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        started = time.time()
        call["record"] = record.begin()

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
        named = named_operation(headers, scope["path"]) or parse_qs(call["form"].decode("latin-1")).get("Action", [""])[0]
        method = scope["method"]
        line = {
            "at": round(started, 3),
            "ms": round((time.time() - started) * 1000, 1),
            "service": service,
            "action": named or f"{method} {scope['path']}",
            "write": not named.startswith(self.READS) if named else method not in ("GET", "HEAD"),
            "access_key": access_key,
            "status": call["status"],
            "principal": call["record"].principal,
            "operation": call["record"].operation or named or None,
            "checks": call["record"].checks,
        }
        via = _VIA.search(headers.get("user-agent", ""))
        if via:
            line["via"] = via[1]
        query = scope.get("query_string", b"").decode("latin-1")
        if query and not named:
            line["query"] = query[:200]
        self._append(line)

    def note(self, service, told, via):
        """A line for what a service did without a request; see `localcloud.iam.record`."""
        denied = any(decision == "deny" for _, _, decision in told.checks)
        line = {
            "at": round(time.time(), 3),
            "ms": 0.0,
            "service": service,
            "action": told.operation,
            "write": not (told.operation or "").startswith(self.READS),
            "access_key": None,
            "status": 403 if denied else 200,
            "principal": told.principal,
            "operation": told.operation,
            "checks": told.checks,
            "via": via,
        }
        self._append(line)

    def _append(self, line):
        with self.lock, self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
