"""The objects of a bucket, as this package needs them: what each was made from goes with it as metadata."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from os import PathLike

from botocore.exceptions import ClientError

_SOURCE = "source-etag"  # an object's metadata: the etag of the input whose rows it holds
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Listed:
    """An object as a listing has it. `etag` is its own, not its source's."""

    key: str
    etag: str
    size: int
    modified: datetime


class ReplacedError(RuntimeError):
    """An object is no longer the one that was listed."""


class Objects:
    """`s3`: a client of S3."""

    def __init__(self, s3, bucket):
        self.s3, self.bucket = s3, bucket

    def source(self, key):
        """The etag of the input that an object was made from ("" if it does not say); None if there is no object."""
        try:
            return self.s3.head_object(Bucket=self.bucket, Key=key).get("Metadata", {}).get(_SOURCE, "")
        except ClientError as error:
            if status(error) == 404:
                return None
            raise

    def put(self, key, etag, body):
        """Write a Parquet file (bytes, or the path of a file) made from the input `etag`."""
        with closing(open(body, "rb") if isinstance(body, str | PathLike) else BytesIO(body)) as file:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=file, Metadata={_SOURCE: etag}, ContentType=PARQUET)

    def read(self, key):
        """An object's bytes; None if there is none."""
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if status(error) == 404:
                return None
            raise

    def open(self, listed, **more):
        """GetObject's response for exactly the object that was listed, and the etag of its source.

        Raises:
            ReplacedError: it was replaced or deleted since.
        """
        try:
            response = self.s3.get_object(Bucket=self.bucket, Key=listed.key, IfMatch=listed.etag, **more)
        except ClientError as error:
            if status(error) in (404, 412):
                raise ReplacedError(f"s3://{self.bucket}/{listed.key} was replaced or deleted since it was listed") from error
            raise
        return response, response.get("Metadata", {}).get(_SOURCE, "")

    def listing(self, prefix):
        """A Listed for each object below a prefix, by key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [
            Listed(each["Key"], each["ETag"], each["Size"], each["LastModified"]) for page in pages for each in page.get("Contents", [])
        ]


def status(error):
    """The HTTP status of a ClientError."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
