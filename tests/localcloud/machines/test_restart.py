"""Machines and EC2's state outlive the local cloud's process."""

import contextlib
import os
import shutil
import signal

import pytest

from localcloud.machines import cgroups, disk, network, options
from localcloud.machines.machine import Machine
from tests.local_cloud import wait_for
from tests.localcloud.machines.site import ROLE, Site, alive

TOKEN = '$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)'
CREDENTIALS = f'curl -s -H "X-aws-ec2-metadata-token: {TOKEN}" http://169.254.169.254/latest/meta-data/iam/security-credentials/{ROLE}'


@pytest.fixture
def own(able, tmp_path):
    made = Site(tmp_path)
    try:
        yield made.start().furnish()
    finally:
        with contextlib.suppress(ProcessLookupError):
            made.end()


@pytest.mark.parametrize("kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_machines_outlive_a_restart(own, kill):
    group = own.ec2.create_security_group(GroupName="lasting", Description="d")["GroupId"]
    running, stopped = own.launch(count=2, SecurityGroupIds=[group])
    own.ec2.stop_instances(InstanceIds=[stopped])
    own.wait("stopped", stopped)
    own.ec2.create_tags(Resources=[running], Tags=[{"Key": "Name", "Value": "lasting"}])
    own.ec2.create_launch_template(LaunchTemplateName="lasting", LaunchTemplateData={"InstanceType": "t3.micro"})
    started = own.ssh(running, "stat -c %Y /proc/1; nohup sleep 600 >/dev/null 2>&1 & echo $!")
    before, process = own.describe(running), started.split()[1]
    own.cloud.stop(kill=kill)
    assert alive(own.nspawn(running))
    own.start()
    after = own.describe(running)
    for key in ("PublicIpAddress", "PrivateIpAddress", "Tags", "KeyName", "SecurityGroups", "State", "LaunchTime"):
        assert after[key] == before[key], key
    assert own.ssh(running, f"kill -0 {process} && echo lives") == "lives"
    assert own.describe(stopped)["State"]["Name"] == "stopped"
    assert [one["KeyName"] for one in own.ec2.describe_key_pairs()["KeyPairs"]] == ["key"]
    assert own.ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateName"] == "lasting"
    # Metadata and the endpoint are there again, for the one that ran on and for the one that starts.
    own.ec2.start_instances(InstanceIds=[stopped])
    own.wait("running", stopped)
    for instance in (running, stopped):
        if not kill:  # after SIGKILL MiniStack has forgotten the role
            assert '"Success"' in own.ssh(instance, CREDENTIALS)
        assert own.ssh(instance, f"curl -s -o /dev/null -w '%{{http_code}}' {own.cloud.url}/absent/key") in ("403", "404")
    own.terminate(running, stopped)
    assert own.footprint() == set()


def test_what_happened_meanwhile_is_seen(own):
    powered_off, terminating = own.launch(count=2)
    own.cloud.stop(kill=True)
    nspawn = own.nspawn(powered_off)
    os.kill(nspawn, signal.SIGKILL)
    wait_for(lambda: not alive(nspawn), "the kill")
    own.start()
    own.wait("stopped", powered_off)
    own.terminate(powered_off, terminating)
    assert own.footprint() == set()


def test_machines_whose_folder_was_deleted_by_hand_are_swept_up(own):
    own.launch(count=2)
    own.cloud.stop()
    shutil.rmtree(own.state_dir / "machines", ignore_errors=True)  # their mounted disks stay
    assert {"process", "netns", "link", "cgroup", "mount"} <= {line.split()[0] for line in own.footprint()}
    own.start()
    wait_for(lambda: own.footprint() == set(), "the sweep")


def test_a_launch_that_was_interrupted_is_finished(own):
    ids = own.launch(count=2, wait=False)
    own.cloud.stop(kill=True)
    own.start()
    own.wait("running", *ids)
    assert {own.ssh(instance, "systemctl is-system-running --wait") for instance in ids} == {"running"}
    own.ec2.terminate_instances(InstanceIds=ids)
    own.cloud.stop(kill=True)
    own.start()
    own.wait("terminated", *ids)
    assert own.footprint() == set()


def test_a_host_that_was_rebooted_has_stopped_machines_that_start(own):
    """What a reboot of the host takes away: processes, networks, mounts and control groups."""
    (instance,) = own.launch()
    before = own.describe(instance)
    own.ssh(instance, "echo kept > ~/file && sync")
    own.cloud.stop(kill=True)
    machine = Machine(options.from_environment(own.state_dir), instance)
    assert cgroups.kill(machine.cgroup)
    cgroups.remove(machine.cgroup)
    disk.unmount(machine.folder)
    network.remove(machine.network)
    assert {line.split()[0] for line in own.footprint()} == {"file"}
    own.start()
    own.wait("stopped", instance)
    own.ec2.start_instances(InstanceIds=[instance])
    own.wait("running", instance)
    assert own.ssh(instance, "cat ~/file") == "kept"
    assert own.describe(instance)["PrivateIpAddress"] == before["PrivateIpAddress"]
