"""Finds the functions' packages, as they lie beside each other in the zip."""

import sys
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[3] / "files" / "lambda"
sys.path[:0] = [str(LAMBDA), str(LAMBDA / "data_compactor")]
