"""Counts of what came in and went out, by stream, under the names of CloudWatch's metrics of Firehose.

The one place where the engine counts. CloudWatch (`localcloud.cloudwatch.sources`) takes the counts each minute.
"""

from collections import Counter
from threading import Lock

from localcloud.cloudwatch import publish

_lock, _counts, _streams = Lock(), {}, {}


def count(region, stream, **numbers):
    """Add to a stream's counts, such as `IncomingRecords=3`; a name's underscore stands for the dot of `DeliveryToS3.Records`."""
    with _lock:
        _counts.setdefault((region, stream), Counter()).update({name.replace("_", "."): number for name, number in numbers.items()})


def measure(region, stream, unit="Count", **numbers):
    """A value of its own, at once, such as `DeliveryToS3_Success=1`; names as in `count`."""
    values = {name.replace("_", "."): number for name, number in numbers.items()}
    publish.put(region, "AWS/Firehose", values, {"DeliveryStreamName": stream}, unit)


def taken():
    """{(region, stream): {metric: number}} since the last time."""
    with _lock:
        found = {key: dict(counts) for key, counts in _counts.items()}
        _counts.clear()
        return found


def watch(region, stream, age):
    """`age()`: seconds for which the stream's oldest record has waited, None without any; None in its place ends the watch."""
    with _lock:
        if age is None:
            _streams.pop((region, stream), None)
        else:
            _streams[region, stream] = age


def waiting():
    """(region, stream, seconds) of the streams in which records wait."""
    with _lock:
        found = list(_streams.items())
    told = ((region, stream, age()) for (region, stream), age in found)
    return [each for each in told if each[2] is not None]
