"""python -m log_generator.replay LINES LOG RATE: put a file's lines into a log file, RATE a second, so that an agent ships them.

With a RATE of 0 the file becomes the log as it is.
"""

import itertools
import os
import sys
import time

from log_generator.pace import Pace


def feed(lines, log, rate, clock=time.monotonic, sleep=time.sleep):
    """Append the lines of the binary file `lines` to `log`, `rate` a second; returns how many there were."""
    pace, count = Pace(rate, clock()), 0
    while True:
        number, _ = pace.due(clock())
        batch = list(itertools.islice(lines, number))
        count += len(batch)
        if batch:
            log.write(b"".join(batch))
            log.flush()
        if len(batch) < number:
            return count
        sleep(pace.wait(clock()))


def main(arguments):
    try:
        source, target, rate = arguments[0], arguments[1], float(arguments[2])
    except (IndexError, ValueError):
        return __doc__
    if rate < 0:
        return f"RATE is {rate}; wanted are lines a second, or 0 for all at once"
    if rate == 0:
        os.rename(source, target)
        return 0
    with open(source, "rb") as lines:
        mode = os.fstat(lines.fileno()).st_mode & 0o777
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        if os.geteuid() == 0:
            os.fchown(descriptor, -1, os.fstat(lines.fileno()).st_gid)
        with open(descriptor, "ab") as log:
            feed(lines, log, rate)
    os.unlink(source)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
