"""Mends of MiniStack's SNS: who is a subscriber, and how messages reach queues, functions and HTTP servers."""

import asyncio
import base64
import json
import logging
import urllib.request
from urllib.parse import unquote, urlsplit, urlunsplit

from localcloud.cloudwatch import publish
from localcloud.lambda_events import invoke_later

logger = logging.getLogger(__name__)
PRINCIPAL = "sns.amazonaws.com"
#: Seconds before further attempts at an HTTP server; SNS makes 50 of them within an hour.
PAUSES = (1, 3, 10, 30)
_TIMEOUT = 15


def install():
    """Put these in place of MiniStack's."""
    from ministack.services import sns

    _emails_wait_for_confirmation(sns)
    _queues_with_keys(sns)
    _functions_with_retries(sns)
    _servers_with_retries(sns)


def _emails_wait_for_confirmation(sns):
    """Nobody reads mail here, so subscriptions by email stay pending."""
    stock, mail = sns._subscribe, ("email", "email-json")

    def found(params):
        topic, _ = sns._get_topic(sns._p(params, "TopicArn"))
        wanted = sns._p(params, "Protocol"), sns._p(params, "Endpoint")
        return next((each for each in (topic or {}).get("subscriptions", ()) if (each["protocol"], each["endpoint"]) == wanted), None)

    def subscribe(params):
        known = found(params) is not None
        answer = stock(params)
        if answer[0] != 200 or sns._p(params, "Protocol") not in mail:
            return answer
        subscription = found(params)
        if not known:
            subscription |= {"confirmed": False, "token": sns.new_uuid()}
            subscription["attributes"] |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
            sns._refresh_subscription_counts(sns._get_topic(sns._p(params, "TopicArn"))[0])
        told = subscription["confirmed"] or sns._p(params, "ReturnSubscriptionArn") == "true"
        arn = subscription["arn"] if told else "pending confirmation"
        return sns._xml(200, "SubscribeResponse", f"<SubscribeResult><SubscriptionArn>{arn}</SubscriptionArn></SubscribeResult>")

    def listed(stock):
        def answer(params):
            status, headers, body = stock(params)
            for topic in sns._topics.values() if status == 200 else ():
                for each in topic["subscriptions"]:
                    if not each["confirmed"]:
                        shown = f"<SubscriptionArn>{each['arn']}<".encode()
                        body = (body.encode() if isinstance(body, str) else body).replace(shown, b"<SubscriptionArn>PendingConfirmation<")
            return status, headers, body

        return answer

    sns._subscribe = subscribe
    sns._list_subscriptions = listed(sns._list_subscriptions)
    sns._list_subscriptions_by_topic = listed(sns._list_subscriptions_by_topic)


def _queues_with_keys(sns):
    """A queue with a customer key takes messages only if the key's policy lets SNS in."""
    stock = sns._deliver_to_sqs

    def deliver(endpoint, *rest, **options):
        from ministack.services import sqs

        from localcloud.iam import keys

        topic = options.get("topic_arn", "")
        if not keys.service_may_send(endpoint, PRINCIPAL, topic):
            logger.warning("SNS: the policy of the key of %s does not let %s use it: a message of %s is lost", endpoint, PRINCIPAL, topic)
            return
        found = sqs._queue_by_arn(endpoint)
        before = len(found["messages"]) if found else 0
        stock(endpoint, *rest, **options)
        if found and len(found["messages"]) > before:
            publish.put(endpoint.split(":")[3], "AWS/SQS", {"NumberOfMessagesSent": 1}, {"QueueName": endpoint.rpartition(":")[2]})

    sns._deliver_to_sqs = deliver


def _functions_with_retries(sns):
    """A function gets a message as an event, with retries and a destination, if its policy lets SNS in."""

    def deliver(endpoint, envelope, topic_arn, subscription, *_):
        from ministack.core.responses import get_account_id, get_region

        from localcloud.iam.deliveries import may_invoke

        if not may_invoke(endpoint, PRINCIPAL, topic_arn, get_account_id(), get_region()):
            return
        told = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns", "Sns": json.loads(envelope)}
        if not invoke_later(endpoint, {"Records": [told]}):
            logger.warning("SNS: there is no function %s", endpoint)

    sns._deliver_to_lambda = deliver


def _servers_with_retries(sns):
    """HTTP servers get SNS's headers, and a message again that they did not take."""

    async def deliver(endpoint, payload):
        for pause in (*PAUSES, None):
            try:
                return await asyncio.to_thread(_post, endpoint, payload)
            except OSError as error:  # urllib's errors are such, refusals by status too
                if pause is None:
                    logger.warning("SNS: %s did not take a message: %s", endpoint, error)
                    return None
                await asyncio.sleep(pause)
        return None

    sns._deliver_to_http = deliver


def _post(endpoint, payload):
    """POST a notification; OSError if it is not answered with a 2xx."""
    parts = urlsplit(endpoint)
    headers = {"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent"}
    headers["x-amz-sns-message-type"] = "Notification"
    try:
        told = json.loads(payload)
    except ValueError:
        told = None
    if isinstance(told, dict) and told.get("Type") == "Notification" and "TopicArn" in told:
        headers |= {"x-amz-sns-message-id": told["MessageId"], "x-amz-sns-topic-arn": told["TopicArn"]}
    else:
        headers["x-amz-sns-rawdelivery"] = "true"
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        endpoint = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    asked = urllib.request.Request(endpoint, data=payload.encode(), headers=headers, method="POST")  # noqa: S310 - of http subscriptions
    with urllib.request.urlopen(asked, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
        return answer.status
