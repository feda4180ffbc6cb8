#!/usr/bin/python
"""Do again what functions gave up on: invoke them with the events of their on-failure records in SQS queues."""

DOCUMENTATION = r"""
module: sqs_failures_redrive
short_description: Do again what functions gave up on
description:
  - Reads the on-failure records that Lambda left in SQS queues and invokes the functions again with the original events, waiting for
    each result. A message is deleted after its event was processed, and never before.
  - Nothing is lost. An event that fails again stays in its queue, as does every message that is no such record, and is named. A run
    that is cut off leaves its messages in the queue, where they are seen again after O(visibility_seconds).
  - Messages are invisible to others while a run has them, so two runs at once share the work. Two records of the same event are done
    once. A function may see an event twice all the same, when a run was cut off between its work and the deletion; ours are made for that.
  - In check mode every record is shown and put back, and nothing is invoked. SQS counts that as having been received once more.
options:
  queues:
    description: Names of the queues. One that is not there has no failures.
    type: list
    elements: str
    required: true
  functions:
    description: Names of the functions that may be invoked; a record of another is left.
    type: list
    elements: str
    required: true
  at_once:
    description: Invocations that run side by side, 1 to 32.
    type: int
    default: 4
  limit:
    description: Messages to take in one run, at most; the others wait for the next.
    type: int
    default: 10000
  show:
    description: Rows of the table, at most; failures are all counted.
    type: int
    default: 100
  visibility_seconds:
    description: For how long a message is invisible to others, 10 to 43200; renewed for as long as the run has it.
    type: int
    default: 120
  wait_timeout:
    description: Seconds after which no further message is taken.
    type: int
    default: 3600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: Headwater
"""

EXAMPLES = r"""
- name: Failed events of orders are processed
  sqs_failures_redrive:
    queues: [orders-failed-events]
    functions: [FilterAndProcessOrders]
"""

RETURN = r"""
counts:
  description: How many messages there were, by outcome.
  type: dict
  returned: always
  sample: {again: 0, done: 2, same: 0, failed: 1, left: 0}
failures:
  description: The first of them, with the time of the failure, the function, why it failed, the event, and the outcome.
  type: list
  elements: dict
  returned: always
more:
  description: Whether messages were not looked at, since O(limit) or O(wait_timeout) was reached.
  type: bool
  returned: always
table:
  description: The same for people, as lines.
  type: list
  elements: str
  returned: always
"""

import contextlib
import json
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible.module_utils import failed_event, text_table
from ansible.module_utils.aws_resource import Boto3Error, BotoCoreError, ClientError, error_code, is_missing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
BATCH = 10  # messages of a call, at most
POLL_SECONDS = 2  # an empty answer of a long poll means that there is nothing; one of a short poll does not
LONGEST_RUN = 900  # of a function
#: Outcomes, and what the table says.
WORDS = {
    "again": "would be done again",
    "done": "done",
    "same": "same event as another",
    "failed": "failed again, stays",
    "left": "stays",
}


class Held:
    """Messages of a queue that this run has: invisible to others until they are deleted or released."""

    def __init__(self, sqs, url, seconds):
        self._sqs, self._url, self._seconds = sqs, url, seconds
        self._receipts, self._lock, self._over = {}, threading.Lock(), threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)
        self._renewing.start()

    def take(self, message):
        """Whether the message is new to this run; SQS may hand one out twice, and then its last receipt counts."""
        with self._lock:
            known = message["MessageId"] in self._receipts
            self._receipts[message["MessageId"]] = message["ReceiptHandle"]
        return not known

    def delete(self, message_id):
        """Delete a message for good."""
        with self._lock:
            receipt = self._receipts.pop(message_id)
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def release(self):
        """Let others see what is left."""
        self._over.set()
        self._renewing.join()
        self._change(0)

    def _renew(self):
        while not self._over.wait(self._seconds / 3):
            with contextlib.suppress(BotoCoreError, ClientError):  # the next round tries again, well before the time is up
                self._change(self._seconds)

    def _change(self, seconds):
        with self._lock:
            receipts = list(self._receipts.values())
        for at in range(0, len(receipts), BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for number, receipt in enumerate(receipts[at : at + BATCH])
            ]
            # A receipt that is no longer good is of a message that another run took, or that was just deleted.
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


@dataclass(frozen=True)
class Options:
    """How to go about it; see the module's options. `invoke`: function of a FailedEvent that gives why it failed, or empty text."""

    functions: frozenset
    invoke: object
    at_once: int
    limit: int
    seconds: int
    deadline: float


def queue_url(sqs, name):
    """The queue's URL, or None."""
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if is_missing(error, *MISSING):
            return None
        raise


def invoker(client):
    """A function that does a FailedEvent again and gives why it failed; empty text where it did not."""

    def invoke(event):
        request = {"FunctionName": event.function, "Payload": event.payload.encode()}
        try:
            answer = client.invoke(**request, **({"Qualifier": event.qualifier} if event.qualifier else {}))
            said = answer["Payload"].read()
        except ClientError as error:
            return f"{error_code(error)}: {error.response['Error'].get('Message', '')}"[: failed_event.LONGEST]
        except BotoCoreError as error:
            return f"{type(error).__name__}: {error}"[: failed_event.LONGEST]
        if not answer.get("FunctionError"):
            return ""
        with contextlib.suppress(ValueError):
            said = json.loads(said)
        return failed_event.error_of(said) or answer["FunctionError"]

    return invoke


