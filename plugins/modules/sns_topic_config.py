#!/usr/bin/python
"""Manage an Amazon SNS topic with its key, policy and subscriptions."""

DOCUMENTATION = r"""
module: sns_topic_config
short_description: Manage an Amazon SNS topic with its key, policy and subscriptions
description:
  - Create, update or delete a standard topic in one step, with a diff.
  - Unlike M(community.aws.sns_topic) it knows the key that encrypts messages, creates the topic with its key, policy and tags in one call,
    and says which subscriptions wait to be confirmed.
  - A subscription that waits is left as it is, and a warning names it. AWS forgets it after some days; then the next run asks again.
options:
  name:
    description: Name of the topic.
    type: str
    required: true
  display_name:
    description: Whom mails of the topic come from.
    type: str
    default: ""
  kms_key:
    description:
      - Key that encrypts messages, as id, ARN or C(alias/NAME); empty for none.
      - CloudWatch and EventBridge cannot publish to a topic under the key C(alias/aws/sns), whose policy nobody can change.
    type: str
    default: ""
  policy:
    description: The topic's policy.
    type: dict
  subscriptions:
    description: Who is told.
    type: list
    elements: dict
    default: []
    suboptions:
      protocol:
        description: How.
        type: str
        required: true
        choices: [email, email-json, http, https, lambda, sms, sqs]
      endpoint:
        description: Where, such as an address or an ARN.
        type: str
        required: true
  purge_subscriptions:
    description:
      - Whether other subscriptions are removed. By default they stay, since people subscribe by themselves.
      - One that was never confirmed cannot be removed; AWS forgets it.
    type: bool
    default: false
  tags:
    description: All tags of the topic; others are removed.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: Failures are told by mail
  sns_topic_config:
    name: pipeline-failure-alerts
    kms_key: alias/headwater-alerts
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {Service: cloudwatch.amazonaws.com}
          Action: sns:Publish
          Resource: arn:aws:sns:eu-central-1:123456789012:pipeline-failure-alerts
          Condition: {StringEquals: {"aws:SourceAccount": "123456789012"}}
    subscriptions:
      - {protocol: email, endpoint: somebody@example.org}
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The topic as it is, or in check mode would be, with the subscriptions that are declared; empty when absent.
  type: dict
  returned: always
  sample: {name: pipeline-failure-alerts, kms_key: alias/headwater-alerts, subscriptions: [{protocol: email, endpoint: a@example.org}]}
unconfirmed:
  description: Declared subscriptions that wait to be confirmed, as C(protocol endpoint).
  type: list
  elements: str
  returned: success
others:
  description: Subscriptions that are not declared and stay, as C(protocol endpoint).
  type: list
  elements: str
  returned: success
"""

import json

from ansible.module_utils.aws_resource import (
    ClientError,
    arn_of,
    aws_module,
    aws_tags,
    converge,
    document,
    is_missing,
    plain_tags,
    tag_changes,
)

MISSING = ("NotFound", "NotFoundException", "ResourceNotFoundException", "ResourceNotFound")
#: What SNS lists in the place of the ARN of a subscription that waits.
WAITS = "PendingConfirmation"
ATTRIBUTES = {"display_name": "DisplayName", "kms_key": "KmsMasterKeyId", "policy": "Policy"}


