"""A local cloud for tests, and a bucket, database and crawler in it."""

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

ROOT = Path(__file__).resolve().parents[3]
ROLE = "Crawler-Role"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


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
    """A local cloud's process; can be stopped and started again on the same data."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        environment = os.environ | {
            "HEADWATER_LOCALCLOUD_PORT": str(self.port),
            "HEADWATER_LOCALCLOUD_STATE_DIR": str(self.folder),
            # What the crawler itself asks of other services is held against their models too.
            "PYTHONPATH": str(ROOT / "localcloud" / "botocore_plugin"),
            "BOTOCORE_EXPERIMENTAL__PLUGINS": "strict=strict_botocore",
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
        self.process.wait(20)
        self.log.close()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32),
        )


def create_role(iam, name=ROLE, service="glue.amazonaws.com"):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


class Site:
    """A bucket, a database and a crawler of one test."""

    def __init__(self, name, s3, glue):
        self.bucket, self.database, self.crawler = name, name.replace("-", "_"), f"{name}-crawler"
        self.s3, self.glue = s3, glue
        s3.create_bucket(Bucket=self.bucket)
        glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def create(self, *paths, **members):
        """Create the crawler over `paths` in the bucket, or over `Targets`."""
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{path}"} for path in paths]}
        given = {"Name": self.crawler, "Role": ROLE, "DatabaseName": self.database, "Targets": targets} | members
        self.glue.create_crawler(**given)

    def crawl(self):
        """Run the crawler; its LastCrawl, which must be a success."""
        self.glue.start_crawler(Name=self.crawler)
        last = self.wait()["LastCrawl"]
        assert last["Status"] == "SUCCEEDED", last
        return last

    def wait(self):
        """The crawler once it is READY."""
        return wait_for(lambda: (found := self.shown())["State"] == "READY" and found, "the crawl's end")

    def shown(self):
        return self.glue.get_crawler(Name=self.crawler)["Crawler"]

    def tables(self):
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]}

    def columns(self, table):
        """name → type, in the table's order."""
        return {column["Name"]: column["Type"] for column in self.tables()[table]["StorageDescriptor"]["Columns"]}

    def partitions(self, table, **members):
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=table, **members)
        return [partition["Values"] for page in pages for partition in page["Partitions"]]

    def metrics(self):
        return self.glue.get_crawler_metrics(CrawlerNameList=[self.crawler])["CrawlerMetricsList"][0]