def received(sqs, url, held, options):
    """The queue's messages, each once, until there are no more; ends early at the limit or the deadline."""
    count = 0
    while count < options.limit and time.monotonic() < options.deadline:
        found = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(BATCH, options.limit - count),
            VisibilityTimeout=options.seconds,
            WaitTimeSeconds=POLL_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        ).get("Messages", [])
        if not found:
            return
        for message in found:
            if held.take(message):
                count += 1
                yield message


def row(queue, message, event=None, problem=""):
    """What is told of a message. `event`: its FailedEvent; `problem`: why there is none."""
    attributes = message.get("Attributes", {})
    sent = datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC).isoformat(timespec="seconds")
    return {
        "queue": queue,
        "message_id": message["MessageId"],
        "when": event.when if event and event.when else sent,
        "function": event.name if event else "",
        "why": event.why if event else "",
        "what": event.what if event else "",
        "received": int(attributes.get("ApproximateReceiveCount", 1)),
        "outcome": "left" if problem else "again",
        "reason": problem,
    }


def redrive(sqs, queue, url, options):
    """(rows of `row` with their outcomes, whether there may be more) of one queue."""
    held, rows, first, copies = Held(sqs, url, options.seconds), [], {}, []
    try:
        with ThreadPoolExecutor(options.at_once) as pool:
            running = set()
            for message in received(sqs, url, held, options):
                try:
                    event = failed_event.read(message["Body"], options.functions)
                except failed_event.NoFailedEventError as error:
                    rows.append(row(queue, message, problem=str(error)))
                    continue
                told = row(queue, message, event)
                rows.append(told)
                if event.identity in first:
                    copies.append((told, first[event.identity]))
                    continue
                first[event.identity] = told
                if options.invoke:
                    # No more events in memory than are soon at work.
                    while len(running) >= 2 * options.at_once:
                        running -= _finished(running)
                    running.add(pool.submit(_do, held, told, event, options.invoke))
            while running:
                running -= _finished(running)
        for told, original in copies:
            if original["outcome"] == "done":
                held.delete(told["message_id"])
            told["outcome"] = "same" if original["outcome"] in ("done", "again") else original["outcome"]
            told["reason"] = original["reason"]
    finally:
        held.release()
    return rows, len(rows) >= options.limit or time.monotonic() >= options.deadline


def _finished(running):
    """Those that have ended; raises what a deletion raised."""
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return done


def _do(held, told, event, invoke):
    """Do an event again; its message goes when that is done."""
    told["reason"] = invoke(event)
    if told["reason"]:
        told["outcome"] = "failed"
        return
    held.delete(told["message_id"])
    told["outcome"] = "done"


def table(rows, show):
    """Lines for people."""
    if not rows:
        return ["No failed events wait."]
    header = ["failed at (UTC)", "function", "why", "event", "outcome"]
    shown = [
        [_moment(each["when"]), each["function"] or "?", each["why"] or "?", each["what"] or each["message_id"], _words(each)]
        for each in rows
    ]
    return text_table.lines(header, shown, limit=show, width=80)


def _words(each):
    return f"{WORDS[each['outcome']]}: {each['reason']}" if each["reason"] else WORDS[each["outcome"]]


def _moment(text):
    return text[:19].replace("T", " ")


def main():
    """Look at each queue, do what may be done, tell."""
    module = AnsibleAWSModule(
        argument_spec={
            "queues": {"type": "list", "elements": "str", "required": True},
            "functions": {"type": "list", "elements": "str", "required": True},
            "at_once": {"type": "int", "default": 4},
            "limit": {"type": "int", "default": 10000},
            "show": {"type": "int", "default": 100},
            "visibility_seconds": {"type": "int", "default": 120},
            "wait_timeout": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    params = module.params
    for name, low, high in (("at_once", 1, 32), ("visibility_seconds", 10, 43200), ("limit", 1, 100_000)):
        if not low <= params[name] <= high:
            module.fail_json(msg=f"{name} is {params[name]}; it must be from {low} to {high}")
    rows, more = [], False
    try:
        sqs = module.client("sqs")
        # A function may work for a quarter of an hour before it answers.
        patient = {"read_timeout": LONGEST_RUN + 60, "max_pool_connections": params["at_once"], "tcp_keepalive": True}
        options = Options(
            functions=frozenset(params["functions"]),
            invoke=None if module.check_mode else invoker(module.client("lambda", aws_config=patient)),
            at_once=params["at_once"],
            limit=params["limit"],
            seconds=params["visibility_seconds"],
            deadline=time.monotonic() + params["wait_timeout"],
        )
        for queue in dict.fromkeys(params["queues"]):
            url = queue_url(sqs, queue)
            if url:
                found, cut = redrive(sqs, queue, url, options)
                rows, more = rows + found, more or cut
    except (Boto3Error, BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Failed events of {', '.join(params['queues'])}")
    counts = {**dict.fromkeys(WORDS, 0), **Counter(each["outcome"] for each in rows)}
    changed = bool(counts["again"] or counts["done"])
    header = "Failed events"
    before = [f"{each['function'] or '?'}: {each['what'] or each['message_id']}" for each in rows]
    after = [line for line, each in zip(before, rows, strict=True) if each["outcome"] in ("failed", "left")]
    module.exit_json(
        changed=changed,
        counts=counts,
        failures=rows[: params["show"]],
        more=more,
        table=table(rows, params["show"]),
        diff={"before_header": header, "after_header": header, "before": _text(before), "after": _text(after)},
    )


def _text(lines):
    return "".join(f"{line}\n" for line in lines[:1000])


if __name__ == "__main__":
    main()
