"""Instances are machines: they boot, stop, start, reboot, end and leave nothing."""

import os
import signal
import time

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud import wait_for
from tests.localcloud.machines.site import alive


def test_a_machine_boots_and_lets_in_who_has_the_key(site, instance):
    told = site.describe(instance)
    said = site.ssh(instance, "hostname; id -un; sudo id -un; date +%Z; systemctl is-system-running --wait; systemctl --failed --quiet")
    assert said.splitlines() == ["ip-" + told["PrivateIpAddress"].replace(".", "-"), "ec2-user", "root", "UTC", "running"]
    assert site.ssh(instance, "hostname -I").split()[0] == told["PrivateIpAddress"]
    assert site.ssh(instance, "echo $SSH_CONNECTION").split()[2] == told["PublicIpAddress"]
    assert site.ssh(instance, "echo there", address="PrivateIpAddress") == "there"


def test_nobody_gets_in_without_the_key(site, instance):
    settings = site.ssh(instance, "sudo sshd -T").lower().splitlines()
    assert {"passwordauthentication no", "kbdinteractiveauthentication no", "permitrootlogin no"} <= set(settings)


def test_a_stopped_machine_starts_with_its_disk_and_another_public_address(site, instance):
    before = site.describe(instance)
    site.ssh(instance, "echo kept > ~/file && sync")
    answer = site.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
    assert (answer["PreviousState"]["Name"], answer["CurrentState"]["Name"]) == ("running", "stopping")
    site.wait("stopped", instance)
    stopped = site.describe(instance)
    assert "PublicIpAddress" not in stopped
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    site.ec2.start_instances(InstanceIds=[instance])
    site.wait("running", instance)
    after = site.describe(instance)
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["PublicIpAddress"] != before["PublicIpAddress"]
    assert site.ssh(instance, "cat ~/file") == "kept"


def test_a_reboot_keeps_files_and_addresses(site, instance):
    before = site.describe(instance)
    boot = site.ssh(instance, "echo kept > ~/rebooted; cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1")
    started = site.ssh(instance, "systemctl show --property=UserspaceTimestampMonotonic --value")
    site.ec2.reboot_instances(InstanceIds=[instance])

    def rebooted():
        now = site.ssh(instance, "systemctl show --property=UserspaceTimestampMonotonic --value", check=False)
        return now and now != started

    wait_for(rebooted, f"the reboot (before: {boot})")
    after = site.describe(instance)
    assert (after["PublicIpAddress"], after["PrivateIpAddress"]) == (before["PublicIpAddress"], before["PrivateIpAddress"])
    assert site.ssh(instance, "cat ~/rebooted") == "kept"


def test_a_terminated_machine_leaves_nothing(site):
    before = site.footprint()
    (instance,) = site.launch()
    kinds = {line.split()[0] for line in site.footprint() - before}
    assert kinds == {"netns", "link", "mount", "cgroup", "process", "file"}  # so the comparison would see them
    address = site.describe(instance)["PublicIpAddress"]
    site.terminate(instance)
    assert site.footprint() == before
    assert address not in os.popen("ip route").read()
    assert (
        site.ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["NetworkInterfaces"] == []
    )


def test_a_stopped_machine_can_be_terminated(site):
    before = site.footprint()
    (instance,) = site.launch()
    site.ec2.stop_instances(InstanceIds=[instance])
    site.wait("stopped", instance)
    site.terminate(instance)
    site.terminate(instance)  # once more is no error
    assert site.footprint() == before


def test_a_machine_can_be_terminated_while_it_boots(site):
    before = site.footprint()
    (instance,) = site.launch(wait=False)
    site.terminate(instance)
    assert site.footprint() == before


def test_several_boot_at_once(site):
    before = site.footprint()
    ids = site.launch(count=3)
    told = [site.describe(instance) for instance in ids]
    assert len({one["PublicIpAddress"] for one in told} | {one["PrivateIpAddress"] for one in told}) == 6
    assert {one["IamInstanceProfile"]["Arn"].rpartition("/")[2] for one in told} == {"Machine-Profile"}
    assert {site.ssh(instance, "hostname") for instance in ids} == {"ip-" + one["PrivateIpAddress"].replace(".", "-") for one in told}
    site.terminate(*ids)
    assert site.footprint() == before


def test_a_power_off_from_inside_is_seen(site):
    (instance,) = site.launch()
    site.ssh(instance, "sudo systemctl poweroff", check=False)
    site.wait("stopped", instance)
    assert site.describe(instance)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    site.ec2.start_instances(InstanceIds=[instance])
    site.wait("running", instance)
    assert site.ssh(instance, "echo back") == "back"
    site.terminate(instance)


def test_a_power_off_from_inside_terminates_where_the_instance_is_made_so(site):
    before = site.footprint()
    (instance,) = site.launch(InstanceInitiatedShutdownBehavior="terminate")
    site.ssh(instance, "sudo systemctl poweroff", check=False)
    site.wait("terminated", instance)
    assert site.footprint() == before


def test_a_killed_machine_is_seen_and_cleaned_up(site):
    before = site.footprint()
    (instance,) = site.launch()
    nspawn = site.nspawn(instance)
    os.kill(nspawn, signal.SIGKILL)
    site.wait("stopped", instance)
    assert not alive(nspawn)
    assert {line.split()[0] for line in site.footprint() - before} == {"netns", "link", "file"}
    assert site.describe(instance)["StateReason"]["Code"] == "Server.InternalError"
    site.ec2.start_instances(InstanceIds=[instance])
    site.wait("running", instance)
    site.terminate(instance)
    assert site.footprint() == before


def test_a_protected_machine_stays(site):
    (instance,) = site.launch(DisableApiTermination=True)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        site.ec2.terminate_instances(InstanceIds=[instance])
    assert site.ssh(instance, "echo there") == "there"
    site.ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    site.terminate(instance)


def test_what_a_state_forbids_is_refused(site):
    (instance,) = site.launch()
    site.ec2.stop_instances(InstanceIds=[instance], Force=True)
    site.wait("stopped", instance)
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        site.ec2.reboot_instances(InstanceIds=[instance])
    site.terminate(instance)
    for action in (site.ec2.start_instances, site.ec2.stop_instances, site.ec2.reboot_instances):
        with pytest.raises(ClientError, match="IncorrectInstanceState"):
            action(InstanceIds=[instance])
    assert site.describe(instance)["State"]["Name"] == "terminated"


def test_a_boot_takes_less_than_five_seconds(site):
    times = []
    for _ in range(3):
        started = time.monotonic()
        (instance,) = site.launch(wait=False)
        wait_for(lambda instance=instance: site.describe(instance)["State"]["Name"] == "running", "the boot", 60)
        site.ssh(instance, "true")
        times.append(time.monotonic() - started)
        site.terminate(instance)
    assert min(times) < 5, times
