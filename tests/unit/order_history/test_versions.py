"""Plans: what is copied, switched and deleted. A small world that follows them shows that no reader ever loses anything."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from order_history import places, versions
from order_history.versions import Registered

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PREFIX = "curated/"


def key_of(partition, version, arrived, name="part-0.parquet"):
    return f"{PREFIX}{places.version_folder(partition, version)}arrived={arrived}/{name}"


class World:
    """Objects {key: (content, modified)} and registered partitions, changed only as plans say."""

    def __init__(self):
        self.objects, self.registered, self.now, self.runs = {}, {}, NOW, 0

    def files(self):
        return [places.curated_file(PREFIX, key, modified) for key, (_, modified) in self.objects.items()]

    def table(self):
        """{partition: sorted contents} as a reader sees it."""
        found = {}
        for partition, known in self.registered.items():
            folder = PREFIX + places.version_folder(partition, known.version)
            found[partition] = sorted(content for key, (content, _) in self.objects.items() if key.startswith(folder))
        return {partition: contents for partition, contents in found.items() if contents}

    def run(self, raw, days, stop=None):
        """One run over `raw` {arrival day: {partition: content}}; `stop`: after which step it is cut off."""
        self.runs += 1
        run = f"run-{self.runs:03}"
        for day in days:
            for partition, content in raw.get(day, {}).items():
                self.objects[key_of(partition, run, day)] = (content, self.now)
        if stop == "written":
            return
        plan = versions.plan_switch(self.files(), self.registered, run, days, lambda each: key_of(each.partition, run, each.arrived))
        for old, new in plan.copies:
            self.objects[new] = (self.objects[old][0], self.now)
        if stop == "copied":
            return
        for number, day in enumerate(sorted(plan.days)):
            if stop == "switching" and number == 1:
                return
            for partition in [*plan.days[day][0], *plan.days[day][1]]:
                text = versions.parameters(self.registered.get(partition), self.now)
                self.registered[partition] = versions.read_registered(run, text, partition, "")
        if stop == "switched":
            return
        clean = versions.plan_cleaning(self.files(), self.registered, self.now)
        for key in clean.keys:
            del self.objects[key]
        for partition in clean.partitions:
            del self.registered[partition]


UK, FR = ("United Kingdom", "2026-11-20"), ("France", "2026-11-20")
LATE = ("United Kingdom", "2026-11-19")
TODAY, YESTERDAY = "2026-11-21", "2026-11-20"


def test_a_day_that_is_run_again_replaces_what_it_gave_and_nothing_else():
    world = World()
    world.run({YESTERDAY: {UK: "a", FR: "b"}, TODAY: {UK: "c", LATE: "d"}}, [YESTERDAY, TODAY])
    assert world.table() == {UK: ["a", "c"], FR: ["b"], LATE: ["d"]}
    world.run({TODAY: {UK: "c2"}}, [TODAY])
    assert world.table() == {UK: ["a", "c2"], FR: ["b"]}
    world.run({YESTERDAY: {}}, [YESTERDAY])
    assert world.table() == {UK: ["c2"]}


def test_a_late_line_copies_the_other_arrivals_of_its_day_only():
    world = World()
    world.run({YESTERDAY: {UK: "a", FR: "b"}}, [YESTERDAY])
    files = [*world.files(), places.curated_file(PREFIX, key_of(UK, "new", TODAY), NOW)]
    plan = versions.plan_switch(files, world.registered, "new", [TODAY], lambda each: key_of(each.partition, "new", each.arrived))
    assert plan.copies == [(key_of(UK, "run-001", YESTERDAY), key_of(UK, "new", YESTERDAY))]
    assert plan.days == {"2026-11-20": ([], [UK])}


def test_partitions_of_a_day_are_switched_together_new_ones_apart():
    files = [places.curated_file(PREFIX, key_of(partition, "new", TODAY), NOW) for partition in (UK, FR, LATE)]
    plan = versions.plan_switch(files, {FR: Registered("old", NOW)}, "new", [TODAY], lambda each: "")
    assert plan.days == {"2026-11-20": ([UK], [FR]), "2026-11-19": ([LATE], [])}
    assert sorted(plan.partitions) == sorted([UK, FR, LATE])


def test_superseded_versions_stay_for_an_hour_and_go_then():
    world = World()
    for _ in range(4):  # as today's partition, which each run of an hour switches again
        world.run({TODAY: {UK: "a"}}, [TODAY])
        assert world.table() == {UK: ["a"]}
        world.now += timedelta(minutes=59)
    held = {file.version for file in world.files()}
    assert held == {"run-003", "run-004", "run-002"}
    world.now += timedelta(minutes=61)
    world.run({}, [])
    assert {file.version for file in world.files()} == {"run-004"}


def test_an_emptied_partition_is_unregistered_once_nobody_reads_it():
    world = World()
    world.run({TODAY: {UK: "a"}}, [TODAY])
    world.run({}, [TODAY])
    assert world.table() == {}
    assert UK in world.registered
    assert len(world.objects) == 1
    world.now += timedelta(minutes=61)
    world.run({}, [])
    assert (world.registered, world.objects) == ({}, {})


def test_what_an_interrupted_run_left_goes_after_an_hour():
    world = World()
    world.run({TODAY: {UK: "a"}}, [TODAY])
    world.run({TODAY: {UK: "b"}}, [TODAY], stop="written")
    world.run({}, [])
    assert len(world.objects) == 2
    world.now += timedelta(hours=1)
    world.run({}, [])
    assert [file.version for file in world.files()] == ["run-001"]


def test_a_partition_that_lies_elsewhere_is_not_guessed_at():
    with pytest.raises(versions.ForeignPartitionError, match="drop that partition"):
        versions.read_registered(None, {}, UK, "s3://elsewhere/")


def test_parameters_come_back_as_they_were():
    known = Registered("r2", NOW, {"r1": NOW - timedelta(minutes=5), "r0": NOW - timedelta(hours=2)})
    found = versions.read_registered("r3", versions.parameters(known, NOW), UK, "")
    assert found == Registered("r3", NOW, {"r1": NOW - timedelta(minutes=5), "r2": NOW})
    assert versions.read_registered("r3", {}, UK, "").superseded == {}


@pytest.mark.parametrize("seed", range(20))
def test_any_course_of_runs_some_cut_off_ends_in_what_the_raw_files_are(seed):
    rng = random.Random(seed)
    partitions = [(country, f"2026-11-{day}") for country in ("A", "B/c") for day in (18, 19, 20)]
    days = ["2026-11-20", "2026-11-21", "2026-11-22"]
    world, raw, pending = World(), {}, set()
    for step in range(40):
        changed = rng.sample(days, rng.randint(0, 2))
        for day in changed:
            raw[day] = dict.fromkeys(rng.sample(partitions, rng.randint(0, 4)), f"{day}-{step}")
        pending |= set(changed)
        stop = rng.choice([None, None, "written", "copied", "switching", "switched"])
        before = world.table()
        world.run(raw, sorted(pending), stop)
        if stop in ("written", "copied"):
            assert world.table() == before
        if stop is None:
            pending = set()
            expected = {}
            for contents in raw.values():
                for partition, content in contents.items():
                    expected.setdefault(partition, []).append(content)
            assert world.table() == {partition: sorted(contents) for partition, contents in expected.items()}
        world.now += timedelta(minutes=rng.choice([1, 30, 61]))
    world.now += timedelta(hours=2)
    world.run(raw, sorted(pending))
    world.now += timedelta(hours=2)
    world.run(raw, [])
    assert {(file.partition, file.version) for file in world.files()} == {(key, known.version) for key, known in world.registered.items()}
