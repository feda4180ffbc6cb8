"""Layers' names turned into the newest versions' ARNs, as amazon.aws.lambda takes them."""


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
