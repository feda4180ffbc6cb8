#!/usr/bin/python
"""Turn a CSV file into JSON lines, losing nothing."""

DOCUMENTATION = r"""
module: csv_json_lines
short_description: Turn a CSV file into JSON lines
description:
  - Write each row as one JSON object a line, plain or gzip'd files alike. Names are those asked for, whatever the header's case and spaces.
  - A row with too few or too many fields becomes a JSON array, so that whoever reads the lines can reject it with its text.
  - Bytes that are no UTF-8 stay as they are.
options:
  source:
    description: The CSV file, with a header; gzip'd if its content is.
    type: path
    required: true
  dest:
    description: The file of JSON lines.
    type: path
    required: true
  columns:
    description: Columns to take, in order. One that the header lacks is an error.
    type: list
    elements: str
    required: true
  numbers:
    description: Those of O(columns) that are written as JSON numbers, digit by digit as they stand, where they are numbers.
    type: list
    elements: str
    default: []
author: Headwater
"""

EXAMPLES = r"""
- name: Lines of orders are made of a CSV file
  csv_json_lines:
    source: online_retail.csv.gz
    dest: .state/replay/online_retail.json
    columns: [InvoiceNo, Quantity]
    numbers: [Quantity]
"""

RETURN = r"""
lines:
  description: How many lines there are.
  type: int
  returned: always
"""

import csv
import gzip
import hashlib
import itertools
import json
import os
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
GZIP = b"\x1f\x8b"


def opened(path):
    """The file's text. Bytes that are no UTF-8 come as lone surrogates, and go as they came."""
    with open(path, "rb") as file:
        zipped = file.read(2) == GZIP
    return (gzip.open if zipped else open)(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")


def positions(header, columns):
    """Where the `columns` stand in a header; ValueError names those that it lacks."""
    seen = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    missing = [name for name in columns if name.lower() not in seen]
    if missing:
        raise ValueError(f"has no column {', '.join(missing)}; its header is {', '.join(header)[:200]!r}")
    return [seen[name.lower()] for name in columns]


def lines(rows, columns, numbers):
    """JSON texts of a CSV reader's rows; blank rows are nothing."""
    header = next(rows, [])
    places = positions(header, columns)
    keys = [(json.dumps(name), place, name in numbers) for name, place in zip(columns, places, strict=True)]
    text = lambda value: json.dumps(value, ensure_ascii=False)  # noqa: E731 - named for the two uses below
    for row in rows:
        if len(row) == len(header):
            parts = (f"{key}: {row[place] if number and NUMBER.fullmatch(row[place]) else text(row[place])}" for key, place, number in keys)
            yield "{" + ", ".join(parts) + "}"
        elif row:
            yield text(row)


def main():
    """Write the file anew unless it is just that already."""
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "columns": {"type": "list", "elements": "str", "required": True},
            "numbers": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    source, dest = Path(module.params["source"]), Path(module.params["dest"])
    part, count, digest = dest.with_name(f"{dest.name}.{os.getpid()}.part"), 0, hashlib.sha256()
    csv.field_size_limit(1 << 30)
    try:
        if not module.check_mode:
            dest.parent.mkdir(parents=True, exist_ok=True)
        with opened(source) as file, open(os.devnull if module.check_mode else part, "wb") as out:
            made = lines(csv.reader(file, strict=True), module.params["columns"], set(module.params["numbers"]))
            while batch := list(itertools.islice(made, 10_000)):
                count += len(batch)
                data = ("\n".join(batch) + "\n").encode("utf-8", "surrogateescape")
                digest.update(data)
                out.write(data)
    except (OSError, EOFError, ValueError, csv.Error) as error:
        part.unlink(missing_ok=True)
        module.fail_json(msg=f"{source}, after {count} rows: {error}")
    same = dest.is_file() and checksum(dest) == digest.hexdigest()
    if not module.check_mode:
        if same:
            part.unlink()
        else:
            part.replace(dest)
    module.exit_json(changed=not same, lines=count)


def checksum(path):
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
