"""How far each file was shipped: an SQLite file, so that a kill or a power cut leaves either the old or the new state."""

import contextlib
import os
import sqlite3
import threading
import time
from collections import namedtuple

#: A file as it was shipped: known by inode and the digest of its first `head_length` bytes; `path` is where it was last.
Place = namedtuple("Place", "inode head_length head path offset")

#: Days after which a file that is no longer there is forgotten.
KEPT_DAYS = 7
TABLES = """
CREATE TABLE IF NOT EXISTS flows (flow TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS files (flow TEXT, inode INTEGER, head_length INTEGER, head TEXT, path TEXT, offset INTEGER, seen REAL,
  PRIMARY KEY (flow, inode));
"""


class Checkpoints:
    """The file at `path`. One that is damaged is put aside; everything then counts as not shipped, since twice is better than never."""

    def __init__(self, path, say=print):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self._lock, self._say, self.damaged, self._warned = threading.Lock(), say, False, False
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            beside = f"{path}.damaged-{int(time.time())}"
            os.rename(path, beside)
            for ending in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path + ending)
            say(f"{path} is damaged ({error}) and now is {beside}: all files are shipped anew")
            self.damaged = True
            self._open(path)

    def _open(self, path):
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.executescript(TABLES)
        self._base.execute("SELECT count(*) FROM files, flows").fetchall()

    def load(self, flow):
        """The flow's Places, or None if it never began."""
        with self._lock:
            if not self.damaged and not self._base.execute("SELECT 1 FROM flows WHERE flow = ?", (flow,)).fetchall():
                return None
            found = self._base.execute("SELECT inode, head_length, head, path, offset FROM files WHERE flow = ?", (flow,))
            return [Place(*row) for row in found]

    def save(self, flow, places):
        """Note these Places, and that the flow began. A full disk is told of and costs no more than repetitions after a kill."""
        now = time.time()
        rows = [(flow, *place, now) for place in places]
        with self._lock:
            try:
                self._base.execute("BEGIN")
                self._base.execute("INSERT OR IGNORE INTO flows VALUES (?)", (flow,))
                self._base.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                self._base.execute("COMMIT")
                self._warned = False
            except sqlite3.OperationalError as error:
                with contextlib.suppress(sqlite3.Error):
                    self._base.execute("ROLLBACK")
                if not self._warned:
                    self._say(f"checkpoints cannot be written ({error}): after a kill, lines would be shipped twice")
                    self._warned = True

    def forget(self, flow):
        """Drop files that have not been seen for KEPT_DAYS."""
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            self._base.execute("DELETE FROM files WHERE flow = ? AND seen < ?", (flow, time.time() - KEPT_DAYS * 86400))

    def close(self):
        with self._lock:
            self._base.close()
