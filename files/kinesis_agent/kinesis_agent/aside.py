"""Lines that no record can hold, kept with their text."""

import contextlib
import os

#: Bytes that are kept at most; beyond that only a line's place is logged.
MOST_KEPT = 256 * 1024 * 1024


class Aside:
    """Files below `folder`, named by what they were cut from: the same line again is the same file."""

    def __init__(self, folder, most=MOST_KEPT):
        self.folder, self._most = folder, most
        os.makedirs(folder, exist_ok=True)

    def keep(self, inode, start, chunks):
        """Write a line's bytes; (path, bytes of the line, bytes kept)."""
        path = os.path.join(self.folder, f"{inode}-{start}.line")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # of a run that was killed
        room, size, kept = self._most - self._used(), 0, 0
        with open(path, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                part = chunk[: max(0, room - kept)]
                try:
                    file.write(part)
                    file.flush()
                    kept += len(part)
                except OSError:
                    room = kept  # the disk is full
        return path, size, kept

    def _used(self):
        return sum(entry.stat().st_size for entry in os.scandir(self.folder))
