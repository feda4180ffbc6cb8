"""The transform's AWS edge: Firehose's requests in; answers, rejects and audit records out.

The judgement is in core.py and in clicks/. Here is the order of things: rejects are written first, then the counts, and only then
is Firehose told that it may drop what was rejected. Their keys come from the records' ids, so that a request that Firehose
repeats writes the same objects.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import boto3
import core
from clicks import contract
from settings import Settings

DOCUMENT = Path(__file__).with_name("openapi") / "clickstream.json"  # as it lies in the function's zip


@cache
def s3():
    """The S3 client, one for all invocations of this process."""
    return boto3.client("s3")


@cache
def transform() -> core.Transform:
    """The judge of records, likewise; it keeps nothing of them."""
    return core.Transform(contract.read(DOCUMENT))


def lambda_handler(event: Mapping, context: object) -> dict:
    """Answer each record of a request.

    Raises:
        core.RequestError: the event is no request of Firehose's.
        botocore.exceptions.ClientError: S3 refused an object. Firehose repeats the request, and in the end keeps its records
            under the stream's error prefix.
    """
    settings = Settings.read(os.environ)
    if "records" not in event or "deliveryStreamArn" not in event:
        raise core.RequestError(f"this is no request of Firehose's: it has {sorted(event)}, but needs records and deliveryStreamArn")
    outcome = transform()(event["records"])
    rejected_key = f"{settings.rejected_prefix}{outcome.name}.jsonl" if outcome.rejects else None
    if rejected_key:
        s3().put_object(Bucket=settings.bucket, Key=rejected_key, Body=outcome.rejects, ContentType="application/x-ndjson")
    audit = _audit(event, context, settings, outcome, rejected_key)
    body = json.dumps(audit, indent=1, ensure_ascii=False).encode()
    s3().put_object(Bucket=settings.bucket, Key=f"{settings.audit_prefix}{outcome.name}.json", Body=body, ContentType="application/json")
    print(json.dumps({"clicks": audit["rows"], "rejected_by_reason": audit["rejected_by_reason"], "audit": outcome.name}))
    return {"records": outcome.answers}


def _audit(event: Mapping, context: object, settings: Settings, outcome: core.Outcome, rejected_key: str | None) -> dict:
    summary = outcome.summary
    return {
        "pipeline": settings.pipeline,
        "function": context.function_name,
        "source": {
            "key": outcome.name.rsplit("/", 1)[-1],
            "stream": event["deliveryStreamArn"].rsplit("/", 1)[-1],
            "size": summary.size,
            "first_arrival": _iso(summary.first),
            "last_arrival": _iso(summary.last),
        },
        "status": "processed",
        "reason": None,
        "rows": {"in": summary.rows_in, "kept": summary.kept, "dropped": 0, "rejected": summary.rejected},
        "rejected_by_reason": dict(sorted(summary.rejected_by_reason.items())),
        "dates_normalised": summary.normalised,
        "output": {"rejected": rejected_key},
    }


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
