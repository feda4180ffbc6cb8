"""What functions gave up on, done again: by a function that runs, from a queue that holds it."""

import json
import threading
import time

import pytest

from tests.local_cloud import wait_for
from tests.modules.clouds import on, unique, zipped
from tests.modules.runner import done, load, refused

# Notes each event by an object of its own; fails where the event or the code says so.
CODE = """
import json, os, time, uuid
import boto3

BROKEN = {broken}

def lambda_handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="{bucket}", Key=f"seen/{{uuid.uuid4()}}", Body=json.dumps(event))
    time.sleep(event.get("seconds", 0))
    if BROKEN or event.get("poison"):
        raise ValueError("the column OrderDate is missing")
"""


class Site:
    """A function with the queue of what it gives up on."""

    def __init__(self, aws):
        self.aws, self.bucket, self.queue = aws, aws.bucket(), unique("failed-events")
        self.sqs, self.s3, self.functions = aws.client("sqs"), aws.client("s3"), aws.client("lambda")
        self.url = self.sqs.create_queue(QueueName=self.queue)["QueueUrl"]
        self.name = unique("redriven")
        self.arn = self.functions.create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Handler="handler.lambda_handler",
            Role=aws.role()["Arn"],
            Timeout=30,
            Code={"ZipFile": self.code(broken=False)},
        )["FunctionArn"]

    def code(self, broken):
        return zipped({"handler.py": CODE.format(broken=broken, bucket=self.bucket)})

    def breaks(self, broken=True):
        self.functions.update_function_code(FunctionName=self.name, ZipFile=self.code(broken))

    def send(self, *events, **members):
        """A record of each event, as AWS writes them."""
        for event in events:
            context = {"requestId": "r", "functionArn": f"{self.arn}:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 3}
            response = {"errorMessage": "out of memory", "errorType": "MemoryError"}
            record = {"version": "1.0", "timestamp": "2026-11-21T10:05:00.123Z", "requestContext": context, "requestPayload": event}
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps({**record, "responsePayload": response, **members}))

    def seen(self):
        """The events that the function was invoked with."""
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket, Prefix="seen/").get("Contents", [])]
        return [json.load(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]) for key in keys]

    def waiting(self):
        """(messages that can be received, messages that somebody has)."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return tuple(int(found[name]) for name in names)

    def options(self, **more):
        return {"queues": [self.queue], "functions": [self.name], **more}


@pytest.fixture
def site(aws, monkeypatch):
    monkeypatch.setattr(load("sqs_failures_redrive"), "POLL_SECONDS", 0)  # a queue of this machine shows at once what it has
    return Site(aws)


@on("local")
def test_failed_events_are_shown_done_again_and_gone(site):
    site.send({"n": 1}, {"n": 2})
    shown = done("sqs_failures_redrive", check=True, **site.options())
    assert shown.changed
    assert shown.result["counts"] == {"again": 2, "done": 0, "same": 0, "failed": 0, "left": 0}
    assert "2026-11-21 10:05:00" in shown.result["table"][2]
    assert "RetriesExhausted: MemoryError: out of memory" in shown.result["table"][2]
    assert (site.seen(), site.waiting()) == ([], (2, 0))
    outcome = done("sqs_failures_redrive", **site.options())
    assert outcome.changed
    assert outcome.result["counts"]["done"] == 2
    assert sorted(event["n"] for event in site.seen()) == [1, 2]
    assert site.waiting() == (0, 0)
    again = done("sqs_failures_redrive", **site.options())
    assert not again.changed
    assert again.result["table"] == ["No failed events wait."]


@on("local")
def test_what_fails_again_stays_with_its_reason_until_it_is_mended(site):
    site.breaks()
    site.send({"n": 1}, {"n": 2})
    outcome = done("sqs_failures_redrive", **site.options())
    assert not outcome.changed
    assert outcome.result["counts"] == {"again": 0, "done": 0, "same": 0, "failed": 2, "left": 0}
    assert "failed again, stays: " in outcome.result["table"][2]
    assert "the column OrderDate is missing" in outcome.result["failures"][0]["reason"]
    assert site.waiting() == (2, 0)
    site.breaks(False)
    assert done("sqs_failures_redrive", **site.options()).result["counts"]["done"] == 2
    assert site.waiting() == (0, 0)


@on("local")
def test_the_same_event_twice_is_done_once_and_one_that_fails_keeps_both(site):
    site.send({"n": 1}, {"n": 1}, {"poison": True}, {"poison": True})
    counts = done("sqs_failures_redrive", **site.options(at_once=1)).result["counts"]
    assert counts == {"again": 0, "done": 1, "same": 1, "failed": 2, "left": 0}
    assert sorted(map(str, site.seen())) == ["{'n': 1}", "{'poison': True}"]
    assert site.waiting() == (2, 0)


@on("local")
def test_what_is_no_record_or_of_another_function_is_left_and_named(site):
    other = {"functionArn": f"{site.arn}-of-another", "condition": "RetriesExhausted"}
    site.send({"n": 1}, requestContext=other)
    site.send(None)
    site.sqs.send_message(QueueUrl=site.url, MessageBody="hello")
    outcome = done("sqs_failures_redrive", **site.options())
    assert outcome.result["counts"]["left"] == 3
    assert {each["reason"][:20] for each in outcome.result["failures"]} == {
        f"of {site.name}-of-another, which"[:20],
        f"of {site.name}, without the event"[:20],
        "no on-failure record"[:20],
    }
    assert (site.seen(), site.waiting()) == ([], (3, 0))


@on("local")
def test_a_function_that_is_gone_is_an_outcome_and_no_crash(site):
    site.send({"n": 1})
    site.functions.delete_function(FunctionName=site.name)
    outcome = done("sqs_failures_redrive", **site.options())
    assert outcome.result["counts"]["failed"] == 1
    assert "ResourceNotFoundException" in outcome.result["failures"][0]["reason"]
    assert site.waiting() == (1, 0)


@on("local")
def test_what_the_emulated_lambda_gives_up_on_itself_can_be_done_again(site):
    site.breaks()
    site.functions.put_function_event_invoke_config(
        FunctionName=site.name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": site.aws.arn("sqs", site.queue)}},
    )
    site.functions.invoke(FunctionName=site.name, InvocationType="Event", Payload=b'{"n": 7}')
    wait_for(lambda: site.waiting() == (1, 0), "the failure's record", 30)
    site.breaks(False)
    outcome = done("sqs_failures_redrive", **site.options())
    assert outcome.result["counts"]["done"] == 1
    assert outcome.result["failures"][0]["why"].startswith("RetriesExhausted: ")
    assert outcome.result["failures"][0]["why"].endswith(": the column OrderDate is missing")
    assert [event["n"] for event in site.seen()] == [7, 7]


def start(site, **more):
    """A run of the module's own function in a thread: (thread, list that gets its rows)."""
    module, found = load("sqs_failures_redrive"), []
    invoke = module.invoker(site.functions)
    given = {"functions": frozenset([site.name]), "invoke": invoke, "at_once": 2, "limit": 1000, "seconds": 2, **more}
    options = module.Options(**given, deadline=time.monotonic() + 60)
    thread = threading.Thread(target=lambda: found.extend(module.redrive(site.sqs, site.queue, site.url, options)[0]))
    thread.start()
    return thread, found


