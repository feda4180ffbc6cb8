"""The newest objects of a prefix, in few requests."""

from datetime import UTC, datetime, timedelta

import pytest
from dashboard.listing import newest, newest_first

from tests.unit.dashboard.fake_aws import FakeAws

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Counting(FakeAws):
    """Counts the objects that were listed."""

    listed = 0

    def objects(self, bucket, prefix, limit, after=""):
        found, more = super().objects(bucket, prefix, limit, after)
        self.listed += len(found)
        return found, more


def stored(layout, days=400):
    """A bucket with an object an hour for as many days, below raw/, and a folder's own object in each."""
    aws = Counting()
    for hour in range(0, days * 24, 6):
        when = NOW - timedelta(hours=hour)
        aws.put(f"raw/{when:{layout}}{when:%H%M}.json", b"", when)
        aws.put(f"raw/{when:{layout}}", b"", NOW)
    return aws


@pytest.mark.parametrize("layout", ["date=%Y-%m-%d/", "year=%Y/month=%m/day=%d/", "%Y/%m/%d/", "%Y-%m-%d/"])
def test_of_folders_by_date_only_the_newest_are_read(layout):
    aws = stored(layout)
    found, cut = newest(aws, "bucket", "raw/", 1000)
    assert (found.key, found.modified, cut) == (f"raw/{NOW:{layout}}1200.json", NOW, False)
    assert aws.listed <= 12
    objects, cut = newest_first(aws, "bucket", "raw/", 20, enough=20)
    assert [each.modified for each in objects] == sorted((each.modified for each in objects), reverse=True)
    assert NOW - objects[-1].modified <= timedelta(days=6)
    assert cut
    aws.listed = 0
    objects, cut = newest_first(aws, "bucket", "raw/", 1000, since=NOW - timedelta(hours=24))
    assert sum(each.modified >= NOW - timedelta(hours=24) for each in objects) == 5
    assert cut
    assert aws.listed <= 16


def test_without_such_folders_all_is_listed():
    aws = Counting()
    for number in range(9):
        aws.put(f"raw/{'shop/' if number % 2 else ''}{number}.csv", b"", NOW - timedelta(hours=(number * 5) % 9))
    assert newest(aws, "bucket", "raw/", 1000)[0].modified == NOW
    objects, cut = newest_first(aws, "bucket", "raw/", 1000)
    assert [each.modified for each in objects] == [NOW - timedelta(hours=hours) for hours in range(9)]
    assert not cut
    assert newest_first(aws, "bucket", "raw/", 3)[1]


def test_an_empty_last_day_does_not_hide_the_day_before():
    aws = stored("date=%Y-%m-%d/", days=2)
    aws.put("raw/date=2026-11-22/", b"", NOW)
    assert newest(aws, "bucket", "raw/", 1000)[0].modified == NOW


@pytest.mark.parametrize("name", ["%Y%m%dT%H%M%S-id.json", "%Y-%m-%dT%H-%M-id.json"])
@pytest.mark.parametrize("idle", [0, 20, 700])
def test_of_thousands_of_names_that_begin_with_a_date_the_last_days_are_read(name, idle):
    aws = Counting()
    for number in range(6000):
        when = NOW - timedelta(days=idle, minutes=10 * number)
        aws.put(f"audit/{when:{name}}", b"", when)
    objects, cut = newest_first(aws, "bucket", "audit/", 5000, NOW)
    if idle < 512:
        assert objects[0].modified == NOW - timedelta(days=idle)
        assert newest(aws, "bucket", "audit/", 5000, NOW) == (objects[0], False)
        assert len(objects) <= 33 * 144
        aws.listed = 0
        assert len(newest_first(aws, "bucket", "audit/", 5000, NOW, enough=1000)[0]) >= 1000
        assert aws.listed <= 1000 + (2 + 9 + 33) * 144
    else:  # nobody has written for so long that all counts as old
        assert len(objects) == 5000
    assert cut


def test_of_thousands_of_other_names_the_newest_is_not_known():
    aws = Counting()
    for number in range(1200):
        aws.put(f"raw/{number}.csv", b"", NOW)
    assert newest(aws, "bucket", "raw/", 1100, NOW)[1]
    assert not newest(aws, "bucket", "raw/", 1300, NOW)[1]


def test_nothing_is_nothing():
    assert newest(FakeAws(), "bucket", "raw/", 10) == (None, False)
    assert newest_first(FakeAws(), "bucket", "raw/", 10) == ([], False)
