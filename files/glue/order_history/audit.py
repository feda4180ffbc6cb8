"""Counts of a run, per arrival day: lines in = kept + dropped by rule + rejected."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from pyspark.sql import functions as F

from order_history import regions
from order_history.judging import DROPPED, KEPT, REJECTED

MAX_FILES_NAMED = 200


class DisagreementError(RuntimeError):
    """Counts that cannot all be right: a bug, or an input that changed while it was read; the run must not go on."""


@dataclass
class Day:
    """Counts of one arrival day. `partitions`: {(country, ISO date): rows kept}."""

    lines: int = 0
    kept: int = 0
    dropped: Counter = field(default_factory=Counter)
    rejected: int = 0
    reasons: Counter = field(default_factory=Counter)
    rejected_by_file: Counter = field(default_factory=Counter)
    partitions: dict = field(default_factory=dict)
    damaged: dict = field(default_factory=dict)


def count(judged, days):
    """{arrival day: Day} of a frame of judging.judge, for each of `days`, those without lines too.

    Raises:
        DisagreementError: the two ways of counting what is kept differ.
    """
    found = {day: Day() for day in days}
    outcomes = judged.groupBy("arrived", "source_file", "outcome", "rule", "reasons").count().collect()
    for row in outcomes:
        day, number = found[row["arrived"]], row["count"]
        day.lines += number
        if row["outcome"] == KEPT:
            day.kept += number
        elif row["outcome"] == DROPPED:
            day.dropped[row["rule"]] += number
        elif row["outcome"] == REJECTED:
            day.rejected += number
            day.rejected_by_file[row["source_file"]] += number
            for reason in row["reasons"]:
                day.reasons[reason] += number
    kept = judged.where(F.col("outcome") == KEPT)
    by_partition = kept.groupBy("arrived", "country", F.col("invoicedateonly").cast("string").alias("day")).count()
    for row in by_partition.collect():
        found[row["arrived"]].partitions[row["country"], row["day"]] = row["count"]
    for name, day in found.items():
        if sum(day.partitions.values()) != day.kept:
            raise DisagreementError(f"of {name} {day.kept} lines are kept, and {sum(day.partitions.values())} are in partitions")
    return found


def unmapped(day):
    """{country: rows} of a Day's countries that the map of regions lacks."""
    found = defaultdict(int)
    for (country, _), rows in day.partitions.items():
        if country.lower() not in regions.load():
            found[country] += rows
    return dict(sorted(found.items()))


def record(name, day, *, bucket, folder, files, size, run, event_time, settings, outputs):
    """The audit record of arrival day `name` as plain values, in the form that the dashboard reads.

    `files`, `size`: how many raw files the day has, and their bytes. `outputs`: keys of `processed` and `rejected`.
    """
    return {
        "pipeline": "order_history",
        "job": "transform-order-history",
        "run": run,
        "source": {"bucket": bucket, "key": folder, "files": files, "size": size},
        "event_time": event_time,
        "status": "processed",
        "reason": None,
        "settings": settings,
        "rows": {"in": day.lines, "kept": day.kept, "dropped": sum(day.dropped.values()), "rejected": day.rejected},
        "dropped_by_rule": dict(sorted(day.dropped.items())),
        "rejected_by_reason": dict(sorted(day.reasons.items())),
        "rejected_by_file": dict(day.rejected_by_file.most_common(MAX_FILES_NAMED)),
        "damaged_files": dict(sorted(day.damaged.items())),
        "unmapped_countries": unmapped(day),
        "partitions": len(day.partitions),
        "output": outputs,
    }
