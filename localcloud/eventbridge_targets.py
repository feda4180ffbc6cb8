"""How EventBridge's rules reach functions, queues and topics: with the target's permission, and told in AWS/Events.

In place of MiniStack's deliveries, which ask nobody, run functions without retries, and hide what fails.
"""

import contextvars
import json
import logging
import time

from localcloud.cloudwatch import publish
from localcloud.lambda_events import invoke_later

logger = logging.getLogger(__name__)
PRINCIPAL = "events.amazonaws.com"
_rule = contextvars.ContextVar("events_rule", default="")


class Refused(Exception):
    """A target did not take an event; `code` as in EventBridge's dead letters."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


_failure = contextvars.ContextVar("events_failure", default=None)


def install():
    """Put these deliveries into MiniStack, mend its schedules and count what its rules do."""
    from ministack.services import eventbridge

    invoke, matches = eventbridge._invoke_target, eventbridge._matches_pattern_view
    last = {}

    def invoked(target, event, rule, view=None):
        known = rule if isinstance(rule, dict) else {}
        arn, its = known.get("Arn", ""), _key(known.get("EventBusName", "default"), known.get("Name", ""))
        token, failed = _rule.set(arn), _failure.set(None)
        region = arn.split(":")[3] if arn else "us-east-1"
        if event.get("Source") == "aws.events" and last.get(arn) != event.get("EventId"):
            last[arn] = event.get("EventId")
            _count(region, its, TriggeredRules=1)
        try:
            invoke(target, event, rule, view)
            problem = _failure.get()
        finally:
            _rule.reset(token), _failure.reset(failed)
        _count(region, its, Invocations=1, InvocationAttempts=1)
        if problem:
            _count(region, its, FailedInvocations=1)  # like AWS, only if there are any
            logger.warning("rule %s: %s: %s", arn, target.get("Arn"), problem)
            _bury(target, event, arn, problem, region, its)

    def matched(pattern, view, owner="rule"):
        found = matches(pattern, view, owner)
        if found and owner.startswith("rule ") and "|" in owner:
            bus, _, name = owner.removeprefix("rule ").partition("|")
            _count(view.envelope().get("region") or "us-east-1", _key(bus, name), MatchedEvents=1, TriggeredRules=1)
        return found

    eventbridge._invoke_target, eventbridge._matches_pattern_view = invoked, matched
    eventbridge._dispatch_to_lambda = _guarded(_to_function)
    eventbridge._dispatch_to_sqs = _guarded(_to_queue(eventbridge._dispatch_to_sqs))
    eventbridge._dispatch_to_sns = _guarded(_to_topic(eventbridge._dispatch_to_sns))
    _mend_schedules(eventbridge)


def _key(bus, name):
    """The dimensions of a rule: on the default bus its name alone."""
    return {"RuleName": name} if bus == "default" else {"EventBusName": bus, "RuleName": name}


def _count(region, dimensions, **numbers):
    publish.put(region, "AWS/Events", numbers, dimensions)


def _guarded(deliver):
    """A delivery whose refusal is kept for who counts it."""

    def delivered(*arguments):
        try:
            deliver(*arguments)
        except Refused as problem:
            _failure.set(problem)
        except Exception as error:
            _failure.set(Refused("INTERNAL_ERROR", str(error)))

    return delivered


def _scope():
    from ministack.core.responses import get_account_id, get_region

    return get_account_id(), get_region()


def _to_function(arn, payload):
    from localcloud.iam import deliveries

    if not deliveries.may_invoke(arn, PRINCIPAL, _rule.get(), *_scope()):
        raise Refused("NO_PERMISSIONS", f"the policy of the function {arn} does not let {PRINCIPAL} invoke it")
    try:
        event = json.loads(payload)
    except ValueError:
        event = payload
    if not invoke_later(arn, event):
        raise Refused("RESOURCE_NOT_FOUND", f"there is no function {arn}")


def _to_queue(stock):
    def deliver(spec, payload, parameters=None):
        from ministack.services import sqs

        from localcloud.iam import keys

        queue, (account, _) = str(spec), _scope()
        if sqs._queue_by_arn(queue) is None:
            raise Refused("RESOURCE_NOT_FOUND", f"there is no queue {queue}")
        if not sqs.queue_policy_allows(queue, PRINCIPAL, _rule.get(), account):
            raise Refused("NO_PERMISSIONS", f"the policy of the queue {queue} does not let {PRINCIPAL} send to it")
        if not keys.service_may_send(queue, PRINCIPAL, _rule.get()):
            raise Refused("NO_PERMISSIONS", f"the policy of the key of the queue {queue} does not let {PRINCIPAL} use it")
        stock(spec, payload, parameters)
        publish.put(queue.split(":")[3], "AWS/SQS", {"NumberOfMessagesSent": 1}, {"QueueName": queue.rpartition(":")[2]})

    return deliver


def _to_topic(stock):
    def deliver(arn, payload):
        from localcloud.iam import topics

        problem = topics.refusal(arn, PRINCIPAL, _rule.get(), *_scope())
        if problem:
            raise Refused("NO_PERMISSIONS", problem)
        stock(arn, payload)

    return deliver


def _bury(target, event, rule_arn, problem, region, dimensions):
    """An event that a target did not take goes to the target's dead-letter queue."""
    from ministack.services import eventbridge, sqs

    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    found = sqs._queue_by_arn(queue)
    if found is None or not sqs.queue_policy_allows(queue, PRINCIPAL, rule_arn, queue.split(":")[4]):
        _count(region, dimensions, InvocationsFailedToBeSentToDlq=1)
        return
    told = {"RULE_ARN": rule_arn, "TARGET_ARN": target.get("Arn", ""), "ERROR_CODE": problem.code, "ERROR_MESSAGE": str(problem)}
    payload = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
    attributes = {key: {"DataType": "String", "StringValue": value} for key, value in told.items()}
    sqs._act_send_message({"QueueUrl": found["url"], "MessageBody": payload, "MessageAttributes": attributes}, found["url"])
    _count(region, dimensions, InvocationsSentToDlq=1)


