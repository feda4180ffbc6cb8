"""The compactor's entrance: which days, one run at a time, within the time that Lambda gives; the account of it at the end."""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import boto3
import core
from compacting.day import Compaction, Limits
from compacting.lock import Lock
from day_versions import Days
from day_versions.names import checked_day

LOCK = "_compacting.json"  # in the table's folder, where readers skip what begins with an underscore
_LEEWAY = 30  # seconds for which the lock outlives the function


@dataclass(frozen=True)
class Settings:
    """What the deployer sets by environment variables."""

    bucket: str
    database: str
    table: str
    processed_prefix: str
    changed_prefix: str
    compactions_prefix: str
    grace: timedelta
    file_bytes: int
    reserve_seconds: int

    @classmethod
    def read(cls, environment):
        """Raises ValueError with all that is missing or wrong."""
        problems = [f"{name} is not set" for name in ("BUCKET_NAME", "DATABASE", "TABLE") if not environment.get(name)]
        numbers = {}
        for name, default, least, most in (
            ("KEEP_MINUTES", "60", 30, 10080),
            ("MAX_FILE_MB", "256", 1, 5000),
            ("RESERVE_SECONDS", "180", 1, 840),
        ):
            text = environment.get(name, default)
            if text.isascii() and text.isdigit() and least <= int(text) <= most:
                numbers[name] = int(text)
            else:
                problems.append(f"{name} is {text!r}; it must be a whole number from {least} to {most}")
        if problems:
            raise ValueError("; ".join(problems))
        return cls(
            bucket=environment["BUCKET_NAME"],
            database=environment["DATABASE"],
            table=environment["TABLE"],
            processed_prefix=environment.get("PROCESSED_PREFIX", "processed/"),
            changed_prefix=environment.get("CHANGED_PREFIX", "changed/"),
            compactions_prefix=environment.get("COMPACTIONS_PREFIX", "compactions/"),
            grace=timedelta(minutes=numbers["KEEP_MINUTES"]),
            file_bytes=numbers["MAX_FILE_MB"] << 20,
            reserve_seconds=numbers["RESERVE_SECONDS"],
        )


@cache
def clients():
    """(S3, Glue), one each for all invocations of this process."""
    return boto3.client("s3"), boto3.client("glue")


def now():
    return datetime.now(UTC)


def asked_days(event):
    """The days that an event names, or None: those that need it. Other keys are EventBridge's own, or an error."""
    days = event.get("days")
    if days is None:
        if event and "detail-type" not in event:
            raise ValueError(f'the event has {sorted(event)}; it is {{}} or {{"days": ["2026-11-21"]}}')
        return None
    if not isinstance(days, list) or not days:
        raise ValueError(f'days is {days!r}; it must be a list of dates, such as ["2026-11-21"]')
    return sorted({checked_day(day) for day in days})


def due_days(days, settings):
    """The days before today (UTC) in which there is something to do, by one listing of the table."""
    listed = days.objects.listing(settings.processed_prefix)
    waiting = days.objects.listing(settings.changed_prefix)
    locations, today = days.catalog.locations(), now().date().isoformat()
    return core.due(listed, waiting, locations, settings.bucket, settings.processed_prefix, settings.changed_prefix, today)


def compact(days, chosen, settings, remaining_seconds):
    """(reports, days left for lack of time, {day: error}). A day that fails does not keep the others from their turn."""
    compaction = Compaction(days, Limits(settings.file_bytes, settings.grace), now)
    reports, failed, left = [], {}, list(chosen)
    longest = 0.0
    while left and remaining_seconds() > max(settings.reserve_seconds, 2 * longest):
        day, started = left.pop(0), time.monotonic()
        try:
            reports.append(compaction.run(day).asdict())
            print(json.dumps({"compaction": reports[-1]}))
        except Exception as error:
            error.add_note(f"while compacting {day}")
            failed[day] = error
        longest = max(longest, time.monotonic() - started)
    return reports, left, failed


def lambda_handler(event, context):
    """Merge the small files of the days that need it ({}), or of those that the event names ({"days": [...]}).

    Returns:
        {"days": [a report each], "left": [days for which the time was too short]}; the same is kept under compactions/.

    Raises:
        LockedError: another run is under way.
        ExceptionGroup: names the days that failed; what was done to the others holds.
    """
    settings, asked = Settings.read(os.environ), asked_days(event)
    s3, glue = clients()
    days = Days(s3, glue, settings.bucket, settings.processed_prefix, settings.database, settings.table, settings.changed_prefix)

    def remaining():
        return context.get_remaining_time_in_millis() / 1000

    started = now()
    with Lock(s3, settings.bucket, settings.processed_prefix + LOCK, context.aws_request_id, remaining() + _LEEWAY, now):
        reports, left, failed = compact(days, due_days(days, settings) if asked is None else asked, settings, remaining)
        answer = {"days": reports, "left": left}
        if reports or left or failed:
            account = answer | {"function": context.function_name, "started": started.isoformat(), "ended": now().isoformat()}
            account["failed"] = {day: f"{type(error).__name__}: {error}" for day, error in failed.items()}
            key = f"{settings.compactions_prefix}{started.strftime('%Y-%m-%dT%H%M%S.%fZ')}.json"
            s3.put_object(Bucket=settings.bucket, Key=key, Body=json.dumps(account, indent=1).encode(), ContentType="application/json")
    if failed:
        text = "; ".join(f"{day} ({type(error).__name__}: {error})" for day, error in failed.items())
        raise ExceptionGroup(f"{len(failed)} of {len(reports) + len(failed)} days failed: {text}", list(failed.values()))
    return answer
