"""A file-like object whose bytes become an object in S3 when it is closed."""

from day_versions.objects import PARQUET

PART_BYTES = 8 << 20  # of a multipart upload


class Upload:
    """It holds one part in memory. `abort` leaves nothing behind."""

    closed = False

    def __init__(self, s3, bucket, key):
        self._s3, self._place = s3, {"Bucket": bucket, "Key": key}
        self._buffer, self._id, self._parts = bytearray(), None, []

    def write(self, data):
        self._buffer += data
        if len(self._buffer) >= PART_BYTES:
            self._send()
        return len(data)

    def flush(self):
        """Nothing is sent before a part is full."""

    def close(self):
        """Make the object visible, whole."""
        if self.closed:
            return
        if self._id is None:
            self._s3.put_object(**self._place, Body=bytes(self._buffer), ContentType=PARQUET)
        else:
            if self._buffer:
                self._send()
            self._s3.complete_multipart_upload(**self._place, UploadId=self._id, MultipartUpload={"Parts": self._parts})
        self.closed = True

    def abort(self):
        if not self.closed and self._id is not None:
            self._s3.abort_multipart_upload(**self._place, UploadId=self._id)
        self.closed = True

    def _send(self):
        if self._id is None:
            self._id = self._s3.create_multipart_upload(**self._place, ContentType=PARQUET)["UploadId"]
        number = len(self._parts) + 1
        answer = self._s3.upload_part(**self._place, UploadId=self._id, PartNumber=number, Body=bytes(self._buffer))
        checksums = {name: answer[name] for name in ("ChecksumCRC32",) if name in answer}
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"], **checksums})
        self._buffer = bytearray()
