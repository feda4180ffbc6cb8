"""The AWS edge of the data checks: runs those of its folder `checks/`, keeps what they found, and counts it.

An event may have `parameters` ({name: value}, over those of the environment) and `run`, a name for this run; what else
is in it (a schedule's event has a lot) does not matter.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import boto3
import core
import sql_files
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from running import Queries

CHECKS = Path(__file__).parent / "checks"
SECONDS_TO_TELL = 10  # of the function's time are kept for the record and the metrics
NEEDED = ("PIPELINE", "DATABASE", "TABLE", "WORKGROUP", "BUCKET")


class ChecksFailedError(RuntimeError):
    """Checks could not be run. What the others found is in the record that the message names."""


@dataclass(frozen=True)
class Settings:
    """What the deployer sets by environment variables of the same names."""

    pipeline: str
    database: str
    table: str
    workgroup: str
    bucket: str
    checks_prefix: str
    parameters: Mapping[str, str]
    at_once: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        problems = [f"{name} is not set" for name in NEEDED if not environment.get(name)]
        at_once, parameters = environment.get("AT_ONCE", "3"), environment.get("PARAMETERS") or "{}"
        if not at_once.isascii() or not at_once.isdigit() or not int(at_once):
            problems.append(f"AT_ONCE is {at_once!r}; it must be a whole number from 1")
        try:
            given = json.loads(parameters)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            problems.append(f'PARAMETERS is {parameters!r}; it must be a JSON object such as {{"days": "7"}}')
        if problems:
            raise ValueError("; ".join(problems))
        values = {name.lower(): environment[name] for name in NEEDED}
        return cls(**values, checks_prefix=environment.get("CHECKS_PREFIX", "checks/"), parameters=given, at_once=int(at_once))


@cache
def client(service: str):
    """A client of the service, one for all invocations of this process; throttles are tried again."""
    return boto3.client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 6}))


def has_data(database: str, table: str) -> bool:
    """Whether there is anything to check: a crawler makes its table of the first data, a table with partitions has one.

    Where partitions follow by projection nobody lists them; then there is an object below the table's place.
    """
    try:
        found = client("glue").get_table(DatabaseName=database, Name=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return False
        raise
    if not found.get("PartitionKeys"):
        return True
    if found.get("Parameters", {}).get("projection.enabled") == "true":
        bucket, _, prefix = found["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
        return client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"] > 0
    return bool(client("glue").get_partitions(DatabaseName=database, TableName=table, MaxResults=1)["Partitions"])


def keep(found: Mapping, settings: Settings, begun: datetime) -> str:
    """Write a run's record under its own name and as the latest; returns the key of the former."""
    key = settings.checks_prefix + core.record_name(begun)
    body = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
    for name in (key, f"{settings.checks_prefix}latest.json"):
        client("s3").put_object(Bucket=settings.bucket, Key=name, Body=body, ContentType="application/json")
    return key


def count(found: Mapping, at: datetime) -> None:
    """Put the record's numbers into CloudWatch."""
    data = core.metric_data(found, at)
    for first in range(0, len(data), core.MAX_DATA):
        client("cloudwatch").put_metric_data(Namespace=core.NAMESPACE, MetricData=data[first : first + core.MAX_DATA])


def lambda_handler(event: Mapping | None, context: object) -> dict:
    """Run the checks; returns the run's totals and the key of its record.

    Raises:
        ChecksFailedError: at the end, when checks could not be run.
        core.UnknownParameterError: before anything is asked.
    """
    settings, event = Settings.read(os.environ), event or {}
    checks = sql_files.load_folder(CHECKS, kind="check")
    texts = core.parameters(checks, settings.parameters, event.get("parameters"))
    begun, answers = datetime.now(UTC), None
    if has_data(settings.database, settings.table):
        place = {"WorkGroup": settings.workgroup, "QueryExecutionContext": {"Database": settings.database}}
        left = lambda: context.get_remaining_time_in_millis() / 1000 - SECONDS_TO_TELL  # noqa: E731 - one line
        queries = Queries(client("athena"), (BotoCoreError, ClientError), place, settings.at_once, left)
        answers = queries.ask([(check.name, check.sql, check.literals(texts[check.name])) for check in checks])
    ended = datetime.now(UTC)
    found = core.record(settings.pipeline, str(event.get("run", context.aws_request_id)), begun, ended, checks, texts, answers)
    key = keep(found, settings, begun)
    count(found, ended)
    summary = core.summary(found, key)
    print(json.dumps(summary))
    if failed := core.failures(found):
        totals = found["totals"]
        raise ChecksFailedError(
            f"{totals['failed']} of {totals['checks']} checks could not be run: {failed}. The record: s3://{settings.bucket}/{key}"
        )
    return summary
