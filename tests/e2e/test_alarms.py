"""Each thing that can fail is broken on purpose: its alarm is raised and tells the topic, and again when it is mended.

Waiting is dear, so all is broken at once, and alarms look at minutes instead of five: alarm_period_seconds.
"""

import json
import resource
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from tests.e2e.deployment import ROOT, Deployment
from tests.local_cloud import wait_for

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the page is broken with prlimit, which is Linux's"),
]
ACCOUNT, REGION = "000000000000", "us-east-1"
BUCKET = f"orders-{ACCOUNT}-{REGION}"
FUNCTION, HISTORY_CHECKS = "FilterAndProcessOrders", "order-history-data-checks"
CRAWLER, JOB, STREAM = "orders_processed_crawler", "transform-order-history", "tbsm-red-fire"
PAGE = "dashboard-unhealthy-page"
CLICKS, TRANSFORM, API = "clickstream", "click-transform", "clickstream-ingest-poc"
#: What the functions break_… below raise, and nothing else.
RAISED = {
    f"orders-errors-{FUNCTION}",
    "orders-failures-waiting-orders-failed-events",
    "orders-failed-crawlers",
    "orders-findings",
    f"order-history-errors-{HISTORY_CHECKS}",
    f"order-history-lost-events-{HISTORY_CHECKS}",
    f"order-history-throttles-{HISTORY_CHECKS}",
    "order-history-failed-jobs",
    f"order-history-failed-delivery-{STREAM}",
    f"order-history-late-delivery-{STREAM}",
    f"clickstream-failed-transform-{CLICKS}",
    f"clickstream-errors-{TRANSFORM}",
    f"clickstream-server-errors-{API}",
    PAGE,
}
NOTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
CLICK = {"element_clicked": "Ramen", "time_spent": 1, "source_menu": "Noodles", "created_at": "2026-11-21T12:00:00Z"}
ORDERS = "OrderID,Customer,Amount,Status,OrderDate\n"


class Inbox:
    """A queue that subscribes to the topic: what it was told, in order."""

    def __init__(self, site):
        self.sqs, self.alarms, self.sentences = site.client("sqs"), [], []
        arn, topic = f"arn:aws:sqs:{REGION}:{ACCOUNT}:told", f"arn:aws:sns:{REGION}:{ACCOUNT}:pipeline-failure-alerts"
        allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        allowed["Condition"] = {"ArnEquals": {"aws:SourceArn": topic}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.url = self.sqs.create_queue(QueueName="told", Attributes={"Policy": policy})["QueueUrl"]
        site.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read(self):
        """Take what has arrived; returns this."""
        while found := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
                said = json.loads(each["Body"])
                message = json.loads(said["Message"])  # a rule's sentence is in quotation marks
                if isinstance(message, str):
                    self.sentences.append(message)
                else:
                    self.alarms.append(message | {"subject": said["Subject"]})
        return self

    def told(self, state):
        """Names of the alarms whose change to `state` was told."""
        return {each["AlarmName"] for each in self.read().alarms if each["NewStateValue"] == state}

    def last(self):
        """{alarm: the state that was told last}."""
        in_order = sorted(self.read().alarms, key=lambda each: each["StateChangeTime"])
        return {each["AlarmName"]: each["NewStateValue"] for each in in_order}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("watched"), without={"order_source", "transactions"})
    deployment.settings["alarm_period_seconds"] = 60
    try:
        deployment.play("site.yml").succeeded()
        yield deployment
    finally:
        deployment.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def inbox(site):
    return Inbox(site)


def in_state(site, state):
    pages = site.client("cloudwatch").get_paginator("describe_alarms").paginate(StateValue=state)
    return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}


def total(site, metric, function):
    """The sum of a metric of a function of the last minutes."""
    now = datetime.now(UTC)
    points = site.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def upload(site, name, text):
    """As a user does, until the rows can be queried."""
    file = site.folder / name
    file.write_text(text)
    return site.play("playbooks/upload-orders.yml", orders_csv=str(file))


def check(site, pipeline):
    return site.play("playbooks/check-data.yml", pipeline=pipeline)


def page_worker(site):
    """The process that answers for the page: the youngest below its supervisor."""
    found = psutil.Process(site.pids()["dashboard"]).children(recursive=True)
    return max(found, key=lambda process: process.create_time())


def break_the_page(site):
    """It may open no further file: it accepts nobody any more, as a page does that has run out of them."""
    worker = page_worker(site)
    _, hard = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (worker.num_fds(), hard))


def break_the_function(site):
    """A handler that is not there, and a file for it: three attempts, then the queue."""
    site.client("lambda").update_function_configuration(FunctionName=FUNCTION, Handler="handler.not_there")
    site.client("s3").put_object(Bucket=BUCKET, Key="raw/late.csv", Body=f"{ORDERS}late,Ada,1.00,shipped,2025-02-03\n".encode())


def break_the_failure_queue(site):
    """A function fails whose role may not send to the queue; then it may not run at all."""
    role = site.client("lambda").get_function_configuration(FunctionName=HISTORY_CHECKS)["Role"].rpartition("/")[2]
    site.client("iam").put_role_policy(RoleName=role, PolicyName="broken", PolicyDocument=NOTHING)
    site.client("lambda").invoke(FunctionName=HISTORY_CHECKS, InvocationType="Event", Payload=b"{}")


def break_concurrency(site):
    functions = site.client("lambda")
    functions.put_function_concurrency(FunctionName=HISTORY_CHECKS, ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName=HISTORY_CHECKS, Payload=b"{}")


