"""Rows as CSV (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
import re

# A spreadsheet takes a cell for a formula by its first character; importers may first drop white space and marks.
_FORMULA = re.compile(r"[\s\ufeff\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def cell(value):
    """A cell's text. What a spreadsheet would calculate gets a leading apostrophe; plain numbers, negative ones too, stay."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def lines(columns, rows):
    """Yields the CSV's text line by line, header first, each ended by CR LF."""
    for row in (columns, *rows):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerow([cell(value) for value in row])
        yield buffer.getvalue()
