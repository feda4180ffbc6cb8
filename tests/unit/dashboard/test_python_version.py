import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_dashboard_is_written_for_python_3_11():
    """Debian's servers have that one; the rest of the project may use what newer ones have."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E9", "--target-version", "py311"]
    found = subprocess.run([*command, ROOT / "files" / "dashboard"], capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stdout
    assert "All checks passed" in found.stdout
