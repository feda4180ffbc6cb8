"""One compaction of a table at a time: an object that only one can create, with a time after which its owner is dead."""

import json
import uuid
from datetime import datetime, timedelta

from botocore.exceptions import ClientError
from day_versions.objects import status


class LockedError(RuntimeError):
    """Another compaction of the table is under way."""


class Lock:
    """As a context manager: held inside.

    Args:
        key: the object; its name begins with an underscore, since it lies in the table's folder.
        owner: who holds it, for errors.
        seconds: after which the owner is taken for dead, whatever became of it; it must not live longer.
        clock: () → aware time.
    """

    def __init__(self, s3, bucket, key, owner, seconds, clock):
        self._s3, self._place, self._owner, self._seconds, self._clock = s3, {"Bucket": bucket, "Key": key}, owner, seconds, clock
        self._mark = uuid.uuid4().hex

    def __enter__(self):
        self._etag = self._put(IfNoneMatch="*") or self._take_over()
        return self

    def __exit__(self, *error):
        try:
            self._s3.delete_object(**self._place, IfMatch=self._etag)
        except ClientError as problem:
            if status(problem) not in (404, 409, 412):  # somebody else's by now
                raise

    def _put(self, **condition):
        """The lock's ETag; None if somebody else was faster."""
        until = self._clock() + timedelta(seconds=self._seconds)
        body = json.dumps({"owner": self._owner, "until": until.isoformat(), "mark": self._mark}).encode()
        try:
            return self._s3.put_object(**self._place, Body=body, ContentType="application/json", **condition)["ETag"]
        except ClientError as error:
            if status(error) in (404, 409, 412):
                return None
            raise

    def _take_over(self):
        try:
            found = self._s3.get_object(**self._place)
        except ClientError as error:
            if status(error) != 404:
                raise
            raise LockedError("another compaction has just ended; try again") from error
        held = json.loads(found["Body"].read())
        if held.get("mark") == self._mark:  # a request that was answered with an error, though it was done
            return found["ETag"]
        if self._clock() < datetime.fromisoformat(held["until"]):
            raise LockedError(f"{held['owner']} is compacting this table, and may until {held['until']}; wait for it, and try again then")
        etag = self._put(IfMatch=found["ETag"])
        if etag is None:
            raise LockedError("another compaction has just taken over the lock of a dead one; wait for it, and try again then")
        return etag
