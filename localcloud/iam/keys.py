"""Customer keys of queues and log groups: what their users and services need of the key."""

import json

from localcloud.iam.questions import Question


def of_queue(call):
    """What a call on an encrypted queue needs of its key."""
    needs = {"SendMessage": _SEND, "SendMessageBatch": _SEND, "ReceiveMessage": ("kms:Decrypt",)}.get(call.operation, ())
    name = str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return _asked(needs, call.arn(name)) if needs and name else []


def to_send(queue_arn):
    """What sending to a queue needs of its key."""
    return _asked(_SEND, queue_arn)


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


def service_may(key, service, action, context):
    """Whether a key's policy lets a service use it."""
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
        service_context={**context, "aws:sourceaccount": known["Arn"].split(":")[4]},
    )
    return evaluate_resource_policy(known.get("Policy"), asked, service=service).decision == "Allow"