@on("local")
def test_two_runs_at_once_share_the_work_however_long_it_takes(site):
    """Messages would be visible again after 2 seconds; a function that takes longer keeps its own."""
    site.send(*({"n": number, "seconds": 3 if number < 1 else 0} for number in range(12)))
    runs = [start(site), start(site)]
    for thread, _ in runs:
        thread.join(60)
    assert sorted(event["n"] for event in site.seen()) == list(range(12))
    assert sum(len(rows) for _, rows in runs) == 12
    assert site.waiting() == (0, 0)


@on("local")
def test_a_run_that_dies_leaves_its_messages_in_the_queue(site, monkeypatch):
    module = load("sqs_failures_redrive")
    site.send({"n": 1}, {"n": 2})
    monkeypatch.setattr(module.Held, "release", lambda self: self._over.set())  # as if it was killed

    def killed(_):
        raise SystemExit

    options = module.Options(frozenset([site.name]), killed, 1, 1000, 1, time.monotonic() + 60)
    with pytest.raises(SystemExit):
        module.redrive(site.sqs, site.queue, site.url, options)
    assert sum(site.waiting()) == 2
    wait_for(lambda: site.waiting() == (2, 0), "the messages' return")


@on("local")
def test_a_thousand_are_shown_in_bounded_time_and_a_limit_says_that_there_are_more(site):
    for at in range(0, 1000, 10):
        context = {"functionArn": site.arn, "condition": "RetriesExhausted"}
        body = [json.dumps({"requestContext": context, "requestPayload": {"n": at + more}}) for more in range(10)]
        site.sqs.send_message_batch(QueueUrl=site.url, Entries=[{"Id": str(n), "MessageBody": text} for n, text in enumerate(body)])
    outcome = done("sqs_failures_redrive", check=True, **site.options(show=5))
    assert outcome.result["counts"]["again"] == 1000
    assert (len(outcome.result["failures"]), outcome.result["table"][-1]) == (5, "... and 995 more")
    assert not outcome.result["more"]
    cut = done("sqs_failures_redrive", check=True, **site.options(limit=15))
    assert (cut.result["counts"]["again"], cut.result["more"]) == (15, True)
    assert site.waiting() == (1000, 0)


@on()
def test_a_queue_that_is_not_there_has_no_failures(aws):
    assert done("sqs_failures_redrive", queues=[unique("none")], functions=[]).result["table"] == ["No failed events wait."]


def test_impossible_options_are_refused():
    refused("sqs_failures_redrive", "at_once is 0; it must be from 1 to 32", queues=[], functions=[], at_once=0)
