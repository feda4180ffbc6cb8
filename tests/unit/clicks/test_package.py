"""The transform's code as a whole: what it imports, and that its archive holds all that it needs."""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.unit.clicks.support import ROOT, TRANSFORM, click, records
from tests.unit.plugins.plugin_files import load as load_plugin

CLICKS = ROOT / "files/lambda/clicks"
PURE = [TRANSFORM / "core.py", TRANSFORM / "rejects.py", *sorted(CLICKS.glob("*.py"))]


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_it_is_pure_and_of_the_standard_library(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {(node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert names - {"clicks", "rejects", "s3_inputs"} <= set(sys.stdlib_module_names) - {"os", "time", "socket"}
    code = ast.unparse(ast.parse(path.read_text()))
    assert not any(f".{clock}(" in code for clock in ("now", "utcnow", "today"))
    assert not any(isinstance(node, ast.Global | ast.Nonlocal) for node in nodes)


def test_its_archive_holds_all_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacked as Lambda does it, away from the repository."""
    archive = load_plugin("modules", "python_archive")
    files = archive.source_files(TRANSFORM)
    for folder in (CLICKS, ROOT / "files/lambda/s3_inputs", ROOT / "files/openapi"):
        files += archive.folder_files(folder)
    archive.write_zip(tmp_path / "function.zip", files)
    with zipfile.ZipFile(tmp_path / "function.zip") as packed:
        packed.extractall(tmp_path / "task")
    program = f"""
import json, sys
sys.path.insert(0, {str(tmp_path / "task")!r})
import clicks, handler
outcome = handler.transform()(json.loads(sys.argv[1]))
print(outcome.summary.kept, clicks.__file__)
"""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    command = [sys.executable, "-c", program, json.dumps(records(click(), b"x"))]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert result.stdout.split() == ["1", str(tmp_path / "task/clicks/__init__.py")]
