"""One run at a time: the lock is taken in one step, and only from the dead."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from tests.modules.clouds import on, unique
from tests.modules.runner import done, refused

HERE = platform.node()
TAGS = {"project": "headwater"}


def process(pid=None, host=HERE, owner="me@here"):
    """A process that lives, as the lookup tells it."""
    pid = pid or os.getpid()
    started = psutil.Process(pid).create_time() if host == HERE else 1_700_000_000.0
    return {"owner": owner, "host": host, "pid": pid, "started": started}


@pytest.fixture
def other():
    """Another process that lives on this host."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as alive:
        yield process(alive.pid, owner="she@here")
        alive.stdin.close()


def stored(aws, name):
    return json.loads(aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def put(aws, name, holder, minutes_ago=0):
    """A lock that somebody took and renewed then."""
    then = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    value = json.dumps({**holder, "since": then, "renewed": then})
    aws.client("ssm").put_parameter(Name=name, Type="String", Value=value)


@on()
def test_a_free_lock_is_taken_and_given_back(aws):
    name = f"/{unique('lock')}/deploy"
    taken = done("deploy_lock", name=name, process=process(), tags=TAGS)
    assert not taken.changed
    assert taken.result["lock"] == stored(aws, name)
    assert stored(aws, name)["pid"] == os.getpid()
    tags = aws.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    assert tags == [{"Key": "project", "Value": "headwater"}]
    assert done("deploy_lock", name=name, process=process(), state="free").result["lock"] == {}
    assert name not in [found["Name"] for found in aws.client("ssm").describe_parameters()["Parameters"]]
    again = done("deploy_lock", name=name, process=process(), state="free")
    assert again.writes == []


@on()
def test_its_holder_renews_it(aws):
    name = f"/{unique('lock')}/deploy"
    put(aws, name, process(), minutes_ago=10)
    since = stored(aws, name)["since"]
    done("deploy_lock", name=name, process=process())
    assert stored(aws, name)["since"] == since
    assert stored(aws, name)["renewed"] > since


@on()
def test_who_comes_second_is_refused_and_told_who_since_when_and_where(aws, other):
    name = f"/{unique('lock')}/deploy"
    put(aws, name, other)
    outcome = refused(
        "deploy_lock",
        "another run deploys, she@here",
        str(other["pid"]),
        stored(aws, name)["since"],
        f"--name {name}",
        name=name,
        process=process(),
    )
    assert outcome.writes == []
    assert stored(aws, name)["owner"] == "she@here"


@on()
def test_the_lock_of_a_process_that_is_gone_is_taken_over_with_a_word(aws):
    name = f"/{unique('lock')}/deploy"
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as gone:
        dead = process(gone.pid, owner="she@here")
        gone.stdin.close()
    put(aws, name, dead)
    taken = done("deploy_lock", name=name, process=process())
    (said,) = taken.warnings
    assert "she@here" in said
    assert f"its process {dead['pid']} is gone" in said
    assert stored(aws, name)["owner"] == "me@here"


@on("local")
def test_a_number_that_came_back_is_not_the_same_process(aws, other):
    name = f"/{unique('lock')}/deploy"
    put(aws, name, {**other, "started": other["started"] - 100})
    done("deploy_lock", name=name, process=process())
    assert stored(aws, name)["owner"] == "me@here"


@on("local")
def test_another_hosts_lock_is_dead_only_after_half_an_hour_of_silence(aws):
    there = process(4711, host="far.away", owner="he@far.away")
    name = f"/{unique('lock')}/deploy"
    put(aws, name, there, minutes_ago=29)
    refused("deploy_lock", "he@far.away", name=name, process=process())
    name = f"/{unique('lock')}/deploy"
    put(aws, name, there, minutes_ago=31)
    taken = done("deploy_lock", name=name, process=process())
    assert "no sign of life for 31 minutes" in taken.warnings[0]


@on("local")
def test_check_mode_takes_none_and_says_who_holds_it(aws, other):
    name = f"/{unique('lock')}/deploy"
    free = done("deploy_lock", check=True, name=name, process=process())
    assert (free.writes, free.warnings) == ([], [])
    put(aws, name, other)
    held = done("deploy_lock", check=True, name=name, process=process())
    assert held.writes == []
    assert "is held by she@here" in held.warnings[0]
    assert done("deploy_lock", check=True, name=name, process=other, state="free").writes == []


@on("local")
def test_nobody_frees_somebody_elses_lock(aws, other):
    name = f"/{unique('lock')}/deploy"
    put(aws, name, other)
    left = done("deploy_lock", name=name, process=process(), state="free")
    assert left.writes == []
    assert "she@here" in left.warnings[0]


@on()
def test_of_two_that_take_over_a_dead_lock_the_first_holds_it(aws, answers, other):
    """The second's write gets a version that is not the next one; it puts the first one's words back and is refused."""
    name, ssm = f"/{unique('lock')}/deploy", aws.client("ssm")
    dead = {**process(), "pid": 2**22 + 1, "owner": "gone@here"}
    put(aws, name, dead)

    def other_is_faster():
        answers.pop("ssm:PutParameter")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ssm.put_parameter(Name=name, Type="String", Value=json.dumps({**other, "since": now, "renewed": now}), Overwrite=True)

    answers["ssm:PutParameter"] = other_is_faster
    refused("deploy_lock", "she@here", name=name, process=process())
    assert stored(aws, name)["owner"] == "she@here"


@on("local")
def test_what_is_no_lock_is_not_touched(aws):
    name = f"/{unique('lock')}/deploy"
    aws.client("ssm").put_parameter(Name=name, Type="String", Value='"theirs"')
    outcome = refused("deploy_lock", "is no lock of ours", "theirs", name=name, process=process())
    assert outcome.writes == []
