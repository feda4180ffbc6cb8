"""A deployment of the tests' own: its ports, its folder, and what Ansible and AWS's clients say of it."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import boto3
import yaml
from botocore.config import Config

from tests.local_cloud import free_port

ROOT = Path(__file__).resolve().parents[2]
RECAP = re.compile(r"^(\w+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
COUNTS = ("ok", "changed", "unreachable", "failed")


@dataclass
class Played:
    """What a playbook's run left: its exit code, its text, and the recap as {host: {"ok": …, "changed": …}}."""

    code: int
    text: str

    @property
    def recap(self):
        return {found[0]: dict(zip(COUNTS, map(int, found[1:]), strict=True)) for found in RECAP.findall(self.text)}

    @property
    def changed(self):
        return sum(host["changed"] for host in self.recap.values())

    @property
    def changes(self):
        """["task (host)"] of what the run changed."""
        found, task = [], ""
        for line in self.text.splitlines():
            if named := re.match(r"(?:TASK|RUNNING HANDLER) \[(.*)\] \*", line):
                task = named[1]
            elif host := re.match(r"changed: \[([^\] ]+)", line):
                found.append(f"{task} ({host[1]})")
        return found

    def succeeded(self):
        """This, or the run's last words as the test's failure."""
        fatal = "\n".join(re.findall(r"^(?:fatal|failed): .*$", self.text, re.MULTILINE))
        assert self.code == 0, f"{fatal[-3000:]}\n{self.text[-6000:]}"
        assert self.recap, self.text[-2000:]
        return self


#: Hosts that a deployment of the orders alone leaves out.
OTHERS = frozenset({"order_history", "order_source", "transactions", "clickstream"})


def inventory_without(hosts, root, folder):
    """The local inventory without these hosts, below `folder`, with the repository's own variables; its path."""

    def kept(groups):
        found = {}
        for name, body in groups.items():
            found[name] = {"hosts": {host: None for host in body.get("hosts") or {} if host not in hosts}}
            found[name] |= {"children": kept(body["children"])} if "children" in body else {}
        return found

    path = folder / "inventory" / "local.yml"
    path.parent.mkdir(exist_ok=True)
    for variables in ("group_vars", "host_vars"):
        (path.parent / variables).symlink_to(root / "inventory" / variables)
    path.write_text(yaml.safe_dump(kept(yaml.safe_load((root / "inventory" / "local.yml").read_text()))))
    return path


class Deployment:
    """All below `folder`, on two ports; `root` is the repository that is deployed, `without` the hosts that are left out.

    The page is a process of this machine, unless a play's environment says MACHINES=auto; tests/roles tries servers.
    """

    def __init__(self, folder, root=ROOT, without=OTHERS):
        self.folder, self.state, self.root = folder, folder / "state", root
        self.endpoint_port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.endpoint_port}"
        self.page_port = free_port()
        self.page = f"http://127.0.0.1:{self.page_port}"
        self.settings = {
            "state_dir": str(self.state),
            "localcloud_port": self.endpoint_port,
            "dashboard_port": self.page_port,
        }
        self.inventory = []
        if without:
            self.inventory = ["-i", str(inventory_without(without, root, folder))]
            self.settings |= {"repository_dir": str(root), "cache_dir": str(root / ".cache")}

    def command(self, playbook, *arguments, **settings):
        """A playbook's command line, as a list of words."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        inventory = [] if "-i" in arguments else self.inventory
        return [program, playbook, *inventory, *arguments, "-e", json.dumps({**self.settings, **settings})]

    def start(self, playbook, *arguments, environment=None, **settings):
        """Start a playbook as a user does, from the repository's root, in a session of its own; returns the process."""
        return subprocess.Popen(
            self.command(playbook, *arguments, **settings),
            cwd=self.root,
            env={**os.environ, "MACHINES": "no", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def play(self, playbook, *arguments, environment=None, **settings):
        """Run a playbook to its end."""
        with self.start(playbook, *arguments, environment=environment, **settings) as process:
            try:
                text, _ = process.communicate(timeout=500)
            except BaseException:
                process.kill()
                raise
        return Played(process.returncode, text)

    def sign_as(self, access_key="", secret=""):
        """From now on deploy with these keys, or as the local cloud's root again."""
        self.settings.pop("aws_environment", None)
        if access_key:
            local = yaml.safe_load((self.root / "inventory" / "group_vars" / "local.yml").read_text())["aws_environment"]
            keys = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_CONFIG_FILE": os.devnull}
            self.settings["aws_environment"] = {key: value for key, value in local.items() if key != "AWS_PROFILE"} | keys

    @property
    def journal(self):
        """The file of the local cloud's calls."""
        return self.state / "localcloud" / "calls.jsonl"

    def client(self, service, region="us-east-1"):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def get(self, path):
        """(status, text) of a page of the dashboard."""
        try:
            with urllib.request.urlopen(self.page + path, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def answer(self, query, **parameters):
        """Rows of a query of the page, asked of Athena anew."""
        extra = "".join(f"&{name}={value}" for name, value in parameters.items())
        status, text = self.get(f"/orders/{query}.json?refresh=1{extra}")
        assert status == 200, text
        return json.loads(text)["rows"]

    def writes(self):
        """Lines of the journal of calls that may have changed something, but for what servers and services do by themselves."""
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []
        ours = [line for line in lines if "via" not in line and ":assumed-role/" not in (line.get("principal") or "")]
        return [line for line in ours if line["write"]]

    def objects(self, bucket, prefix=""):
        """{key: (ETag, time)} of a bucket."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {item["Key"]: (item["ETag"], item["LastModified"]) for page in pages for item in page.get("Contents", [])}

    def pids(self):
        """Ids of the processes that the deployment keeps running."""
        return {file.stem: int(file.read_text()) for file in (self.state / "supervisor").glob("*.pid")}
