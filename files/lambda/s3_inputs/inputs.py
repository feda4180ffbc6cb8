"""Which version of an object counts, and its bytes."""

import json
from collections.abc import Mapping
from datetime import datetime

from botocore.exceptions import ClientError

from .versions import Arrival, Version

PUBLISHING = "publishing"  # an audit record's status before its outputs are all visible


class SourceGoneError(RuntimeError):
    """The object that an event announced no longer exists, in no version that could be read."""


class SourceKeepsChangingError(RuntimeError):
    """The object was replaced each time while it was being processed."""


class Inputs:
    """The objects of a bucket that are read. `s3`: a client."""

    def __init__(self, s3: object, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def fetch(self, key: str, version: Version) -> Mapping | None:
        """GetObject's response, its body not read yet: of exactly that version; None if it is not there any more."""
        wanted = {"VersionId": version.id} if version.id else {"IfMatch": f'"{version.etag}"'}
        response = self._get(key, **wanted)
        return response if response and Version.read(response) == version else None

    def newest(self, arrival: Arrival, audit: Mapping | None) -> Mapping | None:
        """The response for what is to be processed for an event; None if the audit record shows that it was.

        The newest version counts. Of an object that was deleted after its event, the event's own version: deleting a
        source takes no rows back, so the outcome must not depend on which came first.

        Raises:
            SourceGoneError: there is nothing left to read, and no audit record of it.
        """
        response = self._get(arrival.key)
        if response is not None:
            return response
        done = audit is not None and audit["status"] != PUBLISHING
        response = self._get(arrival.key, VersionId=arrival.version_id) if arrival.version_id else None
        if response is not None:
            newer = done and datetime.fromisoformat(audit["source"]["last_modified"]) > response["LastModified"]
            return None if newer else response
        if done and (arrival.etag is None or audit["source"]["etag"] == arrival.etag):
            return None
        raise SourceGoneError(
            f"s3://{arrival.bucket}/{arrival.key} (version {arrival.version_id}) was deleted before it was processed. Upload it again."
        )

    def current(self, key: str) -> Version | None:
        """The version that the key has now; None if it was deleted."""
        try:
            return Version.read(self._s3.head_object(Bucket=self._bucket, Key=key))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def record(self, key: str) -> dict | None:
        """An audit record; None if there is none."""
        response = self._get(key)
        return json.loads(response["Body"].read()) if response else None

    def _get(self, key: str, **wanted: str) -> Mapping | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key, **wanted)
        except ClientError as error:
            # PreconditionFailed: replaced, where there are no versions.
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "PreconditionFailed"):
                return None
            raise
