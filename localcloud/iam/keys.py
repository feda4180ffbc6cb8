"""Customer keys of queues, topics and log groups: what their users and services need of the key."""

import json

from localcloud.iam.questions import Question


def of_queue(call):
    """What a call on an encrypted queue needs of its key."""
    needs = {"SendMessage": _SEND, "SendMessageBatch": _SEND, "ReceiveMessage": ("kms:Decrypt",)}.get(call.operation, ())
    name = str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return _asked(needs, call.arn(name)) if needs and name else []


def of_topic(call):
    """What publishing to an encrypted topic needs of its key."""
    from ministack.services import kms, sns

    arn = str(call.params.get("TopicArn") or call.params.get("TargetArn") or "")
    topic = sns._topic_by_arn_any_scope(arn) if call.operation in ("Publish", "PublishBatch") and arn else None
    chosen = (topic or {}).get("attributes", {}).get("KmsMasterKeyId")
    if not chosen or chosen.endswith("alias/aws/sns"):
        return []
    known = kms._resolve_key(chosen)
    context = {"kms:ViaService": f"sns.{arn.split(':')[3]}.amazonaws.com", "kms:EncryptionContext:aws:sns:topicArn": arn}
    return [Question(action, known["Arn"] if known else chosen, context) for action in _SEND]


def service_may_send(queue_arn, service, source_arn):
    """Whether a service may use the key of a queue, if that has one, for `source_arn`, such as a rule's ARN."""
    from ministack.services import sqs

    chosen = (sqs._queue_by_arn(queue_arn) or {}).get("attributes", {}).get("KmsMasterKeyId")
    if not chosen:
        return True
    context = {"kms:encryptioncontext:aws:sqs:arn": queue_arn, "aws:sourcearn": source_arn}
    return not chosen.endswith("alias/aws/sqs") and all(service_may(chosen, service, action, context) for action in _SEND)


_SEND = ("kms:GenerateDataKey", "kms:Decrypt")


def _asked(actions, queue_arn):
    from ministack.services import kms, sqs

    queue = sqs._queue_by_arn(queue_arn) or {}
    chosen = queue.get("attributes", {}).get("KmsMasterKeyId")
    if not chosen or chosen.endswith("alias/aws/sqs"):
        return []
    known = kms._resolve_key(chosen)
    context = {"kms:ViaService": f"sqs.{queue_arn.split(':')[3]}.amazonaws.com", "kms:EncryptionContext:aws:sqs:arn": queue_arn}
    return [Question(action, known["Arn"] if known else chosen, context) for action in actions]


def logs_refusal(call):
    """(status, headers, body) where CloudWatch Logs may not use the key that a log group is to have, or None."""
    key, name = call.params.get("kmsKeyId"), call.params.get("logGroupName")
    if call.operation not in ("CreateLogGroup", "AssociateKmsKey") or not key or not name:
        return None
    group = call.arn(f"log-group:{name}")
    context = {"kms:encryptioncontext:aws:logs:arn": group}
    if all(service_may(key, f"logs.{call.region}.amazonaws.com", action, context) for action in ("kms:Encrypt", *_SEND)):
        return None
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
    body = json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, body


def service_may(key, service, action, context, named=True):
    """Whether a key's policy lets a service use it; `named`: does the service say for which account?"""
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
    from ministack.services import kms

    known = kms._resolve_key(key)
    if known is None:
        return False
    asked = EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=known["Arn"],
        region=known["Arn"].split(":")[3],
        service_context={**context, **({"aws:sourceaccount": known["Arn"].split(":")[4]} if named else {})},
    )
    return evaluate_resource_policy(known.get("Policy"), asked, service=service).decision == "Allow"