class Topic:
    """A topic of SNS and what of its subscriptions is declared."""

    def __init__(self, module):
        self.sns, self.params = module.client("sns"), module.params
        self.arn = arn_of(module, "sns", module.params["name"])
        self.declared = {(each["protocol"], each["endpoint"]) for each in module.params["subscriptions"]}
        self.found = {}

    def describe(self):
        """The topic in the options' own shape, or None; `self.found`: {(protocol, endpoint): ARN or WAITS}."""
        self.found = {}
        try:
            attributes = self.sns.get_topic_attributes(TopicArn=self.arn)["Attributes"]
            tags = self.sns.list_tags_for_resource(ResourceArn=self.arn).get("Tags")
            pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn)
            listed = [each for page in pages for each in page["Subscriptions"]]
        except ClientError as error:
            if is_missing(error, *MISSING):
                return None
            raise
        self.found = {
            (each["Protocol"], each["Endpoint"]): each["SubscriptionArn"] for each in listed if each["SubscriptionArn"] != "Deleted"
        }
        return {
            "name": self.params["name"],
            "display_name": attributes.get("DisplayName", ""),
            "kms_key": attributes.get("KmsMasterKeyId", ""),
            "policy": document(attributes.get("Policy") or "{}"),
            "subscriptions": plain(key for key in self.found if key in self.declared or self.is_purged(key)),
            "tags": plain_tags(tags),
        }

    def is_purged(self, key):
        """Is this a subscription to be removed, and can it be?"""
        return self.params["purge_subscriptions"] and key not in self.declared and self.found[key] != WAITS

    def wanted(self):
        """What is declared, in the shape of `describe`."""
        same = ("name", "display_name", "kms_key", "policy", "tags")
        return {**{key: self.params[key] for key in same}, "subscriptions": plain(self.declared)}

    def apply(self, before, after):
        """Make AWS match `after`."""
        if after is None:
            self.sns.delete_topic(TopicArn=self.arn)  # its subscriptions go with it
            return
        if before is None:
            given = {name: value for name, value in attributes_of(after).items() if value}
            self.sns.create_topic(Name=after["name"], Attributes=given, Tags=aws_tags(after["tags"]))
        else:
            self.update(before, after)
        for protocol, endpoint in sorted(self.declared - set(self.found)):
            self.sns.subscribe(TopicArn=self.arn, Protocol=protocol, Endpoint=endpoint, ReturnSubscriptionArn=True)
        for key in [key for key in self.found if self.is_purged(key)]:
            self.sns.unsubscribe(SubscriptionArn=self.found[key])

    def update(self, before, after):
        """Change attributes and tags, each only when it differs."""
        old = attributes_of(before)
        for name, value in attributes_of(after).items():
            if value != old[name]:
                self.sns.set_topic_attributes(TopicArn=self.arn, AttributeName=name, AttributeValue=value)
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        if to_set:
            self.sns.tag_resource(ResourceArn=self.arn, Tags=aws_tags(to_set))
        if to_remove:
            self.sns.untag_resource(ResourceArn=self.arn, TagKeys=to_remove)

    def unconfirmed(self):
        """Declared subscriptions that wait for somebody, as "protocol endpoint"."""
        return sorted(" ".join(key) for key in self.declared if self.found.get(key) == WAITS)

    def others(self):
        """Subscriptions that are not declared, as "protocol endpoint"."""
        return sorted(" ".join(key) for key in self.found if key not in self.declared and not self.is_purged(key))


def plain(keys):
    """(protocol, endpoint)s as the options spell them, sorted."""
    return [{"protocol": protocol, "endpoint": endpoint} for protocol, endpoint in sorted(keys)]


def attributes_of(topic):
    """The topic's attributes as the API takes them: text."""
    given = {name: topic[key] for key, name in ATTRIBUTES.items()}
    return {**given, "Policy": json.dumps(topic["policy"], sort_keys=True)}


def main():
    """Compare, then act only on a difference."""
    protocols = ["email", "email-json", "http", "https", "lambda", "sms", "sqs"]
    subscription = {"protocol": {"required": True, "choices": protocols}, "endpoint": {"required": True}}
    module = aws_module(
        {
            "name": {"required": True},
            "display_name": {"default": ""},
            "kms_key": {"default": "", "no_log": False},
            "policy": {"type": "dict"},
            "subscriptions": {"type": "list", "elements": "dict", "default": [], "options": subscription},
            "purge_subscriptions": {"type": "bool", "default": False},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["policy"])],
    )
    topic = Topic(module)

    def tell():
        """Who waits, as a warning too, and who else is told."""
        waiting = topic.unconfirmed()
        if waiting:
            module.warn(
                f"SNS topic {module.params['name']!r}: {', '.join(waiting)} must be confirmed before anything is told: "
                "open the link in AWS's message; it is valid for two days"
            )
        return {"unconfirmed": waiting, "others": topic.others()}

    converge(module, f"SNS topic {module.params['name']!r}", topic.describe, topic.apply, topic.wanted(), tell)


if __name__ == "__main__":
    main()
