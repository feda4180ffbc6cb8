"""A pipeline of clicks for tests of the page: its SQL files and configuration, an AWS in memory, and an API that takes clicks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.unit.dashboard.fake_aws import FakeAws, table
from tests.unit.dashboard.sample import CONFIG

LIVE = "SELECT minute, clicks FROM last_minutes"
ELEMENTS = "SELECT element_clicked, clicks FROM elements"
KEY = "a-key-that-every-browser-sees"


def clicks_config(folder, url="", **more):
    """A configuration whose one pipeline `clicks` has a live panel, and a menu if there is a `url`."""
    made = folder / "sql" / "clicks"
    made.mkdir(parents=True, exist_ok=True)
    (made / "live.sql").write_text(f"-- title: The Last Minutes\n-- live: yes\n-- chart: column x=minute y=clicks\n{LIVE}")
    (made / "clicks_by_element.sql").write_text(f"-- title: Clicks by Element\n-- chart: bar x=element_clicked y=clicks\n{ELEMENTS}")
    pipeline = CONFIG["pipelines"][0] | {"name": "clicks", "title": "Clicks", "workgroup": "clicks"}
    return {
        **CONFIG,
        "sql_dir": str(folder / "sql"),
        "pipelines": [pipeline],
        "menus": [{"pipeline": "clicks", "url": url, "key": KEY}],
        **more,
    }


def clicks_aws():
    """One more click each time that the last minutes are asked for."""
    asked = []

    def last_minutes(_):
        asked.append(1)
        return table(("minute", "clicks"), ("varchar", "bigint"), [("12:01", "7"), ("12:02", str(len(asked)))])

    return FakeAws({LIVE: last_minutes, ELEMENTS: table(("element_clicked", "clicks"), ("varchar", "bigint"), [("Coffee", "3")])})


class ClicksApi:
    """Takes batches as API Gateway does, on a port of its own. `answers`: what the next requests get, then all is stored.

    An answer is a status, (status, headers), or a set of the places in the batch that are not stored. `batches`: the clicks of
    each POST. `refusing`: an element whose batches are no clicks (400).
    """

    def __init__(self):
        self.answers, self.batches, self.keys, self.asked = [], [], [], []
        self.refusing = None
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def clicks(self):
        """All clicks that came, in order, with what came again."""
        return [click for batch in self.batches for click in batch]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self):
        self.api.asked.append(self.headers["Access-Control-Request-Headers"])
        self._send(204, {"Access-Control-Allow-Methods": "POST,OPTIONS", "Access-Control-Allow-Headers": "Content-Type,X-Api-Key"})

    def do_POST(self):
        clicks = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["clicks"]
        self.api.batches.append(clicks)
        self.api.keys.append(self.headers["x-api-key"])
        if self.path != "/v1/poc/batch" or self.headers["x-api-key"] != KEY:
            return self._send(403, body={"message": "No valid key"})
        if any(click["element_clicked"] == self.api.refusing for click in clicks):
            return self._send(400, body={"message": "Not a click", "reason": "[the element is refused]"})
        answer = self.api.answers.pop(0) if self.api.answers else set()
        if isinstance(answer, set):
            results = [
                {"stored": False, "error": "ServiceUnavailableException"} if place in answer else {"stored": True, "recordId": str(place)}
                for place in range(len(clicks))
            ]
            return self._send(200, body={"failed": len(answer), "results": results})
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return self._send(status, headers, {"message": "Too many requests", "reason": "send it again later"})

    def _send(self, status, headers=(), body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After", **dict(headers)}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
