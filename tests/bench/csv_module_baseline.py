"""The orders function's rules once more, written in the plainest way: Python's csv module, row by row, streaming.

The benchmark's yardstick, and the oracle that the property tests hold the function against. It shares no code with
the function. It knows no limit of a row's length, so it is not for hostile files.

`python csv_module_baseline.py CSV EVENT_DATE PARQUET REJECTS` processes a file as the function would.
"""

import base64
import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import BinaryIO

CENT = Decimal("0.01")
WHITE = " \t\n\r\x0b\x0c"
KNOWN = {"confirmed": "confirmed", "shipped": "shipped", "pending": "pending", "cancelled": "cancelled", "canceled": "cancelled"}


class RememberingLines:
    """Iterates over a file's lines and remembers those handed out since `start_row`."""

    def __init__(self, binary: BinaryIO) -> None:
        self.text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self.taken: list[str] = []
        self.ended = False

    def start_row(self) -> None:
        self.taken = []

    def __iter__(self) -> "RememberingLines":
        return self

    def __next__(self) -> str:
        line = self.text.readline()
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        return line


def amount_problem(text: str) -> str | None:
    if text == "":
        return "amount_missing"
    plain = re.fullmatch(r"(-?)([0-9]*)(?:\.([0-9]*))?", text)
    if plain is None or not (plain[2] or plain[3]):
        return "amount_invalid"
    if plain[1]:
        return "amount_negative"
    value = Decimal(text)
    if value >= 10**10:
        return "amount_too_large"
    if value != value.quantize(CENT) or len(plain[3] or "") > 22:
        return "amount_too_precise"
    return None


def real_date(text: str) -> date | None:
    parts = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    try:
        return date(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    except ValueError:
        return None


def judge(row: list[str], header: list[str], places: dict[str, int], event_date: date, drop_after_days: int) -> tuple[str, object]:
    """("kept", values) or ("dropped", rule) or ("rejected", reason)."""
    if len(row) < len(header):
        return "rejected", "too_few_fields"
    if len(row) > len(header):
        return "rejected", "too_many_fields"
    order_id = row[places["orderid"]].strip(WHITE)
    customer = row[places["customer"]].strip(WHITE)
    amount = row[places["amount"]].strip(WHITE)
    status = row[places["status"]].strip(WHITE)
    day_text = row[places["orderdate"]].strip(WHITE)
    if order_id == "":
        return "rejected", "order_id_missing"
    if day_text == "":
        return "rejected", "order_date_missing"
    day = real_date(day_text)
    if day is None:
        return "rejected", "order_date_invalid"
    problem = amount_problem(amount)
    if problem:
        return "rejected", problem
    if status == "":
        return "rejected", "status_missing"
    known = KNOWN.get(status.lower())
    if known is None:
        return "rejected", "status_unknown"
    if known in ("pending", "cancelled") and event_date - day > timedelta(days=drop_after_days):
        return "dropped", f"old_{known}"
    return "kept", (order_id, customer, Decimal(amount).quantize(CENT), known, day)


def orders(binary: BinaryIO, event_date: date, drop_after_days: int = 30) -> Iterator[tuple[str, object]]:
    """Yield what becomes of each data row, in the file's order: `judge`'s answers, with a record for each rejected row.

    Raises ValueError if the header lacks a column: files rejected whole are not this version's business.
    """
    csv.field_size_limit(sys.maxsize)
    lines = RememberingLines(binary)
    reader = csv.reader(lines)
    header = next(row for row in reader if row)
    places = {name.strip(WHITE).lower(): place for place, name in enumerate(header)}
    for name in ("orderid", "customer", "amount", "status", "orderdate"):
        if name not in places:
            raise ValueError(f"no column {name} in {header}")
    number = 0
    while True:
        lines.start_row()
        line = reader.line_num + 1
        row = next(reader, None)
        if row is None:
            return
        if not row:
            continue  # a blank line
        number += 1
        text = "".join(lines.taken)
        if lines.ended:  # the reader wanted another line to close the quotes
            outcome, detail = "rejected", "unclosed_quote"
        else:
            text = text.removesuffix("\n").removesuffix("\r")
            if "\0" in text:
                outcome, detail = "rejected", "nul_byte"
            elif not text.isascii() and re.search("[\ud800-\udfff]", text):
                outcome, detail = "rejected", "undecodable"
            else:
                outcome, detail = judge(row, header, places, event_date, drop_after_days)
        if outcome == "rejected":
            data = text.encode("utf-8", "surrogateescape")
            record = {"row": number, "line": line, "reason": detail, "text": data.decode("utf-8", "replace")}
            if re.search("[\ud800-\udfff]", text):
                record["text_base64"] = base64.b64encode(data).decode()
            detail = record
        yield outcome, detail


def main(source: str, event_date: str, parquet: str, rejects: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [pa.string(), pa.string(), pa.decimal128(12, 2), pa.string(), pa.date32()]
    schema = pa.schema(list(zip(("order_id", "customer", "amount", "status", "order_date"), types, strict=True)))
    with (
        gzip.open(source) if source.endswith(".gz") else open(source, "rb") as binary,
        pq.ParquetWriter(parquet, schema, compression="zstd") as writer,
        open(rejects, "w", encoding="ascii") as bad,
    ):
        kept: list[tuple] = []

        def write() -> None:
            columns = [pa.array(values, kind) for values, kind in zip(zip(*kept, strict=True), types, strict=True)]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            kept.clear()

        for outcome, detail in orders(binary, date.fromisoformat(event_date)):
            if outcome == "kept":
                kept.append(detail)
                if len(kept) == 100_000:
                    write()
            elif outcome == "rejected":
                bad.write(json.dumps(detail) + "\n")
        if kept:
            write()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: python csv_module_baseline.py CSV EVENT_DATE PARQUET REJECTS")
    main(*sys.argv[1:])
