"""Names, manifests and partitions of a table's days."""

from datetime import UTC, datetime, timedelta

import pytest
from day_versions import names
from day_versions.manifest import Input, Manifest, Rows
from day_versions.partition import Day

NOW = datetime(2026, 11, 22, 1, 30, 0, 5, tzinfo=UTC)
V1 = "v20261122T013000000005Z"


def test_versions_sort_by_their_age():
    later = names.new_version(NOW + timedelta(seconds=1), ["v0", V1])
    assert ["v0", V1, later] == sorted([later, V1, "v0"])
    assert names.new_version(NOW, ["v0"]) == V1


def test_a_version_is_younger_than_all_others_even_when_the_clock_went_back():
    assert names.new_version(NOW - timedelta(days=1), ["v0", V1]) == "v20261122T013000000006Z"
    assert names.new_version(NOW, [V1]) == "v20261122T013000000006Z"


@pytest.mark.parametrize(
    ("location", "version"),
    [
        ("s3://shop/processed/date=2026-11-21/v0/", "v0"),
        ("s3://shop/processed/date=2026-11-21/v0", "v0"),
        (f"s3://shop/processed/date=2026-11-21/{V1}/", V1),
        ("s3://shop/processed/date=2026-11-21/", None),
        ("s3://shop/processed/date=2026-11-20/v0/", None),
        ("s3://other/processed/date=2026-11-21/v0/", None),
        ("s3://shop/processed/date=2026-11-21/v0/deeper/", None),
        ("s3://shop/processed/date=2026-11-21/version/", None),
    ],
)
def test_a_location_names_a_version_of_its_day_or_none(location, version):
    assert names.version_of(location, "shop", "processed/", "2026-11-21") == version


def test_a_location_and_its_version_are_each_others_reverse():
    location = names.location("shop", "processed/", "2026-11-21", V1)
    assert names.version_of(location, "shop", "processed/", "2026-11-21") == V1


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("processed/date=2026-11-21/v0/a.parquet", ("2026-11-21", "v0", "a.parquet")),
        (f"processed/date=2026-11-21/{V1}/_merged.json", ("2026-11-21", V1, "_merged.json")),
        ("processed/_compacting.json", None),
        ("processed/date=2026-11-21/v0/deep/a.parquet", None),
        ("processed/date=2026-11-21/old/a.parquet", None),
        ("raw/date=2026-11-21/v0/a.parquet", None),
    ],
)
def test_a_keys_place(key, place):
    assert names.place(key, "processed/") == place


@pytest.mark.parametrize("name", ["a", "20261121T0000-4f9e", "shop_1.json-0a1b"])
def test_a_name_that_can_be_a_file(name):
    assert names.checked_name(name) == name


@pytest.mark.parametrize("name", ["", "_a", ".a", "a/b", "a b", "ä", "a" * 202, "merged-0001"])
def test_a_name_that_readers_or_compaction_would_take_for_something_else_is_refused(name):
    with pytest.raises(ValueError, match="name of a file"):
        names.checked_name(name)


@pytest.mark.parametrize("day", ["", "2026-11-31", "20261121", "2026-11-21T00:00", "2026-W47-6", None])
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(ValueError, match="the day is"):
        names.checked_day(day)


def test_a_manifest_comes_back_as_it_went():
    manifest = Manifest(
        {"a": Input("e1", (Rows("merged-0001.parquet", 0, 5), Rows("merged-0002.parquet", 0, 2))), "gone": Input("e2")},
        {"merged-0001.parquet": 5, "merged-0002.parquet": 2},
    )
    assert Manifest.load(manifest.dump()) == manifest
    assert [each.count for each in manifest.inputs.values()] == [7, 0]


def test_a_day_comes_back_from_its_parameters():
    day = Day(V1, "v20261123T013000000000Z", {"v0": NOW})
    assert Day.read(V1, day.parameters()) == day
    assert Day.read("v0", {}) == Day("v0")
    assert Day("v0").parameters() == {}


def test_the_switch_remembers_what_was_superseded_for_as_long_as_it_stays():
    hour = timedelta(hours=1)
    day = Day("v0").announcing(V1)
    assert day.versions == ["v0", V1]
    switched = day.switched(NOW, hour)
    assert switched == Day(V1, None, {"v0": NOW})
    again = switched.announcing("v3").switched(NOW + hour / 2, hour)
    assert again.superseded == {"v0": NOW, V1: NOW + hour / 2}
    assert again.announcing("v4").switched(NOW + hour, hour).superseded == {V1: NOW + hour / 2, "v3": NOW + hour}
