"""Keys of the orders pipeline, by the function's own rule."""

DOCUMENTATION = r"""
name: orders_audit_key
author: Headwater
short_description: Key of the audit record of a file of orders
description:
  - By the function's own rule, read from its code.
positional: _input, prefix
options:
  _input:
    description: Key of the input.
    type: str
    required: true
  prefix:
    description: What the audit records' keys begin with.
    type: str
    default: audit/
"""

EXAMPLES = r"""
audit_key: "{{ 'raw/orders.csv' | orders_audit_key }}"
"""

RETURN = r"""
_value:
  description: The key.
  type: str
"""

import importlib.util
import sys
from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "files" / "lambda" / "filter_and_process_orders" / "core.py"


def orders_audit_key(key, prefix="audit/"):
    """Key of the audit record that the function writes for the input `key`."""
    name = "headwater_orders_core"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, CORE)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return f"{prefix}{sys.modules[name].output_name(key)}.json"


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"orders_audit_key": orders_audit_key}
