"""ec2_key_pair and ec2_server: the whole life of each; what cannot be changed is told, not done."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused, run

TAGS = {"project": "headwater", "environment": "dev"}


def public_key():
    """A new public key's line."""
    made = ed25519.Ed25519PrivateKey.generate().public_key()
    return made.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def life(module, changed_options, **options):
    """Check, apply, both again, change, remove, remove again; nothing is written where nothing is different."""
    for given in (options, {**options, **changed_options}):
        planned = done(module, check=True, **given)
        assert planned.changed
        assert not planned.writes
        made = done(module, **given)
        assert made.changed
        for check in (True, False):
            again = done(module, check=check, **given)
            assert not again.changed
            assert not again.writes
    removal = {**options, "state": "absent"}
    assert not done(module, check=True, **removal).writes
    assert done(module, **removal).changed
    assert not done(module, **removal).changed


@on("moto", "local")
def test_life_of_a_key_pair(aws):
    life("ec2_key_pair", {"tags": {"project": "other"}}, name=unique("key"), public_key=public_key(), tags=TAGS)


@on("moto")
def test_a_key_pair_is_compared_without_its_comment_and_replaced_when_it_is_another(aws):
    name, key = unique("key"), public_key()
    done("ec2_key_pair", name=name, public_key=key + " somebody@somewhere", tags=TAGS)
    assert not done("ec2_key_pair", name=name, public_key=key + " else@where", tags=TAGS).changed
    other = done("ec2_key_pair", name=name, public_key=public_key(), tags=TAGS)
    assert other.differing == {"public_key"}
    refused("ec2_key_pair", "needs a public key", name=name, public_key="")


@pytest.fixture
def options(aws):
    """A server's options, with the group, key and profile that it needs."""
    ec2, iam, name = aws.client("ec2"), aws.client("iam"), unique("server")
    ec2.create_security_group(GroupName=name, Description="SSH")
    ec2.import_key_pair(KeyName=name, PublicKeyMaterial=public_key().encode())
    for profile in (name, f"{name}-other"):
        iam.create_role(RoleName=profile, AssumeRolePolicyDocument="{}")
        iam.create_instance_profile(InstanceProfileName=profile)
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=profile)
    common = {"name": name, "key_name": name, "security_groups": [name], "instance_profile": name, "tags": TAGS}
    return {**common, "user_data": "#cloud-config\n", "volume_gb": 9}


def instance(aws, name):
    """The instance of that name that is not terminated, or None."""
    pages = aws.client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])["Reservations"]
    alive = [item for page in pages for item in page["Instances"] if item["State"]["Name"] != "terminated"]
    assert len(alive) < 2
    return alive[0] if alive else None


@on("moto")
def test_life_of_a_server(aws, options):
    life("ec2_server", {"instance_profile": f"{options['name']}-other"}, **options)
    assert instance(aws, options["name"]) is None


@on("moto")
def test_a_server_has_an_encrypted_volume_metadata_by_token_only_and_tags_everywhere(aws, options):
    done("ec2_server", **options)
    found = instance(aws, options["name"])
    assert (found["MetadataOptions"]["HttpTokens"], found["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1)
    (volume,) = aws.client("ec2").describe_volumes(VolumeIds=[found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Encrypted"], volume["VolumeType"], volume["Size"]) == (True, "gp3", 9)
    wanted = [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": options["name"]}.items()]
    for tags in (found["Tags"], volume["Tags"]):
        assert sorted(tags, key=str) == sorted(wanted, key=str)


@on("moto")
def test_a_stopped_server_is_started(aws, options):
    done("ec2_server", **options)
    before = instance(aws, options["name"])["InstanceId"]
    aws.client("ec2").stop_instances(InstanceIds=[before])
    assert done("ec2_server", **options).differing == {"state"}
    assert (instance(aws, options["name"])["InstanceId"], instance(aws, options["name"])["State"]["Name"]) == (before, "running")


@on("moto")
@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"user_data": "#cloud-config\n# another\n"}, "its user data is"),
        ({"image_parameter": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"}, "its image is ami-"),
        ({"instance_type": "t3.large"}, "its instance type is t3.micro, not t3.large"),
        ({"volume_gb": 20}, "its volume is 9 GB, encrypted, not 20 GB, encrypted"),
    ],
)
def test_what_only_a_new_server_would_have_is_told_and_done_only_on_demand(aws, options, other, said):
    done("ec2_server", **options)
    before = instance(aws, options["name"])["InstanceId"]
    told = done("ec2_server", **{**options, **other})
    assert not told.changed
    assert said in str(told.result["warnings"])
    assert "-e ec2_replace=true" in str(told.result["warnings"])
    assert instance(aws, options["name"])["InstanceId"] == before
    assert done("ec2_server", check=True, **{**options, **other}, replace=True).changed
    assert instance(aws, options["name"])["InstanceId"] == before
    assert done("ec2_server", **{**options, **other}, replace=True).changed
    assert instance(aws, options["name"])["InstanceId"] != before
    assert "warnings" not in done("ec2_server", **{**options, **other}).result


@on("moto")
def test_metadata_options_and_security_groups_are_put_right(aws, options):
    ec2 = aws.client("ec2")
    done("ec2_server", **options)
    ec2.modify_instance_metadata_options(InstanceId=instance(aws, options["name"])["InstanceId"], HttpTokens="optional")
    other = unique("group")
    ec2.create_security_group(GroupName=other, Description="SSH")
    assert done("ec2_server", **{**options, "security_groups": [other]}).differing == {"metadata", "security_groups"}
    found = instance(aws, options["name"])
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert [group["GroupName"] for group in found["SecurityGroups"]] == [other]


@on("moto")
def test_a_host_key_in_user_data_is_never_shown(aws, options):
    secret = "PRIVATE-HALF-OF-A-KEY"
    made = done("ec2_server", **{**options, "user_data": f"#cloud-config\n# {secret}\n"})
    assert secret not in str({key: value for key, value in made.result.items() if key != "invocation"})


@on("moto")
def test_a_group_that_is_missing_and_a_name_used_twice_are_named(aws, options):
    refused("ec2_server", "needs security groups that do not exist: nowhere", **{**options, "security_groups": ["nowhere"]})
    made = done("ec2_server", **options)
    image = instance(aws, options["name"])["ImageId"]
    tags = [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": options["name"]}.items()]
    aws.client("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}])
    assert made.resource["instance"] in run("ec2_server", **options).msg
