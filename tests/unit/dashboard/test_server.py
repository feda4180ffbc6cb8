"""gunicorn with our worker, over TLS, as good and bad clients meet it."""

import base64
import contextlib
import os
import signal
import ssl
import threading
import time

import pytest

from tests.local_cloud import wait_for
from tests.unit.dashboard.account import PASSWORD, USER
from tests.unit.dashboard.served import CHUNK, CHUNKS
from tests.unit.dashboard.server import Server, parse, read_all

HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = HALF + b"\r\n"
FORM = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A server that gives a client one second for anything."""
    with Server(tmp_path_factory.mktemp("hasty"), "--keep-alive", "1", TEST_SECONDS="1") as found:
        yield found


@pytest.fixture
def sockets():
    """Sockets that are closed after the test."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def test_it_speaks_tls_1_2_or_newer_and_nothing_else(server):
    assert server.get()[0] == 200
    old = ssl._create_unverified_context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with server.connect(tls=False) as raw, pytest.raises(ssl.SSLError):
        old.wrap_socket(raw)
    with server.connect(tls=False) as plain, contextlib.suppress(ConnectionError):
        plain.sendall(WHOLE)
        assert b"HTTP" not in read_all(plain)


def test_the_application_is_served_with_its_headers_and_names_no_software(server):
    status, head, _ = server.get("/orders", headers="Accept: text/html\r\n")
    assert status == 303
    assert "location: /sign-in?next=%2Forders" in head
    assert "strict-transport-security: max-age=31536000" in head
    assert "gunicorn" not in head.lower()
    status, head, body = server.get("/static/style.css")
    assert (status, f"content-length: {len(body)}" in head) == (200, True)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET /" + b"x" * 6000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (HALF + b"X: " + b"y" * 6000 + b"\r\n\r\n", 431),
        (HALF + b"X: y\r\n" * 60 + b"\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (FORM.replace(b"4000", b"9000") + b"x" * 9000, 413),
    ],
)
def test_what_is_too_large_or_broken_is_refused_with_headers_that_guard(server, request_text, status):
    with server.connect() as connection:
        connection.sendall(request_text)
        found, head, _ = parse(connection.recv(65536))
    assert found == status
    head = head.lower()
    assert "content-security-policy: default-src 'none'" in head
    assert "x-content-type-options: nosniff" in head
    assert "gunicorn" not in head
    assert server.answers()


def test_a_connection_serves_many_requests_also_sent_at_once(server):
    with server.connect() as connection:
        connection.sendall(WHOLE * 3)
        connection.sendall(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert read_all(connection).count(b"HTTP/1.1 200 OK") == 4


def test_there_are_no_websockets(server):
    asked = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    with server.connect() as connection:
        connection.sendall(HALF + asked.encode() + b"\r\n")
        connection.settimeout(5)
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")  # as any address that is not there, to who is not signed in


def test_a_large_answer_comes_whole(server):
    status, head, body = server.get("/test/large")
    assert (status, "transfer-encoding: chunked" in head.lower()) == (200, True)
    assert body.count(CHUNK) == CHUNKS


def test_a_client_that_leaves_in_the_middle_lets_the_application_tidy_up(server):
    mark = server.folder / "closed"
    mark.write_text("")
    with server.connect() as connection:
        connection.sendall(b"GET /test/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1000)
    wait_for(mark.read_text, "the end of the answer")
    assert server.answers()


def test_hundreds_of_slow_clients_do_not_starve_a_normal_one(server, sockets):
    """Four kinds: no handshake, a dripping header, a dripping body, an answer that is not read."""
    slow, dripping = [], []
    for number in range(300):
        address, kind = f"127.0.1.{number % 10 + 1}", number % 4
        connection = sockets(server.connect(address, tls=kind != 0))
        slow.append(connection)
        connection.sendall((b"\x16\x03\x01", HALF, FORM, b"GET /test/large HTTP/1.1\r\nHost: localhost\r\n\r\n")[kind])
        if kind in (1, 2):
            dripping.append(connection)
    over, took = threading.Event(), []

    def drip():
        while not over.wait(0.5):
            for connection in dripping:
                with contextlib.suppress(OSError):
                    connection.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for path, headers, status in [
            ("/healthz", "", 200),
            ("/sign-in", "Accept: text/html\r\n", 200),
            ("/orders", f"Authorization: Basic {_basic()}\r\n", 200),
        ] * 8:
            began = time.monotonic()
            assert server.get(path, headers=headers)[0] == status
            took.append(time.monotonic() - began)
    finally:
        over.set()
        thread.join()
    assert max(took) < 5


@pytest.mark.parametrize("kind", ["handshake", "silent", "header", "body", "idle", "unread"])
def test_a_stalled_client_is_dropped(hasty, kind):
    """One second for each of these here; the real limits are 10 seconds, 15 for an idle one and 20 for one that does not read."""
    with hasty.connect(tls=kind != "handshake") as connection:
        connection.settimeout(8)
        sent = {"handshake": b"\x16\x03\x01", "header": HALF, "body": FORM, "idle": WHOLE}.get(kind)
        if kind == "unread":
            connection.sendall(b"GET /test/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(3)
        elif sent:
            connection.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            answer = read_all(connection)  # a timeout fails the test
    assert len(answer) < len(CHUNK) * CHUNKS
    if kind == "body":
        assert b"408" in answer


def test_one_address_cannot_take_all_connections(server, sockets):
    refused = 0
    for _ in range(100):
        try:
            sockets(server.connect("127.0.2.1")).sendall(HALF)
        except OSError:
            refused += 1
    assert refused >= 30
    assert server.get(address="127.0.2.2")[0] == 200


def test_a_worker_that_hangs_or_dies_is_replaced(tmp_path):
    with Server(tmp_path, "--timeout", "2") as server:
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            before = server.worker()
            os.kill(before, sign)
            wait_for(
                lambda before=before: server.worker() not in (before, None) and server.answers(), f"a new worker after {sign.name}", 30
            )


def test_a_request_on_its_way_is_answered_at_the_end(tmp_path):
    with Server(tmp_path) as server, server.connect() as connection, server.connect() as idle:
        connection.sendall(b"GET /test/second HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        server.process.terminate()
        assert read_all(connection).endswith(b"done")
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 6
        with contextlib.suppress(ConnectionError):
            assert read_all(idle) == b""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DASHBOARD_TLS_CERT": "", "DASHBOARD_TLS_KEY": "", "DASHBOARD_BIND": "0.0.0.0:0"}, "passwords would travel in the clear"),
        ({"DASHBOARD_TLS_KEY": ""}, "are needed together"),
        ({"DASHBOARD_TLS_KEY": "/nowhere/key.pem"}, 'keyfile "/nowhere/key.pem" does not exist'),
        ({"DASHBOARD_TLS_KEY": __file__}, "SSLError"),
    ],
)
def test_it_does_not_start_where_it_would_be_unsafe(tmp_path, change, words):
    server = Server(tmp_path, **change).run()
    assert server.process.wait(20) != 0
    assert words in server.log.read_text()


def test_it_does_not_start_for_others_without_auth(tmp_path):
    server = Server(tmp_path, DASHBOARD_BIND="0.0.0.0:0")
    path = tmp_path / "dashboard.json"
    path.write_text(path.read_text().replace('"auth"', '"no_auth"'))
    assert server.run().process.wait(20) == 78
    assert "has no auth" in server.log.read_text()


def _basic():
    return base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
