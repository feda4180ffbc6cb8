#!/usr/bin/python
"""Hold or give back the lock of a deployment, a parameter of AWS Systems Manager."""

DOCUMENTATION = r"""
module: deploy_lock
short_description: Hold or give back the lock of a deployment
description:
  - One run at a time may deploy. Its lock is a parameter of AWS Systems Manager, which is created only if it does not exist, in one step.
  - A lock is dead when it was taken on this host by a process that is gone, or when nobody renewed it for O(stale_minutes). A dead lock is
    taken over, with a warning.
  - Holding a lock that is held already by this run renews it. The lock is no part of what is deployed, so this never reports a change.
  - In check mode no lock is taken, but a warning tells who holds one.
options:
  name:
    description: Name of the parameter.
    type: str
    required: true
  process:
    description: The process that deploys, as the lookup C(deploying_process) tells it.
    type: dict
    required: true
    suboptions:
      owner: {description: Who runs it., type: str, required: true}
      host: {description: Where it runs., type: str, required: true}
      pid: {description: Its number., type: int, required: true}
      started: {description: When it began in seconds since 1970., type: float, required: true}
  stale_minutes:
    description: Minutes without a renewal after which a lock is dead.
    type: int
    default: 30
  tags:
    description: Tags of the parameter.
    type: dict
    default: {}
  state:
    description: Whether this run holds the lock.
    type: str
    choices: [held, free]
    default: held
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: No other run deploys
  deploy_lock:
    name: /headwater/deploy-lock
    process: "{{ lookup('deploying_process') }}"
"""

RETURN = r"""
lock:
  description: The lock as it is now; empty when nobody holds it.
  type: dict
  returned: success
  sample: {owner: me@here, host: here, pid: 4711, started: 1795175293.1, since: "2026-11-20T12:00:00Z", renewed: "2026-11-20T12:00:00Z"}
"""

import json
from datetime import UTC, datetime

from ansible.module_utils.aws_resource import BotoCoreError, ClientError, aws_tags, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

try:
    import psutil
except ImportError:
    psutil = None

FIELDS = ("owner", "host", "pid", "started", "since", "renewed")
TIME = "%Y-%m-%dT%H:%M:%SZ"


class Lock:
    """The parameter; `version` is that of what was read last."""

    def __init__(self, ssm, name, tags):
        self.ssm, self.name, self.tags, self.version = ssm, name, tags, 0

    def read(self, version=None):
        """Who holds it, or None. ValueError: the parameter is no lock of ours."""
        try:
            found = self.ssm.get_parameter(Name=f"{self.name}:{version}" if version else self.name)["Parameter"]
        except ClientError as error:
            if is_missing(error, "ParameterNotFound", "ParameterVersionNotFound"):
                return None
            raise
        self.version = found["Version"]
        holder = json.loads(found["Value"])
        if not isinstance(holder, dict) or set(FIELDS) - set(holder):
            raise ValueError(f"its value is {found['Value']!r}")
        return holder

    def create(self, holder):
        """Take a free lock; False if somebody was faster."""
        try:
            self.ssm.put_parameter(Name=self.name, Type="String", Value=json.dumps(holder), Overwrite=False, Tags=aws_tags(self.tags))
        except ClientError as error:
            if is_missing(error, "ParameterAlreadyExists"):
                return False
            raise
        return True

    def replace(self, holder):
        """Overwrite what was read; False if somebody else did so meanwhile.

        Each write makes the next version, so who does not get the next one came second, and puts the first one's words back.
        """
        expected = self.version + 1
        if self.ssm.put_parameter(Name=self.name, Type="String", Value=json.dumps(holder), Overwrite=True)["Version"] == expected:
            return True
        first = self.read(expected)
        self.ssm.put_parameter(Name=self.name, Type="String", Value=json.dumps(first), Overwrite=True)
        return False

    def delete(self):
        """Give it back; somebody may have removed it."""
        try:
            self.ssm.delete_parameter(Name=self.name)
        except ClientError as error:
            if not is_missing(error, "ParameterNotFound"):
                raise


