"""Log files that lose and repeat nothing: whole lines, and rotation by renaming.

`orders.log` is written; when it is large or old enough it becomes `orders-<UTC time>.log` in one step and a new `orders.log`
begins. Both match `*.log`: a shipper that follows files by their inode finishes the renamed one and goes on with the new one.
"""

import contextlib
import os
import time

#: Seconds between attempts while the disk is full.
PATIENCE = 1.0


class OrderLog:
    """The files of `folder`.

    `keep_files`, `keep_bytes`: an old file is removed only when more than so many are there and all of them are larger than that.
    `free_bytes`: below that much free space nothing is written; it waits until somebody made room.
    `say`: gets words for the log; `sleep`: waits for seconds, False when it is time to end.
    """

    def __init__(self, folder, rotate_bytes, rotate_seconds, keep_files, keep_bytes, free_bytes, say=print, sleep=None):
        self.folder, self.path = folder, os.path.join(folder, "orders.log")
        self._rotate_bytes, self._rotate_seconds = rotate_bytes, rotate_seconds
        self._keep_files, self._keep_bytes, self._free_bytes = keep_files, keep_bytes, free_bytes
        self._say = say
        self._sleep = sleep or (lambda seconds: time.sleep(seconds) or True)
        os.makedirs(folder, exist_ok=True)
        self._open()
        self._mend()

    def _open(self):
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._file).st_size
        self._opened = time.monotonic()

    def _mend(self):
        """End a line that a killed process left half written, so that it is a bad line by itself and spoils no other one."""
        if self._size and _last_byte(self.path) != b"\n":
            self._write(b"\n")

    def append(self, lines):
        """Write whole lines. False if it is to end and the disk is still full; then none or, after a whole line, not all were written."""
        data = "".join(line + "\n" for line in lines).encode()
        if not self._room(len(data)):
            return False
        return self._write(data)

    def _room(self, size):
        warned = False
        while self._free() < self._free_bytes + size:
            if not warned:
                self._say(f"less than {self._free_bytes} bytes are free below {self.folder}: nothing is written until there is room")
                warned = True
            if not self._sleep(PATIENCE):
                return False
        return True

    def _free(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def _write(self, data):
        rest, warned = memoryview(data), False
        while rest:
            try:
                number = os.write(self._file, rest)
            except OSError as error:
                if not warned:
                    self._say(f"{self.path} cannot be written ({error.strerror}): it is tried again")
                    warned = True
                if not self._sleep(PATIENCE):
                    return self._give_up(rest, len(data))
                continue
            self._size += number
            rest = rest[number:]
        return True

    def _give_up(self, rest, size):
        """Take a torn line back where that can be done; the reader takes whole lines only."""
        done = size - len(rest)
        if done and _last_byte(self.path) != b"\n":
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size - _torn(self.path))
        return False

    def rotate_if_due(self):
        """Begin a new file when this one is large or old enough; True if so."""
        age = time.monotonic() - self._opened
        if not self._size or (self._size < self._rotate_bytes and age < self._rotate_seconds):
            return False
        now = time.time_ns()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9)) + f".{now % 10**9:09d}Z"
        os.rename(self.path, os.path.join(self.folder, f"orders-{stamp}.log"))
        os.close(self._file)
        self._open()
        self._prune()
        return True

    def _prune(self):
        names = sorted(name for name in os.listdir(self.folder) if name.startswith("orders-") and name.endswith(".log"))
        sizes = [os.path.getsize(os.path.join(self.folder, name)) for name in names]
        for number in removable(sizes, self._keep_files, self._keep_bytes):
            os.unlink(os.path.join(self.folder, names[number]))
            self._say(f"removed {names[number]}, the oldest of more than {self._keep_files} files and {self._keep_bytes} bytes")

    def close(self):
        os.close(self._file)


def removable(sizes, keep_files, keep_bytes):
    """Numbers of the files to remove, oldest first, of rotated files with these sizes (oldest first)."""
    total, left, found = sum(sizes), len(sizes), []
    for number, size in enumerate(sizes):
        if left <= keep_files or total <= keep_bytes:
            break
        found.append(number)
        total, left = total - size, left - 1
    return found


def _last_byte(path):
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def _torn(path):
    """Bytes after the last line's end."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1_000_000))
        return len(file.read().rpartition(b"\n")[2])
