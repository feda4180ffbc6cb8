"""A local cloud for tests, in a process of its own on a free port."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]


_given = set()


def free_port():
    """A port that nobody uses now and that was not given out before.

    It lies below the range from which the kernel serves outgoing connections, and in a range of the test worker's own,
    since what asks for it listens only later.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    first = 20000 + 3000 * worker
    for port in range(first + os.getpid() % 1500, first + 3000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            if port not in _given:
                probe.bind(("127.0.0.1", port))
                _given.add(port)
                return port
    raise RuntimeError(f"no port from {first} on is free")


def wait_for(condition, what, seconds=20.0):
    """The first true answer of `condition`; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"{what} did not happen within {seconds} s")
    return None


class Cloud:
    """A local cloud's process; can be stopped and started again on the same data.

    With `machines` its EC2 instances are machines, which outlive it: who asks for them removes them.
    """

    def __init__(self, folder, machines=False):
        self.machines = "auto" if machines else "no"
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        environment = os.environ | {
            "HEADWATER_LOCALCLOUD_PORT": str(self.port),
            "HEADWATER_LOCALCLOUD_STATE_DIR": str(self.folder / "state"),
            "HEADWATER_LOCALCLOUD_MACHINES": self.machines,
        }
        self.log = open(self.folder / "log", "ab")  # noqa: SIM115 - the process writes it for as long as it lives
        self.process = subprocess.Popen([sys.executable, "-m", "localcloud"], cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        wait_for(self._ready, f"the local cloud's start (see {self.folder / 'log'})", 60)
        return self

    def _ready(self):
        if self.process.poll() is not None:
            pytest.fail("the local cloud ended:\n" + (self.folder / "log").read_text()[-3000:])
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            return True
        return False

    def stop(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32),
        )


def create_role(iam, name, service="glue.amazonaws.com", allow=()):
    """A role that `service` may assume; it may do the actions of `allow`, on all resources."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))["Role"]
    if allow:
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(allow), "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="allow", PolicyDocument=json.dumps(allowed))
    return role
