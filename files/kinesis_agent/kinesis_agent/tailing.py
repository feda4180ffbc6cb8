"""Follows log files through rotation. A file is its inode and its first bytes; its name may change, or go.

Files are read one after the other, the longest unchanged first, each up to the size that it had when files were last listed: so a
file that was renamed is finished before the one that took its place. Only whole lines are read.
"""

import contextlib
import glob
import hashlib
import os
import time
from collections import deque, namedtuple

from kinesis_agent.batches import MOST_RECORD
from kinesis_agent.checkpoints import Place
from kinesis_agent.configuration import END

#: Bytes by which a file is known, besides its inode.
HEAD = 256
#: Read at once: so many bytes and lines.
CHUNK, LINES = 512 * 1024, 2000
#: The newest files that are held open, so that they can be finished when they are renamed or removed.
HELD = 16
#: Nanoseconds for which a file that was renamed out of the pattern is held after its last change, since its writer may still have it.
LINGER = 60 * 10**9
#: Where the last line's end is looked for when a flow begins at the end.
LAST = 1024 * 1024

#: `data`: the line with its end, or None for one that was put aside; `end`: offset after it.
Line = namedtuple("Line", "data source end")


class Source:
    """One file: `offset` is how far it was read, `shipped` how far it was sent. One that is written anew becomes another Source."""

    def __init__(self, path, inode, offset=0, head_length=0, head=""):
        self.path, self.inode = path, inode
        self.offset = self.shipped = offset
        self.head_length, self.head = head_length, head
        self.file, self.size, self.changed = None, 0, 0
        self.looked, self.scanned = -1, 0

    def open(self):
        """Hold the file; False if its name means another one by now."""
        if self.file is None:
            file = open(self.path, "rb", buffering=0)  # noqa: SIM115 - it is held
            if os.fstat(file.fileno()).st_ino != self.inode:
                file.close()
                return False
            self.file = file
        return True

    def close(self):
        if self.file is not None:
            self.file.close()
            self.file = None

    def is_the_same(self):
        """Does it still begin as it did, and is it as long as it was? What it begins with is noted."""
        head = os.pread(self.file.fileno(), HEAD, 0)
        if len(head) < self.head_length or digest(head[: self.head_length]) != self.head:
            return self.head_length == 0 and self._note(head)
        return os.fstat(self.file.fileno()).st_size >= self.offset and self._note(head)

    def _note(self, head):
        if len(head) > self.head_length:
            self.head_length, self.head = len(head), digest(head)
        return True

    def place(self):
        return Place(self.inode, self.head_length, self.head, self.path, self.shipped)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Tailer:
    """The files of a pattern. `places`: what was shipped before, or None if nothing ever was; `aside`: gets lines that are too long."""

    def __init__(self, pattern, places, start, aside, say=print):
        self.pattern, self._aside, self._say = pattern, aside, say
        self.sources, self._queue, self._warned = {}, deque(), set()
        self._remembered = {place.inode: place for place in places or ()}
        self._at_end = places is None and start == END
        self._adopt()
        self.refresh()
        self._at_end = False

    # -- which files there are

    def refresh(self):
        """List the files and what is unread of them; True if there are new ones."""
        listed, before = self._listed(), set(self.sources)
        for inode, path in listed.items():
            if inode in self.sources:
                self.sources[inode].path = path
            else:
                self._meet(inode, path)
        for source in list(self.sources.values()):
            if not self._measured(source, source.inode in listed):
                self._let_go(source)
        newest = sorted(self.sources.values(), key=lambda source: source.changed, reverse=True)
        for source in newest[HELD:]:
            if source.inode in listed:
                source.close()
        unread = [source for source in self.sources.values() if source.size not in (source.offset, source.looked)]
        # Among files of the same moment the one that is being read comes first: it was there before the other one.
        self._queue = deque(sorted(unread, key=lambda source: (source.changed, not source.offset, source.path)))
        return not before >= set(self.sources)

    def _listed(self):
        found = {}
        for path in glob.iglob(self.pattern):
            with contextlib.suppress(OSError):
                if os.path.isfile(path):
                    found[os.stat(path).st_ino] = path
        return found

    def _meet(self, inode, path):
        """A file that is new, or was known before."""
        place = self._remembered.get(inode)
        source = Source(path, inode, place.offset, place.head_length, place.head) if place else Source(path, inode)
        if not self._held(source):
            return
        self._remembered.pop(inode, None)
        self.sources[inode] = source
        if self._at_end:
            source.offset = source.shipped = _last_line_end(source.file)
        if not source.is_the_same():
            self._renew(source)

    def _renew(self, source):
        """Begin anew with a file whose content is another one by now."""
        self._say(f"{source.path} was cut short or written anew: it is shipped from its beginning")
        new = Source(source.path, source.inode)
        new.file, source.file, new.size, new.changed = source.file, None, source.size, source.changed
        new.is_the_same()
        self.sources[source.inode] = new
        return new

    def _held(self, source):
        """Open it; False, told once, where that cannot be done."""
        try:
            opened = source.open()
        except OSError as error:
            if not isinstance(error, FileNotFoundError) and source.path not in self._warned:
                self._say(f"{source.path} cannot be read: {error.strerror}")
                self._warned.add(source.path)
            return False
        self._warned.discard(source.path)
        return opened

    def _measured(self, source, listed):
        """Look how large it is; False for one that is gone and finished."""
        try:
            found = os.fstat(source.file.fileno()) if source.file else os.stat(source.path)
        except OSError:
            return False
        source.size, source.changed = found.st_size, found.st_mtime_ns
        if listed or not source.file:
            return listed
        # It was removed, or renamed out of the pattern: what is unread of it is still read.
        lingers = found.st_nlink and time.time_ns() - found.st_mtime_ns < LINGER
        return lingers or source.size > source.offset or source.offset > source.shipped

    def _let_go(self, source):
        source.close()
        del self.sources[source.inode]
        self._remembered[source.inode] = source.place()  # its name may come back

    def _adopt(self):
        """Files that were being shipped, and were renamed out of the pattern while this did not run."""
        listed = self._listed()
        for inode, place in list(self._remembered.items()):
            if inode in listed or not place.head_length:
                continue
            with contextlib.suppress(OSError):
                for entry in os.scandir(os.path.dirname(place.path)):
                    if entry.inode() == inode and entry.is_file():
                        source = Source(entry.path, inode, place.offset, place.head_length, place.head)
                        if self._held(source) and source.is_the_same():
                            self.sources[inode] = source
                            del self._remembered[inode]
                        else:
                            source.close()

    # -- what is in them

    def read(self):
        """Some more Lines, in order; none if nothing is unread of what was listed."""
        while self._queue:
            source = self._queue[0]
            lines = []
            if self._held(source):
                if not source.is_the_same():
                    source = self._queue[0] = self._renew(source)
                lines = self._read(source)
            if not lines or source.offset >= source.size:
                self._queue.popleft()
            if lines:
                return lines
        return []

    def _read(self, source):
        data = os.pread(source.file.fileno(), CHUNK, source.offset)
        if len(data) == CHUNK and b"\n" not in data:
            data = os.pread(source.file.fileno(), MOST_RECORD + 1, source.offset)
            if len(data) > MOST_RECORD and b"\n" not in data[:MOST_RECORD]:
                return self._too_long(source)
        cut = data.rfind(b"\n") + 1
        if not cut:
            source.looked = source.size  # nothing to see until it grows
            return []
        lines, end = [], source.offset
        for text in data[: cut - 1].split(b"\n", LINES)[:LINES]:
            end += len(text) + 1
            lines.append(Line(text + b"\n", source, end))
        source.offset = end
        return lines

    def _too_long(self, source):
        """Put a line aside that no record can hold; nothing while it has no end."""
        end = self._line_end(source)
        if end is None:
            source.looked = source.size
            return []
        path, size, kept = self._aside.keep(source.inode, source.offset, _chunks(source, end))
        said = f"{source.path}: the line at byte {source.offset} has {size} bytes and no record can hold it"
        self._say(f"{said}; {kept} of them are in {path}")
        source.offset = end
        return [Line(None, source, end)]

    def _line_end(self, source):
        """Offset after the end of the line at the source's offset, or None; what was looked at is not looked at again."""
        start = max(source.offset, source.scanned)
        while data := os.pread(source.file.fileno(), CHUNK, start):
            found = data.find(b"\n")
            if found >= 0:
                return start + found + 1
            start += len(data)
            source.scanned = start
        return None

    def unread(self):
        """Bytes that are written and not shipped."""
        return sum(max(0, source.size - source.shipped) for source in list(self.sources.values()))

    def close(self):
        for source in self.sources.values():
            source.close()


def _chunks(source, end):
    for start in range(source.offset, end, CHUNK):
        yield os.pread(source.file.fileno(), min(CHUNK, end - start), start)


def _last_line_end(file):
    """Offset after the last whole line of a file."""
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - LAST)
    found = os.pread(file.fileno(), LAST, start).rfind(b"\n")
    return start + found + 1 if found >= 0 or not start else size
