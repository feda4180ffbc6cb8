"""Versions of partitions: what to copy, to register, and to delete when nobody reads it any more. Plain values only.

A partition is read where its registered Location is: the folder of one version, which is never changed once it is
registered. A run writes its own version of each partition that its arrival days touch, and then switches the Location.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

#: So long may a query still read a version that was superseded; Athena ends queries after half an hour.
GRACE = timedelta(hours=1)
#: Parameters of a registered partition: when it was switched to its version, and which versions it had before, until when.
SWITCHED, SUPERSEDED = "headwater_switched", "headwater_superseded"


class ForeignPartitionError(ValueError):
    """A partition is registered at a place that is no version folder, so what is in it cannot be known."""


@dataclass(frozen=True)
class Registered:
    """A partition as the catalog has it. `superseded`: {version: when}, times aware."""

    version: str
    switched: datetime
    superseded: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Switch:
    """What a run does to make its versions the table. `days`: per invoice day (partitions to create, to update)."""

    copies: list
    days: dict

    @property
    def partitions(self):
        return [each for create, update in self.days.values() for each in (*create, *update)]


@dataclass(frozen=True)
class Cleaning:
    """Keys of objects, and partitions (country, ISO date) that are empty for good."""

    keys: list
    partitions: list


def read_registered(version, parameters, partition, location):
    """The Registered of a partition's parameters; `version` is what its location names, or None."""
    if version is None:
        raise ForeignPartitionError(
            f"partition {partition} is registered at {location!r}, which is no version folder of this job; drop that partition, "
            "and run the job again with --days and the days when its lines arrived"
        )
    superseded = [each.split("@") for each in parameters.get(SUPERSEDED, "").split(",") if each]
    switched = parameters.get(SWITCHED)
    return Registered(
        version,
        datetime.fromisoformat(switched) if switched else datetime.min.replace(tzinfo=UTC),
        {name: datetime.fromisoformat(until) for name, until in superseded},
    )


def parameters(registered, now):
    """The parameters of a partition that is switched `now`; `registered`: what it was, or None."""
    superseded = {}
    if registered:
        superseded = {name: until for name, until in registered.superseded.items() if now - until < GRACE} | {registered.version: now}
    return {SWITCHED: now.isoformat(), SUPERSEDED: ",".join(f"{name}@{until.isoformat()}" for name, until in sorted(superseded.items()))}


def plan_switch(files, registered, run, days, new_key):
    """The Switch that puts run `run` in the place of what the arrival `days` gave before.

    Args:
        files: a CuratedFile for each object below curated/, the run's own included.
        registered: {partition: Registered}.
        days: the arrival days (ISO) of the run; what arrived on other days is carried over by copies.
        new_key: (CuratedFile) → the key of its copy in this run's version.

    A partition that gets no files any more is switched to an empty version, so that this too is one step.
    """
    days = set(days)
    of_version = defaultdict(list)
    for each in files:
        of_version[each.partition, each.version].append(each)
    touched = {partition for partition, version in of_version if version == run}
    touched |= {
        partition
        for partition, known in registered.items()
        if any(each.arrived in days for each in of_version.get((partition, known.version), ()))
    }
    copies, by_day = [], defaultdict(lambda: ([], []))
    for partition in sorted(touched):
        known = registered.get(partition)
        if known and known.version != run:
            carried = [each for each in of_version.get((partition, known.version), ()) if each.arrived not in days]
            copies += [(each.key, new_key(each)) for each in sorted(carried, key=lambda each: each.key)]
        by_day[partition[1]][known is not None].append(partition)
    return Switch(copies, dict(by_day))


def plan_cleaning(files, registered, now):
    """The Cleaning of versions that nobody reads: superseded ones, and what interrupted runs left.

    `files` and `registered` as they are after the switch. What is younger than GRACE stays, whatever it is.
    """
    groups = defaultdict(list)
    for each in files:
        groups[each.partition, each.version].append(each)
    keys = []
    for (partition, version), members in groups.items():
        known = registered.get(partition)
        if known and known.version == version:
            continue
        until = known.superseded.get(version) if known else None
        newest = max(each.modified for each in members)
        if now - newest >= GRACE and (until is None or now - until >= GRACE):
            keys += [each.key for each in members]
    empty = [
        partition for partition, known in registered.items() if (partition, known.version) not in groups and now - known.switched >= GRACE
    ]
    return Cleaning(sorted(keys), sorted(empty))
