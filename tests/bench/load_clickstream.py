"""`python -m tests.bench.load_clickstream [seconds] [rate]`: clicks from POST to object on a local cloud of its own.

All that the pipeline has is in the way: key and plan, validator, templates, IAM, access log, the stream and its transform.
The client sends at most seconds × rate clicks, to this machine only. The bound of issue 6: 500 a second for 60 s, none lost.
"""

import collections
import sys
import tempfile
import time
from pathlib import Path

from tests.local_cloud import Cloud, wait_for
from tests.localcloud.gateway.serving import load
from tests.localcloud.gateway.serving.site import Site


def main(seconds=60, rate=600):
    with tempfile.TemporaryDirectory() as folder, Cloud(Path(folder)) as cloud:
        site = Site(cloud, "load")
        site.make_clickstream(seconds=5, processor="Lambda")
        site.log_access('{"id": "$context.requestId", "status": "$context.status", "path": "$context.resourcePath"}')
        site.ask("POST", "/poc", load.click(1))  # what is made once is made
        wait_for(lambda: load.stored(site)[1] == 1, "the first click in S3", 60)
        for key in [item["Key"] for item in site.s3.list_objects_v2(Bucket=site.name, Prefix="clicks/")["Contents"]]:
            site.s3.delete_object(Bucket=site.name, Key=key)
        cpu, client_cpu = load.cpu_seconds(cloud.process.pid), time.process_time()
        sent = load.run(site, seconds, rate)
        cpu, client_cpu = load.cpu_seconds(cloud.process.pid) - cpu, time.process_time() - client_cpu
        wait_for(lambda: sum(load.stored(site).values()) >= len(sent.accepted), "all that was accepted in S3", 120)
        found = load.stored(site)
    refused = collections.Counter(sent.refused.values())
    lost, twice = sent.accepted - set(found), [number for number, times in found.items() if times > 1]
    print(f"sent {sent.number} in {sent.seconds:.1f} s: {sent.number / sent.seconds:.0f} a second")
    print(f"accepted {len(sent.accepted)}, refused {len(sent.refused)} (by status: {dict(refused)})")
    print(f"stored {len(found)}; accepted but not stored {len(lost)}, stored twice {len(twice)}")
    print(f"refused but stored {len(set(found) & set(sent.refused))}")
    print(f"latency p50 {sent.percentile(0.5):.1f} ms, p99 {sent.percentile(0.99):.1f} ms, longest {max(sent.latencies) * 1000:.0f} ms")
    print(f"memory of the server in MiB, every {load.EVERY} s: {' '.join(f'{each:.0f}' for each in sent.memory)}")
    print(f"processor time: server {cpu / sent.number * 1000:.2f} ms a request, client {client_cpu / sent.number * 1000:.2f} ms")
    return 1 if lost or twice or set(found) & set(sent.refused) else 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
