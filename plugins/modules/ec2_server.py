#!/usr/bin/python
"""Manage one EC2 instance, known by its name."""

DOCUMENTATION = r"""
module: ec2_server
short_description: Manage one EC2 instance, known by its name
description:
  - Start, mend or terminate the one instance that bears a name and the given tags. A stopped one is started.
  - Beyond what amazon.aws.ec2_instance does, the image comes from a parameter of Systems Manager, volume and network interface get the
    tags in the call that makes them, and what only a new instance can have (image, user data, type, key pair, volume) is told
    when it differs. Only with I(replace) is the instance then replaced.
  - Metadata are served to those with a session token only (IMDSv2), one hop far; the volume is encrypted.
  - It does not wait until a new instance has booted.
options:
  name:
    description: The instance's tag Name.
    type: str
    required: true
  image_parameter:
    description: Parameter of Systems Manager that holds the image's id.
    type: str
    default: /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
  instance_type:
    description: Its type.
    type: str
    default: t3.micro
  key_name:
    description: Its key pair.
    type: str
    default: ""
  security_groups:
    description: Names of its security groups.
    type: list
    elements: str
    default: []
  subnet_id:
    description: Its subnet; empty for one of the default VPC.
    type: str
    default: ""
  instance_profile:
    description: Name of its instance profile.
    type: str
    default: ""
  user_data:
    description: What it gets at its first boot. Shown nowhere but by its digest.
    type: str
    default: ""
  volume_gb:
    description: Size of its volume.
    type: int
    default: 8
  replace:
    description: Whether an instance that differs in what cannot be changed is replaced.
    type: bool
    default: false
  tags:
    description: All its tags besides Name; others are removed. An instance without them is another one.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The server is there
  ec2_server:
    name: Athena-Dashboard-Server
    key_name: dashboard
    security_groups: [dashboard]
    instance_profile: EC2-Athena-Dashboard-Role
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The instance as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
"""

import base64
import hashlib
import uuid

from ansible.module_utils.aws_resource import (
    BotoCoreError,
    ClientError,
    aws_module,
    aws_tags,
    converge,
    once_possible,
    plain_tags,
    tag_changes,
)

# What an instance has for life, by the name that the user knows it by.
FOR_LIFE = ("image", "instance_type", "key_name", "user_data", "volume", "subnet_id")
METADATA = {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}
#: The tags that say whose an instance is; somebody who changed another has not made it a different one.
IDENTITY = ("project", "environment")
ALIVE = ["pending", "running", "stopping", "stopped"]


def digest(text):
    """What is told of user data, which may hold a key."""
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""


