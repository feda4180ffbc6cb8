"""Many clicks at once, by one client on this machine, and what became of each by its id."""

import asyncio
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

#: Each so many-th click is none, so that there is something to refuse.
WRONG_EVERY = 50
#: Seconds between two looks at the server's memory.
EVERY = 5
_LENGTH, _LAST = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.I), re.compile(rb"\r\nconnection: close\r\n", re.I)


@dataclass
class Sent:
    """`accepted`, `refused`: ids by answer (200, anything else); `seconds` from the first request to the last answer."""

    accepted: set = field(default_factory=set)
    refused: dict = field(default_factory=dict)
    latencies: list = field(default_factory=list)
    seconds: float = 0.0
    memory: list = field(default_factory=list)  # MiB of the server, now and then

    @property
    def number(self):
        return len(self.accepted) + len(self.refused)

    def percentile(self, share):
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def click(number):
    """A click's JSON; one in so many has no element."""
    made = {"click_id": f"c-{number}", "time_spent": number % 600, "source_menu": "Dinner", "created_at": "2026-11-21T19:08:09Z"}
    if number % WRONG_EVERY:
        made["element_clicked"] = f'Pizza "{number}" \\ 😀'
    return json.dumps(made, ensure_ascii=False).encode()


class _Client(asyncio.Protocol):
    """One connection; a request at a time. `asks`: an iterator of (when, number), of which `has_all` says that it has ended.

    A server closes a connection after so many requests; what was not yet sent by then is `left`.
    """

    def __init__(self, head, asks, sent, left=None):
        self.head, self.asks, self.sent, self.left = head, asks, sent, left
        self.buffer, self.asked, self.timer, self.has_all, self.closed = b"", None, None, False, asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self.next()

    def next(self):
        self.left = self.left or next(self.asks, None)
        if self.left is None:
            self.has_all = True
            self.transport.close()
        else:
            self.timer = asyncio.get_running_loop().call_later(max(0.0, self.left[0] - time.perf_counter()), self.ask)

    def ask(self):
        self.asked, self.left, self.began = self.left[1], None, time.perf_counter()
        body = click(self.asked)
        self.transport.write(self.head + b"%d\r\n\r\n" % len(body) + body)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        found = _LENGTH.search(self.buffer, 0, end + 2) if end >= 0 else None
        if not found or len(self.buffer) < end + 4 + int(found[1]):
            return
        status, last, self.buffer = int(self.buffer[9:12]), _LAST.search(self.buffer, 0, end + 2), b""
        self.sent.latencies.append(time.perf_counter() - self.began)
        if status == 200:
            self.sent.accepted.add(self.asked)
        else:
            self.sent.refused[self.asked] = status
        self.asked = None
        if last:
            self.transport.close()
        else:
            self.next()

    def connection_lost(self, _):
        if self.timer:
            self.timer.cancel()
        if self.asked is not None:
            self.sent.refused[self.asked] = 0  # never answered: it may be stored or not
        self.closed.set()


def run(site, seconds, rate, connections=32):
    """Send `rate` clicks a second for so many seconds; the Sent. No more is sent than that, however fast the server is."""
    return asyncio.run(_run(site, int(seconds * rate), rate, connections))


async def _run(site, number, rate, connections):
    path = f"/_aws/execute-api/{site.api}/{site.stage}/poc"
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"x-api-key: {site.key}", "Content-Length: "]
    head, loop, process = "\r\n".join(lines).encode(), asyncio.get_running_loop(), site.cloud.process.pid
    sent, began = Sent(memory=[memory(process)]), time.perf_counter()
    asks = iter([(began + each / rate, each) for each in range(1, number + 1)])

    async def converse():
        """One connection after the other until all is sent. A server that takes none raises OSError."""
        client = _Client(head, asks, sent)
        while not client.has_all:
            client = _Client(head, asks, sent, client.left)
            await loop.create_connection(lambda made=client: made, "127.0.0.1", site.cloud.port)
            await client.closed.wait()

    waiting = asyncio.gather(*(converse() for _ in range(connections)))
    while not waiting.done():
        await asyncio.wait([waiting], timeout=EVERY)
        sent.memory.append(memory(process))
    waiting.result()
    sent.seconds = time.perf_counter() - began
    return sent


def stored(site):
    """How often each click is in the bucket, by number."""
    return Counter(int(json.loads(line)["click_id"][2:]) for line in site.stored())


def memory(process):
    """MiB that a process has resident."""
    return int(re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024


def cpu_seconds(process):
    """Seconds of processor time that a process and its threads used."""
    import os

    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
