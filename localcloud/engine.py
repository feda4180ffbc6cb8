"""What every engine of ours shares: AWS's JSON protocol, errors, and clients for the other services.

An engine speaks one service's API. The front hands it requests; it uses other services through
their APIs (boto3 against the front itself), so that it could be lifted out of this process.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from functools import cache

import boto3
from botocore.config import Config


class ServiceError(Exception):
    """An error in the service's own words: `code` is the exception's name in botocore's model."""

    def __init__(self, code, message, status=400, **members):
        super().__init__(message)
        self.code, self.message, self.status, self.members = code, message, status, members


@dataclass(frozen=True)
class Request:
    """One API call: `action` as in `X-Amz-Target`, `body` the parsed JSON, `access_key` the signer's."""

    action: str
    body: dict
    region: str
    account: str
    access_key: str
    headers: dict = field(default_factory=dict)


@cache
def client(service, endpoint_url, region):
    """A boto3 client of the local cloud's own root; clients are thread-safe, so one serves all."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the local cloud's well-known root key
        config=Config(retries={"max_attempts": 1}, max_pool_connections=64, s3={"addressing_style": "path"}),
    )


class Engine:
    """Serves one JSON-protocol service: the method `create_work_group` answers `CreateWorkGroup`.

    A method takes the Request and returns the response's dict, or raises ServiceError. Methods run
    in threads, so they may block; engines guard what they share.
    """

    #: service name in the signature's credential scope, and the start of X-Amz-Target
    service = ""
    target_prefix = ""
    #: True: unknown actions are errors here; False: MiniStack answers what this engine does not know
    owns_service = False

    def __init__(self, settings):
        self.settings = settings

    def client(self, service, region=None):
        return client(service, self.settings.endpoint_url, region or self.settings.region)

    def start(self):
        """Called once when the local cloud starts, before requests are served."""

    def stop(self):
        """Called once at an orderly stop: finish or abandon what runs, keep what must survive."""

    #: Methods that are no API action, whatever a request calls itself.
    NOT_ACTIONS = frozenset({"client", "start", "stop", "can", "handle"})

    def can(self, action):
        """Does this engine answer the action?"""
        name = method_name(action)
        return bool(name) and name not in self.NOT_ACTIONS and not name.startswith("_") and callable(getattr(type(self), name, None))

    def handle(self, request):
        """Answer one Request; returns (status, dict)."""
        if not self.can(request.action):
            return 400, {
                "__type": "UnknownOperationException",
                "message": f"{self.service}:{request.action} is not in the local cloud; see docs/local-cloud.md",
            }
        try:
            return 200, getattr(self, method_name(request.action))(request) or {}
        except ServiceError as error:
            return error.status, {"__type": error.code, "message": error.message, "Message": error.message, **error.members}


def method_name(action):
    """`GetCrawlerMetrics` → `get_crawler_metrics`."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in action).lstrip("_")


async def respond(send, status, body, content_type="application/x-amz-json-1.1"):
    """Send `body` (a dict) as an AWS JSON answer over ASGI."""
    payload = json.dumps(body).encode()
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(payload)).encode()),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})


async def serve(engine, request, executor, send):
    """Run an engine's method in a thread and send its answer."""
    status, body = await asyncio.get_running_loop().run_in_executor(executor, engine.handle, request)
    await respond(send, status, body)
