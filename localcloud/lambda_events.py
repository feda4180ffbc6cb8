"""Asynchronous events of functions, as Lambda has them: retries, what becomes of an event that is given up, and its metrics.

In place of MiniStack's, which takes a throttle for a failure and hands to a dead-letter queue what belongs to a destination.
"""

import contextvars
import json
import logging
import os
import threading
import time
import uuid
from datetime import UTC, datetime

from localcloud.cloudwatch import publish
from localcloud.engine import client_with

logger = logging.getLogger(__name__)

#: Seconds before the second and the third attempt; Lambda waits one and two minutes.
_BASE = float(os.environ.get("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "1"))
_LONGEST = float(os.environ.get("LAMBDA_ASYNC_RETRY_MAX_SECONDS", "30"))
_RETRIES, _AGE = 2, 21600  # Lambda's defaults


def install(settings):
    """Put this in place of MiniStack's."""
    from ministack.services import lambda_svc

    endpoint = settings.endpoint_url

    def invoke(function, event):
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_see_through, endpoint, function, event), name="lambda-event", daemon=True).start()

    lambda_svc.invoke_async_with_retry = invoke


def invoke_later(arn, event):
    """Hand an event to a function by its ARN; False if there is no such function. Needs MiniStack's request scope."""
    from ministack.services import lambda_svc

    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        return False
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)
    return True


def _see_through(endpoint, function, event):
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    config = function.get("config") or function
    account, region = lambda_svc._account_region_from_function_config(config)
    with request_scope(account, region):
        _attempts(endpoint, function, config, event, region)


def _attempts(endpoint, function, config, event, region):
    """Run the function until it succeeds or the event is given up."""
    from ministack.services import lambda_svc

    name = config.get("FunctionName", "unknown")
    settings = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = settings.get("MaximumRetryAttempts")
    retries = _RETRIES if retries is None else int(retries)
    longest = int(settings.get("MaximumEventAgeInSeconds") or _AGE)
    received, runs, throttles = time.time(), 0, 0
    _count(region, name, AsyncEventsReceived=1)
    while True:
        result = lambda_svc._execute_function(function, event)
        publish.put(region, "AWS/Lambda", {"AsyncEventAge": (time.time() - received) * 1000}, {"FunctionName": name}, "Milliseconds")
        if not result.get("error"):
            return
        if result.get("throttle"):  # no attempt: the event waits for its turn
            throttles += 1
            live = lambda_svc._functions.get(name) or {}
            function = {**function, "concurrency": live.get("concurrency")}  # it may be raised meanwhile
        else:
            runs += 1
            if runs > retries:
                condition = "RetriesExhausted"
                break
        pause = min(_BASE * 2 ** ((throttles if result.get("throttle") else runs) - 1), _LONGEST)
        if time.time() + pause - received > longest:
            condition = "EventAgeExceeded"
            break
        time.sleep(pause)
    _count(region, name, AsyncEventsDropped=1)
    _give_up(endpoint, config, settings, event, result, condition, runs, region)


def _count(region, name, **numbers):
    publish.put(region, "AWS/Lambda", numbers, {"FunctionName": name})


def _give_up(endpoint, config, settings, event, result, condition, runs, region):
    """Send the record of the failure to the destination, and the event itself to the dead-letter target."""
    error = result.get("body") if isinstance(result.get("body"), dict) else {}
    identity = str(uuid.uuid4())
    destination = (settings.get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination")
    letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if destination:
        record = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": identity,
                "functionArn": f"{config['FunctionArn']}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": runs,
            },
            "requestPayload": event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": result.get("function_error") or "Unhandled",
            },
            "responsePayload": error,
        }
        if not _sent(endpoint, config, destination, record, {}, region):
            _count(region, config["FunctionName"], DestinationDeliveryFailures=1)
    if letters:
        told = {"RequestID": identity, "ErrorCode": "200", "ErrorMessage": str(error.get("errorMessage", ""))[:1024] or condition}
        if not _sent(endpoint, config, letters, event, told, region):
            _count(region, config["FunctionName"], DeadLetterErrors=1)


def _sent(endpoint, config, target, content, attributes, region):
    """Send JSON to a queue, topic, function or bus with the function's own rights; whether it arrived."""
    from localcloud.iam import sessions

    body = json.dumps(content)
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    service = target.split(":")[2]
    try:
        made = sessions.function_credentials(config)
        key = made["AWS_ACCESS_KEY_ID"], made["AWS_SECRET_ACCESS_KEY"], made["AWS_SESSION_TOKEN"]
        client = client_with(service, endpoint, region, "lambda", key)
        if service == "sqs":
            _, _, _, _, account, name = target.split(":")
            client.send_message(QueueUrl=f"{endpoint}/{account}/{name}", MessageBody=body, MessageAttributes=told)
        elif service == "sns":
            client.publish(TopicArn=target, Message=body, MessageAttributes=told)
        elif service == "lambda":
            client.invoke(FunctionName=target, InvocationType="Event", Payload=body.encode())
        else:
            entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result - Failure", "Detail": body}
            client.put_events(Entries=[entry | {"EventBusName": target, "Resources": [config["FunctionArn"]]}])
    except Exception as error:
        logger.warning("the event of function %s is lost: %s could not be reached: %s", config["FunctionName"], target, error)
        return False
    return True
