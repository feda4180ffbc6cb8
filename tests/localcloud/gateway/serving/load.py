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
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.I)


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
    """One connection; a request at a time. `take()`: the next number, None at the end."""

    def __init__(self, head, take, sent, ended):
        self.head, self.take, self.sent, self.ended, self.buffer, self.number = head, take, sent, ended, b"", None

    def connection_made(self, transport):
        self.transport = transport
        self.next()

    def next(self):
        at, number = self.take()
        if number is None:
            self.transport.close()
            return
        wait = at - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self.ask, number)
        else:
            self.ask(number)

    def ask(self, number):
        body = click(number)
        self.number, self.began = number, time.perf_counter()
        self.transport.write(self.head + b"%d\r\n\r\n" % len(body) + body)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        found = _LENGTH.search(self.buffer, 0, end + 2) if end >= 0 else None
        if not found or len(self.buffer) < end + 4 + int(found[1]):
            return
        status, self.buffer = int(self.buffer[9:12]), b""
        self.sent.latencies.append(time.perf_counter() - self.began)
        if status == 200:
            self.sent.accepted.add(self.number)
        else:
            self.sent.refused[self.number] = status
        self.number = None
        self.next()

    def connection_lost(self, _):
        if self.number is not None:
            self.sent.refused[self.number] = 0  # never answered: it may be stored or not
        self.ended()


def run(site, seconds, rate, connections=32):
    """Send `rate` clicks a second for so many seconds; the Sent. No more is sent than that, however fast the server is."""
    return asyncio.run(_run(site, int(seconds * rate), rate, connections))


async def _run(site, number, rate, connections):
    sent, numbers, began = Sent(), iter(range(1, number + 1)), time.perf_counter()
    sent.memory.append(memory(site.cloud.process.pid))
    open_connections, done = connections, asyncio.Event()

    def take():
        following = next(numbers, None)
        return (0, None) if following is None else (began + following / rate, following)

    def ended():
        nonlocal open_connections
        open_connections -= 1
        if not open_connections:
            done.set()

    path = f"/_aws/execute-api/{site.api}/{site.stage}/poc"
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"x-api-key: {site.key}", "Content-Length: "]
    head, loop = "\r\n".join(lines).encode(), asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(head, take, sent, ended), "127.0.0.1", site.cloud.port)
    while not done.is_set():
        try:
            await asyncio.wait_for(done.wait(), 5)
        except TimeoutError:
            sent.memory.append(memory(site.cloud.process.pid))
    sent.seconds = time.perf_counter() - began
    sent.memory.append(memory(site.cloud.process.pid))
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