def is_same(process, holder):
    """Is the lock's holder this very process?"""
    return holder["host"] == process["host"] and holder["pid"] == process["pid"] and abs(holder["started"] - process["started"]) < 1


def why_dead(holder, process, now, stale_minutes):
    """Why the holder will not come back, in words; None if it may well be at work."""
    if holder["host"] == process["host"] and not runs(holder):
        return f"its process {holder['pid']} is gone"
    minutes = (now - datetime.strptime(holder["renewed"], TIME).replace(tzinfo=UTC)).total_seconds() / 60
    return f"it gave no sign of life for {minutes:.0f} minutes" if minutes > stale_minutes else None


def runs(holder):
    """Is there such a process on this host, begun at that time? (Numbers come back.)"""
    try:
        return abs(psutil.Process(holder["pid"]).create_time() - holder["started"]) < 1
    except psutil.NoSuchProcess:
        return False


def who(holder):
    """The holder in words."""
    return f"{holder['owner']} (process {holder['pid']} on {holder['host']}, since {holder['since']})"


def hold(module, lock, process, now):
    """Take, renew or take over the lock; returns its holder as it is then."""
    said = now.strftime(TIME)
    mine = {**process, "since": said, "renewed": said}
    for _ in range(5):  # each turn somebody else may have been faster
        holder = lock.read()
        if holder is None:
            if module.check_mode:
                return {}
            if lock.create(mine):
                return mine
        elif is_same(process, holder):
            if module.check_mode or lock.replace({**holder, "renewed": said}):
                return {**holder, "renewed": said}
        else:
            dead = why_dead(holder, process, now, module.params["stale_minutes"])
            if module.check_mode:
                module.warn(
                    f"The lock {lock.name} is held by {who(holder)}" + (f", but {dead}" if dead else ": what is seen may be changing")
                )
                return holder
            if not dead:
                refuse(module, lock, holder)
            if lock.replace(mine):
                module.warn(f"The lock {lock.name} of {who(holder)} is taken over, since {dead}; its run was cut off")
                return mine
    module.fail_json(msg=f"The lock {lock.name} changes hands all the time: try again in a minute")
    return None


def refuse(module, lock, holder):
    """Somebody else deploys."""
    module.fail_json(
        msg=(
            f"Nothing was changed: another run deploys, {who(holder)}, last heard of {holder['renewed']}. Wait until it has ended. "
            f"If it is dead for sure, free its lock: aws ssm delete-parameter --name {lock.name}"
        ),
        lock=holder,
    )


def free(module, lock, process):
    """Give the lock back if it is ours; returns who holds it then."""
    holder = lock.read()
    if holder is None:
        return {}
    if not is_same(process, holder):
        if not module.check_mode:
            module.warn(f"The lock {lock.name} is not this run's any more, but of {who(holder)}")
        return holder
    if not module.check_mode:
        lock.delete()
    return {}


def main():
    """Hold or free."""
    process = {
        "owner": {"required": True},
        "host": {"required": True},
        "pid": {"type": "int", "required": True},
        "started": {"type": "float", "required": True},
    }
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"required": True},
            "process": {"type": "dict", "required": True, "options": process},
            "stale_minutes": {"type": "int", "default": 30},
            "tags": {"type": "dict", "default": {}},
            "state": {"choices": ["held", "free"], "default": "held"},
        },
        supports_check_mode=True,
    )
    if psutil is None:
        module.fail_json(msg="psutil is missing: run make up, or pip install -r requirements/run.txt")
    params = module.params
    lock = Lock(module.client("ssm"), params["name"], params["tags"])
    try:
        if params["state"] == "held":
            holder = hold(module, lock, params["process"], datetime.now(UTC))
        else:
            holder = free(module, lock, params["process"])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"The lock {lock.name}")
    except ValueError as error:
        module.fail_json(msg=f"The parameter {lock.name} is no lock of ours ({error}): rename it, or set lock_name")
    module.exit_json(changed=False, lock=holder)


if __name__ == "__main__":
    main()
