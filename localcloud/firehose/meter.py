"""Counts of what came in and went out, by stream, under the names of CloudWatch's metrics of Firehose.

The one place where the engine counts. Nobody publishes the counts yet; whoever does takes them with `taken`.
"""

from collections import Counter
from threading import Lock

_lock, _counts = Lock(), {}


def count(region, stream, **numbers):
    """Add to a stream's counts, such as `IncomingRecords=3`; a name's underscore stands for the dot of `DeliveryToS3.Records`."""
    with _lock:
        _counts.setdefault((region, stream), Counter()).update({name.replace("_", "."): number for name, number in numbers.items()})


def taken():
    """{(region, stream): {metric: number}} since the last time."""
    with _lock:
        found = {key: dict(counts) for key, counts in _counts.items()}
        _counts.clear()
        return found
