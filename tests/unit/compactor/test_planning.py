"""Which days, which files, which deletions: plain values."""

from datetime import UTC, datetime, timedelta

import pytest
from compacting import planning
from day_versions.manifest import Input, Manifest, Rows
from day_versions.objects import Listed
from day_versions.partition import Day

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
V1 = "v20261122T013000000000Z"
HOUR = timedelta(hours=1)


def listed(key, size=10, modified=NOW, etag="e"):
    return Listed(key, etag, size, modified)


def due(keys, waiting=(), locations=None, today="2026-11-23"):
    found = [listed(f"processed/date={key}") for key in keys]
    locations = locations or {key.partition("/")[0]: "v0" for key in keys}
    places = {day: f"s3://shop/processed/date={day}/{version}/" for day, version in locations.items()}
    return planning.due(found, [listed(f"changed/date={key}") for key in waiting], places, "shop", "processed/", "changed/", today)


def test_days_with_more_than_one_file_are_due_once_they_are_over():
    keys = [
        "2026-11-20/v0/a.parquet",
        "2026-11-21/v0/a.parquet",
        "2026-11-21/v0/b.parquet",
        "2026-11-23/v0/a.parquet",
        "2026-11-23/v0/b.parquet",
    ]
    assert due(keys) == ["2026-11-21"]


def test_days_with_changed_rows_or_old_versions_are_due():
    keys = [
        "2026-11-19/v0/a.parquet",
        f"2026-11-20/{V1}/merged-0001.parquet",
        "2026-11-20/v0/a.parquet",
        f"2026-11-21/{V1}/merged-0001.parquet",
    ]
    locations = {"2026-11-19": "v0", "2026-11-20": V1, "2026-11-21": V1}
    assert due(keys, ["2026-11-19/a.parquet"], locations) == ["2026-11-19", "2026-11-20"]


def test_a_merged_day_is_not_due_however_many_files_it_has():
    keys = [f"2026-11-20/{V1}/{file}" for file in ("_merged.json", "merged-0001.parquet", "merged-0002.parquet")]
    assert due(keys, locations={"2026-11-20": V1}) == []
    assert due([*keys, f"2026-11-20/{V1}/late.parquet"], locations={"2026-11-20": V1}) == ["2026-11-20"]


def test_a_day_registered_elsewhere_is_due_so_that_its_error_is_told():
    assert due([], locations={"2026-11-20": "elsewhere"}) == ["2026-11-20"]


def test_the_tables_own_files_are_no_days():
    found = [listed("processed/_compacting.json"), listed("processed/date=2026-11-20/x"), listed("processed/other/v0/a.parquet")]
    assert planning.due(found, [], {}, "shop", "processed/", "changed/", "2026-11-23") == []


def version(*files, manifest=None, waiting=(), sizes=None):
    objects = [listed(f"processed/date=D/{V1}/{file}", (sizes or {}).get(file, 10)) for file in files]
    return planning.contents("D", V1, manifest or Manifest(), objects, [listed(f"changed/date=D/{file}") for file in waiting])


MANIFEST = Manifest(
    {
        "a": Input("1", (Rows("merged-0001.parquet", 0, 2),)),
        "b": Input("1", (Rows("merged-0001.parquet", 2, 3), Rows("merged-0002.parquet", 0, 1))),
        "c": Input("1", (Rows("merged-0002.parquet", 1, 4),)),
        "none": Input("1"),
    },
    {"merged-0001.parquet": 5, "merged-0002.parquet": 5},
)
PARTS = ("_merged.json", "merged-0001.parquet", "merged-0002.parquet")


def test_two_files_are_merged_and_one_is_not():
    assert planning.plan(version("a.parquet"), 100) is None
    assert sorted(planning.plan(version("a.parquet", "b.parquet"), 100).singles) == ["a", "b"]


def test_merged_files_alone_are_never_merged_again():
    assert planning.plan(version(*PARTS, manifest=MANIFEST), 100) is None


def test_large_merged_files_are_taken_over_and_small_ones_written_anew():
    plan = planning.plan(version(*PARTS, "late.parquet", manifest=MANIFEST, sizes={"merged-0001.parquet": 100}), 100)
    assert [each.key.rpartition("/")[2] for each in plan.copied] == ["merged-0001.parquet"]
    assert [each.key.rpartition("/")[2] for each in plan.rewritten] == ["merged-0002.parquet"]
    assert plan.kept["merged-0002.parquet"] == [(Rows("merged-0002.parquet", 0, 1), "b"), (Rows("merged-0002.parquet", 1, 4), "c")]


def test_replaced_rows_are_left_out_wherever_they_are():
    plan = planning.plan(version(*PARTS, manifest=MANIFEST, waiting=["b.parquet"], sizes=dict.fromkeys(PARTS, 100)), 100)
    assert plan.copied == []
    assert [name for rows in plan.kept.values() for _, name in rows] == ["a", "c"]
    assert (sorted(plan.changed), plan.replaced) == (["b"], {"b"})


def test_what_waits_comes_before_a_single_file_of_the_same_input():
    plan = planning.plan(version("a.parquet", "b.parquet", waiting=["a.parquet"]), 100)
    assert (sorted(plan.singles), sorted(plan.changed)) == (["b"], ["a"])


@pytest.mark.parametrize(
    ("now", "stale"),
    [(("a.parquet", "b.parquet"), False), (("a.parquet", "b.parquet", "c.parquet"), False), (("a.parquet",), True)],
    ids=["same", "more", "gone"],
)
def test_a_plan_is_stale_when_a_file_of_it_is_gone(now, stale):
    assert planning.is_stale(planning.plan(version("a.parquet", "b.parquet"), 100), version(*now)) is stale


def deletable(versions, state, now=NOW, grace=HOUR):
    objects = [listed(f"processed/date=2026-11-20/{name}/f.parquet", modified=at) for name, at in versions.items()]
    return [key.split("/")[2] for key in planning.deletable(state, objects, "processed/", now, grace)]


def test_what_is_superseded_or_forgotten_goes_after_the_grace_and_what_is_used_stays():
    old, young = NOW - 2 * HOUR, NOW - HOUR / 2
    versions = {"v0": old, V1: old, "v20261122T020000000000Z": old, "v20261122T030000000000Z": young, "v20261122T040000000000Z": old}
    state = Day(V1, "v20261122T040000000000Z", {"v0": NOW - HOUR})
    assert deletable(versions, state) == ["v0", "v20261122T020000000000Z"]
    assert deletable(versions, Day(V1, None, {"v0": NOW - HOUR / 2})) == ["v20261122T020000000000Z", "v20261122T040000000000Z"]
