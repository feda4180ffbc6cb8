"""A queue of records: kept in a spool until enough have come or the first has waited long enough, then handled by a thread."""

import logging
import time
from threading import Condition, Thread

from localcloud.firehose.spool import Spool

logger = logging.getLogger(__name__)
MIB = 1024 * 1024
#: Seconds between attempts at a segment that could not be handled; the last one goes on.
PAUSES = (0.5, 1, 2, 4, 8, 15, 30)


class Undone(Exception):
    """A segment could not be handled for now; it is kept and tried again."""


class Queue:
    """`hints()`: (bytes, seconds) that make a segment due, asked anew each time. `handle(segment)`: deal with one, or raise Undone."""

    def __init__(self, name, folder, hints, handle):
        self.name, self.hints, self.handle = name, hints, handle
        self.spool = Spool(folder)
        self._changed, self._stopping = Condition(), False
        self._thread = Thread(target=self._run, name=f"firehose-{folder.parent.stem}-{name}", daemon=True)

    def start(self):
        self._thread.start()
        return self

    def put(self, records):
        """Keep (arrival in ms, data) pairs. They are on disk when this returns."""
        # The thread knows when the open segment is due; waking it for each record would cost more than keeping the record.
        if self.spool.append(records, self.hints()[0]):
            with self._changed:
                self._changed.notify()

    def wake(self):
        """The hints may have changed."""
        with self._changed:
            self._changed.notify()

    def stop(self):
        """Tell the thread to end after the segment that it is at; what waits stays on disk."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def ended(self, seconds):
        """Whether the thread ends within so many seconds after `stop`."""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def flush(self):
        """Of a queue that has ended: handle what waits, each segment once, and let go of what cannot be."""
        self.spool.seal()
        for segment in list(self.spool.sealed):
            try:
                self.handle(segment)
            except Undone as undone:
                logger.warning("firehose %s: %d records are gone with their stream: %s", self.name, segment.count, undone)
            self.spool.remove(segment)

    def _run(self):
        attempt = 0
        while segment := self._due():
            try:
                self.handle(segment)
            except Undone as undone:
                logger.debug("%s: %s", self._thread.name, undone)
            except Exception:
                logger.exception("%s: a segment is kept and tried again", self._thread.name)
            else:
                self.spool.remove(segment)
                attempt = 0
                continue
            if self._stopped_within(PAUSES[min(attempt, len(PAUSES) - 1)]):
                return
            attempt += 1

    def _due(self):
        """The next segment whose time has come; waits for it. None when the queue stops."""
        with self._changed:
            while not self._stopping:
                if self.spool.sealed:
                    return self.spool.sealed[0]
                wait = self._remaining()
                if wait is not None and wait <= 0:
                    self.spool.seal()
                    continue
                self._changed.wait(wait)
        return None

    def _remaining(self):
        """Seconds until the open segment is due; None without one."""
        waiting = self.spool.open
        if waiting is None or not waiting.count:
            return None
        size, seconds = self.hints()
        return 0 if waiting.size >= size else waiting.opened + seconds - time.time()

    def _stopped_within(self, seconds):
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)
