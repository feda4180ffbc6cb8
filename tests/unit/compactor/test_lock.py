"""One compaction at a time, whoever dies and whatever S3 answers."""

from datetime import timedelta

import pytest
from compacting.lock import Lock, LockedError

from tests.unit.compactor.memory_cloud import BUCKET, Cloud, refuse

KEY = "processed/_compacting.json"


@pytest.fixture
def cloud():
    return Cloud()


def lock(cloud, owner, gate=None, seconds=60):
    s3, _ = cloud.clients(*([gate] if gate else []))
    return Lock(s3, BUCKET, KEY, owner, seconds, lambda: cloud.now)


def test_it_is_held_inside_and_gone_after(cloud):
    with lock(cloud, "one"):
        assert KEY in cloud.objects
        with pytest.raises(LockedError, match="one is compacting"), lock(cloud, "two"):
            pass
        assert KEY in cloud.objects
    assert KEY not in cloud.objects


def test_it_is_gone_after_an_error_too(cloud):
    with pytest.raises(ZeroDivisionError), lock(cloud, "one"):
        raise ZeroDivisionError
    assert KEY not in cloud.objects


def test_that_of_a_dead_run_is_taken_over_and_not_given_back_by_it(cloud):
    dead = lock(cloud, "dead")
    dead.__enter__()
    cloud.wait(seconds=60)
    with lock(cloud, "two"):
        dead.__exit__()
        assert KEY in cloud.objects
    assert KEY not in cloud.objects


def test_of_two_that_take_over_one_gets_it(cloud):
    lock(cloud, "dead").__enter__()
    cloud.wait(minutes=2)
    others = []

    def gate(name, effect):
        answer = effect()
        if name == "get_object" and not others:
            others.append(lock(cloud, "faster"))
            others[0].__enter__()
        return answer

    with pytest.raises(LockedError, match="taken over"):
        lock(cloud, "slower", gate).__enter__()


def test_an_error_after_it_was_taken_does_not_lock_its_owner_out(cloud):
    calls = []

    def gate(name, effect):
        calls.append(name)
        if name == "put_object":  # botocore tries again after a 500, and meets what the first try did
            effect()
            refuse(412, "PreconditionFailed", name)
        return effect()

    with lock(cloud, "one", gate):
        assert KEY in cloud.objects
    assert KEY not in cloud.objects
    assert calls == ["put_object", "get_object", "delete_object"]


def test_it_lasts_no_longer_than_its_owner(cloud):
    lock(cloud, "one", seconds=900).__enter__()
    cloud.wait(seconds=899)
    with pytest.raises(LockedError):
        lock(cloud, "two").__enter__()
    cloud.now += timedelta(seconds=1)
    lock(cloud, "two").__enter__()
