"""A local cloud with the table transactions in it, and the functions' packages."""

import sys
from pathlib import Path

LAMBDA = Path(__file__).resolve().parents[3] / "files" / "lambda"
sys.path[:0] = [str(LAMBDA), str(LAMBDA / "data_compactor")]
