#!/usr/bin/python
"""Manage an API key of Amazon API Gateway."""

DOCUMENTATION = r"""
module: api_key_config
short_description: Manage an API key of Amazon API Gateway
description:
  - Create, update or delete a key. API Gateway chooses its value, which this module neither asks for nor returns.
  - A key lets nobody in before a usage plan has it.
options:
  name:
    description: Name of the key; AWS allows many of one name, this module one.
    type: str
    required: true
  description:
    description: Who uses it.
    type: str
    default: ""
  enabled:
    description: Whether it lets callers in.
    type: bool
    default: true
  tags:
    description: All tags of the key; others are removed.
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
- name: The page has a key
  api_key_config:
    name: clickstream-browser
    description: Browsers that show the menu
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The key without its value, as it is or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: clickstream-browser, description: Browsers that show the menu, enabled: true, tags: {project: headwater}}
id:
  description: Id of the key, which is not its value; empty when there is none.
  type: str
  returned: success
"""

from ansible.module_utils import api_gateway
from ansible.module_utils.aws_resource import aws_module, converge, tag_changes

KEYS = ("get_api_keys", "API key")


class Key:
    """A key by its name."""

    def __init__(self, module):
        self.module, self.params = module, module.params
        self.client = module.client("apigateway")
        self.id = ""
        self.of_the_name = {"nameQuery": self.params["name"], "includeValues": False}

    def describe(self):
        """The key in the options' own shape, or None. Sets `id`."""
        key = api_gateway.one(self.module, self.client, *KEYS, self.params["name"], **self.of_the_name)
        self.id = key["id"] if key else ""
        if not key:
            return None
        said = {"description": key.get("description", ""), "enabled": key.get("enabled", False)}
        return {"name": key["name"], **said, "tags": key.get("tags") or {}}

    def apply(self, before, after):
        """Make AWS match `after`."""
        if after is None:
            self.client.delete_api_key(apiKey=self.id)
            return
        if before is None:
            made = self.client.create_api_key(**after)
            self.id = made["id"]
            for twin in api_gateway.twins(self.client, KEYS[0], made, **self.of_the_name):
                self.client.delete_api_key(apiKey=twin["id"])
            return
        fields = {"description": after["description"], "enabled": str(after["enabled"]).lower()}
        patch = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in fields.items() if before[key] != after[key]]
        if patch:
            self.client.update_api_key(apiKey=self.id, patchOperations=patch)
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        arn = f"arn:{self.client.meta.partition}:apigateway:{self.module.region}::/apikeys/{self.id}"
        if to_set:
            self.client.tag_resource(resourceArn=arn, tags=to_set)
        if to_remove:
            self.client.untag_resource(resourceArn=arn, tagKeys=to_remove)


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "enabled": {"type": "bool", "default": True},
            "tags": {"type": "dict", "default": {}},
        }
    )
    wanted = {key: module.params[key] for key in ("name", "description", "enabled", "tags")}
    key = Key(module)
    converge(module, f"API key {wanted['name']!r}", key.describe, key.apply, wanted, lambda: {"id": key.id})


if __name__ == "__main__":
    main()
