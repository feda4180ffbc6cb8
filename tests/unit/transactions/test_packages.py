"""What the functions' cores import: nothing of AWS, no clock, no environment, and of pyarrow what the layer has."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.transactions.support import GENERATOR, LAMBDA, TRANSFORMER

CORES = {
    "generator": [GENERATOR / "core.py", LAMBDA / "product_catalogue/__init__.py"],
    "transformer": [TRANSFORMER / "core.py", *sorted((TRANSFORMER / "transactions_json").glob("*.py"))],
}
OURS = {"product_catalogue", "s3_inputs", "transactions_json"}


def imported_by(path: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("name", CORES)
def test_cores_are_pure(name: str) -> None:
    imported = set().union(*map(imported_by, CORES[name]))
    known = set(sys.stdlib_module_names) - {"os", "time", "socket"}
    others = {each.split(".")[0] for each in imported} - known - OURS
    assert others == ({"pyarrow"} if name == "transformer" else set())
    for path in CORES[name]:
        code = ast.unparse(ast.parse(path.read_text()))
        assert not any(f".{clock}(" in code for clock in ("now", "utcnow", "today")), path


def test_imports_go_one_way() -> None:
    names = {f"transactions_json.{path.stem}": path for path in CORES["transformer"] if path.stem not in ("core", "__init__")}
    graph = {name: imported_by(path) & names.keys() for name, path in names.items()}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order[-1] == "transactions_json.run"
    assert graph["transactions_json.rules"] == graph["transactions_json.names"] == graph["transactions_json.stream"] == set()


def test_a_cold_start_of_the_transformers_core_loads_no_part_of_pyarrow_that_it_does_not_need() -> None:
    command = "import sys; sys.path[:0] = sys.argv[1:]; import core; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", command, str(TRANSFORMER), str(LAMBDA)], capture_output=True, text=True, check=True)
    assert not set(result.stdout.split()) & {"pandas", "boto3", "pyarrow.dataset", "pyarrow.flight", "pyarrow._dataset"}
