"""CSV: delimiter, header and types, by the rules that Glue documents for its classifier."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from localcloud.crawler.hive_types import merge
from localcloud.crawler.schema import Schema

DELIMITERS = (",", "|", "\t", ";", "\x01")
LONGEST_HEADER = 150
_CONSISTENT = 0.8  # share of rows that must have the usual number of fields

_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COLUMN_NAME = re.compile("[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]+")


@dataclass(frozen=True)
class Rules:
    """What a custom CSV classifier prescribes; the defaults are those of Glue's built-in one."""

    delimiter: str | None = None
    quote: str = '"'
    header: str = "UNKNOWN"  # PRESENT, ABSENT
    names: tuple = ()
    types: tuple = ()
    trim: bool = True
    single_column: bool = False
    serde: str = "LazySimpleSerDe"


def rules_of(classifier):
    """Rules from a CsvClassifier as GetClassifier shows it."""
    chosen = classifier.get("Serde", "None")
    return Rules(
        delimiter=classifier.get("Delimiter"),
        quote=classifier.get("QuoteSymbol", '"'),
        header=classifier.get("ContainsHeader", "UNKNOWN"),
        names=tuple(classifier.get("Header", ())),
        types=tuple(classifier.get("CustomDatatypes", ())) if classifier.get("CustomDatatypeConfigured") else (),
        trim=not classifier.get("DisableValueTrimming"),
        single_column=bool(classifier.get("AllowSingleColumn")),
        # A classifier that names a quote symbol cannot be served by a SerDe that knows no quotes.
        serde=chosen if chosen != "None" else "OpenCSVSerDe" if classifier.get("QuoteSymbol") else "LazySimpleSerDe",
    )


def classify(text, complete, rules=None):
    """The Schema of CSV text, or None if it is not CSV.

    `complete`: False when the text is only the file's beginning, so that its last row may be cut.
    """
    rules = rules or Rules()
    best = None
    for delimiter in (rules.delimiter,) if rules.delimiter else DELIMITERS:
        rows = _rows(text, delimiter, rules.quote, complete)
        width = _width(rows)
        if width and (best is None or width > best[0]):
            best = width, delimiter, rows
    # Two columns and two rows make a CSV, unless a classifier says that one column will do.
    if best is None or len(best[2]) < 2 or (best[0] < 2 and not rules.single_column):
        return None
    width, delimiter, rows = best
    return _schema(rows, width, delimiter, rules)


def _rows(text, delimiter, quote, complete):
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote) if row]
    except csv.Error:
        return []
    return rows if complete else rows[:-1]


def _width(rows):
    """The number of fields that nearly all rows have, or None."""
    if not rows:
        return None
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return width if count >= _CONSISTENT * len(rows) else None


def _schema(rows, width, delimiter, rules):
    first = rows[0]
    body_types = _column_types(rows[1:], width, rules.trim)
    has_header = rules.header == "PRESENT" or (rules.header == "UNKNOWN" and _is_header(first, width, body_types, rules.trim))
    data = rows[1:] if has_header else rows
    names = rules.names or (tuple(cell.strip() for cell in first) if has_header else ())
    types = body_types if has_header else _column_types(rows, width, rules.trim)
    if rules.serde == "OpenCSVSerDe":
        types = ["string"] * width  # that SerDe reads nothing else
    if rules.types:
        types = list(rules.types)
    quoted = rules.serde == "OpenCSVSerDe"
    details = {"delimiter": delimiter, "header": has_header, "quote": rules.quote if quoted else None, "serde": rules.serde}
    columns = zip(_unique_names(names, max(width, len(names))), types, strict=False)
    return Schema("csv", tuple(columns), details=details, named=bool(names), rows=len(data))


def _is_header(first, width, body_types, trim):
    """Whether a row names the columns: all text, all short and printable, and unlike the rows below.

    The last cell may be empty, for rows that end in a delimiter.
    """
    if len(first) != width or all(its_type in ("string", None) for its_type in body_types):
        return False
    cells = [cell.strip() for cell in first]
    if any(value_type(cell, trim) != "string" for cell in cells[:-1]) or value_type(cells[-1], trim) not in ("string", None):
        return False
    return all(len(cell) < LONGEST_HEADER for cell in cells[:-1]) and all(_COLUMN_NAME.fullmatch(cell) for cell in cells if cell)


def _column_types(rows, width, trim):
    types = [None] * width
    for row in rows:
        for at, cell in enumerate(row[:width]):
            if types[at] != "string":
                types[at] = merge(types[at], value_type(cell, trim))
    return [its_type or "string" for its_type in types] if rows else types


def value_type(cell, trim=True):
    """`bigint`, `double`, `boolean` or `string`; None for an empty cell. Dates stay strings, as in Glue."""
    if trim:
        cell = cell.strip()
    if not cell:
        return None
    if _INTEGER.fullmatch(cell):
        return "bigint" if -(2**63) <= int(cell) < 2**63 else "double"
    if _NUMBER.fullmatch(cell):
        return "double"
    return "boolean" if cell.lower() in ("true", "false") else "string"


def _unique_names(names, width):
    """Names in lower case, as the catalog keeps them; `col<n>` where there is none, a number after a repeated one."""
    seen, out = Counter(), []
    for at in range(width):
        name = (names[at].lower() if at < len(names) else "") or f"col{at}"
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name] - 1}")
    return out
