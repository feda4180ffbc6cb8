"""The public SSM parameters that name Amazon Linux images: they resolve to images that moto knows."""

from functools import cache

PREFIX = "/aws/service/ami-amazon-linux-latest/"


@cache
def parameters(region):
    """Name → image id, as AWS published them when this moto was released; empty for a region that moto does not know."""
    from moto.utilities.utils import load_resource

    try:
        found = load_resource(f"ssm/resources/ami-amazon-linux-latest/{region}.json")
    except FileNotFoundError:
        return {}
    return {one["Name"]: one["Value"] for one in found}


def publish_in_ministack():
    """MiniStack's SSM answers with its own EC2's images, which our EC2 does not have; here it answers with moto's."""
    from ministack.core.responses import get_region
    from ministack.services import ssm

    stock = ssm._public_parameter

    def public_parameter(name):
        image = parameters(get_region()).get(name) if name.startswith(PREFIX) else None
        if image is None:
            return None if name.startswith(PREFIX) else stock(name)
        arn = f"arn:aws:ssm:{get_region()}::parameter{name}"
        return {"Name": name, "Type": "String", "Value": image, "Version": 1, "LastModifiedDate": 1728518400, "ARN": arn}

    ssm._public_parameter = public_parameter