def _mend_schedules(eventbridge):
    """rate(1 minutes) is refused; schedules fire within a second; a countdown begins when a rule is enabled or changed."""
    valid, put, enable, delete = (
        eventbridge._validate_schedule_expression,
        eventbridge._put_rule,
        eventbridge._enable_rule,
        eventbridge._delete_rule,
    )

    def is_valid(text):
        if text.startswith("rate("):
            number, _, unit = text[5:-1].partition(" ")
            if number.isdigit() and (int(number) < 1 or (int(number) == 1) == unit.endswith("s")):
                return False
        return valid(text)

    def key(data):
        return eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))

    def begin_anew(data, change):
        before = dict(eventbridge._rules.get(key(data)) or {})
        answer = change(data)
        after = eventbridge._rules.get(key(data)) or {}
        if any(before.get(member) != after.get(member) for member in ("State", "ScheduleExpression")):
            eventbridge._rule_last_fired.pop((*_scope(), key(data)), None)
            if before and after:
                eventbridge._rule_last_fired[*_scope(), key(data)] = time.time()
        return answer

    eventbridge._validate_schedule_expression = is_valid
    eventbridge._put_rule = lambda data: begin_anew(data, put)
    eventbridge._enable_rule = lambda data: begin_anew(data, enable)
    eventbridge._delete_rule = lambda data: _refuse_with_targets(eventbridge, key(data)) or begin_anew(data, delete)
    eventbridge._SCHEDULER_TICK_INTERVAL = 1
    eventbridge._tick_scheduled_rules = _on_time(eventbridge, eventbridge._tick_scheduled_rules)


def _on_time(eventbridge, tick):
    """Rates keep their beat: MiniStack adds its own delay to each interval, and fires all of them when it starts."""

    def ticked():
        fired, now, beats = eventbridge._rule_last_fired, time.time(), {}
        for key, rule in list(eventbridge._rules._data.items()):
            interval = eventbridge._parse_rate_seconds(rule.get("ScheduleExpression") or "")
            if interval:
                begun = fired.get(key, rule.get("CreationTime") or now)
                if key not in fired:  # after a restart: what was missed stays missed
                    begun += max(0, now - begun) // interval * interval
                fired[key] = begun
                beats[key] = begun, interval
        tick()
        for key, (begun, interval) in beats.items():
            if key in fired:
                fired[key] = begun + max(0, fired[key] - begun) // interval * interval

    return ticked


def _refuse_with_targets(eventbridge, key):
    """An answer that refuses to delete a rule with targets, None if it has none."""
    from ministack.core.responses import error_response_json

    if not eventbridge._targets.get(key):
        return None
    return error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
