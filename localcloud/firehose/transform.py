"""Transformation by a Lambda function: which records go into one request, and what its answer says of each."""

import base64
import binascii
import json
import time
import uuid
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.engine import ServiceError

#: Lambda takes and gives at most this many bytes in a synchronous call.
PAYLOAD = 6 * 1024 * 1024
#: What a request has besides its records, and each record besides its data, generously.
_FRAME, _RECORD_FRAME = 1024, 160
#: Seconds before the second, third and further attempts.
PAUSES = (0.25, 0.5, 1)
DEFAULT_RETRIES = 3


class TransformError(Exception):
    """An invocation failed as a whole; `code` and `message` as Firehose writes them into failed records."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Failed:
    """A record that could not be transformed."""

    arrival: int
    data: bytes
    code: str
    message: str
    attempts: int


def requests(records):
    """Lists of (arrival, data) pairs, in order, each of which fits into one request."""
    some, size = [], _FRAME
    for record in records:
        needed = _RECORD_FRAME + 4 * ((len(record[1]) + 2) // 3)
        if some and size + needed > PAYLOAD:
            yield some
            some, size = [], _FRAME
        some.append(record)
        size += needed
    if some:
        yield some


def event(stream_arn, region, invocation_id, records):
    """The function's event, and the records by their ids in it."""
    base = int(time.time() * 1000)
    ids = {f"{uuid.UUID(invocation_id).int:039d}{base:013d}{number:06d}000000": record for number, record in enumerate(records)}
    return {
        "invocationId": invocation_id,
        "deliveryStreamArn": stream_arn,
        "region": region,
        "records": [
            {"recordId": name, "approximateArrivalTimestamp": arrival, "data": base64.b64encode(data).decode()}
            for name, (arrival, data) in ids.items()
        ],
    }, ids


def results(payload, ids):
    """[(record id, result, data)] of an answer, in the order of the request; TransformError where it breaks the contract."""
    if len(payload) > PAYLOAD:
        raise TransformError("Lambda.FunctionError", f"The response has {len(payload)} bytes; Lambda allows {PAYLOAD}.")
    try:
        listed = json.loads(payload)["records"]
        answered = [(each["recordId"], each["result"], each.get("data")) for each in listed]
    except (ValueError, KeyError, TypeError) as error:
        message = "The Lambda function returned an answer that is not {records: [{recordId, result, data}]}."
        raise TransformError("Lambda.JsonProcessingException", message) from error
    by_id = {name: (name, result, data) for name, result, data in answered}
    if len(by_id) < len(answered):
        raise TransformError("Lambda.DuplicatedRecordId", "Multiple records were returned with the same record ID.")
    if set(ids) - set(by_id):
        message = "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
        raise TransformError("Lambda.MissingRecordId", message)
    if set(by_id) - set(ids):
        raise TransformError("Lambda.MissingRecordId", "The Lambda function returned a record ID that it was not given.")
    return [by_id[name] for name in ids]


def judged(answered, ids, attempts):
    """([(arrival, data)] to deliver, [Failed]) of `results`; what was dropped is in neither."""
    kept, failed = [], []
    for name, result, data in answered:
        arrival, original = ids[name]
        if result == "Ok":
            try:
                kept.append((arrival, base64.b64decode(data, validate=True)))
            except (binascii.Error, TypeError, ValueError):
                message = "The data of the record is not valid base64."
                failed.append(Failed(arrival, original, "Lambda.JsonProcessingException", message, attempts))
        elif result == "ProcessingFailed":
            message = "ProcessingFailed status set for record"
            failed.append(Failed(arrival, original, "Lambda.ProcessingFailedStatus", message, attempts))
        elif result != "Dropped":
            message = f"The result {result!r} is none of Ok, Dropped and ProcessingFailed."
            failed.append(Failed(arrival, original, "Lambda.JsonProcessingException", message, attempts))
    return kept, failed


def transformed(invoke, stream_arn, region, records, retries=DEFAULT_RETRIES, pause=time.sleep):
    """([(arrival, data)], [Failed], TransformError or None) of one request's records.

    `invoke(event)`: the answer's bytes, or TransformError. It is tried once and then `retries` times more.
    """
    invocation_id = str(uuid.uuid4())
    sent, ids = event(stream_arn, region, invocation_id, records)
    for attempt in range(1, retries + 2):
        try:
            return *judged(results(invoke(sent), ids), ids, attempt), None
        except TransformError as error:
            problem = error
        if attempt <= retries:
            pause(PAUSES[min(attempt, len(PAUSES)) - 1])
    failed = [Failed(arrival, data, problem.code, problem.message, retries + 1) for arrival, data in records]
    return [], failed, problem


def error_line(failed, lambda_arn):
    """A failed record as Firehose's guide has it, a line of JSON."""
    return (
        json.dumps(
            {
                "attemptsMade": failed.attempts,
                "arrivalTimestamp": failed.arrival,
                "errorCode": failed.code,
                "errorMessage": failed.message,
                "attemptEndingTimestamp": int(time.time() * 1000),
                "rawData": base64.b64encode(failed.data).decode(),
                "lambdaArn": lambda_arn,
            },
            separators=(",", ":"),
        ).encode()
        + b"\n"
    )


#: Lambda's errors under Firehose's names.
_CODES = {
    "AccessDeniedException": ("Lambda.InvokeAccessDenied", "Access was denied to invoke the function."),
    "ResourceNotFoundException": ("Lambda.ResourceNotFound", "The Lambda function was not found."),
    "TooManyRequestsException": ("Lambda.InvokeLimitExceeded", "The Lambda function invocation rate was exceeded."),
}


def caller(roles, role_arn, region, lambda_arn):
    """`invoke(event)` for `transformed`: the function's answer, asked for with the stream's role."""

    def invoke(sent):
        try:
            client = roles.client(role_arn, "lambda", region)
            answer = client.invoke(FunctionName=lambda_arn, InvocationType="RequestResponse", Payload=json.dumps(sent))
            payload = answer["Payload"].read()
        except ClientError as error:
            roles.failed(role_arn, error)
            code, text = _CODES.get(error.response["Error"]["Code"], ("Lambda.InvokeError", "The function could not be invoked."))
            raise TransformError(code, f"{text} {error.response['Error'].get('Message', '')}".strip()) from error
        except ServiceError as error:
            raise TransformError("Lambda.AssumeRoleAccessDenied", error.message) from error
        except BotoCoreError as error:
            raise TransformError("Lambda.InvokeError", str(error)) from error
        if answer.get("FunctionError"):
            raise _function_error(payload)
        return payload

    return invoke


def _function_error(payload):
    if b"Task timed out" in payload:
        message = "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function."
        return TransformError("Lambda.FunctionTimedOut", message)
    return TransformError("Lambda.FunctionError", "The Lambda function was successfully invoked but it returned an error result.")
