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

import functools
import importlib.util
from pathlib import Path

#: Not the whole of the function: that would load pyarrow.
NAMES = Path(__file__).resolve().parents[2] / "files" / "lambda" / "filter_and_process_orders" / "orders_csv" / "names.py"


@functools.cache
def function_names():
    """The function's module of names."""
    spec = importlib.util.spec_from_file_location("headwater_orders_names", NAMES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def orders_audit_key(key, prefix="audit/"):
    """Key of the audit record that the function writes for the input `key`."""
    return f"{prefix}{function_names().output_name(key)}.json"


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"orders_audit_key": orders_audit_key}
