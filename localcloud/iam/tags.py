"""aws:ResourceTag for what MiniStack's evaluator does not know the tags of: EC2's resources, which moto keeps."""

#: Prefixes of EC2's ids → the kinds in their ARNs.
KINDS = {"i": "instance", "sg": "security-group", "vol": "volume", "eni": "network-interface", "subnet": "subnet"}


def install():
    """Join MiniStack's collectors of tags."""
    from ministack.services import tagging

    tagging._RESOURCE_TAG_COLLECTORS["ec2"] = of_ec2


def of_ec2():
    """(ARN, AWS's list of tags) of each tagged resource of this account and region."""
    from ministack.core.responses import get_account_id, get_region
    from moto.ec2.models import ec2_backends

    region, account = get_region(), get_account_id()
    backend = ec2_backends[account][region]
    pairs = {pair.id: f"key-pair/{name}" for name, pair in list(backend.key_pairs.items())}
    for identity, tags in list(backend.tags.items()):
        kind = KINDS.get(identity.partition("-")[0])
        resource = pairs.get(identity) or (kind and f"{kind}/{identity}")
        if resource:
            yield f"arn:aws:ec2:{region}:{account}:{resource}", [{"Key": key, "Value": value} for key, value in tags.items()]
