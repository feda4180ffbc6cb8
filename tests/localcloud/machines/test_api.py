"""EC2's answers around the machines."""

import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from tests.local_cloud import ROOT, Cloud, wait_for
from tests.localcloud.machines.site import IMAGE, PROFILE, Site


def test_amazon_linux_parameters_name_images_that_ec2_knows(site):
    for architecture in ("x86_64", "arm64"):
        name = IMAGE.replace("x86_64", architecture)
        image = site.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        (told,) = site.ec2.describe_images(ImageIds=[image])["Images"]
        assert told["Name"].startswith("al2023-ami-2023")
        assert (told["Architecture"], told["RootDeviceName"]) == (architecture, "/dev/xvda")


def test_the_answer_to_a_launch_is_true_already(site):
    (told,) = site.ec2.run_instances(ImageId=site.image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
    assert told["State"]["Name"] == "pending"
    assert "PublicIpAddress" not in told
    site.wait("running", told["InstanceId"])
    assert site.describe(told["InstanceId"])["PrivateIpAddress"] == told["PrivateIpAddress"]
    (status,) = site.ec2.describe_instance_status(InstanceIds=[told["InstanceId"]])["InstanceStatuses"]
    assert (status["InstanceState"]["Name"], status["InstanceStatus"]["Status"]) == ("running", "ok")
    site.terminate(told["InstanceId"])


def test_who_asks_for_no_public_address_gets_none(site):
    subnet = site.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    (within,) = site.launch(NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False}])
    (outside,) = site.launch(NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": True}])
    assert "PublicIpAddress" not in site.describe(within)
    assert site.ssh(within, "echo there", address="PrivateIpAddress") == "there"
    assert site.ssh(outside, "echo there") == "there"
    site.terminate(within, outside)


def test_a_launch_asked_for_twice_happens_once(site):
    request = {"ImageId": site.image, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "ClientToken": "once"}
    first, second = (site.ec2.run_instances(**request)["Instances"][0]["InstanceId"] for _ in range(2))
    assert first == second
    site.terminate(first)


def test_tags_and_volumes_of_a_launch(site):
    tags = [{"Key": "project", "Value": "trial"}]
    (instance,) = site.launch(
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume", "network-interface")],
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Encrypted": True}}],
    )
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    (volume,) = site.ec2.describe_volumes(Filters=mine)["Volumes"]
    (interface,) = site.ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    assert (volume["Encrypted"], volume["Tags"], interface["TagSet"], site.describe(instance)["Tags"]) == (True, tags, tags, tags)
    assert interface["PrivateIpAddress"] == site.describe(instance)["PrivateIpAddress"]
    site.terminate(instance)
    assert site.ec2.describe_volumes(Filters=[{"Name": "tag:project", "Values": ["trial"]}])["Volumes"] == []


def test_the_profile_is_iams(site, instance):
    profile = site.cloud.client("iam").get_instance_profile(InstanceProfileName=PROFILE)["InstanceProfile"]
    assert site.describe(instance)["IamInstanceProfile"] == {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}
    by_instance = [{"Name": "instance-id", "Values": [instance]}]
    (association,) = site.ec2.describe_iam_instance_profile_associations(Filters=by_instance)["IamInstanceProfileAssociations"]
    assert (association["State"], association["IamInstanceProfile"]["Arn"]) == ("associated", profile["Arn"])


def test_what_is_not_there_cannot_be_launched_with(site):
    for wrong, code in (
        ({"KeyName": "absent"}, "InvalidKeyPair.NotFound"),
        ({"ImageId": "ami-00000000000000000"}, "InvalidAMIID.NotFound"),
        ({"IamInstanceProfile": {"Name": "absent"}}, "absent"),
    ):
        with pytest.raises(ClientError, match=code):
            site.launch(**wrong)


def test_a_dry_run_boots_nothing(site):
    before = site.footprint()
    with pytest.raises(ClientError, match="DryRunOperation"):
        site.launch(DryRun=True)
    assert site.footprint() == before


def test_first_boot_does_what_the_user_data_says_once(site):
    more = """
hostname: trial.internal
write_files:
- {path: /etc/trial/file, content: written, owner: 'ec2-user:ec2-user', permissions: '0640'}
runcmd:
- echo ran >> /var/ran
- [sh, -c, 'echo "$0" >> /var/ran', 'two words']
- 'false'
users:
- {name: ana, ssh_authorized_keys: [ssh-ed25519 AAAA ana]}
packages: [nginx]
"""
    (instance,) = site.launch(user_data=site.host_key_data(more))
    wait_for(lambda: site.ssh(instance, "ls /var/lib/cloud/instance/boot-finished", check=False), "the end of runcmd")
    assert site.ssh(instance, "hostname; cat /etc/trial/file; stat -c '%U %a' /etc/trial/file; sudo cat /var/ran").split("\n") == [
        "trial.internal",
        "writtenec2-user 640",
        "ran",
        "two words",
    ]
    assert site.ssh(instance, "sudo cat ~ana/.ssh/authorized_keys") == "ssh-ed25519 AAAA ana"
    console = site.ec2.get_console_output(InstanceId=instance)["Output"]
    assert "left out: packages" in console
    assert "runcmd ended with 1" in console
    assert "BEGIN SSH HOST KEY FINGERPRINTS" in console
    site.ec2.stop_instances(InstanceIds=[instance])
    site.wait("stopped", instance)
    site.ec2.start_instances(InstanceIds=[instance])
    site.wait("running", instance)
    assert site.ssh(instance, "systemctl is-system-running --wait; sudo cat /var/ran").split("\n") == ["running", "ran", "two words"]
    site.terminate(instance)


def test_bad_user_data_is_told_on_the_console_and_the_machine_boots(site):
    for bad, said in (("#cloud-config\n{", "not YAML"), ("#cloud-config\nssh_keys: {ed25519_private: rubbish}\n", "no usable private key")):
        (instance,) = site.launch(user_data=bad)
        assert said in site.ec2.get_console_output(InstanceId=instance)["Output"]
        site.terminate(instance)


def test_two_local_clouds_do_not_meet(site, instance, tmp_path):
    other = Site(tmp_path)
    try:
        other.start().furnish()
        (neighbour,) = other.launch()
        told = [site.describe(instance), other.describe(neighbour)]
        addresses = {one[kind] for one in told for kind in ("PrivateIpAddress", "PublicIpAddress")}
        assert len(addresses) == 4
        assert other.ssh(neighbour, "hostname") != site.ssh(instance, "hostname")
    finally:
        other.end()
    assert other.footprint() == set()  # also what nobody terminated is gone
    assert site.ssh(instance, "echo there") == "there"


def test_without_machines_instances_are_records(tmp_path):
    with Cloud(tmp_path) as cloud:
        ec2 = cloud.client("ec2")
        image = cloud.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
        (told,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
    with cloud:
        (kept,) = cloud.client("ec2").describe_instances()["Reservations"][0]["Instances"]
        assert (kept["InstanceId"], kept["State"]["Name"]) == (told["InstanceId"], "running")
    assert not (tmp_path / "state" / "machines").exists()


def test_the_command_says_whether_machines_can_be_had(able):
    said = [
        subprocess.run([sys.executable, "-m", "localcloud.machines"], cwd=ROOT, env=os.environ | more, capture_output=True, text=True)
        for more in ({}, {"HEADWATER_LOCALCLOUD_MACHINES": "no"}, {"PATH": "/nowhere", "HEADWATER_LOCALCLOUD_MACHINES": "auto"})
    ]
    assert [(one.returncode, one.stdout.strip()) for one in said[:2]] == [(0, "yes"), (1, "HEADWATER_LOCALCLOUD_MACHINES=no")]
    assert "apt-get install" in said[2].stdout
