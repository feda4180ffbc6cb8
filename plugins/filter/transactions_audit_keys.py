"""Keys of the transactions pipeline, by the function's own rule."""

DOCUMENTATION = r"""
name: transactions_audit_keys
author: Headwater
short_description: Keys of the audit records of inputs of the transactions pipeline
description:
  - By the transformer's own rule, read from its code.
positional: _input, prefix
options:
  _input:
    description: Keys of the inputs.
    type: list
    elements: str
    required: true
  prefix:
    description: What the audit records' keys begin with.
    type: str
    default: audit/
"""

EXAMPLES = r"""
audit_keys: "{{ ['raw/date=2026-11-21/one.json'] | transactions_audit_keys }}"
"""

RETURN = r"""
_value:
  description: The keys, in the inputs' order.
  type: list
  elements: str
"""

import functools
import importlib.util
from pathlib import Path

#: Not the whole of the function: that would load pyarrow.
NAMES = Path(__file__).resolve().parents[2] / "files" / "lambda" / "data_transformer" / "transactions_json" / "names.py"


@functools.cache
def function_names():
    """The function's module of names."""
    spec = importlib.util.spec_from_file_location("headwater_transactions_names", NAMES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def transactions_audit_keys(keys, prefix="audit/"):
    """Keys of the audit records that the transformer writes for the inputs `keys`."""
    return [f"{prefix}{function_names().output_name(key)}.json" for key in keys]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"transactions_audit_keys": transactions_audit_keys}
