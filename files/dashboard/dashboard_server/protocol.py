"""HTTP/1.1 as gunicorn speaks it, with an end to every wait."""

from gunicorn.asgi.protocol import ASGIProtocol

from dashboard_server.bridge import BARE_HEADERS

HEADER_SECONDS = 10  # for a request's line and headers, however they drip
WRITE_SECONDS = 20  # in which a client must take 48 kB of an answer
CLOSE_SECONDS = 2  # for a close that says goodbye


class Protocol(ASGIProtocol):
    """One connection. `gone()` is called once it is no more; `connection` is a connections.Connection of `connections`.

    `_serve_http_request`, `_send_error_response` and `_is_websocket_upgrade` are gunicorn's own affair and may change
    with its version, which the lock file fixes and tests/unit/dashboard/test_server.py watches.
    """

    def __init__(self, worker, connections, connection):
        super().__init__(worker)
        self._connections, self._connection = connections, connection
        self._deadline = self._stalled = None

    def connection_made(self, transport):
        super().connection_made(transport)
        self._connection.close = self._end
        self._give(HEADER_SECONDS)

    def connection_lost(self, exc):
        self._give(None)
        self.resume_writing()
        self._connections.gone(self._connection)
        super().connection_lost(exc)

    def pause_writing(self):
        super().pause_writing()
        self._stalled = self.worker.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self):
        super().resume_writing()
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    async def _serve_http_request(self, *arguments):
        self._give(None)
        self._connections.serving(self._connection)
        try:
            return await super()._serve_http_request(*arguments)
        finally:
            if not self._conn_lost_handled:
                self._connections.waits(self._connection)
                self._give(self.cfg.keepalive + HEADER_SECONDS)

    def _is_websocket_upgrade(self, request):
        return False

    def _send_error_response(self, status, message, extra_headers=()):
        headers = [(name.decode(), value.decode()) for name, value in BARE_HEADERS]
        super()._send_error_response(status, f"{self._get_reason_phrase(status)}\n", (*extra_headers, *headers))

    def _give(self, seconds):
        """From now the client has so many seconds until its next request is there; None: it is our turn."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.worker.loop.call_later(seconds, self._end)

    def _end(self):
        self._deadline = self.worker.loop.call_later(CLOSE_SECONDS, self.transport.abort)
        self.transport.close()
