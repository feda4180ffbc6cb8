"""How much a stream takes a second: pure, and with a strict quota through the API."""

import os

import pytest
from botocore.exceptions import ClientError

from localcloud.firehose.limits import Quota
from tests.local_cloud import Cloud
from tests.localcloud.firehose.site import Site


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_bytes_are_taken_until_the_second_is_used_up_and_again_with_time(clock):
    quota = Quota(1, clock)
    assert quota.taken([400_000] * 4) == 3  # the third begins within the MiB
    assert quota.taken([1]) == 0
    clock.now = 0.5
    assert quota.taken([100_000] * 10) == 4
    clock.now = 60  # what was not used is saved up for one second only
    assert quota.taken([100_000] * 20) == 11


def test_requests_and_records_count_as_well(clock):
    quota = Quota(1, clock)
    assert sum(quota.taken([0]) for _ in range(500)) == 400
    clock.now = 1
    assert quota.taken([0] * 200_000) == 100_000


@pytest.fixture
def strict(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "HEADWATER_LOCALCLOUD_FIREHOSE_MIB_PER_SECOND", "0.1")
    with Cloud(tmp_path) as running:
        yield Site(running, "strict")


def test_over_the_quota_records_are_refused_one_by_one_and_a_request_as_a_whole(strict):
    strict.create(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": 900})
    answer = strict.firehose.put_record_batch(DeliveryStreamName=strict.name, Records=[{"Data": b"x" * 40_000}] * 5)
    assert answer["FailedPutCount"] == 2
    assert ["RecordId" in each for each in answer["RequestResponses"]] == [True] * 3 + [False] * 2
    assert answer["RequestResponses"][-1] == {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
    with pytest.raises(ClientError, match=r"ServiceUnavailableException.*Slow down\.") as caught:
        put_large_ones(strict)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def put_large_ones(site):
    for _ in range(3):
        site.firehose.put_record(DeliveryStreamName=site.name, Record={"Data": b"x" * 500_000})
