"""What the metadata service tells of an instance, from moto's Instance and IAM's profile."""

import json

from localcloud.machines import metadata
from localcloud.machines.instances import raw_user_data
from localcloud.machines.metadata_server import timestamp


def view_of(instance, account, secret, profile, session):
    """The metadata.View of moto's `instance`. Call it with the lock held.

    `profile`: IAM's answer for its instance profile, or None. `session(role_arn)`: its credentials; raises
    PermissionError where the role may not be had.
    """
    nic = instance.nics.get(0)
    facts = {
        "accountId": account,
        "architecture": instance.architecture,
        "availabilityZone": instance.placement.zone,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "privateIp": instance.private_ip,
        "region": instance.region_name,
        "pendingTime": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    paths = {
        "meta-data/ami-id": instance.image_id,
        "meta-data/ami-launch-index": str(instance.ami_launch_index),
        "meta-data/hostname": instance.private_dns_name,
        "meta-data/instance-action": "none",
        "meta-data/instance-id": instance.id,
        "meta-data/instance-life-cycle": "on-demand",
        "meta-data/instance-type": instance.instance_type,
        "meta-data/local-hostname": instance.private_dns_name,
        "meta-data/local-ipv4": instance.private_ip,
        "meta-data/mac": nic.mac_address if nic else None,
        "meta-data/placement/availability-zone": instance.placement.zone,
        "meta-data/placement/region": instance.region_name,
        "meta-data/public-hostname": instance.public_dns_name,
        "meta-data/public-ipv4": instance.public_ip if nic else None,
        "meta-data/reservation-id": None,
        "meta-data/security-groups": "\n".join(group.name for group in instance.security_groups) or None,
        "meta-data/services/domain": "amazonaws.com",
        "meta-data/services/partition": "aws",
        "dynamic/instance-identity/document": metadata.identity_document(facts),
    }
    data = raw_user_data(instance)
    paths["user-data"] = data.decode(errors="replace") if data else None
    paths |= _public_keys(instance) | _tags(instance) | _role(profile, session)
    options = instance.metadata_options
    return metadata.View(paths, options.http_tokens or "optional", options.http_endpoint or "enabled", secret)


def _public_keys(instance):
    pair = instance.ec2_backend.key_pairs.get(instance.key_name)
    # The list's entry is "0=NAME", the path is "0"; the list itself is kept as a text of its own.
    return (
        {"meta-data/public-keys": f"0={pair.key_name}", "meta-data/public-keys/0/openssh-key": pair.material_public.decode().strip() + "\n"}
        if pair
        else {}
    )


def _tags(instance):
    if instance.metadata_options.instance_metadata_tags != "enabled":
        return {}
    return {f"meta-data/tags/instance/{tag['key']}": tag["value"] for tag in instance.get_tags()}


def _role(profile, session):
    if not profile:
        return {}
    base = {"Code": "Success", "LastUpdated": timestamp()}
    info = base | {"InstanceProfileArn": profile["Arn"], "InstanceProfileId": profile["InstanceProfileId"]}
    paths = {"meta-data/iam/info": json.dumps(info, indent=2)}
    for role in profile["Roles"]:
        paths[f"meta-data/iam/security-credentials/{role['RoleName']}"] = lambda arn=role["Arn"]: _credentials(session, arn)
    return paths


def _credentials(session, role_arn):
    try:
        held = session(role_arn)
    except PermissionError as error:
        refused = {"Code": "AssumeRoleUnauthorizedAccess", "Message": str(error), "LastUpdated": timestamp()}
        return json.dumps(refused, indent=2)
    document = {
        "Code": "Success",
        "LastUpdated": timestamp(held["updated"]),
        "Type": "AWS-HMAC",
        "AccessKeyId": held["AccessKeyId"],
        "SecretAccessKey": held["SecretAccessKey"],
        "Token": held["SessionToken"],
        "Expiration": timestamp(held["until"]),
    }
    return json.dumps(document, indent=2)
