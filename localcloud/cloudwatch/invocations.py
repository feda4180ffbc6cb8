"""AWS/Lambda, counted where all invocations pass, whoever asks for them; and what queues are sent."""

import time

from localcloud.cloudwatch import publish
from localcloud.iam.sessions import _replace


def install():
    """Count in MiniStack's executor and queues, in place of its own counting."""
    _functions()
    _queues()


def _functions():
    from ministack.services import cloudwatch, lambda_svc

    dispatch, acquire = lambda_svc._execute_function_dispatch, lambda_svc._acquire_execution_slot

    def dispatched(function, config, *rest):
        started, failed = time.time(), True
        try:
            result = dispatch(function, config, *rest)
            failed = isinstance(result, dict) and bool(result.get("error"))
            return result
        finally:
            _, region = lambda_svc._account_region_from_function_config(config)
            name = {"FunctionName": config.get("FunctionName", "unknown")}
            publish.put(region, "AWS/Lambda", {"Invocations": 1, "Errors": int(failed), "Throttles": 0}, name)
            publish.put(region, "AWS/Lambda", {"Duration": (time.time() - started) * 1000}, name, "Milliseconds")

    def acquired(function, config):
        slot, limit = acquire(function, config)
        if slot is None:
            _, region = lambda_svc._account_region_from_function_config(config)
            publish.put(region, "AWS/Lambda", {"Throttles": 1}, {"FunctionName": config.get("FunctionName", "unknown")})
        return slot, limit

    lambda_svc._execute_function_dispatch, lambda_svc._acquire_execution_slot = dispatched, acquired
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None
    cloudwatch.record_metric = _recorded


def _recorded(namespace, name, value, unit="None", dimensions=None):
    """What other parts of MiniStack publish."""
    from ministack.core.responses import get_region

    publish.put(get_region(), namespace, {name: value}, dimensions or {}, unit)


def _queues():
    from ministack.services import sqs

    send, receive, delete = sqs._act_send_message, sqs._act_receive_message, sqs._act_delete_message

    def count(data, url, **numbers):
        from ministack.core.responses import get_region

        name = (data.get("QueueUrl") or url).rpartition("/")[2]
        publish.put(get_region(), "AWS/SQS", numbers, {"QueueName": name})

    def sent(data, url):
        answer = send(data, url)
        count(data, url, NumberOfMessagesSent=1)
        return answer

    async def received(data, url):
        answer = await receive(data, url)
        number = len(answer.get("Messages", ()))
        count(data, url, **({"NumberOfMessagesReceived": number} if number else {"NumberOfEmptyReceives": 1}))
        return answer

    def deleted(data, url):
        answer = delete(data, url)
        count(data, url, NumberOfMessagesDeleted=1)
        return answer

    for stock, ours in ((send, sent), (receive, received), (delete, deleted)):
        _replace(sqs, stock, ours)
