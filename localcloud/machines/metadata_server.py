"""Serves the metadata of one machine on a socket inside its network."""

import http.server
import threading
import time
import traceback

from localcloud.machines import metadata


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "EC2ws", ""
    timeout = 10

    def _answer(self):
        length = self.headers.get("content-length", "0")
        if length.isdigit():
            self.rfile.read(min(int(length), 65536))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, more, text = metadata.answer(self.command, self.path, headers, self.server.view())
        except Exception:  # a bug or a stopping local cloud must not look like metadata
            traceback.print_exc()
            status, more, text = 500, {}, "internal error"
        body = text.encode()
        self.send_response(status)
        for name, value in {"content-type": "text/plain", "content-length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening, view):
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.view = listening, view
        self.server_name, self.server_port = listening.getsockname()

    def handle_error(self, *_):
        pass  # the client went away


def serve(listening, view):
    """Serve on `listening` in a thread; `view` makes the instance's metadata.View. Returns a function that ends it."""
    server = _Server(listening, view)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 1}, name="machines-metadata", daemon=True).start()

    def close():
        server.socket.close()
        threading.Thread(target=server.shutdown, daemon=True).start()

    return close


def timestamp(seconds=None):
    """As AWS writes times: 2026-01-31T12:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
