"""Loads the orders function and its helpers for tests, under names of their own, and runs them in memory."""

import importlib.util
import io
import json
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAMBDA = ROOT / "files/lambda"
FUNCTION = LAMBDA / "filter_and_process_orders"
EVENT_DAY = date(2025, 4, 22)
HEADER = b"OrderID,Customer,Amount,Status,OrderDate\n"


def load(name: str, path: Path) -> ModuleType:
    """Import the file at `path` as the module `name`, once. It finds what lies beside it and the shared packages, as in Lambda."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        with pytest.MonkeyPatch.context() as patch:
            for folder in (LAMBDA, path.parent):
                patch.syspath_prepend(folder)
            spec.loader.exec_module(module)
    return sys.modules[name]


core = load("headwater_orders_core", FUNCTION / "core.py")
baseline = load("headwater_orders_baseline", ROOT / "tests/bench/csv_module_baseline.py")
sample = load("headwater_orders_sample", ROOT / "files/samples/generate_orders.py")


def load_handler() -> ModuleType:
    """A fresh handler (no client yet), with our core as its `core` whatever other functions' core is loaded."""
    spec = importlib.util.spec_from_file_location("headwater_orders_handler", FUNCTION / "handler.py")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get("core")
    sys.modules["core"] = core
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["core"]
        if before is not None:
            sys.modules["core"] = before
    return module


class Outcome:
    """What `core.process` made of some bytes: `summary`, `kept` (rows as tuples), `rejects` (records), `parquet` (bytes)."""

    def __init__(self, data: bytes, event_date: date = EVENT_DAY, **options: object) -> None:
        parquet, rejects = io.BytesIO(), io.BytesIO()
        self.opened = 0

        def open_kept() -> io.BytesIO:
            self.opened += 1
            return parquet

        self.summary = core.process(io.BytesIO(data), event_date, open_kept, rejects, **options)
        self.parquet = parquet.getvalue()
        self.kept = rows_of(self.parquet) if self.parquet else []
        self.rejects = records_of(rejects.getvalue())

    @property
    def reasons(self) -> list[str]:
        return [record["reason"] for record in self.rejects]


def rows_of(parquet: bytes) -> list[tuple]:
    """The rows of a Parquet file."""
    table = pq.read_table(io.BytesIO(parquet))
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []


def records_of(lines: bytes) -> list[dict]:
    """The records of JSON lines."""
    return [json.loads(line) for line in lines.splitlines()]


def without_message(record: dict) -> dict:
    return {name: value for name, value in record.items() if name != "message"}


def expected(data: bytes, event_date: date = EVENT_DAY, **options: int) -> tuple[list, list, dict]:
    """The csv-module version's (kept rows, rejects, dropped by rule)."""
    kept, rejects, dropped = [], [], {}
    for outcome, detail in baseline.orders(io.BytesIO(data), event_date, **options):
        if outcome == "kept":
            kept.append(detail)
        elif outcome == "rejected":
            rejects.append(detail)
        else:
            dropped[detail] = dropped.get(detail, 0) + 1
    return kept, rejects, dropped
