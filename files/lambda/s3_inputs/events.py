"""S3's events: each of their records gets its turn."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from .versions import Arrival


def records_of(event: Mapping) -> list[Mapping] | None:
    """What an event is about; None for the one that S3 sends when a notification is set up.

    Raises:
        ValueError: it is no event of S3's.
    """
    if event.get("Event") == "s3:TestEvent":
        return None
    if "Records" not in event:
        raise ValueError(f"this is no S3 event: it has no Records, but {sorted(event)}")
    return event["Records"]


def process_each(records: list[Mapping], process: Callable[[Arrival], Mapping], pipeline: str, plural: str) -> list[dict]:
    """Process every object that arrived; one that fails does not keep the others from their turn.

    Args:
        process: makes of an arrival its audit record.
        pipeline: its name, for the log.
        plural: what the objects are called in the error.

    Returns:
        {key, status, rows} of each.

    Raises:
        ExceptionGroup: names the keys that failed; Lambda retries the event, which does no harm to the others.
    """
    done, errors, failed = [], [], []
    for record in records:
        key = record.get("s3", {}).get("object", {}).get("key", "(a record without a key)")
        try:
            audit = process(Arrival.read(record))
        except Exception as error:
            error.add_note(f"while processing {key}")
            errors.append(error)
            failed.append(f"{unquote_plus(key)} ({type(error).__name__}: {error})")
        else:
            done.append({"key": audit["source"]["key"], "status": audit["status"], "rows": audit["rows"]})
            print(json.dumps({pipeline: done[-1], "reason": audit["reason"]}))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(records)} {plural} failed: {'; '.join(failed)}", errors)
    return done
