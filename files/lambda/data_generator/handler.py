"""The generator's AWS edge: an event of the schedule in, an object of JSON lines out; or many, for a stretch of time that is past."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import boto3
import core

MOST_HOURS = 24  # of one back-fill: 288 objects of five minutes each, some seconds' work
BACKFILL = "backfill"


@dataclass(frozen=True)
class Settings:
    """What the deployer sets by environment variables."""

    bucket: str
    batch_size: int
    seed: int
    raw_prefix: str
    interval: timedelta

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        if not environment.get("BUCKET_NAME"):
            raise ValueError("BUCKET_NAME is not set; it must be the name of the bucket that transactions go to")
        prefix = environment.get("RAW_PREFIX", "raw/")
        if not prefix.endswith("/"):
            raise ValueError(f"RAW_PREFIX is {prefix!r}; it must end with a slash, such as 'raw/'")
        return cls(
            bucket=environment["BUCKET_NAME"],
            batch_size=whole(environment, "BATCH_SIZE", "20", 1, 100_000),
            seed=whole(environment, "SEED", "42", 0, 2**63 - 1),
            raw_prefix=prefix,
            interval=timedelta(seconds=whole(environment, "INTERVAL_SECONDS", "300", 60, 86_400)),
        )


def whole(environment: Mapping[str, str], name: str, default: str, least: int, most: int) -> int:
    text = environment.get(name, default)
    # Length first: Python refuses to read numbers of many thousand digits, with an error that names no variable.
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise ValueError(f"{name} is {text!r}; it must be a whole number from {least} to {most}")
    return int(text)


@cache
def s3():
    """The S3 client, one for all invocations of this process."""
    return boto3.client("s3")


def time_of(event: Mapping, name: str) -> datetime:
    """The event's time of that name, in UTC."""
    text = event.get(name)
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"the event's {name} is {text!r}; it must be a time such as 2026-11-21T12:05:00Z") from None
    if time.tzinfo is None:
        raise ValueError(f"the event's {name} is {text!r}; it must name its zone: {text}Z is UTC")
    return time.astimezone(UTC)


def write(batch: core.Batch, settings: Settings) -> dict:
    """Make the batch's transactions and put them where its name says; the same again changes nothing but the object's version."""
    made = core.transactions(batch, settings.interval, settings.batch_size, settings.seed)
    key = batch.key(settings.raw_prefix)
    s3().put_object(Bucket=settings.bucket, Key=key, Body=core.as_lines(made), ContentType="application/x-ndjson")
    return {"key": key, "rows": len(made)}


def backfill(event: Mapping, settings: Settings) -> dict:
    """Write what the schedule would have made in the hours before `until`, and did not.

    A stretch that has an object already, of the schedule or of an earlier back-fill, is left as it is.
    """
    hours = event["hours"]
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= MOST_HOURS:
        raise ValueError(f"the event's hours are {hours!r}; they must be a number above 0 and up to {MOST_HOURS}. Split longer stretches.")
    until = time_of(event, "until")
    wanted = [core.Batch(end, BACKFILL) for end in core.slots(until, timedelta(hours=hours), settings.interval)]
    filled = filled_slots(wanted, settings)
    objects = [write(batch, settings) for batch in wanted if batch.end not in filled]
    there = sorted(filled[batch.end] for batch in wanted if batch.end in filled)
    return {"bucket": settings.bucket, "objects": objects, "rows": sum(each["rows"] for each in objects), "there": there}


def filled_slots(wanted: list[core.Batch], settings: Settings) -> dict[datetime, str]:
    """The slots for which there is an object, by the time in its key; with one such key."""
    filled: dict[datetime, str] = {}
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    # A batch belongs to the slot at whose end, or up to an interval before it, it ended: maybe to one of the day after.
    days = {time.date() for batch in wanted for time in (batch.end, batch.end - settings.interval)}
    for day in sorted(days):
        pages = s3().get_paginator("list_objects_v2").paginate(Bucket=settings.bucket, Prefix=f"{settings.raw_prefix}date={day}/")
        for item in (item for page in pages for item in page.get("Contents", [])):
            try:
                end = datetime.strptime(item["Key"].rsplit("/", 1)[1][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            except ValueError:
                continue  # somebody's own file
            filled[epoch - (epoch - end) // settings.interval * settings.interval] = item["Key"]
    return filled


def lambda_handler(event: Mapping, context: object) -> dict:
    """Make a batch for an event of the schedule, or a stretch for {"hours": 6, "until": "2026-11-21T12:00:00Z"}.

    Raises:
        ValueError: a setting or the event is not as it must be.
        botocore.exceptions.ClientError: S3 refused.
    """
    settings = Settings.read(os.environ)
    if "hours" in event:
        made = backfill(event, settings)
        print(json.dumps({"backfill": event, "objects": len(made["objects"]), "rows": made["rows"], "there": len(made["there"])}))
        return made
    if not event.get("id"):
        raise ValueError(
            f"the event has no id, but {sorted(event)}: this function takes EventBridge's scheduled events, "
            'and {"hours": 6, "until": "2026-11-21T12:00:00Z"}'
        )
    made = write(core.Batch(time_of(event, "time"), str(event["id"])), settings)
    print(json.dumps({"batch": made}))
    return {"bucket": settings.bucket, "objects": [made], "rows": made["rows"], "there": []}
