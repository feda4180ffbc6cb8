"""gunicorn's worker process: accepts, speaks TLS, and gives whole requests to the application's threads."""

import asyncio
import asyncio.sslproto
import contextlib
import os
import resource

from gunicorn import sock
from gunicorn.workers.gasgi import ASGIWorker

from dashboard_server.bridge import Bridge
from dashboard_server.connections import Connections, client_of
from dashboard_server.protocol import Protocol

PER_CLIENT = 64  # connections; a browser opens six
HANDSHAKE_SECONDS = 10
SHUTDOWN_SECONDS = 2  # for TLS's goodbye
OPEN_FILES = 4096

# asyncio gives each TLS connection a buffer of 256 kB; a record of TLS has 16 kB at most.
asyncio.sslproto.SSLProtocol.max_size = 16 << 10


class Worker(ASGIWorker):
    """Serves a WSGI application. gunicorn's `threads` and `worker_connections` are its threads and connections."""

    @classmethod
    def check_config(cls, cfg, log):
        """Threads are used here, so there is nothing to warn about."""

    def load_wsgi(self):
        # A certificate that cannot be read must stop the start, and never lead to plain HTTP.
        self.tls = sock.ssl_context(self.cfg) if self.cfg.is_ssl else None
        self.asgi = Bridge(self.app.wsgi(), self.cfg.threads)
        self.connections = Connections(self.cfg.worker_connections, PER_CLIENT)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    async def _serve(self):
        self._opening = set()
        accepting = [self.loop.create_task(self._accept(listener)) for listener in self.sockets]
        while self.alive and self.ppid == os.getppid() and not any(task.done() for task in accepting):
            if not self.asgi.hung:
                self.notify()
            await asyncio.sleep(0.2)
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        for listener in self.sockets:
            listener.close()
        await self._finish()

    async def _accept(self, listener):
        """Take connections for ever."""
        while True:
            try:
                connected, address = await self.loop.sock_accept(listener.sock)
            except OSError as error:  # out of files or memory, or the client has already gone
                self.log.warning("A connection could not be accepted: %s", error)
                await asyncio.sleep(0.1)
                continue
            connection, leaves = self.connections.admit(client_of(address))
            if leaves:
                leaves.close()
            if connection is None:
                connected.close()
            else:
                task = self.loop.create_task(self._open(connected, connection))
                connection.close = task.cancel
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)
            await asyncio.sleep(0)  # many who knock at once must not keep the others waiting

    async def _open(self, connected, connection):
        """The handshake, if there is one; from then on the Protocol has the connection."""
        tls = {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": SHUTDOWN_SECONDS} if self.tls else {}
        try:
            await self.loop.connect_accepted_socket(lambda: Protocol(self, self.connections, connection), connected, ssl=self.tls, **tls)
        except (OSError, asyncio.CancelledError):  # no TLS, too slow, or no room for it
            self.connections.gone(connection)

    async def _finish(self):
        """Let the requests that are here end, as long as the configuration allows; who only waits, goes now."""
        for connection in self.connections.idle():
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if self._quick_shutdown else self.cfg.graceful_timeout):
                while self.asgi.requests:
                    await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)  # for the last bytes
