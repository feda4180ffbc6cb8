"""The floor: the reading calls of a run, made again by plain boto3, as many at a time as Ansible has forks.

`python -m tests.bench.site.replay FILE THREADS`; FILE as `noted_calls` writes it. Endpoint and keys come from the environment.
"""

import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

READS = ("Get", "List", "Describe", "Head", "BatchGet")


def calls(file):
    """[{"service", "operation", "parameters"}] of those that only read, as the file has them."""
    return [call for call in map(json.loads, Path(file).read_text().splitlines()) if call["operation"].startswith(READS)]


def main(file, threads):
    """Make the calls; what is answered with an error (nothing there) counts as well."""
    wanted, session = calls(file), boto3.Session()
    clients = {service: session.client(service) for service in sorted({call["service"] for call in wanted})}

    def make(call):
        with contextlib.suppress(ClientError):
            getattr(clients[call["service"]], xform_name(call["operation"]))(**call["parameters"])

    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(make, wanted))


if __name__ == "__main__":
    main(*sys.argv[1:])
