"""What Lambda leaves at the on-failure destination, read: as AWS documents it, and as nobody expects it."""

import json

import pytest

from tests.unit.plugins.plugin_files import load

failed_event = load("module_utils", "failed_event")
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
FUNCTIONS = {"FilterAndProcessOrders", "data-compactor"}


def notification(key="raw/a+b%2Bc.csv", sequencer="0055AED6DCD90281E5", time="2026-11-21T10:00:00.000Z", **more):
    stored = {"key": key, "size": 3, "eTag": "e", **({"sequencer": sequencer} if sequencer else {}), **more}
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": time,
        "s3": {"bucket": {"name": "orders-1"}, "object": stored},
    }
    return {"Records": [record]}


SCHEDULED = {
    "version": "0",
    "id": "1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-11-21T01:30:00Z",
    "detail": {},
}


def record(event, function="FilterAndProcessOrders:$LATEST", **members):
    made = {
        "version": "1.0",
        "timestamp": "2026-11-21T10:05:00.123Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": ARN + function,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no such column", "errorType": "HeaderError"},
    }
    return json.dumps({**made, **members})


def read(body):
    return failed_event.read(body, FUNCTIONS)


def test_a_notification_tells_its_object_by_its_decoded_key_and_keeps_its_event():
    event = read(record(notification()))
    assert (event.function, event.qualifier, event.name) == (f"{ARN}FilterAndProcessOrders", "", "FilterAndProcessOrders")
    assert event.what == "s3://orders-1/raw/a b+c.csv"
    assert event.why == "RetriesExhausted: HeaderError: no such column"
    assert event.when == "2026-11-21T10:05:00.123Z"
    assert json.loads(event.payload) == notification()


def test_a_scheduled_event_tells_its_time_and_a_version_is_kept():
    event = read(record(SCHEDULED, "data-compactor:7"))
    assert (event.qualifier, event.what) == ("7", "Scheduled Event of 2026-11-21T01:30:00Z")


def test_several_objects_and_events_of_ones_own_are_told_too():
    two = {"Records": notification()["Records"] * 2}
    assert read(record(two)).what == "s3://orders-1/raw/a b+c.csv and 1 more"
    assert read(record({"hours": 24})).what == "an event of 13 bytes"


def test_an_event_that_grew_too_old_has_no_response_and_is_read_all_the_same():
    context = {"functionArn": f"{ARN}data-compactor", "condition": "EventAgeExceeded", "approximateInvokeCount": 1}
    event = read(record(SCHEDULED, requestContext=context, responseContext=None, responsePayload=None))
    assert event.why == "EventAgeExceeded"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (notification(), notification(time="2026-11-21T10:00:09.000Z"), True),
        (notification(), notification(sequencer="0055AED6DCD90281E6"), False),
        (notification(), notification(key="raw/other.csv"), False),
        (notification(versionId="a"), notification(versionId="b"), False),
        (notification(sequencer=None), notification(sequencer=None, time="2026-11-21T10:00:09.000Z"), False),
        (SCHEDULED, dict(reversed(SCHEDULED.items())), True),
        (SCHEDULED, SCHEDULED | {"time": "2026-11-22T01:30:00Z"}, False),
    ],
)
def test_two_records_are_of_the_same_event_when_they_tell_of_the_same_thing(one, other, same):
    assert (read(record(one)).identity == read(record(other)).identity) is same


def test_the_same_event_of_another_function_is_another():
    assert read(record(SCHEDULED)).identity != read(record(SCHEDULED, "data-compactor")).identity


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("not json", "no on-failure record: not JSON"),
        ("[" * 100_000, "no on-failure record"),
        (json.dumps(notification()), "it has no requestContext.functionArn"),
        ("[1]", "it has no requestContext.functionArn"),
        (record(SCHEDULED, requestContext={"functionArn": "arn:aws:sqs:us-east-1:000000000000:queue"}), "is no function's ARN"),
        (record(SCHEDULED, "DeleteEverything"), "of DeleteEverything, which is none of this pipeline's functions: FilterAndProcessOrders"),
        (record(None), "without the event itself: it was too large for the record. Send its input again"),
        (record('{"Records": [{"s3": '), "without the event itself"),
    ],
)
def test_what_cannot_be_done_again_says_why(body, words):
    with pytest.raises(failed_event.NoFailedEventError) as caught:
        read(body)
    assert words in str(caught.value)


def test_text_of_strangers_is_shortened():
    assert len(failed_event.error_of({"errorType": "E", "errorMessage": "x" * 5000})) == failed_event.LONGEST
    assert failed_event.error_of("plain") == "plain"
    assert failed_event.error_of(None) == ""