def break_the_crawler(site):
    site.client("iam").put_role_policy(RoleName="Glue-S3-Crawler-Role", PolicyName="broken", PolicyDocument=NOTHING)
    site.client("glue").start_crawler(Name=CRAWLER)


def break_the_job(site):
    glue = site.client("glue")

    def started():
        """It may be at work by its own schedule."""
        try:
            return glue.start_job_run(JobName=JOB, Arguments={"--days": "yesterday"})
        except glue.exceptions.ConcurrentRunsExceededException:
            return None

    wait_for(started, "the job's start", 120)


def send_a_line(site):
    site.client("firehose").put_record(DeliveryStreamName=STREAM, Record={"Data": b'{"InvoiceNo": "1"}\n'})


def break_the_stream(site):
    site.client("iam").put_role_policy(RoleName="Firehose-Order-History-Role", PolicyName="broken", PolicyDocument=NOTHING)
    send_a_line(site)


def break_the_transform(site):
    """A handler that is not there, and a click for it, past the API."""
    site.client("lambda").update_function_configuration(FunctionName=TRANSFORM, Handler="handler.not_there")
    site.client("firehose").put_record(DeliveryStreamName=CLICKS, Record={"Data": json.dumps(CLICK).encode()})


def click(site):
    """The status of a click that a browser posts."""
    up = site.client("apigateway")
    (api,), (key,) = up.get_rest_apis()["items"], up.get_api_keys(includeValues=True)["items"]
    headers = {"x-api-key": key["value"], "Content-Type": "application/json"}
    request = urllib.request.Request(f"{site.endpoint}/_aws/execute-api/{api['id']}/v1/poc", json.dumps(CLICK).encode(), headers)
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def break_the_api(site):
    """Its role may put nothing into the stream."""
    site.client("iam").put_role_policy(RoleName="APIGateway-Firehose", PolicyName="broken", PolicyDocument=NOTHING)
    wait_for(lambda: click(site) == 502, "the refusal of the stream", 10)


def break_the_data(site):
    """An order that two files bear."""
    for name in ("one.csv", "two.csv"):
        upload(site, name, f"{ORDERS}twice,Ada,5.00,shipped,2025-02-02\n").succeeded()
    played = check(site, "orders")
    assert played.code != 0
    assert "duplicate_orders" in played.text


def test_nothing_is_alarmed_when_all_is_well(site, inbox):
    sample = subprocess.run([sys.executable, str(ROOT / "files/samples/generate_orders.py")], capture_output=True, text=True, check=True)
    upload(site, "orders.csv", sample.stdout).succeeded()
    check(site, "orders").succeeded()
    # On a slow machine the page's alarm may be older than its first word of being well.
    wait_for(lambda: in_state(site, "ALARM") == set(), "the end of all alarms", 200)


def test_what_is_broken_is_alarmed_and_told_and_nothing_else_is(site, inbox):
    break_the_page(site)
    break_the_failure_queue(site)
    break_the_job(site)
    break_the_stream(site)
    break_the_transform(site)
    break_the_api(site)
    break_the_data(site)
    break_the_function(site)
    break_the_crawler(site)
    wait_for(lambda: total(site, "DestinationDeliveryFailures", HISTORY_CHECKS), "the event that is lost", 60)
    break_concurrency(site)
    others = RAISED - {PAGE}
    # The oldest record is late after three periods.
    wait_for(lambda: inbox.told("ALARM") >= others, "the alarms' messages", 420)
    raised = [each for each in inbox.alarms if each["NewStateValue"] == "ALARM"]  # a new alarm's first message is that all is well
    told = next(each for each in raised if each["AlarmName"] == f"orders-errors-{FUNCTION}")
    assert told["subject"] == f'ALARM: "orders-errors-{FUNCTION}" in US East (N. Virginia)'
    assert "replay-failures.yml -e pipeline=orders" in told["AlarmDescription"]
    sentences = " ".join(inbox.sentences)
    assert f"The crawler {CRAWLER} of orders ended as Failed" in sentences
    assert f"The job {JOB} of order_history ended as FAILED" in sentences
    assert inbox.told("ALARM") <= RAISED


def test_what_is_mended_is_told_as_well(site, inbox):
    functions, glue = site.client("lambda"), site.client("glue")
    # The page is not waited for yet, since it is still broken.
    played = site.play("site.yml", "--limit", "localclouds:commons:pipelines").succeeded()
    assert {each.rpartition(" (")[0] for each in played.changes} == {
        "iam : Roles allow just what is used",
        "lambda : Functions are present",
    }
    functions.delete_function_concurrency(FunctionName=HISTORY_CHECKS)
    site.play("playbooks/replay-failures.yml", pipeline="orders").succeeded()
    glue.start_crawler(Name=CRAWLER)
    site.play("playbooks/run-etl.yml").succeeded()
    upload(site, "two.csv", f"{ORDERS}once,Ada,5.00,shipped,2025-02-02\n").succeeded()
    for pipeline in ("orders", "order_history"):
        check(site, pipeline).succeeded()
    assert wait_for(lambda: click(site) == 200, "the click that is taken", 10)
    send_a_line(site)  # a minute without deliveries would not say that they succeed again
    wait_for(lambda: inbox.told("ALARM") == RAISED, f"the message of {PAGE}", 300)
    page_worker(site).kill()  # a new one follows at once
    wait_for(lambda: all(inbox.last()[name] == "OK" for name in RAISED), "the messages that all is well", 240)
    assert in_state(site, "ALARM") == set()
