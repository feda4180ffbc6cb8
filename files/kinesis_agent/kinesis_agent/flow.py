"""One flow: files → batches → stream → checkpoint. One batch at a time, so that memory is bounded and order is kept."""

import time
from collections import Counter, deque

from kinesis_agent.aside import Aside
from kinesis_agent.batches import MOST_RECORD, Batch
from kinesis_agent.firehose import SendError
from kinesis_agent.retries import Backoff, failed
from kinesis_agent.tailing import Tailer

#: Seconds between two words on a trouble that lasts.
REMIND = 60.0
#: Seconds for which troubles that come and go, as throttles do, are not told again.
QUIET = 5.0


class Shipper:
    """`flow`: configuration.Flow; `stream`: its `put` sends; `stop`: threading.Event; `say`: gets words for the log."""

    def __init__(self, flow, stream, checkpoints, aside_folder, stop, say):
        self.flow, self._stream, self._checkpoints, self._stop, self._say = flow, stream, checkpoints, stop, say
        self.name = f"{flow.pattern} > {flow.stream}"
        self.counts = Counter(lines=0, sent=0, sent_bytes=0, failed=0, calls=0, kept_aside=0)
        self.trouble, self._told, self._troubled = "", -QUIET, 0.0
        self._aside, self._backoff, self._waiting = Aside(aside_folder), Backoff(), deque()
        self._tailer = Tailer(flow.pattern, checkpoints.load(self.name), flow.start, self._aside, say)
        self._note()
        self._polled, self._forgot = time.monotonic(), 0.0

    def run(self):
        """Ship until told to stop; what is not sent by then is read again at the next start."""
        while not self._stop.is_set():
            batch = self._gather()
            if batch is not None and self._deliver(batch.records):
                self.counts["lines"] += batch.lines
                for source, end in batch.ends.items():
                    source.shipped = end
                self._checkpoints.save(self.name, [source.place() for source in batch.ends])
        self._tailer.close()

    def status(self):
        tailer = self._tailer
        return {"flow": self.name, **self.counts, "files": len(tailer.sources), "unread_bytes": tailer.unread(), "trouble": self.trouble}

    # -- files → batch

    def _gather(self):
        """A batch that is full or old enough; None when told to stop."""
        batch, since = Batch(self.flow.buffer_records, self.flow.buffer_bytes), None
        while not self._stop.is_set():
            if not self._waiting:
                self._waiting.extend(self._lines())
            while self._waiting and not batch.full:
                if not self._added(batch):
                    return batch
            if batch.lines and since is None:
                since = time.monotonic()
            age = time.monotonic() - since if since is not None else 0.0
            if batch.full or age >= self.flow.buffer_seconds:
                return batch
            if not self._waiting:
                self._stop.wait(self._pause(since))
        return None

    def _added(self, batch):
        """Put the next line into the batch; False where it is for the next one."""
        line = self._waiting[0]
        data = line.data
        for convert in self.flow.converters if data is not None else ():
            data = convert(data)
        if data is not None and len(data) > MOST_RECORD:
            start = line.end - len(line.data)
            path, size, kept = self._aside.keep(line.source.inode, start, [line.data])
            self._say(f"{line.source.path}: the line at byte {start} has {size} bytes and no record can hold it; {kept} are in {path}")
            self.counts["kept_aside"] += 1
            data = None
        if data is not None and not batch.takes(data):
            return False
        batch.add(data, line.source, line.end)
        self._waiting.popleft()
        return True

    def _lines(self):
        """Unread lines; files are listed anew when those that were are read, not more often than asked for."""
        found = self._tailer.read()
        if not found and time.monotonic() - self._polled >= self.flow.poll_seconds:
            self._polled = time.monotonic()
            if self._tailer.refresh():
                self._note()  # so that they are found again after a kill, whatever they are called then
            self._tidy()
            found = self._tailer.read()
        if found and found[0].data is None:
            self.counts["kept_aside"] += 1
        return found

    def _pause(self, since):
        """Seconds until files may be listed again, or until the batch is old enough."""
        now = time.monotonic()
        due = [self._polled + self.flow.poll_seconds - now]
        if since is not None:
            due.append(since + self.flow.buffer_seconds - now)
        return max(0.001, min(due))

    def _tidy(self):
        """Once an hour: files that are there are noted as seen, those that are long gone are forgotten."""
        if self._polled - self._forgot > 3600 or not self._forgot:
            self._forgot = self._polled
            self._note()
            self._checkpoints.forget(self.name)

    def _note(self):
        self._checkpoints.save(self.name, [source.place() for source in self._tailer.sources.values()])

    # -- batch → stream

    def _deliver(self, records):
        """Send until all are taken; False when told to stop before."""
        self._backoff.reset()
        while records:
            problem, left = self._try(records)
            self._tell(problem, len(left), len(records))
            if len(left) < len(records):
                self._backoff.reset()
            records = left
            if records and self._stop.wait(self._backoff.next()):
                return False
        return True

    def _tell(self, problem, left, count):
        """Say that there is a trouble, now and then while it lasts, and that it is over."""
        now = time.monotonic()
        if problem and (not self.trouble or now - self._told >= REMIND) and now - self._told >= QUIET:
            self._told = now
            self._say(f"{self.flow.stream}: {left} of {count} records were not taken, and are tried again: {problem}")
        if problem and not self.trouble:
            self._troubled = now
        if self.trouble and not problem and now - self._troubled >= QUIET:
            self._say(f"{self.flow.stream}: records are taken again, after {now - self._troubled:.0f} s")
        self.trouble = problem

    def _try(self, records):
        """(problem, records that are left) of one call."""
        self.counts["calls"] += 1
        try:
            answers = self._stream.put(records)
        except SendError as error:
            self.counts["failed"] += len(records)
            return str(error), records
        left = failed(records, answers)
        self.counts["failed"] += len(left)
        self.counts["sent"] += len(records) - len(left)
        self.counts["sent_bytes"] += sum(map(len, records)) - sum(map(len, left))
        codes = sorted({code for code in answers if code})
        return ", ".join(codes), left
