"""An object of S3 as a file that can be read anywhere, without holding it."""

import io

WHOLE_BYTES = 8 << 20  # an object of at most this size is fetched at once
_AHEAD = 1 << 20  # least that is fetched of a larger one


def opened(objects, listed):
    """(file, etag of its source) of exactly the object that was listed; ReplacedError if it is another one by now."""
    if listed.size <= WHOLE_BYTES:
        response, source = objects.open(listed)
        return io.BytesIO(response["Body"].read()), source
    file = _Ranged(objects, listed)
    return io.BufferedReader(file, _AHEAD), file.source


class _Ranged(io.RawIOBase):
    def __init__(self, objects, listed):
        self._objects, self._listed, self._at = objects, listed, 0
        self.source = self._get(0, 1)[1]

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._listed.size}[whence]
        return self._at

    def readinto(self, buffer):
        count = min(len(buffer), self._listed.size - self._at)
        if count <= 0:
            return 0
        data, _ = self._get(self._at, count)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _get(self, first, count):
        response, source = self._objects.open(self._listed, Range=f"bytes={first}-{first + count - 1}")
        return response["Body"].read(), source
