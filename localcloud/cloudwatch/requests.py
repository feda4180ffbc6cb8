"""S3's request metrics, of buckets that have a metrics configuration, and these configurations, which MiniStack lacks."""

import json
import os
import re
import threading
import time
import xml.etree.ElementTree as ET
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from localcloud.cloudwatch import publish

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_BY_METHOD = {"GET": "GetRequests", "PUT": "PutRequests", "DELETE": "DeleteRequests", "HEAD": "HeadRequests", "POST": "PostRequests"}
_MOST = 1000  # configurations of a bucket


class Configurations:
    """{bucket: {id: XML below the id}}, kept as JSON. Only filters by prefix take effect."""

    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.kept = json.loads(path.read_text()) if path.exists() else {}

    def filters(self, bucket, key):
        """The ids that a request on a bucket's key is counted under."""
        with self.lock:
            found = dict(self.kept.get(bucket, ()))
        return [identity for identity, filtered in found.items() if key.startswith(_prefix(filtered))]

    def forget(self, bucket):
        with self.lock:
            if self.kept.pop(bucket, None) is not None:
                self._save()

    def answer(self, method, bucket, query, body):
        """(status, headers, body) of a request on a bucket's metrics configurations."""
        identity = (query.get("id") or [""])[0] if isinstance(query.get("id"), list) else query.get("id", "")
        with self.lock:
            own = self.kept.get(bucket, {})
            if method == "GET" and not identity:
                inner = "".join(f"<MetricsConfiguration>{_inner(each, text)}</MetricsConfiguration>" for each, text in sorted(own.items()))
                return _xml("ListMetricsConfigurationsResult", f"<IsTruncated>false</IsTruncated>{inner}")
            if method == "PUT":
                return self._put(bucket, identity, body)
            if identity not in own:
                return _error(404, "NoSuchConfiguration", "The specified configuration does not exist.")
            if method == "GET":
                return _xml("MetricsConfiguration", _inner(identity, own[identity]))
            if method == "DELETE":
                del own[identity]
                self._save()
                return 204, {}, b""
        return _error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    def _put(self, bucket, identity, body):
        try:
            root = ET.fromstring(body)  # noqa: S314 - expat refuses what is known to hurt
        except ET.ParseError:
            return _error(400, "MalformedXML", "The XML you provided was not well-formed")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", identity) or root.findtext(f"{{{_NAMESPACE}}}Id") != identity:
            return _error(
                400, "InvalidArgument", "The id must have 1 to 64 letters, digits, dots, hyphens and underscores, in URL and body alike"
            )
        own = self.kept.setdefault(bucket, {})
        if len(own) >= _MOST and identity not in own:
            return _error(400, "TooManyConfigurations", f"A bucket has at most {_MOST} metrics configurations")
        found = root.find(f"{{{_NAMESPACE}}}Filter")
        ET.register_namespace("", _NAMESPACE)
        text = "" if found is None else re.sub(r' xmlns="[^"]*"', "", ET.tostring(found, encoding="unicode"))
        own[identity] = text
        self._save()
        return 200, {}, b""

    def _save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(self.kept))
        os.replace(temporary, self.path)


def _prefix(filtered):
    found = re.search(r"<Prefix>([^<]*)</Prefix>", filtered)
    return found[1] if found else ""


def _inner(identity, filtered):
    return f"<Id>{escape(identity)}</Id>{filtered}"


def _xml(name, inner):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_NAMESPACE}">{inner}</{name}>'
    return 200, {"Content-Type": "application/xml"}, text.encode()


def _error(status, code, message):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return status, {"Content-Type": "application/xml"}, text.encode()


def install(settings):
    """Let MiniStack's S3 answer metrics configurations; returns them."""
    from ministack import app
    from ministack.services import s3

    known = Configurations(settings.state_dir / "cloudwatch" / "s3-metrics.json")
    stock = app.SERVICE_HANDLERS["s3"]

    async def handle(method, path, headers, body, query):
        bucket, _, key = path.strip("/").partition("/")
        if "metrics" in query and bucket and not key:
            if bucket not in s3._buckets:
                return _error(404, "NoSuchBucket", "The specified bucket does not exist")
            return known.answer(method, bucket, query, body)
        answer = await stock(method, path, headers, body, query)
        if method == "DELETE" and bucket and not key and not query and answer[0] == 204:
            known.forget(bucket)
        return answer

    app.SERVICE_HANDLERS["s3"] = handle
    return known


class Requests:
    """ASGI middleware: counts requests to S3. `signer(headers, scope)` tells (access key, region, service)."""

    def __init__(self, app, signer, configurations):
        self.app, self.signer, self.configurations = app, signer, configurations

    async def __call__(self, scope, receive, send):
        bucket, _, key = scope.get("path", "").strip("/").partition("/")
        if scope["type"] != "http" or not self.configurations.kept.get(bucket):
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        _, region, service = self.signer(headers, scope)
        filters = self.configurations.filters(bucket, key) if service in ("s3", None) else []
        if not filters:
            return await self.app(scope, receive, send)
        began, told = time.time(), {"status": 0, "bytes": 0, "first": None}

        async def sent(message):
            if message["type"] == "http.response.start":
                told["status"], told["first"] = message["status"], time.time()
            else:
                told["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            self._count(scope, headers, bucket, key, region, filters, began, told)

    def _count(self, scope, headers, bucket, key, region, filters, began, told):
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        listing = scope["method"] == "GET" and not key and (not query or "list-type" in query or "prefix" in query or "versions" in query)
        kind = "ListRequests" if listing else _BY_METHOD.get(scope["method"])
        status, now = told["status"] or 500, time.time()
        counts = {"AllRequests": 1, "4xxErrors": int(400 <= status < 500), "5xxErrors": int(status >= 500)}
        counts |= {kind: 1} if kind else {}
        sizes = {"BytesDownloaded": told["bytes"]} if scope["method"] == "GET" else {}
        sizes |= {"BytesUploaded": int(headers.get("content-length") or 0)} if scope["method"] in ("PUT", "POST") else {}
        times = {"FirstByteLatency": ((told["first"] or now) - began) * 1000, "TotalRequestLatency": (now - began) * 1000}
        for identity in filters:
            named = {"BucketName": bucket, "FilterId": identity}
            for values, unit in ((counts, "Count"), (sizes, "Bytes"), (times, "Milliseconds")):
                publish.put(region or "us-east-1", "AWS/S3", values, named, unit)
