"""What a put may carry, and how much a stream takes a second."""

import base64
import binascii
import time
from threading import Lock

from localcloud.engine import ServiceError

MOST_RECORDS, MOST_BYTES, MOST_RECORD = 500, 4 * 1024 * 1024, 1_024_000
MIB = 1024 * 1024
#: AWS's quotas of Direct PUT go together: 500,000 records and 2,000 requests to 5 MiB a second.
RECORDS_PER_MIB, REQUESTS_PER_MIB = 100_000, 400
SLOW_DOWN = "Slow down."


def decoded(records, of_batch):
    """The data of a request's records; ServiceError as Firehose refuses a request as a whole."""
    if not isinstance(records, list) or not records or len(records) > MOST_RECORDS:
        size = len(records) if isinstance(records, list) else 0
        bound = f"less than or equal to {MOST_RECORDS}" if size else "greater than or equal to 1"
        raise _invalid("records", f"Member must have length {bound}; there are {size}")
    data = []
    for number, record in enumerate(records, 1):
        where = f"records.{number}.member.data" if of_batch else "record.data"
        text = record.get("Data") if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise _invalid(where, "Member must not be null")
        try:
            data.append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as error:
            raise ServiceError("SerializationException", f"{where} is not base64") from error
        if len(data[-1]) > MOST_RECORD:
            raise _invalid(where, f"Member must have length less than or equal to {MOST_RECORD}; it has {len(data[-1])}")
    if sum(map(len, data)) > MOST_BYTES:
        raise ServiceError("InvalidArgumentException", "Records size exceeds 4 MB limit")
    return data


def _invalid(where, constraint):
    message = f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {constraint}"
    return ServiceError("ValidationException", message)


class Quota:
    """How much a stream takes: `mib` a second, and records and requests in proportion, saved up for one second at most."""

    def __init__(self, mib, clock=time.monotonic):
        self._rates = (mib * MIB, mib * RECORDS_PER_MIB, mib * REQUESTS_PER_MIB)
        self._left, self._clock, self._at, self._lock = list(self._rates), clock, clock(), Lock()

    def taken(self, sizes):
        """How many of the records, of these sizes, the stream takes now: the first ones."""
        with self._lock:
            now = self._clock()
            since, self._at = now - self._at, now
            self._left = [min(rate, left + since * rate) for rate, left in zip(self._rates, self._left, strict=True)]
            if self._left[2] < 1:
                return 0
            self._left[2] -= 1
            number = 0
            for size in sizes:
                # What is left may be overdrawn once, or a record larger than a strict quota would never pass.
                if self._left[0] <= 0 or self._left[1] < 1:
                    break
                self._left[0] -= size
                self._left[1] -= 1
                number += 1
            return number
