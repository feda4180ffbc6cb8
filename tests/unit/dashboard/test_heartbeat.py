"""The page's heartbeat: what it says of a page that answers, and of each kind that does not."""

import json
import os
import re
import signal
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from dashboard_server import heartbeat

from tests.local_cloud import Cloud, wait_for
from tests.unit.dashboard.server import Server, make_certificate


class Log:
    def __init__(self):
        self.lines = []

    def warning(self, text, *values):
        self.lines.append(text % values)

    info = warning


class Site:
    """A Heart over a page and a CloudWatch that are given."""

    def __init__(self, now=1_795_000_000.0):
        self.now, self.reason, self.problem, self.told, self.log = now, "", None, [], Log()
        self.heart = heartbeat.Heart(self.ask, self.tell, self.log, lambda: self.now)

    def ask(self):
        if isinstance(self.reason, Exception):
            raise self.reason
        return self.reason

    def tell(self, value, at):
        self.told.append((value, at))
        if self.problem:
            raise self.problem


@pytest.fixture
def site():
    return Site()


def test_a_page_that_answers_is_told_as_1_at_the_time_of_the_question(site):
    site.heart.beat()
    assert site.told == [(1, datetime.fromtimestamp(site.now, UTC))]
    assert site.log.lines == []


@pytest.mark.parametrize("reason", ["/healthz answers 503", ConnectionRefusedError("refused"), ssl.SSLError("expired")])
def test_any_other_page_is_told_as_0_with_one_line_when_it_begins_and_one_when_it_is_over(site, reason):
    site.reason = reason
    for _ in range(3):
        site.heart.beat()
    site.reason = ""
    site.heart.beat()
    assert [value for value, _ in site.told] == [0, 0, 0, 1]
    assert len(site.log.lines) == 2
    assert site.log.lines[0].startswith("The page is not healthy: ")
    assert site.log.lines[1] == "The page is healthy again"


def test_a_metric_that_cannot_be_sent_is_one_line_and_the_next_minute_tries_again(site):
    site.problem = RuntimeError("AccessDenied")
    for _ in range(3):
        site.heart.beat()
    site.problem = None
    site.heart.beat()
    assert site.log.lines == ["The metric PageHealthy cannot be sent: RuntimeError: AccessDenied", "The metric PageHealthy is sent again"]
    assert len(site.told) == 4


@pytest.mark.parametrize("begun", [0.0, 17.9, 19.999, 20.0, 20.001, 59.9])
def test_each_minute_of_the_clock_has_one_beat_whenever_it_began(begun):
    site = Site(1_795_000_020.0 - 1_795_000_020.0 % 60 + begun)

    def wait(seconds):
        assert 0 < seconds <= heartbeat.PERIOD
        site.now += seconds + 0.01  # a thread is woken a little late
        return len(site.told) == 6

    site.heart.run(wait)
    minutes = [int(at.timestamp()) // 60 for _, at in site.told[1:]]  # the first comes at once
    assert minutes == list(range(minutes[0], minutes[0] + 5))


class Answers(BaseHTTPRequestHandler):
    status, body = 200, b'{"ok": true}'

    def do_GET(self):
        self.send_response(type(self).status)
        self.end_headers()
        self.wfile.write(type(self).body)

    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    """Starts a page on loopback that answers (status, body), with the TLS of a folder's certificate: gives its address."""
    servers = []

    def serve(status=200, body=b'{"ok": true}', tls=None):
        server = HTTPServer(("127.0.0.1", 0), type("Given", (Answers,), {"status": status, "body": body}))
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_page_is_asked_over_http_and_over_tls_with_its_own_certificate(page, tmp_path):
    assert heartbeat.ask(page()) == ""
    certificate, key = make_certificate(tmp_path)
    assert heartbeat.ask(page(tls=(certificate, key)), certificate) == ""


def test_where_it_listens_to_all_addresses_loopback_is_asked(page):
    assert heartbeat.ask(("0.0.0.0", page()[1])) == ""


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(503, b"", "answers 503"), (200, b'{"ok": false}', "says b'{\"ok\": false}'")],
)
def test_another_answer_is_no_health(page, status, body, words):
    assert words in heartbeat.ask(page(status, body))


def test_another_certificate_is_no_health(page, tmp_path):
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
    address = page(tls=make_certificate(tmp_path / "other"))
    with pytest.raises(ssl.SSLCertVerificationError):
        heartbeat.ask(address, make_certificate(tmp_path / "own")[0])


def test_who_does_not_answer_costs_no_more_than_the_patience():
    with HTTPServer(("127.0.0.1", 0), Answers) as silent, pytest.raises(TimeoutError):  # it listens and accepts nobody
        heartbeat.ask(silent.server_address, timeout=0.2)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with Cloud(tmp_path_factory.mktemp("cloud")) as found:
        yield found


def beating(folder, endpoint, name):
    """The dashboard under gunicorn, with a heartbeat."""
    server = Server(
        folder,
        DASHBOARD_HEARTBEAT_SERVER=name,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_MAX_ATTEMPTS="1",
    )
    path = folder / "dashboard.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"endpoint_url": endpoint}))
    return server


def sums(cloud, name):
    """(beats, sum of their values) that CloudWatch has of a server."""
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Headwater",
        MetricName="PageHealthy",
        Dimensions=[{"Name": "Server", "Value": name}],
        StartTime=datetime.fromtimestamp(datetime.now(UTC).timestamp() - 3600, UTC),
        EndTime=datetime.fromtimestamp(datetime.now(UTC).timestamp() + 60, UTC),
        Period=3600,
        Statistics=["SampleCount", "Sum"],
    )["Datapoints"]
    return tuple(int(sum(each[name] for each in found)) for name in ("SampleCount", "Sum"))


def test_a_server_over_tls_tells_cloudwatch_that_it_is_well_and_goes_on_after_a_reload(cloud, tmp_path):
    with beating(tmp_path, cloud.url, "page-1") as server:
        wait_for(lambda: sums(cloud, "page-1") == (1, 1), "the first beat")
        before = server.worker()
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(lambda: server.worker() not in (before, None) and server.answers(), "a new worker", 30)
        wait_for(lambda: sums(cloud, "page-1")[0] >= 2, "the new worker's beat")
        count, total = sums(cloud, "page-1")
        assert count == total


def test_without_cloudwatch_the_page_serves_and_says_so_once(tmp_path):
    with beating(tmp_path, "http://127.0.0.1:9", "page-2") as server:
        said = re.compile(r"The metric PageHealthy cannot be sent: .*")
        wait_for(lambda: said.search(server.log.read_text()), "the line in the log", 40)
        assert server.get()[0] == 200
        assert len(said.findall(server.log.read_text())) == 1


def test_without_a_name_there_is_no_heartbeat():
    heartbeat.start(worker=None, environ={"DASHBOARD_HEARTBEAT_SERVER": ""})
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
