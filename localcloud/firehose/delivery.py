"""Segments of records as objects in S3."""

import contextlib
import gzip
import tempfile

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.engine import ServiceError
from localcloud.firehose import errorlog, prefixes
from localcloud.firehose.prefixes import Moment
from localcloud.firehose.queue import Undone

EXTENSIONS = {"GZIP": ".gz"}
_GZIP_LEVEL = 6


def write(target, out, segment, delimiter=b""):
    """The records' data, one after the other, into the file `out`, compressed as the destination says."""
    with contextlib.ExitStack() as stack:
        if target.get("CompressionFormat") == "GZIP":
            # The same records give the same bytes at each attempt: no name, no time.
            out = stack.enter_context(gzip.GzipFile("", "wb", _GZIP_LEVEL, out, mtime=0))
        for _, data in segment.records():
            out.write(data + delimiter if delimiter else data)


class Destination:
    """Puts files into the bucket of a destination with its role; Undone where S3 refuses, after a line in the error log."""

    def __init__(self, roles, region, scratch):
        self.roles, self.region, self.scratch = roles, region, scratch
        scratch.mkdir(parents=True, exist_ok=True)

    def file(self):
        """A file for what is on its way; it is gone when it is closed."""
        return tempfile.TemporaryFile(dir=self.scratch)

    def key(self, record, target, segment, extension, error=""):
        """The object's key: the same at each attempt at a segment, as long as the settings are the same."""
        prefix, error_prefix = target.get("Prefix", ""), target.get("ErrorOutputPrefix", "")
        moment = Moment(segment.oldest, target.get("CustomTimeZone", ""), str(segment.id), error)
        return prefixes.object_key(record["name"], record["version"], prefixes.whole(prefix, error_prefix, error), extension, moment)

    def put(self, record, target, key, file):
        """Write an object. `target`: an S3 destination's settings."""
        size = file.tell()
        file.seek(0)
        bucket = target["BucketARN"].rpartition(":")[2]
        key_arn = (target.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig", {}).get("AWSKMSKeyARN")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn} if key_arn else {}
        try:
            s3 = self.roles.client(target["RoleARN"], "s3", self.region)
            s3.put_object(Bucket=bucket, Key=key, Body=file, **encryption)
        except ClientError as error:
            self.roles.failed(target["RoleARN"], error)
            code = error.response["Error"]["Code"]
            errorlog.write(self.roles, self.region, record, target, f"S3.{code}", error.response["Error"].get("Message", str(error)))
            raise Undone(f"S3 refused s3://{bucket}/{key}: {error}") from error
        except ServiceError as error:
            errorlog.write(self.roles, self.region, record, target, "S3.AccessDenied", error.message)
            raise Undone(error.message) from error
        except BotoCoreError as error:
            raise Undone(f"S3 could not be reached: {error}") from error
        return size
