"""Finds the package, as it lies in the zip."""

import sys
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[3] / "files" / "lambda"
sys.path[:0] = [str(LAMBDA)]
