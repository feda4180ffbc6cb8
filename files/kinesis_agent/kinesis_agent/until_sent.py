"""python -m kinesis_agent.until_sent FILE STREAM: send each line of a file to a delivery stream, then end.

The endpoint is that of AWS_ENDPOINT_URL or of AWS_REGION. What the agent promises of its files holds here too: only what was not
taken is sent again, for as long as some of it is.
"""

import glob
import json
import os
import sys
import tempfile
import threading
import time

from kinesis_agent.checkpoints import Checkpoints
from kinesis_agent.configuration import MOST_BYTES, MOST_RECORDS, START, Flow
from kinesis_agent.firehose import Stream
from kinesis_agent.flow import Shipper
from kinesis_agent.service import say

#: Seconds that a last batch waits for more lines, and between two looks whether all is sent.
AGE, LOOK = 0.2, 0.1
#: Seconds without any progress after which it gives up.
PATIENCE = 120.0


def main(arguments):
    if len(arguments) != 2:
        return __doc__
    path, stream = os.path.abspath(arguments[0]), arguments[1]
    with open(path, "rb") as file:
        total = sum(1 for _ in file)
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        flow = Flow(glob.escape(path), stream, START, (), AGE, MOST_BYTES, MOST_RECORDS, LOOK)
        to = Stream(stream, os.environ.get("AWS_ENDPOINT_URL", ""), os.environ.get("AWS_REGION", ""))
        checkpoints = Checkpoints(os.path.join(folder, "checkpoints"), say)
        shipper = Shipper(flow, to, checkpoints, os.path.join(folder, "aside"), stop, say)
        thread = threading.Thread(target=shipper.run, daemon=True)
        thread.start()
        progress, since = 0, time.monotonic()
        while thread.is_alive() and shipper.counts["lines"] < total and time.monotonic() - since < PATIENCE:
            thread.join(LOOK)
            if shipper.counts["sent"] > progress:
                progress, since = shipper.counts["sent"], time.monotonic()
        stop.set()
        thread.join()
        checkpoints.close()
    print(json.dumps({"lines": total, "sent": shipper.counts["sent"], "calls": shipper.counts["calls"]}))
    left = total - shipper.counts["sent"]
    return f"{left} of {total} lines were not sent: {shipper.trouble or 'no record can hold them'}" if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
