"""A server that speaks Firehose's PutRecordBatch, and may throttle, fail, be slow or be gone."""

import base64
import http.server
import json
import random
import threading
import time
from collections import Counter

from tests.local_cloud import free_port


class StreamServer:
    """`taken`: records in the order in which they were taken. `mood`: function of a call's records → (status, codes of records)."""

    def __init__(self, seed=1):
        self.port, self.rng, self.lock = free_port(), random.Random(seed), threading.Lock()
        self.url = f"http://127.0.0.1:{self.port}"
        self.taken, self.calls, self.largest = [], Counter(), Counter()
        self.mood, self.delay, self.keep = self.well, 0.0, True
        self.server = None

    def well(self, records):
        return 200, [""] * len(records)

    def partly(self, share):
        """Each record fails by chance."""
        return lambda records: (200, ["ServiceUnavailableException" if self.rng.random() < share else "" for _ in records])

    def throttles(self, share=1.0):
        """Whole calls are refused by chance."""
        return lambda records: (400 if self.rng.random() < share else 200, [""] * len(records))

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version, wbufsize = "HTTP/1.1", 65536

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = outer.answer(self.headers["X-Amz-Target"], json.loads(body))
                answer = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def answer(self, target, request):
        assert target == "Firehose_20150804.PutRecordBatch"
        time.sleep(self.delay)
        records = [base64.b64decode(record["Data"]) for record in request["Records"]]
        with self.lock:
            self.calls[request["DeliveryStreamName"]] += 1
            self.largest["records"] = max(self.largest["records"], len(records))
            self.largest["bytes"] = max(self.largest["bytes"], sum(map(len, records)))
            status, codes = self.mood(records)
            if status != 200:
                return status, {"__type": "ServiceUnavailableException", "message": "Slow down."}
            if self.keep:
                self.taken += [record for record, code in zip(records, codes, strict=True) if not code]
            answers = [{"ErrorCode": code, "ErrorMessage": "Slow down."} if code else {"RecordId": "r"} for code in codes]
            return 200, {"FailedPutCount": sum(map(bool, codes)), "Encrypted": False, "RequestResponses": answers}

    def stop(self):
        """Be gone: open connections end, new ones are refused."""
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, *arguments):
        self.connections = set()
        super().__init__(*arguments)

    def get_request(self):
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_):
        """An agent that was killed is no news."""

    def server_close(self):
        super().server_close()
        for connection in list(self.connections):
            super().shutdown_request(connection)
