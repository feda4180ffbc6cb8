"""The shipper's process on files of a test's own."""

import json
import os
import subprocess
import sys

import psutil

from tests.local_cloud import ROOT


class Agent:
    """Ships `folder`/logs/*.log to `url`; its state lies below `folder`."""

    def __init__(self, folder, url, **flow):
        self.folder, self.logs, self.process = folder, folder / "logs", None
        self.logs.mkdir(exist_ok=True)
        self.file = folder / "agent.json"
        flow = {"filePattern": f"{self.logs}/*.log", "deliveryStream": "orders", "initialPosition": "START_OF_FILE", **flow}
        flow = {"maxBufferAgeMillis": 1000, "minTimeBetweenFilePollsMillis": 20, **flow}
        places = {"firehose.endpoint": url, "firehose.region": "us-east-1", "checkpointFile": str(folder / "state" / "checkpoints")}
        self.file.write_text(json.dumps({**places, "flows": [flow]}))

    def start(self, **others):
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
        environment = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, **keys, **others}
        environment = {name: value for name, value in environment.items() if value}
        with (self.folder / "log").open("a") as log:
            program = [sys.executable, "-m", "kinesis_agent", str(self.file)]
            self.process = subprocess.Popen(program, cwd=ROOT / "files" / "kinesis_agent", env=environment, stderr=log)
        return self

    def stop(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)
        return self.process.returncode

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def said(self):
        return (self.folder / "log").read_text()

    @property
    def status(self):
        return json.loads((self.folder / "state" / "status.json").read_text())["flows"][0]

    def memory(self):
        """Bytes of resident memory."""
        return psutil.Process(self.process.pid).memory_info().rss

    def work(self):
        """Seconds of processor time."""
        found = psutil.Process(self.process.pid).cpu_times()
        return found.user + found.system
