"""Layers' names turned into the newest versions' ARNs, as amazon.aws.lambda takes them."""

DOCUMENTATION = r"""
name: newest_layers
author: Headwater
short_description: Layers' names turned into the newest versions, as amazon.aws.lambda takes them
description:
  - A layer without a version, as in check mode on an empty cloud, is left out.
positional: _input, found
options:
  _input:
    description: Names of the layers, in the order that the function has them.
    type: list
    elements: str
    required: true
  found:
    description: Results of M(amazon.aws.lambda_layer_info) in a loop over names.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
layers: "{{ ['pyarrow'] | newest_layers(layer_infos.results) }}"
"""

RETURN = r"""
_value:
  description: A dictionary with the ARN of the newest version for each.
  type: list
  elements: dict
"""


def newest_layers(names, found):
    """`found`: results of lambda_layer_info in a loop over names. A layer without a version (check mode on an empty cloud) is left out."""
    newest = {}
    for result in found:
        versions = sorted(result.get("layers_versions", []), key=lambda version: version["version"])
        if versions:
            newest[result["item"]] = versions[-1]["layer_version_arn"]
    return [{"layer_version_arn": newest[name]} for name in names if name in newest]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"newest_layers": newest_layers}