class Server:
    """The instance of that name; `params` are the module's."""

    def __init__(self, module):
        self.module, self.params = module, module.params
        self.ec2 = module.client("ec2")
        self.differs = []

    def find(self):
        """The instance as EC2 describes it, or None; more than one is an error."""
        filters = {"tag:Name": [self.params["name"]], "instance-state-name": ALIVE}
        filters.update({f"tag:{key}": [value] for key, value in self.params["tags"].items() if key in IDENTITY})
        pages = self.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": name, "Values": values} for name, values in filters.items()]
        )
        found = [instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]]
        if len(found) > 1:
            ids = ", ".join(sorted(instance["InstanceId"] for instance in found))
            self.module.fail_json(msg=f"{len(found)} instances are called {self.params['name']!r}: {ids}. Terminate all but one")
        return found[0] if found else None

    # -- as it is, and as it should be

    def describe(self):
        """What can be changed of the instance, in the shape of `wanted`, or None; what cannot is noted in `differs`."""
        found = self.find()
        if not found:
            return None
        options = found.get("MetadataOptions", {})
        tags = plain_tags(found.get("Tags"))
        return {
            "name": tags.pop("Name"),
            "instance": found["InstanceId"],
            "state": {"pending": "running", "stopping": "stopped"}.get(found["State"]["Name"], found["State"]["Name"]),
            "security_groups": sorted(group["GroupName"] for group in found.get("SecurityGroups", [])),
            "instance_profile": found.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
            "metadata": {key: options.get(key) for key in METADATA},
            "tags": {key: value for key, value in tags.items() if not key.startswith("aws:")},
        }

    def wanted(self):
        """The same as it should be; the instance's id is a new one's where it is replaced."""
        found = self.find()
        if found:
            self.differs = self.shortcomings(found)
        keep = found and not (self.differs and self.params["replace"])
        return {
            "name": self.params["name"],
            "instance": found["InstanceId"] if keep else "a new one",
            "state": "running",
            "security_groups": sorted(self.params["security_groups"]),
            "instance_profile": self.params["instance_profile"],
            "metadata": METADATA,
            "tags": self.params["tags"],
        }

    def shortcomings(self, found):
        """What only a new instance would have, one sentence each."""
        asked, has = self.for_life_asked(), self.for_life(found)
        return [
            f"its {name.replace('_', ' ')} is {has[name] or 'none'!s}, not {asked[name] or 'none'!s}"
            for name in FOR_LIFE
            if has[name] != asked[name] and not (name == "subnet_id" and not asked[name])
        ]

    def for_life_asked(self):
        params = self.params
        return {
            "image": self.image(),
            "instance_type": params["instance_type"],
            "key_name": params["key_name"],
            "user_data": digest(params["user_data"]),
            "volume": f"{params['volume_gb']} GB, encrypted",
            "subnet_id": params["subnet_id"],
        }

    def for_life(self, found):
        data = (
            self.ec2.describe_instance_attribute(InstanceId=found["InstanceId"], Attribute="userData").get("UserData", {}).get("Value", "")
        )
        root = [item["Ebs"]["VolumeId"] for item in found["BlockDeviceMappings"] if item["DeviceName"] == found["RootDeviceName"]]
        (volume,) = self.ec2.describe_volumes(VolumeIds=root)["Volumes"] if root else [{"Size": 0, "Encrypted": False}]
        return {
            "image": found["ImageId"],
            "instance_type": found["InstanceType"],
            "key_name": found.get("KeyName", ""),
            "user_data": digest(base64.b64decode(data).decode(errors="replace")),
            "volume": f"{volume['Size']} GB, {'encrypted' if volume['Encrypted'] else 'not encrypted'}",
            "subnet_id": found.get("SubnetId", ""),
        }

    def image(self):
        """The image that the parameter names now."""
        return self.module.client("ssm").get_parameter(Name=self.params["image_parameter"])["Parameter"]["Value"]

    def group_ids(self):
        """Ids of the security groups, in the subnet's VPC if a subnet is given."""
        filters = [{"Name": "group-name", "Values": self.params["security_groups"]}]
        if self.params["subnet_id"]:
            (subnet,) = self.ec2.describe_subnets(SubnetIds=[self.params["subnet_id"]])["Subnets"]
            filters.append({"Name": "vpc-id", "Values": [subnet["VpcId"]]})
        found = {group["GroupName"]: group["GroupId"] for group in self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]}
        missing = sorted(set(self.params["security_groups"]) - set(found))
        if missing:
            self.module.fail_json(msg=f"Instance {self.params['name']!r} needs security groups that do not exist: {', '.join(missing)}")
        return sorted(found.values())

    # -- what is done

    def apply(self, before, after):
        """Make EC2 match `after`."""
        if before and (after is None or after["instance"] != before["instance"]):
            self.terminate(before["instance"])
        if after is None:
            return
        if not before or after["instance"] != before["instance"]:
            after["instance"] = self.run()
            self.differs = []
            return
        self.mend(before, after)

    def run(self):
        """Start a new instance; returns its id."""
        params, tags = self.params, aws_tags({**self.params["tags"], "Name": self.params["name"]})
        image = self.image()
        (described,) = self.ec2.describe_images(ImageIds=[image])["Images"]
        disk = {"VolumeSize": params["volume_gb"], "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True}
        request = {
            "ImageId": image,
            "InstanceType": params["instance_type"],
            "MinCount": 1,
            "MaxCount": 1,
            "ClientToken": uuid.uuid4().hex,
            "MetadataOptions": METADATA,
            "BlockDeviceMappings": [{"DeviceName": described["RootDeviceName"], "Ebs": disk}],
            "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume", "network-interface")],
        }
        if params["security_groups"]:
            request["SecurityGroupIds"] = self.group_ids()
        for option, member in (("key_name", "KeyName"), ("subnet_id", "SubnetId"), ("user_data", "UserData")):
            if params[option]:
                request[member] = params[option]
        if params["instance_profile"]:
            request["IamInstanceProfile"] = {"Name": params["instance_profile"]}
        # EC2 takes some seconds to know a new profile, and to see its role in it.
        answer = once_possible(lambda: self.ec2.run_instances(**request), ("Invalid IAM Instance Profile", "has no associated IAM Roles"))
        return answer["Instances"][0]["InstanceId"]

    def mend(self, before, after):
        """Change what can be changed of a living instance."""
        instance = before["instance"]
        if before["security_groups"] != after["security_groups"]:
            self.ec2.modify_instance_attribute(InstanceId=instance, Groups=self.group_ids())
        if before["metadata"] != after["metadata"]:
            self.ec2.modify_instance_metadata_options(InstanceId=instance, **METADATA)
        if before["instance_profile"] != after["instance_profile"]:
            self.exchange_profile(instance, after["instance_profile"])
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        if to_set:
            self.ec2.create_tags(Resources=[instance], Tags=aws_tags(to_set))
        if to_remove:
            self.ec2.delete_tags(Resources=[instance], Tags=[{"Key": key} for key in to_remove])
        if before["state"] != "running":
            self.ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig={"Delay": 2, "MaxAttempts": 150})
            self.ec2.start_instances(InstanceIds=[instance])

    def exchange_profile(self, instance, name):
        """Give the instance another profile, or none."""
        filters = [{"Name": "instance-id", "Values": [instance]}, {"Name": "state", "Values": ["associating", "associated"]}]
        answer = self.ec2.describe_iam_instance_profile_associations(Filters=filters)
        for association in answer["IamInstanceProfileAssociations"]:
            self.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
        if name:
            once_possible(
                lambda: self.ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": name}, InstanceId=instance),
                ("Invalid IAM Instance Profile", "existing association"),
            )

    def terminate(self, instance):
        """Terminate, and wait until what belongs to it can be removed."""
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1, "MaxAttempts": 600})


def main():
    """Compare, then act only on a difference; say what is left as it is."""
    module = aws_module(
        {
            "name": {"required": True},
            "image_parameter": {"default": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
            "instance_type": {"default": "t3.micro"},
            "key_name": {"default": "", "no_log": False},
            "security_groups": {"type": "list", "elements": "str", "default": []},
            "subnet_id": {"default": ""},
            "instance_profile": {"default": ""},
            "user_data": {"default": "", "no_log": True},
            "volume_gb": {"type": "int", "default": 8},
            "replace": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
        }
    )
    server = Server(module)
    wanted = {}
    if module.params["state"] == "present":
        try:
            wanted = server.wanted()
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Instance {module.params['name']!r}")
        if server.differs and not module.params["replace"]:
            module.warn(
                f"Instance {module.params['name']} stays as it is, although {'; '.join(server.differs)}. "
                "To have a new one: -e ec2_replace=true (its disk is lost)"
            )
    converge(module, f"Instance {module.params['name']!r}", server.describe, server.apply, wanted)


if __name__ == "__main__":
    main()
