"""Records on disk: a folder of segments, each of which is delivered as a whole and then removed.

A segment is a file of frames: length (4 bytes), arrival in milliseconds (8 bytes), data. A frame is in the file before
the record's put is answered, so a killed process loses nothing that was accepted. Nothing is synced: a power cut may.
"""

import contextlib
import os
import struct
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_HEAD = struct.Struct(">IQ")
_READ = 1 << 20


@dataclass
class Segment:
    """One file. `id` names it for good, so that a delivery that is repeated writes the same object. Sizes without frames."""

    path: Path
    size: int = 0
    count: int = 0
    oldest: int = 0  # arrival in ms
    opened: float = 0.0  # when its first record was kept; of a file that was found, when that record arrived

    @property
    def id(self):
        return uuid.UUID(self.path.stem.partition("-")[2])

    @property
    def number(self):
        return int(self.path.stem.partition("-")[0])

    def records(self):
        """(arrival in ms, data) of each, read bit by bit."""
        with self.path.open("rb", buffering=_READ) as file:
            for _ in range(self.count):
                length, arrival = _HEAD.unpack(file.read(_HEAD.size))
                yield arrival, file.read(length)


class Spool:
    """Segments in `folder`, the last of which takes new records until it is sealed. Safe for threads."""

    def __init__(self, folder):
        self.folder, self._lock = folder, Lock()
        folder.mkdir(parents=True, exist_ok=True)
        found = [_scanned(path) for path in sorted(folder.glob("*.records"))]
        self.sealed = [segment for segment in found if segment.count]
        for segment in found:
            if not segment.count:
                segment.path.unlink()
        self._next = max((segment.number for segment in found), default=0) + 1
        # The last one goes on where the former process left it.
        self.open = self.sealed.pop() if self.sealed else None
        self._file = None

    def append(self, records, most):
        """Keep (arrival in ms, data) pairs; a segment is sealed once it has `most` bytes. OSError: none or the first few are kept.

        Returns whether a segment was begun or sealed, so that the moment at which one is due may be another.
        """
        with self._lock:
            before, sealed = self.open, len(self.sealed)
            waiting, size = [], self.open.size if self.open else 0
            for record in records:
                waiting.append(record)
                size += len(record[1])
                if size >= most:
                    self._write(waiting)
                    self._seal()
                    waiting, size = [], 0
            if waiting:
                self._write(waiting)
            return self.open is not before or len(self.sealed) != sealed

    def seal(self):
        """Let the open segment take no more; returns whether there was one."""
        with self._lock:
            return self._seal()

    def remove(self, segment):
        """A segment was dealt with."""
        with self._lock:
            self.sealed.remove(segment)
            segment.path.unlink(missing_ok=True)

    def close(self):
        with self._lock, contextlib.suppress(OSError):
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def _write(self, records):
        if self.open is None:
            self.open = Segment(self.folder / f"{self._next:010d}-{uuid.uuid4()}.records", oldest=records[0][0], opened=time.time())
            self._next += 1
        if self._file is None:
            self._file = os.open(self.open.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        frames = b"".join(part for arrival, data in records for part in (_HEAD.pack(len(data), arrival), data))
        before = os.fstat(self._file).st_size
        try:
            view = memoryview(frames)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            os.ftruncate(self._file, before)  # half a frame would spoil what comes after it
            raise
        self.open.size += sum(len(data) for _, data in records)
        self.open.count += len(records)
        self.open.oldest = min(self.open.oldest, min(arrival for arrival, _ in records))

    def _seal(self):
        if self.open is None or not self.open.count:
            return False
        self.sealed.append(self.open)
        if self._file is not None:
            os.close(self._file)
        self.open = self._file = None
        return True


def _scanned(path):
    """The Segment of a file that another process wrote; a last frame that was cut off is cut away (nobody was told of it)."""
    segment, whole = Segment(path), 0
    with path.open("rb", buffering=_READ) as file:
        end = os.fstat(file.fileno()).st_size
        while True:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                break
            length, arrival = _HEAD.unpack(head)
            if file.tell() + length > end:
                break
            file.seek(length, os.SEEK_CUR)
            whole = file.tell()
            segment.oldest = min(segment.oldest or arrival, arrival)
            segment.size += length
            segment.count += 1
    if whole < end:
        os.truncate(path, whole)
    segment.opened = segment.oldest / 1000
    return segment
