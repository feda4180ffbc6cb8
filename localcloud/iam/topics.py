"""What a service needs to publish to a topic on its own: the topic's policy, and the policy of the topic's key."""

from localcloud.iam import keys, record

#: Services that publish in the name of the topic's owner, which the policy that a topic is made with asks for.
_FOR_THE_OWNER = ("cloudwatch.amazonaws.com", "s3.amazonaws.com", "budgets.amazonaws.com")

#: It says neither account nor rule when it publishes to a topic: a policy with such a condition refuses it. "Amazon SNS permissions" in
#: EventBridge's documentation, "Enable compatibility between event sources and encrypted topics" in SNS's.
_NAMES_NO_SOURCE = "events.amazonaws.com"


def refusal(topic_arn, service, source_arn, account, region):
    """Why a service may not publish to a topic for `source_arn`, such as an alarm's ARN; None if it may. Told in the journal."""
    from ministack.core.responses import request_scope
    from ministack.services import sns

    with request_scope(account, region):
        topic = sns._topic_by_arn_any_scope(topic_arn)
        if topic is None:
            return f"Topic does not exist: {topic_arn}"
        attributes = topic.get("attributes", {})
        allowed = _policy_allows(attributes.get("Policy"), topic_arn, service, source_arn, account, region)
        checks = [["sns:Publish", topic_arn, "allow" if allowed else "deny"]]
        key = attributes.get("KmsMasterKeyId")
        refused = _key_refusal(key, topic_arn, service, source_arn, checks) if key and allowed else None
    record.note("sns", record.Record(service, "Publish", checks), via=service)
    if not allowed:
        return f"{service} is not authorized to perform: SNS:Publish on resource: {topic_arn}: the topic's policy does not allow it"
    return refused


def _policy_allows(policy, topic_arn, service, source_arn, account, region):
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

    source = {} if service == _NAMES_NO_SOURCE else {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    if service in _FOR_THE_OWNER:
        source["aws:sourceowner"] = account
    asked = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sns:Publish",
        resource_arn=topic_arn,
        region=region,
        service_context=source,
    )
    return bool(policy) and evaluate_resource_policy(policy, asked, service=service).decision == "Allow"


def _key_refusal(key, topic_arn, service, source_arn, checks):
    """The key that AWS manages for SNS lets no service in; a customer key lets those in that its policy names."""
    context = {"kms:encryptioncontext:aws:sns:topicarn": topic_arn}
    if service != _NAMES_NO_SOURCE:
        context["aws:sourcearn"] = source_arn
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        allowed = not key.endswith("alias/aws/sns") and keys.service_may(key, service, action, context, named=service != _NAMES_NO_SOURCE)
        checks.append([action, key, "allow" if allowed else "deny"])
        if not allowed:
            managed = key.endswith("alias/aws/sns")
            why = "the key that AWS manages for SNS allows no service" if managed else "the key's policy does not allow it"
            return f"{service} is not authorized to perform: {action} on the key {key} of {topic_arn}: {why}"
    return None
