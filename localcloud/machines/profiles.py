"""Instance profiles are IAM's; moto's EC2 looks for them in an IAM of its own, so each one named is shown to it first."""

from botocore.exceptions import ClientError

_NAME_KEYS = ("IamInstanceProfile.Name", "LaunchTemplateData.IamInstanceProfile.Name")
_ARN_KEYS = ("IamInstanceProfile.Arn", "LaunchTemplateData.IamInstanceProfile.Arn")


def name_in(form):
    """The profile's name that a request's form names, or None."""
    for key in _NAME_KEYS:
        if form.get(key):
            return form[key]
    for key in _ARN_KEYS:
        if form.get(key):
            return form[key].rpartition("/")[2]
    return None


def fetch(iam, name):
    """IAM's answer for the profile (`Arn`, `InstanceProfileId`, `Roles` …), or None where there is none."""
    try:
        return iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise


def show_to_moto(account, name, profile):
    """Make moto's IAM know `profile` (as fetch gives it) under `name`, or not know it where that is None."""
    from moto.iam.models import InstanceProfile, iam_backends

    known = iam_backends[account]["aws"].instance_profiles
    for key in [key for key, one in known.items() if one.name == name]:
        del known[key]
    if profile:
        shown = InstanceProfile(account, "us-east-1", profile["InstanceProfileId"], name, profile["Path"], [])
        known[name] = shown
    return bool(profile)
