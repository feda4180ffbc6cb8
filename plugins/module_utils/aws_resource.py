"""What our AWS modules share: compare, act on a difference, wait until AWS shows it, report a diff."""

import time

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

try:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    Boto3Error = BotoCoreError = ClientError = None  # AnsibleAWSModule reports it

#: Options that every module of ours has.
COMMON = {
    "state": {"choices": ["present", "absent"], "default": "present"},
    "wait_timeout": {"type": "int", "default": 60},
}


def aws_module(argument_spec, **options):
    """An AnsibleAWSModule with our common options and check mode; `argument_spec` may say them otherwise."""
    return AnsibleAWSModule(argument_spec={**COMMON, **argument_spec}, supports_check_mode=True, **options)


def error_code(error):
    """AWS's name of an error, such as `EntityNotFoundException`."""
    return error.response["Error"]["Code"]


def is_missing(error, *codes):
    """Does this ClientError say that the resource does not exist?"""
    return error_code(error) in codes


def aws_tags(tags):
    """{"a": "b"} as AWS's list of Key and Value, in a fixed order."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def plain_tags(tags):
    """AWS's list of Key and Value as {"a": "b"}."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def tag_changes(before, after):
    """({tags to set}, [tag keys to remove]) that turn `before` into `after`."""
    return (
        {key: value for key, value in after.items() if before.get(key) != value},
        [key for key in before if key not in after],
    )


def converge(module, subject, describe, apply, wanted):
    """Make AWS match `wanted` and exit the module.

    `subject`: what errors call it, e.g. "Glue database 'orders_db'". `describe()`: what is there, in
    the shape of `wanted`, or None. `apply(before, after)`: the calls; `after` is None for absent.
    Returned to Ansible: `changed`, `resource` (as it is, or in check mode would be) and `diff`.
    """
    after = wanted if module.params["state"] == "present" else None
    try:
        before = describe()
        changed = before != after
        if changed and not module.check_mode:
            apply(before, after)
            wait_until(module, subject, describe, after)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=subject)
    diff = {"before_header": subject, "after_header": subject, "before": before or {}, "after": after or {}}
    module.exit_json(changed=changed, resource=after or {}, diff=diff)


def wait_until(module, subject, describe, after):
    """AWS is eventually consistent: return only when it shows what was asked for, or fail naming what differs."""
    deadline = time.monotonic() + module.params["wait_timeout"]
    pause = 0.05
    while (seen := describe()) != after:
        if time.monotonic() > deadline:
            module.fail_json(msg=f"{subject}: after {module.params['wait_timeout']} s AWS still differs: {differences(seen, after)}")
        time.sleep(pause)
        pause = min(pause * 2, 2)


def differences(seen, after):
    """The fields that differ, for an error message."""
    if seen is None or after is None:
        return "it does not exist yet" if seen is None else "it is still there"
    keys = sorted(key for key in {*seen, *after} if seen.get(key) != after.get(key))
    return "; ".join(f"{key} is {seen.get(key)!r}, not {after.get(key)!r}" for key in keys)
