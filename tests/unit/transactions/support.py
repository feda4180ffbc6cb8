"""Loads the generator and the transformer for tests, under names of their own, and runs them in memory."""

import importlib.util
import io
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[3]
LAMBDA = ROOT / "files/lambda"
GENERATOR, TRANSFORMER = LAMBDA / "data_generator", LAMBDA / "data_transformer"


def load(name: str, path: Path, **instead: ModuleType) -> ModuleType:
    """Import the file at `path` as a fresh module. It finds what lies beside it, as in Lambda, and `instead` under those names."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for folder in (LAMBDA, path.parent):
            patch.syspath_prepend(folder)
        for other, loaded in instead.items():
            patch.setitem(sys.modules, other, loaded)
        spec.loader.exec_module(module)
    return module


generator = load("headwater_generator_core", GENERATOR / "core.py")
core = load("headwater_transformer_core", TRANSFORMER / "core.py")
rules = sys.modules["transactions_json.rules"]
quick = sys.modules["transactions_json.quick"]
cutting = sys.modules["transactions_json.cutting"]
records = sys.modules["transactions_json.records"]
repeated = sys.modules["transactions_json.repeated"]
PRODUCTS = core.catalogue()


def load_generator_handler() -> ModuleType:
    return load("headwater_generator_handler", GENERATOR / "handler.py", core=generator)


def load_transformer_handler() -> ModuleType:
    return load("headwater_transformer_handler", TRANSFORMER / "handler.py", core=core)


def record(**members: object) -> dict:
    """A good transaction, but for `members`; None takes one out. Numbers as Raw, where digits matter."""
    good = {
        "transaction_id": "T-1",
        "timestamp": "2026-11-21T12:05:00.123Z",
        "customer_id": "C-00001",
        "product_id": "P-2001",
        "product_name": "Cotton T-Shirt",
        "category": "Clothing",
        "quantity": 2,
        "price": 19.90,
        "total_amount": 39.80,
    }
    return {name: value for name, value in (good | members).items() if value is not None}


def text(**members: object) -> bytes:
    return json.dumps(record(**members)).encode()


class Outcome:
    """What `core.process` made of some bytes: `summary`, `tables` (rows by day), `rejects` (records), `passes` (how often it read)."""

    def __init__(self, data: bytes, **options: object) -> None:
        self.passes = 0
        rejects = [io.BytesIO()]

        def source() -> io.BytesIO:
            self.passes += 1
            return io.BytesIO(data)

        def sink() -> io.BytesIO:
            rejects.append(io.BytesIO())
            return rejects[-1]

        with tempfile.TemporaryDirectory() as folder:
            self.summary = core.process(source, Path(folder), sink, **options)
            self.files = {day: file.path.read_bytes() for day, file in self.summary.days.items()}
        self.tables = {day: pq.read_table(io.BytesIO(data)).to_pylist() for day, data in self.files.items()}
        self.rejects = [json.loads(line) for line in rejects[-1].getvalue().splitlines()]

    @property
    def rows(self) -> list[dict]:
        return [row for rows in self.tables.values() for row in rows]

    @property
    def ids(self) -> list[str]:
        return [row["transaction_id"] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [reject["reason"] for reject in self.rejects]
