"""What Lambda writes to the on-failure destination of an asynchronous function, read. Pure."""

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import unquote_plus

#: Of an error's text, for a person.
LONGEST = 300


class NoFailedEventError(ValueError):
    """The text is no record that the event could be taken from; says why."""


@dataclass(frozen=True)
class FailedEvent:
    """An event that a function gave up on.

    `function`: its ARN without a version. `qualifier`: version or alias, empty for the newest code. `payload`: the event as JSON
    text. `identity`: the same for two records of the same event. `when`: ISO 8601, empty if the record does not say. `why`: the
    condition and the function's own error. `what`: what the event is about.
    """

    function: str
    qualifier: str
    payload: str
    identity: str
    when: str
    why: str
    what: str

    @property
    def name(self):
        """The function's name."""
        return self.function.rsplit(":", 1)[1]


def read(body, functions):
    """The FailedEvent of a message's text. `functions`: names of those that may be invoked for it.

    Source of the form: AWS Lambda's developer guide, "Capturing records of Lambda asynchronous invocations". A record too large for
    its destination comes without its payloads.

    Raises:
        NoFailedEventError: it is no such record, its event is not in it, or it is of another function.
    """
    try:
        record = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoFailedEventError(f"no on-failure record: not JSON ({str(error)[:80]})") from error
    context = record.get("requestContext") if isinstance(record, dict) else None
    arn = context.get("functionArn") if isinstance(context, dict) else None
    if not isinstance(arn, str):
        raise NoFailedEventError("no on-failure record: it has no requestContext.functionArn")
    function, qualifier = _function(arn)
    if function.rsplit(":", 1)[1] not in functions:
        raise NoFailedEventError(
            f"of {function.rsplit(':', 1)[1]}, which is none of this pipeline's functions: {', '.join(sorted(functions))}"
        )
    event = record.get("requestPayload")
    if not isinstance(event, dict | list):
        raise NoFailedEventError(
            f"of {function.rsplit(':', 1)[1]}, without the event itself: it was too large for the record. Send its input again"
        )
    return FailedEvent(
        function=function,
        qualifier=qualifier,
        payload=json.dumps(event),
        identity=_identity(function, event),
        when=_text(record.get("timestamp")),
        why=_why(context, record.get("responsePayload"), record.get("responseContext")),
        what=about(event),
    )


def about(event):
    """What an event is about, for a person: its objects, or its time."""
    objects = _objects(event)
    if objects:
        bucket, key, *_ = objects[0]
        return f"s3://{bucket}/{key}" + (f" and {len(objects) - 1} more" if len(objects) > 1 else "")
    if isinstance(event, dict) and isinstance(event.get("detail-type"), str):
        return f"{event['detail-type']} of {_text(event.get('time')) or 'an unknown time'}"
    return f"an event of {len(json.dumps(event)):,} bytes"


def error_of(response):
    """What a function said when it failed: type and text of the error, from its decoded response."""
    if not isinstance(response, dict):
        return _text(response)[:LONGEST]
    kind, said = _text(response.get("errorType")), _text(response.get("errorMessage"))
    return (f"{kind}: {said}" if kind and said else kind or said)[:LONGEST]


def _function(arn):
    """(ARN without version, version or alias) of a function's ARN; $LATEST is no version."""
    parts = arn.split(":")
    if len(parts) not in (7, 8) or parts[2] != "lambda" or parts[5] != "function" or not parts[6]:
        raise NoFailedEventError(f"no on-failure record: {arn[:100]!r} is no function's ARN")
    qualifier = parts[7] if len(parts) == 8 else ""
    return ":".join(parts[:7]), "" if qualifier == "$LATEST" else qualifier


def _why(context, response, outcome):
    said = error_of(response)
    if not said and isinstance(outcome, dict):
        said = _text(outcome.get("functionError"))
    condition = _text(context.get("condition")) or "unknown condition"
    return f"{condition}: {said}" if said else condition


def _objects(event):
    """[(bucket, key, version, sequencer, event's name)] of a notification of S3; empty if the event is none."""
    records = event.get("Records") if isinstance(event, dict) else None
    found = []
    for record in records if isinstance(records, list) else []:
        try:
            stored = record["s3"]["object"]
            found.append(
                (
                    record["s3"]["bucket"]["name"],
                    unquote_plus(stored["key"]),
                    stored.get("versionId"),
                    stored.get("sequencer"),
                    record.get("eventName"),
                )
            )
        except (KeyError, TypeError, AttributeError):
            return []
    return found


def _identity(function, event):
    """One text for all records of the same event.

    A notification is known by its objects' versions: S3 may send it twice, with other times and request ids. Without a
    sequencer nothing tells two of them apart but all that they say.
    """
    objects = _objects(event)
    told = objects if objects and all(each[3] for each in objects) else event
    return hashlib.sha256(json.dumps([function, told], sort_keys=True).encode()).hexdigest()


def _text(value):
    return value if isinstance(value, str) else ""
