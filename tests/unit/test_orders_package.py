"""The orders function's code as a whole: what it imports, what it checks of itself, and that its archive is complete."""

import ast
import graphlib
import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.unit.orders_support import FUNCTION, HEADER, LAMBDA, Outcome, core
from tests.unit.plugins.plugin_files import load as load_plugin

PURE = [FUNCTION / "core.py", *sorted((FUNCTION / "orders_csv").glob("*.py"))]


def imported_by(path: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}


class TestItsImports:
    def test_neither_aws_nor_what_the_layer_lacks(self) -> None:
        """The layer holds pyarrow alone; a core that reads clock or environment would not be pure."""
        imported = set().union(*map(imported_by, PURE))
        assert {name for name in imported if name.startswith("pyarrow")} == {"pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet"}
        known = set(sys.stdlib_module_names) - {"os", "time", "socket"}
        assert {name.split(".")[0] for name in imported} - {"pyarrow", "orders_csv", "s3_inputs"} <= known

    @pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
    def test_no_clock(self, path: Path) -> None:
        code = ast.unparse(ast.parse(path.read_text()))
        assert re.findall(r"\b(?:today|now|utcnow)\(", code) == []

    def test_they_go_one_way(self) -> None:
        """No file imports one that needs it, be it over others."""
        names = {".".join(path.relative_to(FUNCTION).with_suffix("").parts).removesuffix(".__init__"): path for path in PURE}
        graph = {name: imported_by(path) & names.keys() for name, path in names.items()}
        order = list(graphlib.TopologicalSorter(graph).static_order())
        assert order[-1] == "core"
        assert graph["orders_csv.rules"] == graph["orders_csv.names"] == graph["orders_csv"] == set()

    def test_a_cold_start_loads_no_part_of_pyarrow_that_it_does_not_need(self) -> None:
        command = "import sys; sys.path[:0] = sys.argv[1:]; import core; print(*sys.modules)"
        result = subprocess.run([sys.executable, "-c", command, str(FUNCTION), str(LAMBDA)], capture_output=True, text=True, check=True)
        loaded = set(result.stdout.split())
        assert not loaded & {"numpy", "pandas", "boto3", "pyarrow.dataset", "pyarrow.flight", "pyarrow._dataset"}


def test_its_archive_holds_all_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacked as Lambda does it, away from the repository."""
    archive = load_plugin("modules", "python_archive")
    archive.write_zip(tmp_path / "function.zip", archive.source_files(FUNCTION) + archive.folder_files(LAMBDA / "s3_inputs"))
    with zipfile.ZipFile(tmp_path / "function.zip") as packed:
        packed.extractall(tmp_path / "task")
    command = f"""
import io, sys
from datetime import date
sys.path.insert(0, {str(tmp_path / "task")!r})
import handler, orders_csv
rejects = io.BytesIO()
data = io.BytesIO({HEADER + b"1,Ann,5.00,shipped,2025-04-01"!r})
print(handler.core.process(data, date(2025, 4, 22), io.BytesIO, rejects).kept, orders_csv.__file__)
"""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout.split() == ["1", str(tmp_path / "task/orders_csv/__init__.py")]


class TestItChecksItself:
    def test_unbalanced_counts_are_an_error(self) -> None:
        with pytest.raises(core.DisagreementError, match="2 rows in, but 1 kept"):
            core.Summary(rows_in=2, kept=1).balance()

    def test_a_row_limit_beyond_what_is_supported_is_refused(self) -> None:
        with pytest.raises(ValueError, match="max_row_bytes is 2097152"):
            Outcome(HEADER, max_row_bytes=2 << 20)

    def test_it_remembers_only_so_many_dates(self, monkeypatch: pytest.MonkeyPatch) -> None:
        judging = importlib.import_module("orders_csv.judging")
        monkeypatch.setattr(judging, "CACHE_ENTRIES", 3)
        cache: dict[str, int] = {}
        assert [judging.remembered(cache, str(n % 10), int) for n in range(50)] == [n % 10 for n in range(50)]
        assert len(cache) <= 3
