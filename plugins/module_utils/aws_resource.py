"""What our AWS modules share: compare, act on a difference, wait until AWS shows it, report a diff."""

import json
import time

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

try:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    Boto3Error = BotoCoreError = ClientError = None  # AnsibleAWSModule reports it

#: Errors that say that somebody, or a former try of the same call, has made or removed it already.
ALREADY_THERE = (
    "AlreadyExistsException",
    "BucketAlreadyOwnedByYou",
    "EntityAlreadyExists",
    "ResourceAlreadyExistsException",
    "ResourceConflictException",
    "ResourceExistsException",
)
ALREADY_GONE = (
    "EntityNotFoundException",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
)

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


def document(policy):
    """A policy as a dictionary; services answer JSON text, or what botocore has parsed already."""
    return json.loads(policy) if isinstance(policy, str) else dict(policy)


def arn_of(module, service, resource):
    """The ARN of a resource in the caller's account and region, e.g. arn_of(module, "glue", "crawler/orders")."""
    caller = module.client("sts").get_caller_identity()
    return f"arn:{caller['Arn'].split(':')[1]}:{service}:{module.region}:{caller['Account']}:{resource}"


def once_possible(call, refusals, seconds=60):
    """Call until AWS no longer refuses for a reason that passes by itself; returns the answer.

    `refusals`: parts of such errors' texts, e.g. "cannot be assumed" of a role that was just made. The last error is
    raised after `seconds`.
    """
    deadline, pause = time.monotonic() + seconds, 0.5
    while True:
        try:
            return call()
        except ClientError as error:
            if time.monotonic() > deadline or not any(refusal in str(error) for refusal in refusals):
                raise
        time.sleep(pause)
        pause = min(pause * 2, 5)


def converge(module, subject, describe, apply, wanted, tell=dict):
    """Make AWS match `wanted` and exit the module.

    `subject`: what errors call it, e.g. "Glue database 'orders_db'". `describe()`: what is there, in
    the shape of `wanted`, or None. `apply(before, after)`: the calls; `after` is None for absent.
    `tell()`: what else there is to return, asked last. Returned to Ansible: `changed`, `resource` (as it
    is, or in check mode would be) and `diff`.
    """
    after = wanted if module.params["state"] == "present" else None
    try:
        before = describe()
        changed = before != after
        if changed and not module.check_mode:
            try:
                apply(before, after)
            except ClientError as error:
                # A call that was answered with an error may have done its work all the same, and was tried again.
                if not is_missing(error, *(ALREADY_GONE if after is None else ALREADY_THERE)):
                    raise
                if after is not None:
                    apply(describe(), after)
            wait_until(module, subject, describe, after)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=subject)
    diff = {"before_header": subject, "after_header": subject, "before": before or {}, "after": after or {}}
    module.exit_json(changed=changed, resource=after or {}, diff=diff, **tell())


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
