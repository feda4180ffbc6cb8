"""How many records a second the engine takes. `python -m tests.localcloud.firehose.speed` measures it on a local cloud of its own."""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.local_cloud import Cloud, wait_for
from tests.localcloud.firehose.site import Site

RECORD = 200  # bytes


def batches(number):
    """Batches of 500 records, lines of JSON that differ."""
    line = lambda index: json.dumps({"id": index, "text": "x"}).ljust(RECORD - 1) + "\n"  # noqa: E731 - one line
    return [[line(500 * batch + index).encode() for index in range(500)] for batch in range(number)]


def measured(site, number):
    """(records, seconds until all were taken, seconds until all were in S3) of so many batches, put by one client."""
    site.create(CompressionFormat="GZIP", BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 1})
    prepared, started = batches(number), time.monotonic()
    for batch in prepared:
        site.put(*batch)
    taken = time.monotonic() - started
    wait_for(lambda: len(site.lines()) >= 500 * number, "all records in S3", 120)
    return 500 * number, taken, time.monotonic() - started


def main(number=200):
    with tempfile.TemporaryDirectory() as folder, Cloud(Path(folder)) as cloud:
        records, taken, arrived = measured(Site(cloud, "speed"), number)
        status = Path(f"/proc/{cloud.process.pid}/status").read_text()
        memory = int(re.search(r"VmHWM:\s*(\d+)", status)[1]) // 1024
    print(
        f"{records} records of {RECORD} bytes: {records / taken:.0f} a second taken, all in S3 after {arrived:.1f} s, "
        f"at most {memory} MiB of memory"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
