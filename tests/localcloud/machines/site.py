"""A local cloud with machines, its key pair, and what tests do with both."""

import json
import os
import subprocess
import sys
from pathlib import Path

from localcloud.machines import options
from tests.local_cloud import ROOT, Cloud, create_role, wait_for

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
ROLE, PROFILE = "Machine-Role", "Machine-Profile"


def keygen(path):
    """Make an ed25519 key pair; returns (private text, public text)."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path.read_text(), path.with_suffix(".pub").read_text().strip()


class Site:
    """One local cloud in `folder`, with a role that may list buckets and a key pair."""

    def __init__(self, folder):
        self.folder, self.cloud = folder, Cloud(folder, machines=True)
        self.state_dir = folder / "state"
        self.tag = options.from_environment(self.state_dir).tag
        _, self.public_key = keygen(folder / "key")
        self.host_key, self.host_public_key = keygen(folder / "host-key")

    def start(self):
        self.cloud.start()
        self.ec2 = self.cloud.client("ec2")
        return self

    def furnish(self):
        """The key pair, role and profile that instances are given."""
        self.ec2.import_key_pair(KeyName="key", PublicKeyMaterial=self.public_key)
        self.image = self.cloud.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
        iam = self.cloud.client("iam")
        create_role(iam, ROLE, "ec2.amazonaws.com")
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
        iam.put_role_policy(RoleName=ROLE, PolicyName="list", PolicyDocument=json.dumps(allowed))
        iam.create_instance_profile(InstanceProfileName=PROFILE)
        iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=ROLE)
        return self

    def end(self):
        """Stop the local cloud and remove what may be left."""
        self.cloud.stop()
        command = [sys.executable, "-m", "localcloud.machines", "destroy", "--state-dir", self.state_dir]
        subprocess.run(command, cwd=ROOT, check=True, timeout=60)

    # Instances

    def launch(self, count=1, user_data=None, profile=PROFILE, wait=True, **more):
        """Run instances with the site's host key; returns their ids, by default when they run."""
        request = {"ImageId": self.image, "MinCount": count, "MaxCount": count, "InstanceType": "t3.micro", "KeyName": "key"}
        request |= {"UserData": self.host_key_data() if user_data is None else user_data}
        request |= {"IamInstanceProfile": {"Name": profile}} if profile else {}
        request |= {"MetadataOptions": {"HttpTokens": "required"}}
        ids = [instance["InstanceId"] for instance in self.ec2.run_instances(**request | more)["Instances"]]
        if wait:
            self.wait("running", *ids)
        return ids

    def host_key_data(self, more=""):
        """User data that gives the machine the site's host key."""
        indented = "".join(f"    {line}\n" for line in self.host_key.splitlines())
        keys = f"  ed25519_private: |\n{indented}  ed25519_public: {self.host_public_key}\n"
        return f"#cloud-config\nssh_deletekeys: true\nssh_keys:\n{keys}{more}"

    def describe(self, instance_id):
        return self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    def wait(self, state, *ids):
        for instance_id in ids:
            wait_for(lambda instance_id=instance_id: self.describe(instance_id)["State"]["Name"] == state, f"{instance_id} {state}", 60)

    def terminate(self, *ids):
        self.ec2.terminate_instances(InstanceIds=list(ids))
        self.wait("terminated", *ids)

    def ssh(self, instance_id, command, address="PublicIpAddress", check=True):
        """What `command` says on the machine, whose host key must be the site's."""
        host = self.describe(instance_id)[address]
        known = self.folder / "known_hosts"
        known.write_text(f"{instance_id} {self.host_public_key}\n")
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "5",
            "HostKeyAlias": instance_id,
            "IdentitiesOnly": "yes",
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": known,
        }
        arguments = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        ran = subprocess.run(
            ["ssh", "-F", "none", *arguments, "-i", self.folder / "key", f"ec2-user@{host}", command],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        if check:
            assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def nspawn(self, instance_id):
        """The process id of the machine's systemd-nspawn."""
        return int((self.state_dir / "machines" / instance_id / "nspawn.pid").read_text())

    def footprint(self):
        """All that machines of this local cloud have on the host."""
        places = [("netns", "/run/netns"), ("link", "/sys/class/net")]
        found = {f"{kind} {path.name}" for kind, place in places if Path(place).is_dir() for path in Path(place).glob(f"{self.tag}*")}
        mounts = Path("/proc/mounts").read_text().splitlines()
        found |= {f"mount {line}" for line in mounts if str(self.state_dir) in line}
        for top in {line.split()[1] for line in mounts if line.split()[2].startswith("cgroup")}:
            found |= {f"cgroup {path}" for path in Path(top).glob(f"{self.tag}*")}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if self.tag in command or f"{self.state_dir}/machines/" in command:
                found.add(f"process {process.name} {command}")
        machines = self.state_dir / "machines"
        found |= {f"file {path}" for path in machines.iterdir() if path.is_dir()} if machines.is_dir() else set()
        return found


def alive(pid):
    return os.path.exists(f"/proc/{pid}")
