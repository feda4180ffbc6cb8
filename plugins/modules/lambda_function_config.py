#!/usr/bin/python
"""Manage an AWS Lambda function of a zip archive, with its layers, settings and tags."""

DOCUMENTATION = r"""
module: lambda_function_config
short_description: Manage an AWS Lambda function of a zip archive
description:
  - Create, update or delete a function in one step; unlike M(amazon.aws.lambda) with a diff, in check mode too, and without publishing
    a version at each change.
  - A function is ready to be called when this returns.
options:
  name:
    description: Name of the function.
    type: str
    required: true
  description:
    description: What the function does.
    type: str
    default: ""
  zip_file:
    description: Archive of its code, at most 50 MB. Needed for C(state=present).
    type: path
  handler:
    description: Where a call enters, as C(module.function).
    type: str
    default: handler.lambda_handler
  runtime:
    description: Runtime, such as C(python3.12).
    type: str
    default: ""
  architecture:
    description: Processor.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  role:
    description: ARN of the role that the function has. Needed for C(state=present).
    type: str
    default: ""
  layers:
    description: Names of its layers in their order; of each the newest version. A layer without a version is left out in check mode.
    type: list
    elements: str
    default: []
  memory_mb:
    description: Memory in megabytes.
    type: int
    default: 512
  timeout_seconds:
    description: Seconds that a call may take.
    type: int
    default: 60
  environment:
    description: Environment variables.
    type: dict
    default: {}
  tags:
    description: All tags of the function; others are removed.
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
- name: The function that cleans orders is present
  lambda_function_config:
    name: FilterAndProcessOrders
    zip_file: .cache/functions/FilterAndProcessOrders.zip
    runtime: python3.12
    role: arn:aws:iam::000000000000:role/Lambda-S3-Processing-Role
    layers: [headwater-pyarrow]
    memory_mb: 1024
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The function as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: FilterAndProcessOrders, memory_mb: 1024, code_sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=}
"""

import base64
import hashlib
from pathlib import Path

from ansible.module_utils.aws_resource import ClientError, aws_module, converge, is_missing, once_possible, tag_changes

PLAIN = ("name", "description", "handler", "runtime", "architecture", "role", "memory_mb", "timeout_seconds", "environment", "tags")
SETTINGS = ("description", "handler", "runtime", "role", "layers", "memory_mb", "timeout_seconds", "environment")
#: A role that was just made is not everywhere at once.
NEW_ROLE = ("cannot be assumed",)


def describe(client, name):
    """The function in the options' own shape, with its code's digest and layers' ARNs; or None."""
    try:
        answer = client.get_function(FunctionName=name)
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    found = answer["Configuration"]
    return {
        "name": name,
        "description": found.get("Description", ""),
        "handler": found.get("Handler", ""),
        "runtime": found.get("Runtime", ""),
        "architecture": (found.get("Architectures") or ["x86_64"])[0],
        "role": found["Role"],
        "layers": [layer["Arn"] for layer in found.get("Layers", [])],
        "memory_mb": found["MemorySize"],
        "timeout_seconds": found["Timeout"],
        "environment": found.get("Environment", {}).get("Variables", {}),
        "code_sha256": found["CodeSha256"],
        "tags": answer.get("Tags", {}),
    }


def newest_version(client, layer):
    """ARN of a layer's newest version, or None where it has none."""
    pages = client.get_paginator("list_layer_versions").paginate(LayerName=layer)
    try:
        found = [version for page in pages for version in page["LayerVersions"]]
    except ClientError as error:
        if is_missing(error, "ResourceNotFoundException"):
            return None
        raise
    return max(found, key=lambda version: version["Version"])["LayerVersionArn"] if found else None


def settings(after):
    """What creating and updating spell alike."""
    return {
        "FunctionName": after["name"],
        "Description": after["description"],
        "Handler": after["handler"],
        "Runtime": after["runtime"],
        "Role": after["role"],
        "Layers": after["layers"],
        "MemorySize": after["memory_mb"],
        "Timeout": after["timeout_seconds"],
        "Environment": {"Variables": after["environment"]},
    }


def apply(client, code, before, after):
    """Make AWS match `after`; `code`: the archive's bytes."""
    if after is None:
        client.delete_function(FunctionName=before["name"])
    elif before is None:
        create = {"Architectures": [after["architecture"]], "Code": {"ZipFile": code}, "Tags": after["tags"]}
        once_possible(lambda: client.create_function(**settings(after), **create), NEW_ROLE)
        client.get_waiter("function_active_v2").wait(FunctionName=after["name"], WaiterConfig={"Delay": 1})
    else:
        update(client, code, before, after)


def update(client, code, before, after):
    """Change what differs; Lambda takes one change at a time, so each is waited for, a former run's as well."""
    name = after["name"]
    settled = lambda: client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})  # noqa: E731 - one line
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    if any(before[key] != after[key] for key in SETTINGS):
        settled()
        once_possible(lambda: client.update_function_configuration(**settings(after)), NEW_ROLE)
    if any(before[key] != after[key] for key in ("code_sha256", "architecture")):
        settled()
        client.update_function_code(FunctionName=name, ZipFile=code, Architectures=[after["architecture"]])
    settled()
    to_set, to_remove = tag_changes(before["tags"], after["tags"])
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    if to_set:
        client.tag_resource(Resource=arn, Tags=to_set)
    if to_remove:
        client.untag_resource(Resource=arn, TagKeys=to_remove)


def find_layers(module, client):
    """ARNs of the layers' newest versions; one that is missing is an error, but in check mode, where it may be about to be made."""
    found = {name: newest_version(client, name) for name in module.params["layers"]}
    missing = [name for name, arn in found.items() if arn is None]
    if missing and not module.check_mode:
        module.fail_json(
            msg=f"Function {module.params['name']!r} needs the layer {missing[0]!r}, which has no version: run the host that makes it"
        )
    return [arn for arn in found.values() if arn]


def main():
    """Compare, then act only on a difference."""
    module = aws_module(
        {
            "name": {"required": True},
            "description": {"default": ""},
            "zip_file": {"type": "path"},
            "handler": {"default": "handler.lambda_handler"},
            "runtime": {"default": ""},
            "architecture": {"choices": ["x86_64", "arm64"], "default": "x86_64"},
            "role": {"default": ""},
            "layers": {"type": "list", "elements": "str", "default": []},
            "memory_mb": {"type": "int", "default": 512},
            "timeout_seconds": {"type": "int", "default": 60},
            "environment": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ["zip_file"])],
    )
    client, params = module.client("lambda"), module.params
    wanted, code = {key: params[key] for key in PLAIN}, b""
    wanted["environment"] = {key: str(value) for key, value in params["environment"].items()}
    if params["state"] == "present":
        try:
            code = Path(params["zip_file"]).read_bytes()
        except OSError as error:
            module.fail_json(msg=f"zip_file of function {params['name']!r} cannot be read: {error}")
        wanted["code_sha256"] = base64.b64encode(hashlib.sha256(code).digest()).decode()
        wanted["layers"] = find_layers(module, client)
    converge(
        module,
        f"Lambda function {wanted['name']!r}",
        lambda: describe(client, wanted["name"]),
        lambda before, after: apply(client, code, before, after),
        wanted,
    )


if __name__ == "__main__":
    main()
