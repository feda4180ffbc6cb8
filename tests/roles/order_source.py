"""A deployment of the order source alone, with a delivery stream that tells what arrived."""

import gzip
import subprocess
from collections import Counter

from tests.e2e.deployment import Deployment
from tests.local_cloud import ROOT, create_role, wait_for
from tests.roles.server import copy_of_the_repository

GENERATOR, AGENT = "headwater-log-generator", "headwater-kinesis-agent"
STREAM, BUCKET = "tbsm-red-fire", "order-source-test"
#: Lines as they lie on the server, oldest file first.
WRITTEN = "'cd /var/log/orders && cat $(ls orders-*.log) orders.log'"


class Source:
    """The order source on a machine, or as processes of this machine."""

    machines = "auto"

    def __init__(self, folder):
        root = copy_of_the_repository(folder / "repository")
        self.site = Deployment(folder, root=root, without={"orders", "order_history", "transactions", "clickstream", "dashboard"})
        self.site.settings["cache_dir"] = str(ROOT / ".cache")
        self.ssh_config = self.site.state / "ssh" / "order_source.config"

    def settings(self, **others):
        flow = {"filePattern": "/var/log/orders/*.log", "deliveryStream": STREAM, "maxBufferAgeMillis": 1000}
        return {
            "log_generator_server": "systemd",
            "log_generator_rate": 300,
            "log_generator_bad_share": 0.02,
            "log_generator_rotate_bytes": 300_000,
            "kinesis_agent_server": "systemd",
            "kinesis_agent_endpoint": "{{ localcloud_url }}",
            "kinesis_agent_flows": [flow],
            **others,
        }

    def play(self, *arguments, **others):
        return self.site.play("site.yml", *arguments, environment={"MACHINES": self.machines}, **self.settings(**others))

    def configure(self, **others):
        """Both roles alone, as after a change of them."""
        return self.play("--limit", "order_source", "--tags", "log_generator,kinesis_agent", **others)

    def end(self):
        self.site.play("playbooks/stop-localcloud.yml", environment={"MACHINES": self.machines})

    def make_stream(self):
        """A delivery stream that writes soon."""
        s3, firehose = self.site.client("s3"), self.site.client("firehose")
        s3.create_bucket(Bucket=BUCKET)
        role = create_role(self.site.client("iam"), "order-source-test", "firehose.amazonaws.com", ["s3:PutObject"])
        place = {"RoleARN": role["Arn"], "BucketARN": f"arn:aws:s3:::{BUCKET}", "CompressionFormat": "GZIP"}
        place |= {"Prefix": "raw/", "ErrorOutputPrefix": "errors/", "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1}}
        firehose.create_delivery_stream(DeliveryStreamName=STREAM, DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=place)

    def ssh(self, *words, check=True):
        """Output of a command on the server, as root."""
        program = ["ssh", "-F", str(self.ssh_config), "-o", "BatchMode=yes", "order_source", "sudo", *words]
        done = subprocess.run(program, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0 or not check, f"{words}: {done.stderr.decode()}"
        return done.stdout.decode("utf-8", "replace").strip()

    def written(self):
        """Every whole line that is on the server."""
        text = self.ssh("sh", "-c", WRITTEN)
        return text.split("\n") if text else []

    def arrived(self):
        """Lines in the bucket, in the order of their objects."""
        s3 = self.site.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="raw/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
        return [line for body in bodies for line in plain(body).decode().split("\n") if line]

    def all_arrived(self):
        """Once the generator is silent: lines that were written and have not arrived."""
        self.ssh("systemctl", "stop", GENERATOR)
        written = Counter(self.written())

        def missing():
            return written - Counter(self.arrived())

        wait_for(lambda: not missing(), "the arrival of every line", 30)
        return written

    def starts(self, unit):
        said = self.ssh("journalctl", "--boot", "--unit", unit, "--output", "cat", "--grep", "^Started", check=False)
        return said.count("Started")

    def main_process(self, unit):
        return self.ssh("systemctl", "show", "--property=MainPID", "--value", unit)

    def kill(self, unit):
        """SIGKILL, and wait for another process."""
        before = self.main_process(unit)
        self.ssh("systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit)
        wait_for(lambda: self.main_process(unit) not in (before, "0"), f"another process of {unit}", 30)


def plain(body):
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
