"""What gunicorn serves in tests: the dashboard with an AWS in memory, and a few answers that no dashboard has.

TEST_SECONDS: how long a client may take for anything, in place of the real limits. TEST_FOLDER: where marks are left.
"""

import os
import time
from pathlib import Path

from dashboard import config, create_app
from dashboard_server import bridge, protocol, worker

from tests.unit.dashboard.sample import fake_aws

CHUNK, CHUNKS = b"0123456789abcdef" * 4096, 320  # 64 kB, 20 MB


def app():
    if seconds := float(os.environ.get("TEST_SECONDS", 0)):
        protocol.HEADER_SECONDS = protocol.WRITE_SECONDS = bridge.BODY_SECONDS = worker.HANDSHAKE_SECONDS = seconds
    made = create_app(config.load(), fake_aws())

    def serve(environ, start_response):
        if environ["PATH_INFO"] == "/test/large":
            start_response("200 OK", [("Content-Type", "application/octet-stream")])
            return _Large()
        if environ["PATH_INFO"] == "/test/second":
            time.sleep(1)
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
            return [b"done"]
        return made(environ, start_response)

    return serve


class _Large:
    def __iter__(self):
        return iter([CHUNK] * CHUNKS)

    def close(self):
        with (Path(os.environ["TEST_FOLDER"]) / "closed").open("a") as file:
            file.write("x")
