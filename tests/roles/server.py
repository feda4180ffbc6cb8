"""A deployment with a server of its own: a copy of the repository, a machine, and what SSH says of it."""

import base64
import contextlib
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
import xmlrpc.client

from tests.e2e.deployment import OTHERS, Deployment
from tests.local_cloud import ROOT, wait_for
from tests.structure.house import files

UNIT = "headwater-dashboard"


def copy_of_the_repository(folder):
    """What would be in the repository, below `folder`."""
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


class Server:
    """The dashboard's server of a deployment; `without` those hosts."""

    def __init__(self, folder, without=OTHERS):
        self.site = Deployment(folder, root=copy_of_the_repository(folder / "repository"), without=without)
        # What can be made again is this repository's own: base file system, wheels, layers.
        self.site.settings["cache_dir"] = str(ROOT / ".cache")
        self.folder = self.site.state / "ssh"

    def play(self, playbook="site.yml", *arguments, **settings):
        return self.site.play(playbook, *arguments, environment={"MACHINES": "auto"}, **settings)

    def configure(self, *arguments, **settings):
        """Only the page, as after a change of it."""
        return self.play("site.yml", "--limit", "dashboard", "--tags", "dashboard", *arguments, **settings)

    @property
    def record(self):
        return json.loads((self.folder / "dashboard.json").read_text())

    @property
    def page(self):
        return f"https://{self.record['address']}:{self.site.page_port}"

    def ssh(self, *words, check=True):
        """Output of a command on the server, as root."""
        program = ["ssh", "-F", str(self.folder / "dashboard.config"), "-o", "BatchMode=yes", "dashboard", "sudo", *words]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 or not check, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def get(self, path, password=None, user="viewer"):
        """(status, text) of the page, over TLS checked by the certificate that the deployment left here."""
        trusting = ssl.create_default_context(cafile=str(self.folder / "dashboard.crt"))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting), NoRedirects)
        request = urllib.request.Request(self.page + path)
        if password:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def serves(self):
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def wait_until_it_serves(self, seconds=30):
        wait_for(self.serves, "the page's answer", seconds)

    def supervisor(self):
        """The supervisor of the local cloud's process, to stop and start it as a user cannot."""
        from tests.modules.runner import load

        params = {
            "name": "localcloud",
            "folder": str(self.site.state / "supervisor"),
            "log": str(self.site.state / "logs" / "localcloud.log"),
        }
        return load("supervised_process").Supervised(params).rpc()

    def local_cloud_answers(self):
        try:
            return urllib.request.urlopen(f"{self.site.endpoint}/_ministack/ready", timeout=5).status == 200
        except OSError:
            return False

    def start_local_cloud(self):
        """Start it again where it was stopped."""
        with contextlib.suppress(xmlrpc.client.Fault):  # it may run already
            self.supervisor().startProcess("localcloud")
        wait_for(self.local_cloud_answers, "the local cloud's answer", 30)

    def faults(self, **settings):
        """Let the local cloud answer with throttles and errors, or with none any more."""
        request = urllib.request.Request(f"{self.site.endpoint}/_headwater/faults", json.dumps(settings).encode())
        urllib.request.urlopen(request, timeout=10).close()

    def question(self, password, refresh=False):
        """(rows, stats) of one of the page's answers; `refresh` has Athena asked anew."""
        status, text = self.get("/orders/total_sales_by_customer.json" + "?refresh=1" * refresh, password)
        assert status == 200, text
        found = json.loads(text)
        return found["rows"], found["stats"]

    def is_fresh(self, password):
        """Does Athena answer the page now?"""
        status, text = self.get("/orders/total_sales_by_customer.json?refresh=1", password)
        return status == 200 and not json.loads(text)["stats"]["stale"]

    def is_ready(self, password):
        """Does the page reach its workgroups?"""
        return self.get("/readyz", password)[0] == 200

    def terminate(self):
        """Let the instance be gone, as by hand."""
        ec2, instance = self.site.client("ec2"), self.record["instance_id"]
        ec2.terminate_instances(InstanceIds=[instance])
        ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})

    def starts(self):
        """How often the unit has been started since the server booted."""
        return self.ssh("journalctl", "--boot", "--unit", UNIT, "--output", "cat", "--grep", "^Started").count("Started")

    def main_process(self):
        return self.ssh("systemctl", "show", "--property=MainPID", "--value", UNIT)

    def release(self):
        return self.ssh("readlink", f"/opt/{UNIT}/current").rpartition("/")[2]

    def edit(self, name, text):
        """Replace a file of the repository's copy by a function of its text."""
        path = self.site.root / name
        path.write_text(text(path.read_text()))


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def shown_password(text):
    """The password that the closing box shows."""
    found = re.search(r"password (\w{20}) \(shown this once", re.sub(r"\s*│\n│\s*", " ", text))
    return found and found[1]


def shown_fingerprint(text):
    return re.search(r"SHA-256\s+(?:│\n│\s+)?((?:[0-9A-F]{2}:){31}[0-9A-F]{2})", text)[1]


def why_no_machines():
    """The reason why nothing here can be tried, or nothing."""
    from tests.unit.plugins.plugin_files import load

    return load("lookup", "no_machines").reason(os.environ.get("MACHINES", "auto"), str(ROOT / ".state"), str(ROOT / ".cache" / "machines"))
