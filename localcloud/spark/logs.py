"""A run's output in CloudWatch Logs, written with the role's permissions while the run goes on."""

import logging
import threading
import time
from collections import deque

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

GROUP = "/aws-glue/jobs"
#: CloudWatch's limits of one call: events, and bytes with 26 for each event; and of one event.
MOST_EVENTS, MOST_BYTES, MOST_LINE = 10_000, 1_000_000, 250_000
_EVERY = 0.5  # seconds between two calls
LAST_LINES = 20


class Stream:
    """Reads a pipe to its end, and sends its lines to a log stream."""

    def __init__(self, pipe, logs, group, stream):
        self.group, self.stream, self.last = group, stream, deque(maxlen=LAST_LINES)
        self._pipe, self._logs, self._lines = pipe, logs, deque()
        self._ready, self._problem, self._ended, self._added = False, None, threading.Event(), threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"glue-output-{stream[:12]}")
        self._sender = threading.Thread(target=self._send, daemon=True, name=f"glue-log-{stream[:12]}")
        self._reader.start()
        self._sender.start()

    def say(self, text):
        """Add a line of Glue's own."""
        self._add(text)

    def finish(self, seconds=10):
        """Wait until all that was written is sent; what a process that still holds the pipe may write is not waited for."""
        self._reader.join(2)
        self._ended.set()
        self._added.set()
        self._sender.join(seconds)
        if self._problem:
            logger.warning("the log of run %s could not be written to %s: %s", self.stream, self.group, self._problem)

    def _read(self):
        for line in iter(lambda: self._pipe.readline(MOST_LINE), b""):
            self._add(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _add(self, text):
        if text.strip():  # CloudWatch takes no empty message
            self.last.append(text)
            self._lines.append({"timestamp": int(time.time() * 1000), "message": text})
            self._added.set()

    def _send(self):
        while True:
            ended = self._ended.is_set()
            self._attempt(self._make)
            while self._lines and not self._problem:
                self._attempt(self._put, self._batch())
            if ended:
                return
            self._added.wait()
            self._added.clear()
            self._ended.wait(_EVERY)

    def _batch(self):
        out, size = [], 0
        while self._lines and len(out) < MOST_EVENTS:
            size += len(self._lines[0]["message"].encode()) + 26
            if out and size > MOST_BYTES:
                break
            out.append(self._lines.popleft())
        return out

    def _attempt(self, call, *given):
        """Call, unless a former call failed: a log that cannot be written does not stop the run."""
        try:
            if not self._problem:
                call(*given)
        except (BotoCoreError, ClientError) as error:
            self._problem = error

    def _put(self, events):
        self._logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)

    def _make(self):
        """The stream, which is there even if nothing is written, and the group if it is not there."""
        if self._ready:
            return
        for again in (False, True):
            try:
                self._logs.create_log_stream(logGroupName=self.group, logStreamName=self.stream)
                break
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ResourceAlreadyExistsException":
                    break
                if again or code != "ResourceNotFoundException":
                    raise
                self._logs.create_log_group(logGroupName=self.group)
        self._ready = True
