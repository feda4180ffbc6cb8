"""ASGI outside, WSGI inside: the application gets a thread only while it works, not while a client sends or reads."""

import asyncio
import contextvars
import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_to_bytes

LARGEST_BODY = 8 << 10  # bytes; the sign-in form is all that is ever sent
BODY_SECONDS = 10
PART = 64 << 10  # bytes that a thread gathers before they are sent
HUNG_SECONDS = 660  # no request takes as long: a query is cancelled after 600 s at the most
SERVER = (b"server", b"dashboard")


class Bridge:
    """An ASGI application around the WSGI application `app`, on `threads` threads."""

    def __init__(self, app, threads):
        self._app = app
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._open = 0
        self._last_end = time.monotonic()
        self.requests = 0

    @property
    def hung(self):
        """Whether requests wait for a thread and none has been given back for a time that no request takes."""
        return self._open > self._threads and time.monotonic() - self._last_end > HUNG_SECONDS

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError(f"only HTTP is spoken here, not {scope['type']}")
        self.requests += 1
        try:
            status, body = await _body(receive)
            if status:
                await _refuse(send, status)
            elif body is not None:
                await self._answer(_Call(self._app, _environ(scope, body)), send)
        finally:
            self.requests -= 1

    async def _answer(self, call, send):
        context, step, done = contextvars.copy_context(), None, False
        try:
            part, done = await asyncio.shield(step := self._in_thread(context, call.part))
            await send({"type": "http.response.start", "status": call.status, "headers": [*call.headers, SERVER]})
            while not done:
                await send({"type": "http.response.body", "body": part, "more_body": True})
                part, done = await asyncio.shield(step := self._in_thread(context, call.part))
            await send({"type": "http.response.body", "body": part})
        finally:
            if not done and step:  # it failed, or the client has gone: the application tidies up once its step is over
                step.add_done_callback(lambda _: self._in_thread(context, call.close))

    def _in_thread(self, context, step):
        """A Future of what `step` gives in a thread. All of one call's steps share its context."""
        self._open += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, context.run, step)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future):
        self._open -= 1
        self._last_end = time.monotonic()
        if not future.cancelled():
            future.exception()  # it was told where it was awaited, if anybody still did


class _Call:
    """One call of a WSGI application. Its methods run in threads, one after the other."""

    def __init__(self, app, environ):
        self._app, self._environ = app, environ
        self._iterable = self._iterator = None
        self.status, self.headers = 500, []

    def part(self):
        """(the next bytes, whether they are the last)."""
        if self._iterator is None:
            self._iterable = self._app(self._environ, self._start)
            self._iterator = iter(self._iterable)
        found, size = [], 0
        for chunk in self._iterator:
            found.append(chunk)
            size += len(chunk)
            if size >= PART:
                return b"".join(found), False
        self.close()
        return b"".join(found), True

    def close(self):
        """Let the application tidy up; the second time does nothing."""
        close, self._iterable = getattr(self._iterable, "close", None), None
        if close:
            close()

    def _start(self, status, headers, exc_info=None):
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _body(receive):
    """(status to refuse with or 0, the request's whole body or None if the client has gone)."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return 0, None
                size += len(message.get("body", b""))
                if size > LARGEST_BODY:
                    return 413, None
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    return 0, b"".join(parts)
    except TimeoutError:
        return 408, None


async def _refuse(send, status):
    text = {408: b"The request did not come within 10 seconds.\n", 413: b"The request is too large.\n"}[status]
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *BARE_HEADERS, SERVER]})
    await send({"type": "http.response.body", "body": text})


# For answers that the application never sees.
BARE_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


def _environ(scope, body):
    """PEP 3333's environment of an ASGI scope."""
    host, port = (scope.get("server") or ("", 0))[:2]
    client = scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key == "CONTENT_TYPE":
            environ[key] = text
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ
