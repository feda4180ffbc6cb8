"""What every engine of ours shares: AWS's JSON protocol, errors, and clients for the other services.

An engine speaks one service's API. The front hands it requests; it uses other services through
their APIs (boto3 against the front itself), so that it could be lifted out of this process.
"""

import asyncio
import contextvars
import json
import threading
import uuid
from dataclasses import dataclass, field
from functools import cache, lru_cache

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


ROOT_KEY = "test"
_session, _making = boto3.Session(), threading.Lock()  # a session is not thread-safe, its clients are


@cache
def client(service, endpoint_url, region, via="headwater"):
    """A boto3 client of the local cloud's own root; clients are thread-safe, so one serves all."""
    return make_client(service, endpoint_url, region, via, (ROOT_KEY, "test", None))


@lru_cache(64)
def client_with(service, endpoint_url, region, via, credentials):
    """As `make_client`, remembered for the next time."""
    return make_client(service, endpoint_url, region, via, credentials)


def make_client(service, endpoint_url, region, via, credentials, **settings):
    """A boto3 client whose calls the journal shows as made by the service `via`; `credentials`: key, secret, token.

    `settings`: those of botocore's Config that differ from ours.
    """
    key, secret, token = credentials
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        max_pool_connections=64,
        s3={"addressing_style": "path"},
        user_agent_extra=f"headwater-via/{via}.amazonaws.com",
    )
    with _making:
        return _session.client(
            service,
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=config.merge(Config(**settings)),
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
    #: True: requests are no AWS JSON; the engine reads and answers them itself, in `respond`
    own_protocol = False

    def __init__(self, settings):
        self.settings = settings

    def client(self, service, region=None):
        """A client with the service's own rights, for what AWS's services do unseen."""
        return client(service, self.settings.endpoint_url, region or self.settings.region, self.service)

    def client_as(self, service, access_key, region=None):
        """A client with the rights of the caller whose access key it is, for what is done on the caller's behalf."""
        from localcloud.iam import sessions

        if access_key == ROOT_KEY:
            return self.client(service, region)
        credentials = sessions.credentials_of(access_key, self.settings.account)
        return client_with(service, self.settings.endpoint_url, region or self.settings.region, self.service, credentials)

    def asks(self, call):
        """The Questions that IAM is asked for a Call (`localcloud.iam`), where its tables cannot know them; else None."""

    def concerns(self, request):
        """Is a Request this engine's, where another of the same service (`localcloud.composite`) answers the same action?"""
        return True

    def takes(self, path):
        """Is a request to this path this engine's, where MiniStack has other paths of the same service?"""
        return True

    def start(self):
        """Called once when the local cloud starts, before requests are served."""

    def stop(self):
        """Called once at an orderly stop: finish or abandon what runs, keep what must survive."""

    #: Methods that are no API action, whatever a request calls itself.
    NOT_ACTIONS = frozenset({"client", "client_as", "asks", "concerns", "takes", "start", "stop", "can", "handle"})

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
    await answer(send, status, {"content-type": content_type}, json.dumps(body).encode())


async def answer(send, status, headers, payload):
    """Send bytes over ASGI; `headers`: a dict."""
    sent = {"content-length": str(len(payload)), "x-amzn-requestid": str(uuid.uuid4())}
    sent |= {name.lower(): value for name, value in headers.items()}
    lines = [(name.encode(), str(value).encode("latin-1")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": payload})


async def serve(engine, request, executor, send):
    """Run an engine's method in a thread and send its answer."""
    context = contextvars.copy_context()  # what is asked of IAM belongs to this request
    status, body = await asyncio.get_running_loop().run_in_executor(executor, context.run, engine.handle, request)
    await respond(send, status, body)
