"""SNS: who becomes a subscriber, and what reaches subscribers of each kind."""

import http.server
import json
import threading
import urllib.request

import pytest

from tests.local_cloud import free_port, wait_for
from tests.localcloud.cloudwatch.sites import allow, function, messages, queue, total, waiting


@pytest.fixture
def topic(cloud, name):
    return cloud.client("sns").create_topic(Name=name("topic"))["TopicArn"]


@pytest.fixture
def server():
    """(URL, requests as (headers, body)) of an HTTP server that takes everything but the first notification."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
            first = body["Type"] == "Notification" and sum(each["Type"] == "Notification" for _, each in seen) == 1
            self.send_response(503 if first else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    port = free_port()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}/inbox", seen
    running.shutdown()
    running.server_close()


def test_an_email_subscription_stays_unconfirmed(cloud, topic):
    sns = cloud.client("sns")
    mail = {"TopicArn": topic, "Protocol": "email", "Endpoint": "somebody@example.org"}
    assert sns.subscribe(**mail)["SubscriptionArn"] == "pending confirmation"
    assert sns.subscribe(**mail)["SubscriptionArn"] == "pending confirmation"
    [found] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (found["SubscriptionArn"], found["Endpoint"]) == ("PendingConfirmation", mail["Endpoint"])
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("1", "0")
    told = sns.subscribe(**mail, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert told.startswith(f"{topic}:")
    assert sns.get_subscription_attributes(SubscriptionArn=told)["Attributes"]["PendingConfirmation"] == "true"
    sns.unsubscribe(SubscriptionArn=told)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_an_http_server_confirms_and_gets_messages_again_that_it_did_not_take(cloud, topic, server):
    url, seen = server
    sns = cloud.client("sns")
    assert sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)["SubscriptionArn"] == "pending confirmation"
    headers, asked = wait_for(lambda: seen and seen[0], "the request for confirmation")
    assert (headers["x-amz-sns-message-type"], asked["Type"]) == ("SubscriptionConfirmation", "SubscriptionConfirmation")
    sns.publish(TopicArn=topic, Message="too early")
    with urllib.request.urlopen(asked["SubscribeURL"]) as answer:  # unsigned, as a browser opens it
        assert answer.status == 200
    [found] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert found["SubscriptionArn"].startswith(f"{topic}:")
    sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    wait_for(lambda: len(seen) == 3, "the second attempt")
    headers, told = seen[2]
    assert (told["Message"], told["Subject"], told["TopicArn"]) == ("hello", "greeting", topic)
    assert (headers["x-amz-sns-topic-arn"], headers["x-amz-sns-message-id"]) == (topic, told["MessageId"])


def test_queues_get_an_envelope_or_the_message_alone(cloud, name, topic):
    sns, plain, raw = cloud.client("sns"), queue(cloud, name("queue"), "sns"), queue(cloud, name("queue"), "sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw, Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="hello")
    told = json.loads(messages(cloud, plain, 1)[0])
    assert (told["Type"], told["Message"]) == ("Notification", "hello")
    assert messages(cloud, raw, 1) == ["hello"]


def test_queues_that_let_sns_not_in_get_nothing(cloud, name, topic):
    own = json.loads(allow("events", "kms:*"))["Statement"]
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*own, root]})
    key = cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    closed, locked = queue(cloud, name("queue")), queue(cloud, name("queue"), "sns", KmsMasterKeyId=key)
    inbox = queue(cloud, name("queue"), "sns")
    for each in (closed, locked, inbox):
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=each)
    cloud.client("sns").publish(TopicArn=topic, Message="hello")
    messages(cloud, inbox, 1)
    assert (waiting(cloud, closed), waiting(cloud, locked)) == (0, 0)


@pytest.mark.parametrize(
    ("policy", "scope", "passes"),
    [
        ({"kind": ["alarm", "news"]}, "MessageAttributes", {"alarm", "news"}),
        ({"kind": [{"anything-but": ["news"]}]}, "MessageAttributes", {"alarm", "other"}),
        ({"kind": [{"prefix": "al"}], "level": [{"numeric": [">=", 3]}]}, "MessageAttributes", {"alarm"}),
        ({"level": [{"exists": False}]}, "MessageAttributes", {"other"}),
        ({"detail": {"state": ["FAILED"]}}, "MessageBody", {"alarm"}),
    ],
)
def test_filters_let_through_what_aws_lets_through(cloud, name, topic, policy, scope, passes):
    inbox = queue(cloud, name("queue"), "sns")
    attributes = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope}
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox, Attributes=attributes)
    for kind, level, state in (("alarm", "5", "FAILED"), ("news", "1", "FINE"), ("other", None, "FINE")):
        told = {"kind": {"DataType": "String", "StringValue": kind}}
        told |= {"level": {"DataType": "Number", "StringValue": level}} if level else {}
        body = json.dumps({"kind": kind, "detail": {"state": state}})
        cloud.client("sns").publish(TopicArn=topic, Message=body, MessageAttributes=told)
    found = [json.loads(json.loads(each)["Message"])["kind"] for each in messages(cloud, inbox, len(passes))]
    assert (set(found), waiting(cloud, inbox)) == (passes, 0)


def test_a_function_that_fails_gets_a_message_three_times_and_then_it_is_kept(cloud, name, topic):
    failed, called = queue(cloud, name("failed")), name("function")
    target = function(cloud, called, "def handler(event, context):\n    raise ValueError\n", "sns", allow=["sqs:SendMessage"])
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=called, DestinationConfig={"OnFailure": {"Destination": failed}})
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=target)
    cloud.client("sns").publish(TopicArn=topic, Message="hello")
    [record] = map(json.loads, messages(cloud, failed, 1))
    assert record["requestPayload"]["Records"][0]["Sns"]["Message"] == "hello"
    assert total(cloud, "AWS/Lambda", "Errors", FunctionName=called) == 3
